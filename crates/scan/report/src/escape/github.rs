//! For workflow commands of GitHub Actions: `::error file=…,line=…::message`.
//!
//! ATTACK: a line break in a file name would end the command and start one that the attacker wrote.

use super::{is_deceptive, push_number};

/// The message of a command; line breaks are kept, encoded.
pub(crate) fn message(text: &str) -> String {
    encode(text, false)
}

/// The value of a property of a command.
pub(crate) fn property(text: &str) -> String {
    encode(text, true)
}

fn encode(text: &str, property: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '%' => out.push_str("%25"),
            '\n' => out.push_str("%0A"),
            '\r' => out.push_str("%0D"),
            '\t' => out.push(' '),
            ':' if property => out.push_str("%3A"),
            ',' if property => out.push_str("%2C"),
            _ if is_deceptive(character) => push_number(&mut out, character),
            _ => out.push(character),
        }
    }
    // The older syntax of commands is looked for anywhere in a line.
    out.replace("##[", "##\\u{5b}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_cannot_be_left() {
        assert_eq!(message("a\n::error::b%0A"), "a%0A::error::b%250A");
        assert_eq!(message("a\r##[error]b"), "a%0D##\\u{5b}error]b");
        assert_eq!(property("a,line=1::b\n"), "a%2Cline=1%3A%3Ab%0A");
        assert_eq!(property("\u{1b}\u{202e}"), "\\u{1b}\\u{202e}");
    }
}

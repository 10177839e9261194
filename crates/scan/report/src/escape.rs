//! One escaping function a sink. Text of the scanned project goes through one of them before it is printed, always.
//!
//! Shared by all of them: which characters make a text look like another one. They are shown by number, never dropped,
//! so that two names that differ only in an invisible character look different.

pub(crate) mod github;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod sarif;
pub(crate) mod terminal;

/// Whether a character drives a terminal, reorders its neighbours, or cannot be seen.
///
/// ATTACK: bidirectional overrides show code in an order in which it does not run; C1 controls are escape sequences of
/// one character; tag characters hide text. Private-use characters are in the list because nobody knows what they
/// look like, and because [`crate::snippet`] uses one as a mark of its own.
pub(crate) fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{10ffff}'
        )
}

/// Shows a character by its number, as the source language writes it.
pub(crate) fn push_number(out: &mut String, character: char) {
    out.extend(character.escape_unicode());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_or_reorders_is_deceptive_and_letters_are_not() {
        for character in "\u{1b}\u{9b}\u{7f}\u{0}\r\n\u{202e}\u{2066}\u{200d}\u{feff}\u{e0041}\u{2028}\u{e000}".chars()
        {
            assert!(is_deceptive(character), "{character:?}");
        }
        for character in "aÄ漢😀 '\"<\\…é".chars() {
            assert!(!is_deceptive(character), "{character:?}");
        }
    }
}

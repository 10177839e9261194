//! For Markdown that a code host renders into a comment.
//!
//! ATTACK: beside mark-up and HTML, plain text does things there: `@name` notifies a person or a team, `#1` writes a
//! reference into another thread, a bare address becomes a link. An empty comment breaks these apart and is not shown.

use super::{is_deceptive, push_number};
use crate::push::PushFmt as _;

/// What breaks a mention, a reference or a link apart.
const BREAK: &str = "<!-- -->";

/// Running text, also in a table cell.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (at, character) in text.char_indices() {
        match character {
            '@' | '#' => {
                out.push('\\');
                out.push(character);
                out.push_str(BREAK);
            }
            ':' => {
                out.push(':');
                if text.get(at + 1..).is_some_and(|rest| rest.starts_with("//")) {
                    out.push_str(BREAK);
                }
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '.' | '-' => {
                // `www.` and `GH-1` are links too. Within a number, an ellipsis or a word nothing is broken for the reader.
                out.push(character);
                if links(&out) {
                    out.push_str(BREAK);
                }
            }
            '\n' | '\t' => out.push(' '),
            _ if is_deceptive(character) => push_number_escaped(&mut out, character),
            _ if character.is_ascii_punctuation()
                && !matches!(character, ',' | ';' | '\'' | '"' | '/' | '?' | '%' | '=') =>
            {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    protect_start(out)
}

/// A code span: nothing in it is mark-up. The fence is longer than any run of backticks in it.
pub(crate) fn code(text: &str) -> String {
    let content = neutral(text);
    let fence = "`".repeat(longest_run(&content) + 1);
    let padding = if content.starts_with('`') || content.ends_with('`') || content.trim().is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{padding}{content}{padding}{fence}")
}

/// A code span in a table cell. There a bar ends the cell even within code, and whether a backslash saves it depends on
/// what stands before the backslash: it is shown by number.
pub(crate) fn code_cell(text: &str) -> String {
    code(&text.replace('|', "\\u{7c}"))
}

/// A sentence in which backticks mark code.
pub(crate) fn escape_sentence(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut pieces = text.split('`').enumerate().peekable();
    while let Some((index, piece)) = pieces.next() {
        match (index % 2 == 1, pieces.peek().is_some()) {
            (true, true) if !piece.is_empty() => out.push_str(&code(piece)),
            (true, _) => out.push_fmt(format_args!("\\`{}", escape(piece))),
            (false, _) => out.push_str(&escape(piece)),
        }
    }
    out
}

/// A block of code that has been escaped for a terminal. The fence is longer than any run of backticks in it.
pub(crate) fn block(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn links(out: &str) -> bool {
    let ends_with = |prefix: &str| {
        let tail = out.len().checked_sub(prefix.len()).and_then(|start| out.get(start..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(prefix))
    };
    ends_with("www.") || ends_with("gh-")
}

/// A line that begins like a list, a rule or an underline is text all the same.
fn protect_start(out: String) -> String {
    let text = out.trim_start();
    let blank = out.len() - text.len();
    match text.chars().next() {
        Some('-' | '=') => format!("{}\\{text}", " ".repeat(blank)),
        Some('0'..='9') => out.replacen('.', "\\.", 1),
        _ => out,
    }
}

fn push_number_escaped(out: &mut String, character: char) {
    let mut number = String::new();
    push_number(&mut number, character);
    for part in number.chars() {
        if part.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(part);
    }
}

/// Without line breaks and deceptive characters.
fn neutral(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => out.push(' '),
            _ if is_deceptive(character) => push_number(&mut out, character),
            _ => out.push(character),
        }
    }
    out
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_mentioned_and_nothing_is_linked() {
        assert_eq!(escape("@team"), "\\@<!-- -->team");
        assert_eq!(escape("see #12"), "see \\#<!-- -->12");
        assert_eq!(escape("https://evil"), "https:<!-- -->//evil");
        assert_eq!(escape("www.evil"), "www.<!-- -->evil");
        assert_eq!(escape("WwW.evil"), "WwW.<!-- -->evil");
        assert_eq!(escape("GH-1"), "GH-<!-- -->1");
    }

    #[test]
    fn mark_up_html_and_table_pipes_are_text() {
        assert_eq!(escape("a|b"), "a\\|b");
        assert_eq!(escape("![x](y)"), "\\!\\[x\\]\\(y\\)");
        assert_eq!(escape("<img src=x>&lt;"), "&lt;img src=x&gt;&amp;lt;");
        assert_eq!(escape("a\n# b"), "a \\#<!-- --> b");
        assert_eq!(escape("- a"), "\\- a");
        assert_eq!(escape("1. a"), "1\\. a");
        assert_eq!(escape_sentence("`a` - b"), "`a` \\- b");
    }

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``"), "``` `` ```");
        assert_eq!(code("a|b\nc"), "`a|b c`");
        assert_eq!(code_cell("a\\|b"), "`a\\\\u{7c}b`");
        assert_eq!(escape_sentence("use `a|b` now"), "use `a|b` now");
        assert_eq!(escape_sentence("odd ` @x"), "odd \\` \\@<!-- -->x");
    }

    #[test]
    fn a_block_cannot_be_left() {
        assert!(block("```\n# out").starts_with("````text\n"));
        assert!(block("```\n# out").ends_with("\n````\n"));
        assert!(block("x").starts_with("```text\n"));
    }
}

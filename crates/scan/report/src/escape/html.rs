//! For HTML: element content and quoted attribute values. The page has no script, style or unquoted attribute into which
//! text of the project could go.

use super::{is_deceptive, push_number};
use crate::push::PushFmt as _;

/// Text and attribute values.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            _ if is_deceptive(character) => push_number(&mut out, character),
            _ => out.push(character),
        }
    }
    out
}

/// A sentence in which backticks mark code. Whatever stands between them is escaped, as is the rest: a name that holds a
/// backtick can move the mark-up, and nothing else.
pub(crate) fn escape_sentence(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut pieces = text.split('`').enumerate().peekable();
    while let Some((index, piece)) = pieces.next() {
        let closed = pieces.peek().is_some();
        if index % 2 == 0 {
            out.push_str(&escape(piece));
        } else if closed {
            out.push_fmt(format_args!("<code>{}</code>", escape(piece)));
        } else {
            out.push('`');
            out.push_str(&escape(piece));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_up_and_quotes_are_text() {
        assert_eq!(
            escape("<a b='c' d=\"e\">&amp;"),
            "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;amp;"
        );
        assert_eq!(escape("a\u{202e}b\u{0}"), "a\\u{202e}b\\u{0}");
    }

    #[test]
    fn code_in_a_sentence_is_escaped_too() {
        assert_eq!(escape_sentence("use `a<b>` here"), "use <code>a&lt;b&gt;</code> here");
        assert_eq!(escape_sentence("odd ` <i>"), "odd ` &lt;i&gt;");
        assert_eq!(escape_sentence("`<i>` `"), "<code>&lt;i&gt;</code> `");
    }
}

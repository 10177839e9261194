//! For SARIF: messages, which viewers read for links, and addresses of files.
//!
//! The JSON around them is escaped by [`super::json`].

use super::{is_deceptive, push_number};
use crate::push::PushFmt as _;

/// A plain-text message. `[text](target)` is a link in it, so in a text that could hold one brackets are escaped; other
/// texts stay as they are, because not every viewer takes the backslash away again.
pub(crate) fn message(text: &str) -> String {
    let linkable = text.contains("](");
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '[' | ']' | '\\' if linkable => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push(character),
            _ if is_deceptive(character) => push_number(&mut out, character),
            _ => out.push(character),
        }
    }
    out
}

/// The relative address of a file: everything but unreserved characters is percent-encoded, so that no name can be read
/// as a scheme, a host, a query or a fragment.
pub(crate) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            b'/' if !out.is_empty() => out.push('/'),
            _ => out.push_fmt(format_args!("%{byte:02X}")),
        }
    }
    if out.is_empty() { ".".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_holds_no_link() {
        assert_eq!(message("[x](http://evil)"), "\\[x\\](http://evil)");
        assert_eq!(message("rate = [\"5\"]"), "rate = [\"5\"]");
        assert_eq!(message("a\u{1b}b\nc"), "a\\u{1b}b\nc");
    }

    #[test]
    fn a_path_is_a_relative_address() {
        assert_eq!(uri("app/[id]/(a b)/x.ts"), "app/%5Bid%5D/%28a%20b%29/x.ts");
        assert_eq!(uri("javascript:alert(1)"), "javascript%3Aalert%281%29");
        assert_eq!(uri("//host/é?#"), "%2F/host/%C3%A9%3F%23");
        assert_eq!(uri(""), ".");
    }
}

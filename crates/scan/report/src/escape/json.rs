//! For JSON text. Values stay exact, because programs look files up by them; what is deceptive is written as an escape, so
//! that the text is harmless in a terminal or an editor.

use super::is_deceptive;
use crate::push::PushFmt as _;

/// Takes serialized JSON. Outside of strings it is ASCII, so what is replaced stands in a string.
pub(crate) fn escape(serialized: String) -> String {
    // Control characters below DEL are escaped by serialization, so plain ASCII has nothing left to escape.
    if serialized.bytes().all(|byte| byte < 0x7f) {
        return serialized;
    }
    let mut out = String::with_capacity(serialized.len());
    let mut units = [0_u16; 2];
    for character in serialized.chars() {
        if is_deceptive(character) && character != '\n' {
            for unit in character.encode_utf16(&mut units) {
                out.push_fmt(format_args!("\\u{unit:04x}"));
            }
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_and_text_is_harmless() {
        let value = "a\u{1b}\u{9b}\u{202e}\u{7f}\u{e0041}\n\"é";
        let text = escape(serde_json::to_string(value).unwrap());
        assert_eq!(text, "\"a\\u001b\\u009b\\u202e\\u007f\\udb40\\udc41\\n\\\"é\"");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), value);
    }
}

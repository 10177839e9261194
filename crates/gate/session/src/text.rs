//! The encodings in which sessions travel: base64, percent, hex. Each has one spelling for one value.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::Refusal;

/// base64url without padding; other alphabets, padding and stray bits are refused.
pub(crate) fn base64url(text: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| Refusal::Malformed("the base64url is broken"))
}

/// Encodes as base64url without padding.
pub(crate) fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Standard base64 with padding.
pub(crate) fn base64(text: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD
        .decode(text)
        .map_err(|_| Refusal::Malformed("the base64 is broken"))
}

/// Percent-decodes once. A value without `%` stays as it is.
pub(crate) fn percent_decoded(text: &str) -> Result<String, Refusal> {
    const BROKEN: Refusal = Refusal::Malformed("the percent encoding is broken");
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let (Some(high), Some(low)) = (bytes.next().and_then(nibble), bytes.next().and_then(nibble)) else {
            return Err(BROKEN);
        };
        decoded.push(high << 4 | low);
    }
    String::from_utf8(decoded).map_err(|_| BROKEN)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Lower-case hex.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
        text
    })
}

/// SHA-256 as lower-case hex.
pub(crate) fn sha256_hex(text: &str) -> String {
    to_hex(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::{base64, base64url, percent_decoded, sha256_hex, to_hex};

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(base64url("-_8").unwrap(), [0xfb, 0xff]);
        // Padding, the other alphabet, stray bits, white space, one letter left over.
        for text in ["-_8=", "+/8", "-_9", "-_ 8", "-_8\n", "A"] {
            assert!(base64url(text).is_err(), "{text:?}");
        }
        assert_eq!(base64("+/8=").unwrap(), [0xfb, 0xff]);
        for text in ["+/8", "-_8=", "+/9="] {
            assert!(base64(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn percent_is_decoded_once() {
        assert_eq!(percent_decoded("a%2Bb%252B").unwrap(), "a+b%2B");
        for text in ["%", "%2", "%zz", "%ff", "%+1"] {
            assert!(percent_decoded(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hex_is_in_lower_case() {
        assert_eq!(to_hex(&[0, 127, 255]), "007fff");
        assert!(sha256_hex("").starts_with("e3b0c442"));
    }
}

//! JavaScript strings. A string of JavaScript is any sequence of UTF-16 code units; Rust's `str` cannot hold half of a
//! surrogate pair. So the text is WTF-8: UTF-8, in which such a half is the three bytes that its number would have. A
//! pair is always one character, so equal strings have equal bytes.

use std::borrow::Cow;

/// A JavaScript string, borrowed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JsStr<'a> {
    wtf8: &'a [u8],
}

impl<'a> JsStr<'a> {
    /// INVARIANT: callers hand in WTF-8.
    pub(crate) const fn from_wtf8(wtf8: &'a [u8]) -> Self {
        Self { wtf8 }
    }

    /// The string as UTF-8, unless it holds half of a surrogate pair.
    pub fn as_str(self) -> Option<&'a str> {
        std::str::from_utf8(self.wtf8).ok()
    }

    /// The bytes of the WTF-8 form.
    pub const fn as_wtf8(self) -> &'a [u8] {
        self.wtf8
    }

    /// The string with U+FFFD in the place of each half of a surrogate pair.
    pub fn to_string_lossy(self) -> Cow<'a, str> {
        if let Some(text) = self.as_str() {
            return Cow::Borrowed(text);
        }
        let units: Vec<u16> = self.code_units().collect();
        Cow::Owned(String::from_utf16_lossy(&units))
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.wtf8.is_empty()
    }

    /// Its length as JavaScript counts it.
    pub fn utf16_len(self) -> usize {
        let unit = |byte: &u8| match byte {
            0x80..=0xbf => 0,
            0xf0..=0xff => 2,
            _ => 1,
        };
        self.wtf8.iter().map(unit).sum()
    }

    /// The code points, halves of pairs included.
    pub fn code_points(self) -> impl Iterator<Item = u32> + 'a {
        let mut bytes = self.wtf8.iter();
        std::iter::from_fn(move || {
            let first = u32::from(*bytes.next()?);
            let (mut point, more) = match first {
                0..=0x7f => (first, 0),
                0x80..=0xdf => (first & 0x1f, 1),
                0xe0..=0xef => (first & 0x0f, 2),
                _ => (first & 0x07, 3),
            };
            for _ in 0..more {
                point = (point << 6) | (u32::from(*bytes.next()?) & 0x3f);
            }
            Some(point)
        })
    }

    /// The UTF-16 code units.
    pub fn code_units(self) -> impl Iterator<Item = u16> + 'a {
        self.code_points().flat_map(|point| {
            let low = |bits: u32| u16::try_from(bits & 0xffff).unwrap_or_default();
            let units = if point < 0x1_0000 {
                [Some(low(point)), None]
            } else {
                let rest = point - 0x1_0000;
                [Some(low(0xd800 + (rest >> 10))), Some(low(0xdc00 + (rest & 0x3ff)))]
            };
            units.into_iter().flatten()
        })
    }
}

impl std::fmt::Debug for JsStr<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?}", self.to_string_lossy())
    }
}

impl PartialEq<str> for JsStr<'_> {
    fn eq(&self, other: &str) -> bool {
        self.wtf8 == other.as_bytes()
    }
}

impl PartialEq<&str> for JsStr<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.wtf8 == other.as_bytes()
    }
}

/// Appends a code point in WTF-8. INVARIANT: a low half is never appended after its high half; the caller joins them.
pub(crate) fn push_code_point(wtf8: &mut Vec<u8>, point: u32) {
    if let Some(character) = char::from_u32(point) {
        wtf8.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        return;
    }
    let byte = |shift: u32, mask: u32, tag: u32| u8::try_from(((point >> shift) & mask) | tag).unwrap_or(b'?');
    wtf8.extend_from_slice(&[byte(12, 0x0f, 0xe0), byte(6, 0x3f, 0x80), byte(0, 0x3f, 0x80)]);
}

#[cfg(test)]
mod tests {
    use super::{JsStr, push_code_point};

    #[test]
    fn halves_of_pairs_are_kept() {
        let mut bytes = b"a".to_vec();
        push_code_point(&mut bytes, 0xd800);
        push_code_point(&mut bytes, 0x1_f600);
        let text = JsStr::from_wtf8(&bytes);
        assert_eq!(text.as_str(), None);
        assert_eq!(text.code_units().collect::<Vec<_>>(), [0x61, 0xd800, 0xd83d, 0xde00]);
        assert_eq!(text.utf16_len(), 4);
        assert_eq!(text.to_string_lossy(), "a\u{fffd}\u{1f600}");
    }
}

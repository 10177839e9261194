//! The tokens of JSON, exactly as RFC 8259 has them. What they are put together to is decided in `model`.

use crate::Code;
use crate::number;
use crate::text::push_code_point;

/// A place in a JSON text. INVARIANT: the text is UTF-8.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    pub(crate) position: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            position: 0,
        }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    pub(crate) fn whitespace(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    /// The next byte, if it is this one.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    pub(crate) fn literal(&mut self, word: &[u8]) -> Result<(), Code> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(Code::JsonSyntax);
        }
        self.position += word.len();
        Ok(())
    }

    pub(crate) fn number(&mut self) -> Result<f64, Code> {
        let (length, value) = number::read(self.text.get(self.position..).unwrap_or_default())?;
        self.position += length;
        Ok(value)
    }

    /// A small whole number that another one follows, with the comma.
    pub(crate) fn small_number(&mut self) -> Option<f64> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let (length, value) = number::small(rest)?;
        if !matches!(rest.get(length..), Some([b',', b'0'..=b'9', ..])) {
            return None;
        }
        self.position += length + 1;
        Some(value)
    }

    /// Appends the string that begins here to `output`, in WTF-8.
    pub(crate) fn string(&mut self, output: &mut Vec<u8>, lone_surrogates: bool) -> Result<(), Code> {
        if !self.take(b'"') {
            return Err(Code::JsonSyntax);
        }
        loop {
            let rest = self.text.get(self.position..).unwrap_or_default();
            let length = run(rest).ok_or(Code::JsonSyntax)?;
            output.extend_from_slice(rest.get(..length).unwrap_or_default());
            self.position += length;
            if self.take(b'"') {
                return Ok(());
            }
            // A control character is no backslash.
            if !self.take(b'\\') {
                return Err(Code::JsonSyntax);
            }
            self.escape(output, lone_surrogates)?;
        }
    }

    fn escape(&mut self, output: &mut Vec<u8>, lone_surrogates: bool) -> Result<(), Code> {
        let plain = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.position += 1;
                return self.unicode(output, lone_surrogates);
            }
            _ => return Err(Code::JsonSyntax),
        };
        self.position += 1;
        output.push(plain);
        Ok(())
    }

    fn unicode(&mut self, output: &mut Vec<u8>, lone_surrogates: bool) -> Result<(), Code> {
        let first = self.unit()?;
        let mut point = first;
        if (0xd800..=0xdbff).contains(&first) && self.text.get(self.position..).unwrap_or_default().starts_with(b"\\u")
        {
            let before = self.position;
            self.position += 2;
            let second = self.unit()?;
            if (0xdc00..=0xdfff).contains(&second) {
                point = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            } else {
                self.position = before;
            }
        }
        if (0xd800..=0xdfff).contains(&point) && !lone_surrogates {
            return Err(Code::JsonSurrogate);
        }
        push_code_point(output, point);
        Ok(())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, Code> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self
                .peek()
                .and_then(|byte| char::from(byte).to_digit(16))
                .ok_or(Code::JsonSyntax)?;
            unit = unit * 16 + digit;
            self.position += 1;
        }
        Ok(unit)
    }
}

/// The length of the text up to a quote, a backslash or a control character. Most strings are short, and read by eight
/// bytes; in long ones, the widest words of the machine are searched at once.
fn run(text: &[u8]) -> Option<usize> {
    const NEAR: usize = 32;
    let (mut near, mut length) = (text, 0);
    while let Some((word, after)) = near.split_first_chunk().filter(|_| length < NEAR) {
        if let Some(position) = special_in(u64::from_le_bytes(*word)) {
            return Some(length + position);
        }
        (near, length) = (after, length + 8);
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    if length < NEAR {
        return near.iter().position(special).map(|position| length + position);
    }
    let end = memchr::memchr2(b'"', b'\\', near)?;
    let run = near.get(..end).unwrap_or_default();
    let controls = run.iter().fold(0, |found, byte| found.max(u8::from(*byte < 0x20))) > 0;
    let end = if controls { run.iter().position(special)? } else { end };
    Some(length + end)
}

/// The position of the first quote, backslash or control character of eight bytes.
fn special_in(word: u64) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    // Below the first byte that is found, no byte borrows; so the lowest mark is right.
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word & HIGH;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let found = below(word, 0x20) | equal(b'"') | equal(b'\\');
    (found != 0).then(|| usize::try_from(found.trailing_zeros() / 8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn a_run_ends_at_the_first_special_byte() {
        for length in 0..80 {
            for (position, special) in [b'"', b'\\', 0, 0x1f, b'\n'].into_iter().enumerate() {
                for filler in [b' ', b'!', b'#', 0x7f, 0x80, 0xa2, 0xdc, 0xff] {
                    let mut text = vec![filler; length];
                    text.push(special);
                    text.extend(
                        [b'"', filler, 0, b'\\', filler, b'"']
                            .into_iter()
                            .cycle()
                            .take(position + 12),
                    );
                    assert_eq!(run(&text), Some(length), "{length} of {filler} before {special}");
                }
            }
            assert_eq!(run(&vec![b'a'; length]), None);
        }
    }
}

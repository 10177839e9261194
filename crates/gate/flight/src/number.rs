//! Numbers as JavaScript has them: doubles, read correctly rounded, written in the fewest digits.

use std::fmt::Write as _;

use crate::Code;

/// Reads the number at the start of `text`; how long it is, and its value.
pub(crate) fn read(text: &[u8]) -> Result<(usize, f64), Code> {
    if let Some((length, value)) = small(text)
        && !matches!(text.get(length), Some(b'0'..=b'9' | b'.' | b'e' | b'E'))
    {
        return Ok((length, value));
    }
    let negative = text.first() == Some(&b'-');
    let mut position = usize::from(negative);
    let whole = digits(text, &mut position);
    let leading_zero = text.get(usize::from(negative)) == Some(&b'0');
    if whole == 0 || (leading_zero && whole > 1) {
        return Err(Code::JsonSyntax);
    }
    let mut plain = whole <= 15;
    if text.get(position) == Some(&b'.') {
        plain = false;
        position += 1;
        if digits(text, &mut position) == 0 {
            return Err(Code::JsonSyntax);
        }
    }
    if matches!(text.get(position), Some(b'e' | b'E')) {
        plain = false;
        position += 1;
        position += usize::from(matches!(text.get(position), Some(b'+' | b'-')));
        if digits(text, &mut position) == 0 {
            return Err(Code::JsonSyntax);
        }
    }
    let number = text.get(..position).unwrap_or_default();
    let value = if plain {
        exact(number.get(usize::from(negative)..).unwrap_or_default(), negative)
    } else {
        let number = std::str::from_utf8(number).map_err(|_| Code::JsonSyntax)?;
        number.parse::<f64>().map_err(|_| Code::JsonSyntax)?
    };
    if value.is_infinite() {
        return Err(Code::JsonNumberRange);
    }
    if negative && value == 0.0 {
        return Err(Code::JsonNumberNegativeZero);
    }
    Ok((position, value))
}

/// A whole number of up to nine digits; how many there are, and its value. What follows is left to the caller.
pub(crate) fn small(text: &[u8]) -> Option<(usize, f64)> {
    let (mut length, mut value) = (0, 0_u32);
    for byte in text.iter().take(9) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value * 10 + u32::from(digit);
        length += 1;
    }
    let shortest = length == 1 || (length > 1 && text.first() != Some(&b'0'));
    shortest.then(|| (length, f64::from(value)))
}

fn digits(text: &[u8], position: &mut usize) -> usize {
    let rest = text.get(*position..).unwrap_or_default();
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    *position += count;
    count
}

/// At most 15 digits are exact in a double. Both halves fit 32 bits.
fn exact(digits: &[u8], negative: bool) -> f64 {
    let half = |digits: &[u8]| {
        f64::from(
            digits
                .iter()
                .fold(0, |sum: u32, digit| sum * 10 + u32::from(digit - b'0')),
        )
    };
    let value = match digits.split_at_checked(9) {
        None => half(digits),
        Some((high, low)) => {
            let scale = low.iter().fold(1.0, |scale, _| scale * 10.0);
            half(high) * scale + half(low)
        }
    };
    if negative { -value } else { value }
}

/// Writes a finite number that is not negative zero as JSON.
pub(crate) fn write(text: &mut String, number: f64) {
    let size = number.abs();
    let plain = size == 0.0 || (1e-6..1e21).contains(&size);
    // Writing to a string does not fail.
    let written = if plain {
        write!(text, "{number}")
    } else {
        write!(text, "{number:e}")
    };
    debug_assert!(written.is_ok(), "a string takes every text");
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::Code;

    #[test]
    fn numbers_are_those_of_javascript() {
        for (text, value) in [
            ("0", 0.0),
            ("7", 7.0),
            ("-7", -7.0),
            ("1.5", 1.5),
            ("1e3", 1000.0),
            ("1E+2", 100.0),
            ("5e-324", 5e-324),
            ("9007199254740993", 9_007_199_254_740_992.0),
            ("123456789012345", 123_456_789_012_345.0),
            ("1e-400", 0.0),
        ] {
            assert_eq!(read(text.as_bytes()), Ok((text.len(), value)), "{text}");
        }
        for (text, code) in [
            ("-", Code::JsonSyntax),
            ("01", Code::JsonSyntax),
            ("1.", Code::JsonSyntax),
            (".5", Code::JsonSyntax),
            ("1e", Code::JsonSyntax),
            ("+1", Code::JsonSyntax),
            ("1e400", Code::JsonNumberRange),
            ("-0", Code::JsonNumberNegativeZero),
            ("-0.0e5", Code::JsonNumberNegativeZero),
            ("-1e-400", Code::JsonNumberNegativeZero),
        ] {
            assert_eq!(read(text.as_bytes()), Err(code), "{text}");
        }
    }

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for number in [
            0.0,
            1.0,
            -1e21,
            1e-7,
            0.1,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            9_007_199_254_740_991.0,
            1e20,
        ] {
            let mut text = String::new();
            write(&mut text, number);
            assert_eq!(read(text.as_bytes()), Ok((text.len(), number)), "{text}");
        }
    }
}

//! The strings that begin with `$`: which token each is. Only the exact forms that a client writes are tokens;
//! whatever React's reader would make of others, they are refused.

use crate::Code;
use crate::date::Date;
use crate::value::{StreamKind, View};

/// What a string that begins with `$` stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Token<'a> {
    /// A string that begins with `$` itself: the rest without the first `$`.
    Escaped,
    Undefined,
    Number(f64),
    Date(Date),
    BigInt(&'a [u8]),
    /// A part, and the path in it.
    Reference(u32, &'a [u8]),
    Promise(u32),
    Map(u32),
    Set(u32),
    Iterator(u32),
    FormData(u32),
    Blob(u32),
    Bytes(View, u32),
    Stream(StreamKind, u32),
    /// A server reference; whether in the form before React 19.2.3.
    ServerReference(u32, bool),
    TemporaryReference,
    Symbol(&'a [u8]),
}

/// Reads a token. `symbols` says that `$S` begins one, as in Next.js 14; in React 19 it is an `Int16Array`.
pub(crate) fn read(text: &[u8], symbols: bool) -> Result<Token<'_>, Code> {
    let [b'$', rest @ ..] = text else {
        return Err(Code::TokenMalformed);
    };
    let [letter, after @ ..] = rest else {
        return Err(Code::TokenMalformed);
    };
    let exact = |word: &[u8], token| {
        if rest == word {
            Ok(token)
        } else {
            Err(Code::TokenMalformed)
        }
    };
    match letter {
        b'$' => Ok(Token::Escaped),
        b'u' => exact(b"undefined", Token::Undefined),
        b'N' => exact(b"NaN", Token::Number(f64::NAN)),
        b'I' => exact(b"Infinity", Token::Number(f64::INFINITY)),
        b'-' if rest == b"-0" => Ok(Token::Number(-0.0)),
        b'-' => exact(b"-Infinity", Token::Number(f64::NEG_INFINITY)),
        b'D' => {
            let date = std::str::from_utf8(after).ok().and_then(Date::from_iso);
            date.map(Token::Date).ok_or(Code::TokenDate)
        }
        b'n' => big_int(after),
        b'T' => exact(b"T", Token::TemporaryReference),
        b'0'..=b'9' | b'a'..=b'f' => reference(rest),
        b'@' => part(after).map(Token::Promise),
        b'Q' => part(after).map(Token::Map),
        b'W' => part(after).map(Token::Set),
        b'i' => part(after).map(Token::Iterator),
        b'K' => part(after).map(Token::FormData),
        b'B' => part(after).map(Token::Blob),
        b'h' => part(after).map(|id| Token::ServerReference(id, false)),
        b'F' => part(after).map(|id| Token::ServerReference(id, true)),
        b'R' => part(after).map(|id| Token::Stream(StreamKind::Values, id)),
        b'r' => part(after).map(|id| Token::Stream(StreamKind::Bytes, id)),
        b'X' => part(after).map(|id| Token::Stream(StreamKind::Iterable, id)),
        b'x' => part(after).map(|id| Token::Stream(StreamKind::Iterator, id)),
        b'S' if symbols => Ok(Token::Symbol(after)),
        _ => {
            let row = View::ALL
                .iter()
                .find(|(name, ..)| u32::from(*name) == u32::from(*letter));
            let (_, view, ..) = row.ok_or(Code::TokenUnknown)?;
            part(after).map(|id| Token::Bytes(*view, id))
        }
    }
}

/// Decimal, without a plus, a leading zero, or a negative zero.
fn big_int(digits: &[u8]) -> Result<Token<'_>, Code> {
    let size = digits.strip_prefix(b"-").unwrap_or(digits);
    let negative = size.len() < digits.len();
    let shortest = match size {
        [] => false,
        [b'0'] => !negative,
        [b'0', ..] => false,
        _ => size.iter().all(u8::is_ascii_digit),
    };
    if shortest {
        Ok(Token::BigInt(digits))
    } else {
        Err(Code::TokenBigInt)
    }
}

fn reference(text: &[u8]) -> Result<Token<'_>, Code> {
    let colon = memchr::memchr(b':', text);
    let (id, path) = text.split_at(colon.unwrap_or(text.len()));
    Ok(Token::Reference(part(id)?, path))
}

/// One to six lower-case hexadecimal digits without a leading zero.
fn part(text: &[u8]) -> Result<u32, Code> {
    let canonical = matches!(text, [b'0'] | [b'1'..=b'9' | b'a'..=b'f', ..]) && text.len() <= 6;
    if !canonical {
        return Err(Code::ReferenceSyntax);
    }
    text.iter().try_fold(0, |number: u32, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return Err(Code::ReferenceSyntax),
        };
        Ok(number * 16 + u32::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::{Token, read};
    use crate::Code;

    #[test]
    fn only_exact_forms_are_tokens() {
        assert_eq!(read(b"$undefined", false), Ok(Token::Undefined));
        assert_eq!(read(b"$ff:a:0", false), Ok(Token::Reference(255, b":a:0")));
        assert_eq!(read(b"$Wa", false), Ok(Token::Set(10)));
        assert_eq!(read(b"$n-5", false), Ok(Token::BigInt(b"-5")));
        assert_eq!(read(b"$Sx", true), Ok(Token::Symbol(b"x")));
        for (text, code) in [
            ("$", Code::TokenMalformed),
            ("$u", Code::TokenMalformed),
            ("$NaN0", Code::TokenMalformed),
            ("$Y1", Code::TokenUnknown),
            ("$ 1", Code::TokenUnknown),
            ("$1z", Code::ReferenceSyntax),
            ("$01", Code::ReferenceSyntax),
            ("$@", Code::ReferenceSyntax),
            ("$@A", Code::ReferenceSyntax),
            ("$1234567", Code::ReferenceSyntax),
            ("$Q1:a", Code::ReferenceSyntax),
            ("$n-0", Code::TokenBigInt),
            ("$n01", Code::TokenBigInt),
            ("$n", Code::TokenBigInt),
            ("$D2024", Code::TokenDate),
            ("$Sx", Code::ReferenceSyntax),
            ("$T1", Code::TokenMalformed),
            ("$h", Code::ReferenceSyntax),
        ] {
            assert_eq!(read(text.as_bytes(), false), Err(code), "{text}");
        }
    }
}

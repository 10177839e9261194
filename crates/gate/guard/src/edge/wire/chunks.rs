//! The sizes of chunks: hexadecimal digits and CRLF, no extensions, nothing after the last chunk. The bytes themselves
//! are not touched.

use crate::edge::refusal::Refusal;

/// Where in a body of chunks the connection is.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::edge) struct Chunks(Place);

#[derive(Debug, Clone, Copy)]
enum Place {
    Size { digits: u32, size: u64 },
    SizeEnd(u64),
    Data(u64),
    DataCr,
    DataLf,
    LastCr,
    LastLf,
}

impl Default for Place {
    fn default() -> Self {
        Self::Size { digits: 0, size: 0 }
    }
}

/// How far a body goes in what has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::edge) enum Progress {
    /// These bytes are of the body, and it goes on.
    Within(usize),
    /// These bytes are its last.
    Ended(usize),
}

/// Digits of a size; more could overflow somewhere.
const MOST_DIGITS: u32 = 8;

impl Chunks {
    /// Goes through `bytes`, which follow on those of the last call.
    pub(in crate::edge) fn read(&mut self, bytes: &[u8]) -> Result<Progress, Refusal> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if let Place::Data(left) = self.0 {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
                at += here;
                let left = left.saturating_sub(here as u64);
                self.0 = if left == 0 { Place::DataCr } else { Place::Data(left) };
                continue;
            }
            at += 1;
            let is_last = matches!(self.0, Place::LastLf);
            self.0 = self.step(*byte)?;
            if is_last {
                return Ok(Progress::Ended(at));
            }
        }
        Ok(Progress::Within(at))
    }

    fn step(self, byte: u8) -> Result<Place, Refusal> {
        match (self.0, byte) {
            (Place::Size { digits, size }, digit) if digit.is_ascii_hexdigit() && digits < MOST_DIGITS => {
                let value = char::from(digit).to_digit(16).unwrap_or_default();
                Ok(Place::Size {
                    digits: digits + 1,
                    size: size * 16 + u64::from(value),
                })
            }
            (Place::Size { digits: 1.., size }, b'\r') => Ok(Place::SizeEnd(size)),
            (Place::SizeEnd(0), b'\n') => Ok(Place::LastCr),
            (Place::SizeEnd(size), b'\n') => Ok(Place::Data(size)),
            (Place::DataCr, b'\r') => Ok(Place::DataLf),
            (Place::DataLf, b'\n') => Ok(Place::default()),
            (Place::LastCr, b'\r') => Ok(Place::LastLf),
            (Place::LastLf, b'\n') => Ok(Place::default()),
            (Place::LastCr, _) => Err(Refusal::Trailers),
            _ => Err(Refusal::Chunk),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Chunks, Progress};
    use crate::edge::refusal::Refusal;

    #[test]
    fn a_body_is_followed_however_it_is_cut() {
        let body = b"3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n";
        for cut in 0..body.len() {
            let mut chunks = Chunks::default();
            assert_eq!(chunks.read(&body[..cut]), Ok(Progress::Within(cut)));
            assert_eq!(chunks.read(&body[cut..]), Ok(Progress::Ended(body.len() - cut)));
        }
        let mut chunks = Chunks::default();
        assert_eq!(chunks.read(b"0\r\n\r\nGET / HTTP/1.1"), Ok(Progress::Ended(5)));
    }

    #[test]
    fn everything_else_is_refused() {
        for (body, refusal) in [
            ("3;a=b\r\nabc\r\n0\r\n\r\n", Refusal::Chunk),
            ("3 \r\nabc\r\n0\r\n\r\n", Refusal::Chunk),
            (" 3\r\nabc\r\n0\r\n\r\n", Refusal::Chunk),
            ("3\nabc\n0\n\n", Refusal::Chunk),
            ("0x3\r\nabc\r\n", Refusal::Chunk),
            ("-3\r\nabc\r\n", Refusal::Chunk),
            ("\r\n", Refusal::Chunk),
            ("000000003\r\nabc\r\n", Refusal::Chunk),
            ("FFFFFFFFF\r\n", Refusal::Chunk),
            ("3\r\nabcd\r\n", Refusal::Chunk),
            ("3\r\nabc\n\r\n", Refusal::Chunk),
            ("0\r\nx: y\r\n\r\n", Refusal::Trailers),
        ] {
            assert_eq!(Chunks::default().read(body.as_bytes()), Err(refusal), "{body:?}");
        }
    }
}

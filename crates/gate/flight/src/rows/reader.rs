//! An incremental parser of rows. Its memory does not grow with the stream.

/// What kind of row it is: the letter, or none for JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// A model.
    Json,
    /// A text, with its length.
    Text,
    /// Binary data, with its length; the letter says of which type.
    Bytes(u8),
    /// An error.
    Error,
    /// Any other kind, which ends with its line: modules, hints, streams, debug information.
    Line(u8),
}

impl Tag {
    const fn of(letter: u8) -> Self {
        match letter {
            b'T' => Self::Text,
            b'A' | b'O' | b'o' | b'U' | b'S' | b's' | b'L' | b'l' | b'G' | b'g' | b'M' | b'm' | b'V' | b'b' => {
                Self::Bytes(letter)
            }
            b'E' => Self::Error,
            _ => Self::Line(letter),
        }
    }

    const fn has_length(self) -> bool {
        matches!(self, Self::Text | Self::Bytes(_))
    }
}

/// What the reader meets, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A row begins. Hints have no id.
    Start {
        /// Its id.
        id: Option<u32>,
        /// Its kind.
        tag: Tag,
        /// The bytes that follow, where the row says so.
        length: Option<usize>,
    },
    /// Some of its payload.
    Payload(&'a [u8]),
    /// It has ended.
    End,
}

/// Why a stream is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The id is not hexadecimal, or longer than eight digits.
    #[error("a row without an id")]
    Id,
    /// The length is not hexadecimal, or over the limit.
    #[error("a row without a length, or with one over the limit")]
    Length,
    /// The stream ended within a row.
    #[error("the stream ends within a row")]
    Unfinished,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The digits of the id.
    Id {
        id: u32,
        digits: u32,
    },
    Tag {
        id: Option<u32>,
    },
    Length {
        id: Option<u32>,
        tag: Tag,
        length: usize,
        digits: u32,
    },
    /// Up to the line feed.
    Line,
    /// So many bytes more.
    Counted(usize),
}

const START: State = State::Id { id: 0, digits: 0 };

/// Reads rows as they arrive.
#[derive(Debug, Clone)]
pub struct RowReader {
    state: State,
    longest: usize,
}

impl RowReader {
    /// A reader that refuses rows which say that they are longer than `longest`.
    pub const fn new(longest: usize) -> Self {
        Self { state: START, longest }
    }

    /// Takes the next bytes of the stream, and hands on what they hold.
    pub fn push<'a>(&mut self, mut bytes: &'a [u8], mut each: impl FnMut(Event<'a>)) -> Result<(), RowError> {
        while let [first, rest @ ..] = bytes {
            match self.state {
                State::Id { id, digits } => {
                    bytes = rest;
                    self.state = if *first == b':' {
                        State::Tag {
                            id: (digits > 0).then_some(id),
                        }
                    } else {
                        let digit = digit(*first).filter(|_| digits < 8).ok_or(RowError::Id)?;
                        State::Id {
                            id: id << 4 | digit,
                            digits: digits + 1,
                        }
                    };
                }
                State::Tag { id } => {
                    let tag = if first.is_ascii_uppercase()
                        || (first.is_ascii_lowercase() && !matches!(first, b't' | b'f' | b'n'))
                    {
                        Some(Tag::of(*first))
                    } else {
                        None
                    };
                    if tag.is_some() {
                        bytes = rest;
                    }
                    let tag = tag.unwrap_or(Tag::Json);
                    self.state = if tag.has_length() {
                        State::Length {
                            id,
                            tag,
                            length: 0,
                            digits: 0,
                        }
                    } else {
                        each(Event::Start { id, tag, length: None });
                        State::Line
                    };
                }
                State::Length {
                    id,
                    tag,
                    length,
                    digits,
                } => {
                    bytes = rest;
                    self.state = if *first == b',' && digits > 0 {
                        each(Event::Start {
                            id,
                            tag,
                            length: Some(length),
                        });
                        if length == 0 {
                            each(Event::End);
                        }
                        if length == 0 { START } else { State::Counted(length) }
                    } else {
                        let digit = digit(*first).filter(|_| digits < 8).ok_or(RowError::Length)?;
                        let length = length << 4 | usize::try_from(digit).unwrap_or_default();
                        if length > self.longest {
                            return Err(RowError::Length);
                        }
                        State::Length {
                            id,
                            tag,
                            length,
                            digits: digits + 1,
                        }
                    };
                }
                State::Line => {
                    let end = memchr::memchr(b'\n', bytes);
                    let (payload, rest) = bytes.split_at_checked(end.unwrap_or(bytes.len())).unwrap_or_default();
                    if !payload.is_empty() {
                        each(Event::Payload(payload));
                    }
                    bytes = rest.get(1..).unwrap_or_default();
                    if end.is_some() {
                        each(Event::End);
                        self.state = START;
                    }
                }
                State::Counted(left) => {
                    let (payload, rest) = bytes.split_at_checked(left.min(bytes.len())).unwrap_or_default();
                    each(Event::Payload(payload));
                    bytes = rest;
                    self.state = State::Counted(left - payload.len());
                    if left == payload.len() {
                        each(Event::End);
                        self.state = START;
                    }
                }
            }
        }
        Ok(())
    }

    /// The stream has ended.
    pub fn finish(&self) -> Result<(), RowError> {
        if self.state == START {
            Ok(())
        } else {
            Err(RowError::Unfinished)
        }
    }
}

fn digit(byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'a'..=b'f' => Some(u32::from(byte - b'a') + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, RowError, RowReader, Tag};

    type Row = (Option<u32>, Tag, Vec<u8>);

    /// Reads a stream in pieces of one size.
    fn read(stream: &[u8], size: usize) -> Result<Vec<Row>, RowError> {
        let mut reader = RowReader::new(1000);
        let (mut rows, mut ended) = (Vec::<Row>::new(), 0);
        for piece in stream.chunks(size) {
            reader.push(piece, |event| match event {
                Event::Start { id, tag, .. } => rows.push((id, tag, Vec::new())),
                Event::Payload(bytes) => rows.last_mut().expect("a row").2.extend_from_slice(bytes),
                Event::End => ended += 1,
            })?;
        }
        reader.finish()?;
        assert_eq!(rows.len(), ended);
        Ok(rows)
    }

    #[test]
    fn rows_are_the_same_however_they_arrive() {
        let stream = b"0:{\"a\":\"$@1\"}\n:HL[\"/x\"]\n2:T3,a\nb1f:o4,\x00\n\xff:3:null\n4:[1]\n5:E{\"digest\":\"1\"}\n6:R\n6:\"c\"\n6:C\n7:T0,8:-1\n9:true\na:f\n";
        let rows = read(stream, stream.len()).expect("rows");
        let expected: Vec<Row> = vec![
            (Some(0), Tag::Json, b"{\"a\":\"$@1\"}".to_vec()),
            (None, Tag::Line(b'H'), b"L[\"/x\"]".to_vec()),
            (Some(2), Tag::Text, b"a\nb".to_vec()),
            (Some(31), Tag::Bytes(b'o'), b"\x00\n\xff:".to_vec()),
            (Some(3), Tag::Json, b"null".to_vec()),
            (Some(4), Tag::Json, b"[1]".to_vec()),
            (Some(5), Tag::Error, b"{\"digest\":\"1\"}".to_vec()),
            (Some(6), Tag::Line(b'R'), Vec::new()),
            (Some(6), Tag::Json, b"\"c\"".to_vec()),
            (Some(6), Tag::Line(b'C'), Vec::new()),
            (Some(7), Tag::Text, Vec::new()),
            (Some(8), Tag::Json, b"-1".to_vec()),
            (Some(9), Tag::Json, b"true".to_vec()),
            (Some(10), Tag::Json, b"f".to_vec()),
        ];
        assert_eq!(rows, expected);
        for size in 1..20 {
            assert_eq!(read(stream, size).as_ref(), Ok(&expected), "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_stream_is_an_error() {
        for (stream, error) in [
            ("x:1\n", RowError::Id),
            ("123456789:1\n", RowError::Id),
            ("1:T,", RowError::Length),
            ("1:Tx,", RowError::Length),
            ("1:Tffff,", RowError::Length),
            ("1:T3,ab", RowError::Unfinished),
            ("1:[]", RowError::Unfinished),
            ("1", RowError::Unfinished),
        ] {
            assert_eq!(read(stream.as_bytes(), 2), Err(error), "{stream}");
        }
    }
}

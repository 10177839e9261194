//! What an answer's body passes through.

use bytes::Bytes;
use thiserror::Error;

/// Why an answer cannot go on: the connection to the client is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the application's answer cannot be filtered: {0}")]
pub struct Unfiltered(pub &'static str);

/// Changes a body as it comes by. It holds back no more than a row.
#[derive(Debug)]
pub struct Filter {}

impl Filter {
    /// Changes nothing.
    pub const fn pass() -> Self {
        Self {}
    }

    /// Takes the next piece, gives what goes on; that may be nothing yet.
    pub fn push(&mut self, piece: Bytes) -> Result<Bytes, Unfiltered> {
        Ok(piece)
    }

    /// The body has ended; this comes last.
    pub fn end(&mut self) -> Bytes {
        Bytes::new()
    }
}

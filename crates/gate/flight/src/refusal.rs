//! A refused request: the code, and where in the body it was found. It holds no payload, except the name of a part.

use crate::Code;

/// Why a request is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.code.message())]
#[must_use]
pub struct Refusal {
    /// The cause.
    pub code: Code,
    /// The name of the part, as it was sent. It is hostile when printed.
    pub part: Option<Box<str>>,
    /// The byte in the content of the part; or in the body, where there is no part.
    pub offset: usize,
}

impl Refusal {
    /// A refusal of the body or the head as a whole.
    pub(crate) const fn new(code: Code) -> Self {
        Self {
            code,
            part: None,
            offset: 0,
        }
    }

    /// A refusal at a byte of the body.
    pub(crate) const fn at(code: Code, offset: usize) -> Self {
        Self {
            code,
            part: None,
            offset,
        }
    }

    /// A refusal at a byte of a part.
    pub(crate) fn of_part(code: Code, part: &str, offset: usize) -> Self {
        Self {
            code,
            part: Some(part.into()),
            offset,
        }
    }

    /// What happened, for the log.
    pub const fn message(&self) -> &'static str {
        self.code.message()
    }
}

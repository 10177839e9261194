//! What a handler's errors show. A variant that is marked public reaches the client with its code; of every other one
//! the client gets the id of the request, and whether trying again makes sense, and the log gets the rest.

use std::convert::Infallible;

use serde_json::{Map, Value};

/// The type of a handler's errors. Derive it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which of its errors clients may see",
    note = "derive it: `#[derive(ActionError)]`, with `#[public(status, \"code\")]`, `#[internal]` or `#[unavailable]` on each variant"
)]
pub trait ActionError: Send + 'static {
    /// What may be seen of this one.
    fn shield(self) -> Shielded;

    /// All public codes, for generated clients.
    fn codes() -> Vec<ErrorCode>;
}

/// What may be seen of an error.
#[derive(Debug)]
pub enum Shielded {
    /// The client gets it.
    Public {
        /// The status.
        status: u16,
        /// The code.
        code: &'static str,
        /// The field of the input to which it belongs.
        field: Option<&'static str>,
        /// The variant's fields.
        params: Map<String, Value>,
    },
    /// The client gets the id of the request.
    Internal {
        /// For the log of the server.
        cause: String,
    },
    /// A backend is down or busy: 503, and the client may try again.
    Unavailable {
        /// For the log of the server.
        cause: String,
    },
}

/// A public code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// The code.
    pub code: &'static str,
    /// The status.
    pub status: u16,
    /// The field of the input to which it belongs.
    pub field: Option<&'static str>,
}

/// For handlers that cannot fail.
impl ActionError for Infallible {
    fn shield(self) -> Shielded {
        match self {}
    }

    fn codes() -> Vec<ErrorCode> {
        Vec::new()
    }
}

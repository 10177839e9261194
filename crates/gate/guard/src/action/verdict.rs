//! What judging a request comes to.

use bytes::Bytes;
use http::Response;
use thiserror::Error;

use super::Forward;

/// What happens to a request.
#[derive(Debug)]
pub enum Verdict {
    /// It is none of the application's actions: it goes on as it came, with this body.
    NotAnAction(Bytes),
    /// It goes on, in bytes of our own.
    Forward(Box<Forward>),
    /// It does not go on; this is the whole answer.
    Refuse(Response<Bytes>),
}

/// Why the policy cannot be put in force. The text says what to do, and has no secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetupError {
    /// A file that the configuration names cannot be read.
    #[error("cannot read `{path}`: {cause}")]
    File {
        /// As it is written in the configuration.
        path: String,
        /// What the system says.
        cause: String,
    },
}

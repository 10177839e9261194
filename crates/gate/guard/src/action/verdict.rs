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
    /// A file that the configuration names cannot be used.
    #[error("cannot use `{path}`: {cause}")]
    File {
        /// As it is written in the configuration.
        path: String,
        /// What is wrong.
        cause: String,
    },
    /// An environment variable is not set.
    #[error("`{key}` needs the environment variable `{variable}`, which is not set")]
    Variable {
        /// The key of the configuration.
        key: String,
        /// The variable.
        variable: String,
    },
    /// A section cannot be put in force.
    #[error("`[{section}]`: {cause}")]
    Section {
        /// Its name.
        section: String,
        /// What is wrong.
        cause: String,
    },
    /// What the policy demands of an endpoint cannot be put in force.
    #[error("`[actions.\"{endpoint}\"]`: {cause}")]
    Endpoint {
        /// Its name.
        endpoint: String,
        /// What is wrong.
        cause: String,
    },
}

impl SetupError {
    pub(crate) fn file(path: &str, cause: &str) -> Self {
        let (path, cause) = (path.to_owned(), cause.to_owned());
        Self::File { path, cause }
    }

    pub(crate) fn variable(key: &str, variable: &str) -> Self {
        let (key, variable) = (key.to_owned(), variable.to_owned());
        Self::Variable { key, variable }
    }

    pub(crate) fn section(section: &str, cause: &str) -> Self {
        let (section, cause) = (section.to_owned(), cause.to_owned());
        Self::Section { section, cause }
    }

    pub(crate) fn endpoint(endpoint: &str, cause: &str) -> Self {
        let (endpoint, cause) = (endpoint.to_owned(), cause.to_owned());
        Self::Endpoint { endpoint, cause }
    }
}

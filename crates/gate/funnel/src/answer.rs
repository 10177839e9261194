//! The future that the funnel's traits return: boxed, so that stores and verifiers are chosen when the program starts.

use std::future::Future;
use std::pin::Pin;

/// What an asynchronous trait of the funnel returns.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A backend did not answer. Never an allow, and never "forbidden": the caller gets 503.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{backend} does not answer: {cause}")]
pub struct Unavailable {
    /// Which backend, for the audit record.
    pub backend: &'static str,
    /// What happened, in fixed words: no payload, no key.
    pub cause: &'static str,
}

impl Unavailable {
    /// The backend `backend` failed with `cause`.
    pub const fn new(backend: &'static str, cause: &'static str) -> Self {
        Self { backend, cause }
    }
}

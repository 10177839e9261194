//! What goes on to the application, and what is left to do with its answer.

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderName, HeaderValue};

use super::Filter;

/// A request that goes on. Method, path and query stay; of the headers, those of the body are ours.
#[derive(Debug)]
pub struct Forward {
    /// The body; its length is the `content-length`.
    pub body: Bytes,
    /// The `content-type`.
    pub content_type: HeaderValue,
    /// Headers to remove from the request, whatever they say.
    pub remove: Vec<HeaderName>,
    /// Headers to set afterwards, replacing others of the name.
    pub set: Vec<(HeaderName, HeaderValue)>,
    /// What is left to do with the answer.
    pub ticket: Ticket,
}

/// How a forwarded call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The application never got it.
    NotSent,
    /// The application got it, and no answer came: an error or the deadline.
    NoAnswer,
    /// The answer broke off.
    Cut,
    /// The answer is complete.
    Answered,
}

/// What is left to do with the application's answer. One that is dropped counts as [`Outcome::Cut`].
#[derive(Debug)]
pub struct Ticket {}

impl Ticket {
    /// Takes the head of the answer, changes it where that is needed, and gives what the body passes through.
    pub fn answer(&mut self, head: &mut Parts) -> Filter {
        let _: &mut Parts = head;
        Filter::pass()
    }

    /// The call has ended.
    pub async fn finish(self, outcome: Outcome) {
        let _: Outcome = outcome;
        std::future::ready(()).await;
    }
}

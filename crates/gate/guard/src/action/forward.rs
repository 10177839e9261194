//! What goes on to the application, and what is left to do with its answer.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, SET_COOKIE};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use portcullis_flight::rows::NextMajor;
use portcullis_funnel::{Claim, RateNote, Store, Timestamp, Transport};
use portcullis_policy::SecretsInResults;

use super::answer::{Manner, REQUEST_ID, Reader, set};
use super::filter::{Filter, Shared};
use super::metrics::Recorder;
use super::output::rows::{RowFilter, Rules};
use super::stored::Stored;

/// What the application's own failures look like from outside.
const FAILED: &str = "application.failed";
const ROWS: &str = "text/x-component";
const PAGE: &str = "text/html";

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
pub struct Ticket {
    pub(crate) work: Option<Box<Work>>,
}

/// What a ticket holds.
pub(crate) struct Work {
    pub(crate) action: String,
    pub(crate) request_id: String,
    pub(crate) transport: Transport,
    pub(crate) reader: Reader,
    pub(crate) major: NextMajor,
    pub(crate) rules: Rules,
    /// In observe mode the answer stays as it is.
    pub(crate) is_observed: bool,
    pub(crate) claim: Option<Claim>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) rate: Option<RateNote>,
    pub(crate) now: Timestamp,
    pub(crate) shared: Shared,
    pub(crate) head: Option<(StatusCode, HeaderMap)>,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let action = self.work.as_ref().map(|work| work.action.as_str());
        formatter
            .debug_struct("Ticket")
            .field("action", &action)
            .finish_non_exhaustive()
    }
}

impl Ticket {
    /// Takes the head of the answer, changes it where that is needed, and gives what the body passes through.
    pub fn answer(&mut self, head: &mut Parts) -> Filter {
        match &mut self.work {
            Some(work) => {
                let filter = work.answer(head);
                work.head = Some((head.status, head.headers.clone()));
                filter
            }
            None => Filter::pass(Shared::default()),
        }
    }

    /// The call has ended.
    pub async fn finish(mut self, outcome: Outcome) {
        if let Some(work) = self.work.take() {
            work.finish(outcome).await;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            // A claim stays claimed: nobody knows whether the call took effect.
            work.report(Outcome::Cut);
        }
    }
}

impl Work {
    fn answer(&self, head: &mut Parts) -> Filter {
        let shared = || Arc::clone(&self.shared);
        set(&mut head.headers, REQUEST_ID, &self.request_id);
        if let Some(rate) = self.rate {
            for (name, value) in rate.headers(self.now) {
                set(&mut head.headers, HeaderName::from_static(name), &value);
            }
        }
        if self.is_observed {
            return Filter::pass(shared());
        }
        if !head.headers.contains_key(CACHE_CONTROL) {
            set(
                &mut head.headers,
                CACHE_CONTROL,
                "private, no-cache, no-store, max-age=0, must-revalidate",
            );
        }
        let kind = kind(&head.headers);
        if kind == ROWS && self.transport == Transport::Fetch {
            let is_encoded = head.headers.contains_key(CONTENT_ENCODING);
            let is_ruled = self.rules.output.is_some() || self.rules.secrets == SecretsInResults::Block;
            return match (is_encoded, is_ruled) {
                (false, _) => {
                    head.headers.remove(CONTENT_LENGTH);
                    head.headers.remove(ETAG);
                    Filter::rows(RowFilter::new(self.rules.clone()), shared())
                }
                // It was asked for without encoding. What cannot be read cannot be pruned.
                (true, true) => self.replaced(head, StatusCode::BAD_GATEWAY, FAILED),
                (true, false) => Filter::pass(shared()),
            };
        }
        // The pages and texts of an application's failures say what failed.
        let shows_failure = match self.transport {
            Transport::Fetch => head.status.is_server_error() || head.status.is_client_error(),
            Transport::Form => head.status.is_server_error(),
        };
        if shows_failure {
            let is_unknown = head.headers.contains_key("x-nextjs-action-not-found");
            return if is_unknown {
                self.unknown(head)
            } else {
                self.replaced(head, head.status, FAILED)
            };
        }
        // What a form gets is a page, in which the result stands somewhere.
        let is_read = kind == PAGE && !head.headers.contains_key(CONTENT_ENCODING);
        if self.transport == Transport::Form && is_read && self.rules.secrets != SecretsInResults::Off {
            return Filter::page(self.rules.clone(), shared());
        }
        Filter::pass(shared())
    }

    fn manner(&self) -> Manner<'_> {
        Manner {
            reader: self.reader,
            major: self.major,
            request_id: &self.request_id,
            sign_in: None,
            rate: None,
            now: self.now,
        }
    }

    /// Another body, and the headers that belong to it; cookies and what Next.js says to its client stay.
    fn replaced(&self, head: &mut Parts, status: StatusCode, code: &str) -> Filter {
        let answer = self.manner().plain(code, status, "something went wrong");
        self.in_place(head, answer)
    }

    fn unknown(&self, head: &mut Parts) -> Filter {
        let answer = self.manner().refusal(&portcullis_funnel::Denial::UnknownAction);
        self.in_place(head, answer)
    }

    fn in_place(&self, head: &mut Parts, answer: http::Response<Bytes>) -> Filter {
        let (own, body) = answer.into_parts();
        head.status = own.status;
        head.headers.remove(CONTENT_ENCODING);
        head.headers.remove(ETAG);
        for (name, value) in &own.headers {
            head.headers.insert(name.clone(), value.clone());
        }
        Filter::replace(body, Arc::clone(&self.shared))
    }

    fn report(&self, outcome: Outcome) {
        self.recorder.ended(outcome);
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let findings = &shared.findings;
        let (action, request_id) = (self.action.as_str(), self.request_id.as_str());
        for word in &findings.secrets {
            self.recorder.note(
                "output",
                "output",
                if findings.is_blocked {
                    "output.secret"
                } else {
                    "output.secret.seen"
                },
                action,
            );
            tracing::warn!(
                action,
                request_id,
                key = word,
                blocked = findings.is_blocked,
                "a result has a key that looks like a secret"
            );
        }
        if findings.dropped > 0 {
            self.recorder.note("output", "output", "output.pruned", action);
            tracing::debug!(
                action,
                request_id,
                dropped = findings.dropped,
                "fields of a result were left out"
            );
        }
        if let Some(failed) = shared.failed {
            self.recorder.note("output", "output", "output.unreadable", action);
            tracing::warn!(
                action,
                request_id,
                cause = failed.0,
                "an answer could not be filtered and was cut"
            );
        }
        match outcome {
            Outcome::Answered => {}
            Outcome::NotSent | Outcome::NoAnswer | Outcome::Cut => {
                tracing::info!(
                    action,
                    request_id,
                    ?outcome,
                    "a call that went on ended without a whole answer"
                );
            }
        }
    }

    async fn finish(mut self: Box<Self>, outcome: Outcome) {
        self.report(outcome);
        let Some(claim) = self.claim.take() else { return };
        let settled = match (outcome, &self.head) {
            (Outcome::NotSent, _) => claim.abandon(self.store.as_ref()).await,
            (Outcome::Answered, Some((status, headers))) => {
                let body = {
                    let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
                    shared.body.take()
                };
                let result = Stored::new(*status, headers, body).to_bytes();
                claim.finish(self.store.as_ref(), &result).await
            }
            // It may have taken effect: a second call is refused until the claim ends.
            _ => return,
        };
        if let Err(unavailable) = settled {
            tracing::warn!(
                action = self.action,
                request_id = self.request_id,
                backend = unavailable.backend,
                "the end of a call could not be remembered"
            );
        }
    }
}

/// The content type without its parameters.
fn kind(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a header of an answer is kept for a second caller: not those that make a session.
pub(crate) fn is_kept(name: &HeaderName) -> bool {
    *name != SET_COOKIE && !name.as_str().starts_with("ratelimit-") && *name != REQUEST_ID && *name != CONTENT_LENGTH
}

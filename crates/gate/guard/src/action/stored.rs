//! The answer to a call with an idempotency key, as it is remembered: for the same caller with the same key.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::answer::{Manner, REQUEST_ID, set};
use super::forward::is_kept;

/// Headers of an answer that are worth keeping.
const MOST_HEADERS: usize = 64;

/// An answer at rest.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    status: u16,
    headers: Vec<(String, String)>,
    /// Nothing if it was too long to keep.
    body: Option<Vec<u8>>,
}

impl Stored {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: Option<Vec<u8>>) -> Self {
        let kept = headers.iter().filter(|(name, _)| is_kept(name));
        let pairs = kept.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        Self {
            status: status.as_u16(),
            headers: pairs.take(MOST_HEADERS).collect(),
            body,
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The answer to the second call. If the first one was not kept, that it was done already.
    pub(crate) fn answer(bytes: &[u8], manner: &Manner<'_>) -> Response<Bytes> {
        let again = || manner.refusal(&portcullis_funnel::Denial::ReplayedNonce);
        let Ok(stored) = serde_json::from_slice::<Self>(bytes) else {
            return again();
        };
        let Some(body) = stored.body else { return again() };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
        for (name, value) in stored.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        let length = response.body().len().to_string();
        set(response.headers_mut(), http::header::CONTENT_LENGTH, &length);
        set(response.headers_mut(), REQUEST_ID, manner.request_id);
        set(
            response.headers_mut(),
            HeaderName::from_static("idempotency-replayed"),
            "true",
        );
        response
    }
}

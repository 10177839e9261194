//! The ids of a request: guard's own, which caller, log and audit record share, and the trace of W3C Trace Context.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use portcullis_funnel::Entropy as _;
use portcullis_store::SystemEntropy;

/// Makes ids.
#[derive(Debug)]
pub(crate) struct Ids {
    process: String,
    count: AtomicU64,
}

/// The header with the request's id.
pub(crate) const REQUEST_ID: &str = "x-request-id";
/// The header with the trace.
pub(crate) const TRACEPARENT: &str = "traceparent";

impl Ids {
    pub(crate) fn new() -> Self {
        let entropy = SystemEntropy::default();
        Self {
            process: random_hex::<6>(&entropy),
            count: AtomicU64::new(1),
        }
    }

    /// The id of a request. One that came along counts only if a trusted proxy sent it.
    pub(crate) fn request(&self, headers: &HeaderMap, is_trusted: bool) -> String {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        if let Some(given) = given.filter(|given| is_trusted && is_id(given)) {
            return given.to_owned();
        }
        format!("{}-{:06x}", self.process, self.count.fetch_add(1, Ordering::Relaxed))
    }
}

/// Makes sure that a request has a trace: its own if that is well-formed, a new one otherwise.
pub(crate) fn ensure(headers: &mut HeaderMap) {
    let mut values = headers.get_all(TRACEPARENT).into_iter();
    let is_good = match (values.next(), values.next()) {
        (Some(only), None) => only.to_str().is_ok_and(is_traceparent),
        _ => false,
    };
    if is_good {
        return;
    }
    headers.remove("tracestate");
    headers.remove(TRACEPARENT);
    let random = random_hex::<24>(&SystemEntropy::default());
    let (trace, span) = random.split_at(32);
    let value = ["00-", trace, "-", span, "-00"].concat();
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(value)) {
        headers.insert(HeaderName::from_static(TRACEPARENT), value);
    }
}

fn random_hex<const BYTES: usize>(entropy: &SystemEntropy) -> String {
    let mut bytes = [1_u8; BYTES];
    // Without random numbers ids repeat; they are no secrets.
    entropy.fill(&mut bytes).unwrap_or_default();
    // This is done for each request; formatting each byte takes twenty times as long.
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn is_id(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (8..=64).contains(&text.len()) && text.bytes().all(is_letter)
}

fn is_traceparent(text: &str) -> bool {
    let is_hex = |part: &str, length: usize| {
        part.len() == length
            && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && (length == 2 || part.bytes().any(|byte| byte != b'0'))
    };
    match text.split('-').collect::<Vec<_>>().as_slice() {
        ["00", trace, span, flags] => is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{Ids, TRACEPARENT, ensure, is_traceparent};

    #[test]
    fn an_id_that_came_along_counts_from_a_trusted_proxy_only() {
        let ids = Ids::new();
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", HeaderValue::from_static("from-outside-1"));
        assert_eq!(ids.request(&headers, true), "from-outside-1");
        let (first, second) = (ids.request(&headers, false), ids.request(&headers, false));
        assert!(first != second && first != "from-outside-1");
        headers.insert("x-request-id", HeaderValue::from_static("a b\"}"));
        assert_ne!(ids.request(&headers, true), "a b\"}");
    }

    #[test]
    fn a_trace_goes_on_or_begins() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, HeaderValue::from_static(good));
        ensure(&mut headers);
        assert_eq!(headers[TRACEPARENT], good);
        for bad in [
            "",
            "00-0-0-0",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "ff",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        ] {
            assert!(!is_traceparent(bad), "{bad}");
            headers.insert(TRACEPARENT, HeaderValue::from_str(bad).unwrap());
            headers.insert("tracestate", HeaderValue::from_static("x=y"));
            ensure(&mut headers);
            assert!(is_traceparent(headers[TRACEPARENT].to_str().unwrap()));
            assert!(!headers.contains_key("tracestate"));
        }
    }
}

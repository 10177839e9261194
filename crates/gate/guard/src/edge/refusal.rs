//! Why the edge refuses a request, before anything about actions is asked. Each cause has a code, a status and a text;
//! what a caller gets says nothing about the application.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

/// Why the edge refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    /// The head breaks the grammar.
    HeadSyntax,
    /// A header goes on in the next line.
    HeadFold,
    /// The head is too large, or has too many headers.
    HeadSize,
    /// The head did not come in time.
    HeadSlow,
    /// Another version of HTTP.
    Version,
    /// A method that is not let through.
    Method,
    /// Neither a path nor the absolute form of a URL here.
    Target,
    /// No host.
    HostMissing,
    /// Several hosts.
    HostSeveral,
    /// Target and header name different hosts.
    HostMismatch,
    /// A host that is not ours.
    HostUnknown,
    /// A length and chunks.
    LengthAndChunks,
    /// A length that is no number, or several.
    Length,
    /// A transfer coding other than `chunked`.
    TransferCoding,
    /// A chunk that breaks the grammar, or has an extension.
    Chunk,
    /// Headers after the body.
    Trailers,
    /// A body where there must be none.
    BodyUnexpected,
    /// An expectation other than `100-continue`.
    Expectation,
    /// The body is too large.
    TooLarge,
    /// The body came too slowly.
    BodySlow,
    /// The body broke off.
    BodyShort,
    /// An action with a compressed body.
    ContentEncoding,
    /// A path with more than one reading.
    Path,
    /// A path that only Next.js itself may use.
    PathInternal,
    /// A path of the development server.
    PathDevelopment,
    /// A change of protocol that is not allowed here.
    Upgrade,
    /// A request for a page's data without the key that keeps it apart in caches.
    RscQuery,
    /// An image from a source that is not allowed.
    Image,
    /// A header that only Next.js itself may send, where it cannot be removed.
    InternalHeader,
    /// An action, where its body cannot be seen.
    NeedsBody,
    /// Another proxy does not say what it asks about.
    ForwardAuth,
    /// Too many requests from one address.
    Rate,
    /// Too many bodies are held.
    Busy,
    /// A page has a key that looks like a secret.
    PageSecret,
    /// The application is not reachable.
    UpstreamDown,
    /// The application broke off before it answered.
    UpstreamBroken,
    /// The application took too long.
    UpstreamSlow,
    /// Guard itself failed.
    Internal,
}

/// The fixed part of a refusal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefusalRow {
    /// The code for caller, log and metrics.
    pub(crate) code: &'static str,
    /// The status.
    pub(crate) status: StatusCode,
    /// The text for the caller.
    pub(crate) text: &'static str,
}

const BROKEN: &str = "this request is not understood";
const LARGE: &str = "this request is too large";
const SLOW: &str = "this request took too long";
const ELSEWHERE: &str = "this host is not served here";
const NOT_FOUND: &str = "not found";
const LATER: &str = "try again later";

impl Refusal {
    /// All of them, in the order of the documentation.
    pub(crate) const ALL: &'static [Self] = &[
        Self::HeadSyntax,
        Self::HeadFold,
        Self::HeadSize,
        Self::HeadSlow,
        Self::Version,
        Self::Method,
        Self::Target,
        Self::HostMissing,
        Self::HostSeveral,
        Self::HostMismatch,
        Self::HostUnknown,
        Self::LengthAndChunks,
        Self::Length,
        Self::TransferCoding,
        Self::Chunk,
        Self::Trailers,
        Self::BodyUnexpected,
        Self::Expectation,
        Self::TooLarge,
        Self::BodySlow,
        Self::BodyShort,
        Self::ContentEncoding,
        Self::Path,
        Self::PathInternal,
        Self::PathDevelopment,
        Self::Upgrade,
        Self::RscQuery,
        Self::Image,
        Self::InternalHeader,
        Self::NeedsBody,
        Self::ForwardAuth,
        Self::Rate,
        Self::Busy,
        Self::PageSecret,
        Self::UpstreamDown,
        Self::UpstreamBroken,
        Self::UpstreamSlow,
        Self::Internal,
    ];

    /// The fixed part.
    pub(crate) const fn row(self) -> RefusalRow {
        match self {
            Self::HeadSyntax => row("edge.head-syntax", StatusCode::BAD_REQUEST, BROKEN),
            Self::HeadFold => row("edge.head-fold", StatusCode::BAD_REQUEST, BROKEN),
            Self::HeadSize => row("edge.head-size", StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, LARGE),
            Self::HeadSlow => row("edge.head-slow", StatusCode::REQUEST_TIMEOUT, SLOW),
            Self::Version => row("edge.version", StatusCode::HTTP_VERSION_NOT_SUPPORTED, BROKEN),
            Self::Method => row("edge.method", StatusCode::METHOD_NOT_ALLOWED, BROKEN),
            Self::Target => row("edge.target", StatusCode::BAD_REQUEST, BROKEN),
            Self::HostMissing => row("edge.host-missing", StatusCode::BAD_REQUEST, BROKEN),
            Self::HostSeveral => row("edge.host-several", StatusCode::BAD_REQUEST, BROKEN),
            Self::HostMismatch => row("edge.host-mismatch", StatusCode::BAD_REQUEST, BROKEN),
            Self::HostUnknown => row("edge.host-unknown", StatusCode::MISDIRECTED_REQUEST, ELSEWHERE),
            Self::LengthAndChunks => row("edge.length-and-chunks", StatusCode::BAD_REQUEST, BROKEN),
            Self::Length => row("edge.length", StatusCode::BAD_REQUEST, BROKEN),
            Self::TransferCoding => row("edge.transfer-coding", StatusCode::NOT_IMPLEMENTED, BROKEN),
            Self::Chunk => row("edge.chunk", StatusCode::BAD_REQUEST, BROKEN),
            Self::Trailers => row("edge.trailers", StatusCode::BAD_REQUEST, BROKEN),
            Self::BodyUnexpected => row("edge.body-unexpected", StatusCode::BAD_REQUEST, BROKEN),
            Self::Expectation => row("edge.expectation", StatusCode::EXPECTATION_FAILED, BROKEN),
            Self::TooLarge => row("edge.too-large", StatusCode::PAYLOAD_TOO_LARGE, LARGE),
            Self::BodySlow => row("edge.body-slow", StatusCode::REQUEST_TIMEOUT, SLOW),
            Self::BodyShort => row("edge.body-short", StatusCode::BAD_REQUEST, BROKEN),
            Self::ContentEncoding => row("edge.content-encoding", StatusCode::UNSUPPORTED_MEDIA_TYPE, BROKEN),
            Self::Path => row("edge.path", StatusCode::BAD_REQUEST, BROKEN),
            Self::PathInternal => row("edge.path-internal", StatusCode::NOT_FOUND, NOT_FOUND),
            Self::PathDevelopment => row("edge.path-development", StatusCode::NOT_FOUND, NOT_FOUND),
            Self::Upgrade => row(
                "edge.upgrade",
                StatusCode::FORBIDDEN,
                "this protocol is not spoken here",
            ),
            Self::RscQuery => row("edge.rsc-query", StatusCode::BAD_REQUEST, BROKEN),
            Self::Image => row("edge.image", StatusCode::BAD_REQUEST, "this image is not served here"),
            Self::InternalHeader => row("edge.internal-header", StatusCode::FORBIDDEN, BROKEN),
            Self::NeedsBody => row(
                "edge.needs-body",
                StatusCode::FORBIDDEN,
                "this request is not served here",
            ),
            Self::ForwardAuth => row("edge.forward-auth", StatusCode::FORBIDDEN, BROKEN),
            Self::Busy => row("edge.busy", StatusCode::SERVICE_UNAVAILABLE, LATER),
            Self::Rate => row("edge.rate", StatusCode::TOO_MANY_REQUESTS, "too many requests"),
            Self::PageSecret => row("edge.page-secret", StatusCode::BAD_GATEWAY, LATER),
            Self::UpstreamDown => row("edge.upstream-down", StatusCode::BAD_GATEWAY, LATER),
            Self::UpstreamBroken => row("edge.upstream-broken", StatusCode::BAD_GATEWAY, LATER),
            Self::UpstreamSlow => row("edge.upstream-slow", StatusCode::GATEWAY_TIMEOUT, LATER),
            Self::Internal => row("edge.internal", StatusCode::INTERNAL_SERVER_ERROR, LATER),
        }
    }

    /// The code.
    pub(crate) const fn code(self) -> &'static str {
        self.row().code
    }

    /// Whether the application is at fault, and not the caller.
    pub(crate) const fn is_outage(self) -> bool {
        matches!(
            self,
            Self::UpstreamDown | Self::UpstreamBroken | Self::UpstreamSlow | Self::Internal
        )
    }

    /// Whether the policy may choose to log it only. Framing, hosts and sizes are never let through: behind a request
    /// with two readings there may be a second request.
    pub(crate) const fn can_be_observed(self) -> bool {
        matches!(
            self,
            Self::PathInternal | Self::PathDevelopment | Self::RscQuery | Self::Image | Self::Rate
        )
    }

    /// Whether where the next request of the connection begins is unknown.
    const fn ends_connection(self) -> bool {
        matches!(
            self,
            Self::HeadSyntax
                | Self::HeadFold
                | Self::HeadSize
                | Self::HeadSlow
                | Self::Version
                | Self::HostMissing
                | Self::HostSeveral
                | Self::LengthAndChunks
                | Self::Length
                | Self::TransferCoding
                | Self::Chunk
                | Self::Trailers
                | Self::BodyUnexpected
                | Self::Expectation
                | Self::TooLarge
                | Self::BodySlow
                | Self::BodyShort
                | Self::Busy
        )
    }

    /// The whole answer. Exactly `text/plain`: Next.js shows the text of an answer with that type, and of no other.
    pub(crate) fn response(self, is_http2: bool) -> Response<Bytes> {
        let row = self.row();
        let mut response = Response::new(Bytes::from(format!("{} ({})\n", row.text, row.code)));
        *response.status_mut() = row.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self, Self::Rate | Self::Busy) || self.is_outage() {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.ends_connection() && !is_http2 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

const fn row(code: &'static str, status: StatusCode, text: &'static str) -> RefusalRow {
    RefusalRow { code, status, text }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Refusal;

    const PAGE: &str = include_str!("../../../../../docs/denials.md");

    #[test]
    fn every_refusal_has_its_row_in_the_documentation() {
        let (_, edge) = PAGE.split_once("\n## At the edge").unwrap();
        for refusal in Refusal::ALL {
            let row = refusal.row();
            let line = format!("| `{}` | {} | {} |", row.code, row.status.as_u16(), row.text);
            assert!(
                edge.lines().any(|documented| documented.starts_with(&line)),
                "docs/denials.md lacks {line}"
            );
        }
        assert_eq!(
            edge.lines().filter(|line| line.starts_with("| `")).count(),
            Refusal::ALL.len()
        );
    }

    #[test]
    fn codes_are_unique() {
        let codes: BTreeSet<&str> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(codes.len(), Refusal::ALL.len());
    }
}

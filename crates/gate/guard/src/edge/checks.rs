//! What the head of a request has to be, whichever version of HTTP it came in: its method, its host, and what the policy
//! may choose to log only.

use http::header::{ACCEPT, CONTENT_LENGTH, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Uri};
use hyper::body::{Body as _, Incoming};

use super::refusal::Refusal;
use super::request_headers;
use super::response_headers::fits;
use super::service::Call;
use super::target::Target;
use super::wire::MOST_HEADERS;
use crate::settings::Settings;

/// What the reader of HTTP/1 checks on its own connections.
pub(super) fn check_http2(parts: &Parts, incoming: &Incoming) -> Result<(), Refusal> {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    if !known.contains(&parts.method) {
        return Err(Refusal::Method);
    }
    if request_headers::has_connection_headers(&parts.headers) {
        return Err(Refusal::HeadSyntax);
    }
    if parts.headers.len() > MOST_HEADERS {
        return Err(Refusal::HeadSize);
    }
    if !parts.headers.values().all(is_field_value) {
        return Err(Refusal::HeadSyntax);
    }
    let mut lengths = parts.headers.get_all(CONTENT_LENGTH).into_iter();
    if !lengths.next().is_none_or(is_length) || lengths.next().is_some() {
        return Err(Refusal::Length);
    }
    let query = parts.uri.query().unwrap_or_default();
    if !query.bytes().all(|byte| matches!(byte, 0x21..=0x7e)) {
        return Err(Refusal::Target);
    }
    if matches!(parts.method, Method::GET | Method::HEAD) && !incoming.is_end_stream() {
        return Err(Refusal::BodyUnexpected);
    }
    Ok(())
}

/// What HTTP/1 could write: without white space around it, which one reader takes away and another does not.
fn is_field_value(value: &HeaderValue) -> bool {
    let is_space = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    !is_space(value.as_bytes().first()) && !is_space(value.as_bytes().last())
}

fn is_length(value: &HeaderValue) -> bool {
    let digits = value.as_bytes();
    let has_one_spelling = digits.len() <= 15 && (digits == b"0" || !digits.starts_with(b"0"));
    !digits.is_empty() && has_one_spelling && digits.iter().all(u8::is_ascii_digit)
}

/// The public host of a request, and whether the browser uses HTTPS. Target and header have to agree.
pub(super) fn public_host(call: &Call<'_>, parts: &Parts) -> Result<(String, bool), Refusal> {
    let settings = &call.live.settings;
    let mut headers = parts.headers.get_all(HOST).into_iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(Refusal::HostSeveral);
    }
    let header = header
        .map(|value| value.to_str().map_err(|_| Refusal::HostUnknown))
        .transpose()?;
    let authority = authority_of(&parts.uri)?;
    let named = match (authority, header) {
        (Some(authority), Some(header)) if !authority.eq_ignore_ascii_case(header) => {
            return Err(Refusal::HostMismatch);
        }
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => return Err(Refusal::HostMissing),
    };
    let is_trusted = call
        .peer
        .address
        .is_some_and(|address| settings.proxies.trusts(address));
    let forwarded = |name: &str| single(&parts.headers, name).filter(|_| is_trusted);
    let name = forwarded("x-forwarded-host").unwrap_or(named);
    let is_secure = call.peer.is_tls || forwarded("x-forwarded-proto") == Some("https");
    let found = settings.hosts.find(name, is_secure).ok_or(Refusal::HostUnknown)?;
    Ok((found.host.to_owned(), found.is_secure))
}

/// The only value of a header.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next()?.to_str().ok()?;
    (values.next().is_none() && !value.contains(',')).then_some(value)
}

/// The authority in the target, if it has one.
fn authority_of(uri: &Uri) -> Result<Option<&str>, Refusal> {
    let Some(authority) = uri.authority() else {
        return Ok(None);
    };
    if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.as_str().contains('@') {
        return Err(Refusal::Target);
    }
    Ok(Some(authority.as_str()))
}

/// What the policy may choose to log only.
pub(crate) fn soft_refusal(
    settings: &Settings,
    method: &Method,
    headers: &HeaderMap,
    target: &Target,
) -> Option<Refusal> {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let asks_rsc = ["rsc", "next-router-prefetch", "next-router-segment-prefetch"]
        .iter()
        .any(|name| headers.contains_key(*name));
    if reads && asks_rsc && target.query_value("_rsc").is_none() {
        return Some(Refusal::RscQuery);
    }
    let images = settings
        .images
        .as_ref()
        .filter(|_| target.page.ends_with("/_next/image"))?;
    let source = target.query_value("url").unwrap_or_default();
    let is_allowed = images.sources.iter().any(|start| {
        let rest = source.strip_prefix(start.as_str());
        // A host that is named without a path is that host, and not the beginning of another one.
        let is_host = start.matches('/').count() == 2;
        let ends = |rest: &str| !is_host || rest.is_empty() || rest.starts_with(['/', '?']);
        // `/` stands for the application itself, and `//host` is not there.
        rest.is_some_and(ends) && !(start.starts_with('/') && source.starts_with("//"))
    });
    (!is_allowed || source.contains('\\')).then_some(Refusal::Image)
}

/// Leaves AVIF out of what the browser takes.
pub(super) fn drop_avif(headers: &mut HeaderMap) {
    // One that cannot be read here may be readable there.
    let mut kept = Vec::new();
    for value in headers.get_all(ACCEPT) {
        let parts = value.to_str().unwrap_or_default().split(',').map(str::trim);
        kept.extend(parts.filter(|part| !part.is_empty() && !part.to_ascii_lowercase().starts_with("image/avif")));
    }
    match HeaderValue::from_str(&kept.join(",")) {
        Ok(value) if !value.is_empty() => headers.insert(ACCEPT, value),
        _ => headers.remove(ACCEPT),
    };
}

/// Whether a path is one of the patterns.
pub(crate) fn is_listed(patterns: &[String], path: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, path))
}

/// Whether the origin of a request, if it has one, is ours.
pub(crate) fn origin_is_own(settings: &Settings, headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(ORIGIN).into_iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| settings.hosts.allow_origin(origin)),
        _ => false,
    }
}

//! What of a request's headers the application gets: nothing that is for one connection only, nothing that only Next.js
//! or a proxy may say, and the forwarding headers in guard's own words.

use std::net::IpAddr;

use http::header::{CONNECTION, COOKIE, EXPECT, FORWARDED, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Headers of one connection, apart from those that `Connection` names.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// Headers that tell the application where a request comes from.
const FORWARDING: &[&str] = &[
    "forwarded",
    "via",
    "x-real-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-url",
    "x-rewrite-url",
    "x-original-host",
    "x-host",
    "x-http-method-override",
    "x-method-override",
    "x-http-method",
];

/// Starts of the names of headers that only Next.js, or the host that runs it, writes.
const INTERNAL_STARTS: &[&str] = &[
    "x-forwarded-",
    "x-middleware-",
    "x-invoke-",
    "x-vercel-",
    "x-nextjs-",
    "x-prerender-",
    "x-next-",
    "content-security-policy",
    "x-portcullis-",
];

/// Headers that only Next.js, or an answer, has.
const INTERNAL: &[&str] = &[
    "x-matched-path",
    "x-now-route-matches",
    "x-action-forwarded",
    "x-action-redirect",
    "x-action-revalidated",
    "next-resume",
    "location",
    "set-cookie",
    "x-request-id",
    "server-timing",
];

/// What is known about the caller's side of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// The caller's address.
    pub(crate) address: Option<IpAddr>,
    /// The public host, as the browser has it.
    pub(crate) host: &'a str,
    /// Whether the browser uses HTTPS.
    pub(crate) is_secure: bool,
}

/// Removes what must not reach the application. With `is_page_data`, the mark of requests for data stays.
pub(crate) fn clean(headers: &mut HeaderMap, is_page_data: bool) {
    let named = named_in_connection(headers);
    for name in named {
        headers.remove(name);
    }
    let refused: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_removed(name.as_str()) && !(is_page_data && name.as_str() == "x-nextjs-data"))
        .cloned()
        .collect();
    for name in refused {
        headers.remove(name);
    }
    headers.remove(EXPECT);
}

fn is_removed(name: &str) -> bool {
    HOP_BY_HOP.contains(&name)
        || FORWARDING.contains(&name)
        || INTERNAL.contains(&name)
        || INTERNAL_STARTS.iter().any(|start| name.starts_with(start))
        // An underscore and a hyphen are one letter to some servers (`x_forwarded_host`).
        || name.contains('_') && is_removed(&name.replace('_', "-"))
}

/// Whether there is a header that only Next.js writes. What proxies write does not count.
pub(crate) fn has_internals(headers: &HeaderMap) -> bool {
    headers.keys().map(HeaderName::as_str).any(|name| {
        let is_internal = INTERNAL.contains(&name) || INTERNAL_STARTS.iter().any(|start| name.starts_with(start));
        is_internal && !name.starts_with("x-forwarded-") && name != "x-request-id"
    })
}

/// The headers that `Connection` makes part of the connection. The framing and the host are not up to it.
fn named_in_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let kept = [
        "host",
        "content-length",
        "content-type",
        "cookie",
        "origin",
        "authorization",
        "next-action",
    ];
    headers
        .get_all(CONNECTION)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|name| !kept.iter().any(|kept| name.eq_ignore_ascii_case(kept)))
        .filter_map(|name| name.parse().ok())
        .collect()
}

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Says where the request comes from.
pub(crate) fn set_origin(headers: &mut HeaderMap, origin: Origin<'_>) {
    let scheme = if origin.is_secure { "https" } else { "http" };
    let mut forwarded = String::with_capacity(96);
    forwarded.push_str("proto=");
    forwarded.push_str(scheme);
    if let Ok(host) = HeaderValue::from_str(origin.host) {
        headers.insert(HOST, host.clone());
        headers.insert(X_FORWARDED_HOST, host);
        forwarded.push_str(";host=\"");
        forwarded.push_str(origin.host);
        forwarded.push('"');
    }
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(scheme));
    let port = port_of(origin.host).unwrap_or(if origin.is_secure { "443" } else { "80" });
    if let Ok(port) = HeaderValue::from_str(port) {
        headers.insert(X_FORWARDED_PORT, port);
    }
    if let Some(address) = origin.address {
        let text = address.to_string();
        let quotes = if address.is_ipv6() { ["\"[", "]\""] } else { ["", ""] };
        let [before, after] = quotes;
        for part in [";for=", before, &text, after] {
            forwarded.push_str(part);
        }
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(X_FORWARDED_FOR, value);
        }
    }
    if let Ok(value) = HeaderValue::from_str(&forwarded) {
        headers.insert(FORWARDED, value);
    }
}

/// The port at the end of a host.
fn port_of(host: &str) -> Option<&str> {
    let (_, port) = host.rsplit_once(':')?;
    port.bytes().all(|byte| byte.is_ascii_digit()).then_some(port)
}

/// HTTP/2 may cut cookies into several headers; everywhere else they are one.
pub(crate) fn join_cookies(headers: &mut HeaderMap) {
    let crumbs: Vec<&[u8]> = headers.get_all(COOKIE).into_iter().map(HeaderValue::as_bytes).collect();
    if crumbs.len() < 2 {
        return;
    }
    if let Ok(joined) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        headers.insert(COOKIE, joined);
    }
}

/// Removes what only a proxy says.
pub(crate) fn forget_forwarding(headers: &mut HeaderMap) {
    let names: Vec<HeaderName> = headers
        .keys()
        .filter(|name| FORWARDING.contains(&name.as_str()) || name.as_str().starts_with("x-forwarded-"))
        .cloned()
        .collect();
    for name in names {
        headers.remove(name);
    }
}

/// Whether the client asks for another protocol, and which headers carry that on.
pub(crate) fn upgrade_of(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(UPGRADE).cloned()
}

/// Whether the body's framing stands in headers; HTTP/2 has none of these.
pub(crate) fn has_connection_headers(headers: &HeaderMap) -> bool {
    headers.contains_key(CONNECTION)
        || headers.contains_key(TRANSFER_ENCODING)
        || headers.contains_key(UPGRADE)
        || headers.contains_key(TRAILER)
        || headers.get(TE).is_some_and(|value| value != "trailers")
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{Origin, clean, set_origin};

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                let name: HeaderName = name.parse().unwrap();
                (name, HeaderValue::from_str(value).unwrap())
            })
            .collect()
    }

    fn cleaned(lines: &[(&str, &str)]) -> Vec<String> {
        let mut map = headers(lines);
        clean(&mut map, false);
        let mut left: Vec<String> = map.keys().map(|name| name.as_str().to_owned()).collect();
        left.sort_unstable();
        left
    }

    #[test]
    fn internals_and_headers_of_the_connection_are_removed() {
        for name in [
            "x-middleware-subrequest",
            "x-middleware-anything",
            "x-invoke-path",
            "x-matched-path",
            "x-now-route-matches",
            "x-nextjs-data",
            "next-resume",
            "x-next-resume-state-length",
            "x-action-forwarded",
            "x-prerender-revalidate",
            "x-prerender-revalidate-if-generated",
            "x-vercel-id",
            "location",
            "set-cookie",
            "content-security-policy",
            "content-security-policy-report-only",
            "x-forwarded-host",
            "x-forwarded-for",
            "x-forwarded-proto",
            "forwarded",
            "x-real-ip",
            "via",
            "keep-alive",
            "te",
            "trailer",
            "upgrade",
            "expect",
            "proxy-authorization",
            "http2-settings",
            "x_forwarded_host",
            "x_middleware_subrequest",
            "x-http-method-override",
            "x-request-id",
        ] {
            assert_eq!(cleaned(&[(name, "x")]), Vec::<String>::new(), "{name}");
        }
        for name in [
            "x-deployment-id",
            "next-url",
            "rsc",
            "next-router-state-tree",
            "next-router-prefetch",
            "next-action",
            "cookie",
            "accept",
            "origin",
            "authorization",
            "x-custom",
            "sec-fetch-site",
        ] {
            assert_eq!(cleaned(&[(name, "x")]), [name]);
        }
    }

    #[test]
    fn what_connection_names_goes_with_it() {
        let left = cleaned(&[
            ("connection", "close, X-Mine"),
            ("x-mine", "1"),
            ("x-other", "2"),
            ("cookie", "3"),
        ]);
        assert_eq!(left, ["cookie", "x-other"]);
        // A client that could have its own cookie dropped behind the check would be somebody else.
        let left = cleaned(&[
            ("connection", "cookie, origin, host"),
            ("cookie", "1"),
            ("origin", "2"),
            ("host", "3"),
        ]);
        assert_eq!(left, ["cookie", "host", "origin"]);
    }

    #[test]
    fn the_mark_of_data_stays_where_data_is_asked_for() {
        let mut map = headers(&[("x-nextjs-data", "1")]);
        clean(&mut map, true);
        assert!(map.contains_key("x-nextjs-data"));
    }

    #[test]
    fn the_origin_is_in_our_own_words() {
        let mut map = headers(&[("host", "evil.example"), ("x-forwarded-for", "9.9.9.9")]);
        clean(&mut map, false);
        let origin = Origin {
            address: Some("2001:db8::1".parse().unwrap()),
            host: "app.example.com:8443",
            is_secure: true,
        };
        set_origin(&mut map, origin);
        let line = |name: &str| {
            map.get_all(name)
                .iter()
                .map(|value| value.to_str().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(line("host"), ["app.example.com:8443"]);
        assert_eq!(line("x-forwarded-host"), ["app.example.com:8443"]);
        assert_eq!(line("x-forwarded-proto"), ["https"]);
        assert_eq!(line("x-forwarded-port"), ["8443"]);
        assert_eq!(line("x-forwarded-for"), ["2001:db8::1"]);
        assert_eq!(
            line("forwarded"),
            ["proto=https;host=\"app.example.com:8443\";for=\"[2001:db8::1]\""]
        );
    }
}

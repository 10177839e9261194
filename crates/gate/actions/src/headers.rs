//! Security headers for pages and answers: strict, and loosened only where an application says so.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

use crate::App;
use crate::client::ActionClient;

/// The nonce of one page's Content Security Policy. A page takes it from the request's extensions, and puts it on each
/// of its `<script>` and `<style>` elements.
#[derive(Debug, Clone)]
pub struct CspNonce(String);

impl CspNonce {
    /// The text for the attribute `nonce`. It needs no escaping.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which headers.
#[derive(Debug, Clone)]
pub struct Headers {
    sources: Vec<(&'static str, String)>,
    is_encrypted: bool,
}

/// The page's own files, and what has its nonce.
const OWN: &str = "own";

/// All directives, with what they allow.
const DIRECTIVES: &[(&str, &str)] = &[
    ("default-src", "'none'"),
    ("script-src", OWN),
    ("style-src", OWN),
    ("img-src", "'self'"),
    ("font-src", "'self'"),
    ("media-src", "'self'"),
    ("worker-src", "'self'"),
    ("connect-src", "'self'"),
    ("manifest-src", "'self'"),
    ("frame-src", "'none'"),
    ("object-src", "'none'"),
    ("base-uri", "'none'"),
    ("form-action", "'self'"),
    ("frame-ancestors", "'none'"),
];

/// Whether a source names one host over an encrypted connection, its subdomains, this machine, or one text by its hash.
/// Everything else is a key word or a pattern that lets in more than somebody had in mind.
fn is_narrow(source: &str) -> bool {
    let hash = ["'sha256-", "'sha384-", "'sha512-"]
        .iter()
        .find_map(|start| source.strip_prefix(start)?.strip_suffix('\''));
    if let Some(hash) = hash {
        return hash.len() >= 43
            && hash
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte));
    }
    let Some((scheme, rest)) = source.split_once("://") else {
        return false;
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let is_here = ["localhost", "127.0.0.1"].contains(&host);
    let is_scheme = ["https", "wss"].contains(&scheme) || (is_here && ["http", "ws"].contains(&scheme));
    let name = host.strip_prefix("*.").unwrap_or(host);
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // `*.com` is everybody.
    let is_host = is_here || (name.split('.').count() >= 2 && name.split('.').all(is_label));
    let is_path = path
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~%".contains(&byte));
    is_scheme && is_host && port.parse::<u16>().is_ok() && is_path
}

impl Headers {
    /// Nothing but this application: no other host's scripts, styles, images, frames or connections.
    pub const fn strict() -> Self {
        Self {
            sources: Vec::new(),
            is_encrypted: true,
        }
    }

    /// Without HSTS and `upgrade-insecure-requests`: for plain HTTP on a developer's machine.
    #[must_use]
    pub const fn unencrypted(mut self) -> Self {
        self.is_encrypted = false;
        self
    }

    /// One more source for a directive: `("frame-src", "https://challenges.cloudflare.com")`. It is refused, and logged,
    /// when it would allow inline code or everything.
    #[must_use]
    pub fn allow(mut self, directive: &'static str, source: &str) -> Self {
        if !DIRECTIVES.iter().any(|(known, _)| *known == directive) {
            tracing::error!(directive, "the Content Security Policy has no such directive here");
            return self;
        }
        if !is_narrow(source) {
            tracing::error!(
                directive,
                "a source of the Content Security Policy is refused: write one host, as in `https://example.com`, or a hash"
            );
            return self;
        }
        self.sources.push((directive, source.to_owned()));
        self
    }

    /// The policy for a page with this nonce.
    fn policy(&self, nonce: &str) -> String {
        let own = format!("'self' 'nonce-{nonce}'");
        let mut policy = Vec::new();
        for (name, sources) in DIRECTIVES {
            let sources = if *sources == OWN { own.as_str() } else { *sources };
            let more: Vec<&str> = self
                .sources
                .iter()
                .filter(|(directive, _)| directive == name)
                .map(|(_, source)| source.as_str())
                .collect();
            let first = if more.is_empty() || sources != "'none'" {
                Some(sources)
            } else {
                None
            };
            let all: Vec<&str> = first.into_iter().chain(more).collect();
            policy.push(format!("{name} {}", all.join(" ")));
        }
        if self.is_encrypted {
            policy.push("upgrade-insecure-requests".to_owned());
        }
        policy.join("; ")
    }

    fn write(&self, headers: &mut HeaderMap, nonce: &str) {
        let mut set = |name: &'static str, value: &str| {
            let name = HeaderName::from_static(name);
            if !headers.contains_key(&name)
                && let Ok(value) = HeaderValue::from_str(value)
            {
                headers.insert(name, value);
            }
        };
        set("content-security-policy", &self.policy(nonce));
        if self.is_encrypted {
            set("strict-transport-security", "max-age=63072000; includeSubDomains");
        }
        set("x-content-type-options", "nosniff");
        // With `no-referrer` a browser would send forms with `Origin: null`.
        set("referrer-policy", "same-origin");
        set("cross-origin-opener-policy", "same-origin");
        set("cross-origin-resource-policy", "same-origin");
        set("cross-origin-embedder-policy", "require-corp");
        set("origin-agent-cluster", "?1");
        set("x-frame-options", "DENY");
        set("x-permitted-cross-domain-policies", "none");
        set(
            "permissions-policy",
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        );
        // What an application does not declare to be public stays out of caches.
        set("cache-control", "no-store");
    }
}

impl<A: App> ActionClient<A> {
    /// Puts the headers on everything that this router answers. What a handler sets itself stays.
    pub fn with_headers(&self, router: Router, headers: Headers) -> Router {
        let client = self.clone();
        router.layer(from_fn(move |mut request: Request, next: Next| {
            let (client, headers) = (client.clone(), headers.clone());
            async move {
                // Without random bytes the page has no nonce that anybody could guess: its scripts do not run.
                let nonce = client.random_id().unwrap_or_default();
                request.extensions_mut().insert(CspNonce(nonce.clone()));
                let mut response: Response = next.run(request).await;
                headers.write(response.headers_mut(), &nonce);
                response
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::Headers;

    #[test]
    fn nothing_inline_and_nothing_foreign_runs() {
        let policy = Headers::strict().policy("n1");
        for part in [
            "default-src 'none'",
            "script-src 'self' 'nonce-n1'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "upgrade-insecure-requests",
        ] {
            assert!(policy.split("; ").any(|one| one == part), "{part} in {policy}");
        }
        assert!(!policy.contains("unsafe"));
    }

    #[test]
    fn what_would_allow_anything_is_not_taken() {
        let strict = Headers::strict().policy("n");
        for source in [
            "'unsafe-inline'",
            "'Unsafe-Inline'",
            "'unsafe-hashes'",
            "'wasm-unsafe-eval'",
            "'strict-dynamic'",
            "'none'",
            "'sha256-'",
            "*",
            "*:*",
            "https:",
            "https://*",
            "https://*.com",
            "http://example.com",
            "https://example.com:*",
            "https://example.com/?a",
            "blob:",
            "data:",
            "example.com",
            "a; script-src *",
            "a b",
            "",
        ] {
            assert_eq!(
                Headers::strict().allow("script-src", source).policy("n"),
                strict,
                "{source}"
            );
        }
        let turnstile = Headers::strict()
            .allow("frame-src", "https://challenges.cloudflare.com")
            .policy("n");
        assert!(turnstile.contains("frame-src https://challenges.cloudflare.com;"));
        for source in [
            "https://example.com:8443/js/",
            "wss://*.example.com",
            "http://localhost:4000",
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        ] {
            let policy = Headers::strict().allow("script-src", source).policy("n");
            assert!(policy.contains(source), "{source}");
        }
        assert_eq!(
            Headers::strict().allow("frame-scr", "https://example.com").policy("n"),
            strict
        );
    }
}

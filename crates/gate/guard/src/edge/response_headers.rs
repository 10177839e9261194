//! What a browser gets with an answer: nothing that only proxies and Next.js say to each other, security headers where
//! the application set none, session cookies with their flags, and no answer in a shared cache that is for one caller.

use std::collections::BTreeMap;

use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use portcullis_policy::{CookiesConfig, Provider};

/// Headers of one connection.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The strict set. `off` in the policy leaves one out.
const SECURITY: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "base-uri 'self'; object-src 'none'; frame-ancestors 'self'",
    ),
    ("cross-origin-opener-policy", "same-origin-allow-popups"),
    ("cross-origin-resource-policy", "same-site"),
    ("origin-agent-cluster", "?1"),
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("strict-transport-security", "max-age=31536000"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-permitted-cross-domain-policies", "none"),
];

/// What an answer in the format of React Server Components depends on.
const RSC_VARY: &str = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch, next-url";

/// Session cookies of known providers, and whether scripts must not read them. Chunks have `.0` and so on behind.
const SESSION_COOKIES: &[(&str, bool)] = &[
    ("authjs.session-token", true),
    ("next-auth.session-token", true),
    ("better-auth.session_token", true),
    ("better-auth.session_data", true),
    ("wos-session", true),
    ("appSession", true),
    ("__session", false),
    ("sb-*-auth-token", false),
    ("session", true),
    ("session_id", true),
    ("sessionid", true),
    ("sid", true),
    ("connect.sid", true),
    ("iron-session", true),
];

/// What happens to the headers of answers.
#[derive(Debug, Clone)]
pub(crate) struct ResponseRules {
    security: Vec<(HeaderName, HeaderValue)>,
    cookies: CookiesConfig,
    script_reads_session: bool,
}

/// What an answer is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// Whether the browser uses HTTPS.
    pub(crate) is_secure: bool,
    /// Whether the request was an action, or asked for the data of a page.
    pub(crate) is_for_one: bool,
}

impl ResponseRules {
    /// The strict set, with what the policy changes of it.
    pub(crate) fn new(
        overrides: &BTreeMap<String, Option<String>>,
        cookies: &CookiesConfig,
        provider: Option<Provider>,
    ) -> Self {
        let defaults = SECURITY.iter().filter(|(name, _)| !overrides.contains_key(*name));
        let defaults = defaults.map(|(name, value)| (*name, *value));
        let own = overrides
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)));
        let security = defaults
            .chain(own)
            .filter_map(|(name, value)| Some((name.parse().ok()?, HeaderValue::from_str(value).ok()?)))
            .collect();
        Self {
            security,
            cookies: cookies.clone(),
            script_reads_session: matches!(provider, Some(Provider::Clerk | Provider::Supabase)),
        }
    }

    /// Makes the headers of an answer those that the browser gets.
    pub(crate) fn apply(&self, status: StatusCode, headers: &mut HeaderMap, asked: Asked) {
        clean(headers);
        self.harden_cookies(headers, asked.is_secure);
        keep_out_of_caches(headers, asked.is_for_one);
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return;
        }
        for (name, value) in &self.security {
            if name == "strict-transport-security" && !asked.is_secure {
                continue;
            }
            if !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
    }

    fn harden_cookies(&self, headers: &mut HeaderMap, is_secure: bool) {
        if !headers.contains_key(SET_COOKIE) {
            return;
        }
        let cookies: Vec<HeaderValue> = headers
            .get_all(SET_COOKIE)
            .into_iter()
            .map(|cookie| self.harden(cookie, is_secure).unwrap_or_else(|| cookie.clone()))
            .collect();
        headers.remove(SET_COOKIE);
        for cookie in cookies {
            headers.append(SET_COOKIE, cookie);
        }
    }

    /// The cookie with the flags that it lacks; nothing if there is nothing to change.
    fn harden(&self, cookie: &HeaderValue, is_secure: bool) -> Option<HeaderValue> {
        // Names and attributes are ASCII, whatever the value is.
        let text = String::from_utf8_lossy(cookie.as_bytes());
        let (name, _) = text.split_once('=')?;
        let hides_from_scripts = self.session_cookie(name.trim())?;
        let has = |attribute: &str| {
            text.split(';').skip(1).any(|part| {
                let part = part.trim();
                let name = part.split_once('=').map_or(part, |(name, _)| name.trim_end());
                name.eq_ignore_ascii_case(attribute)
            })
        };
        let mut hardened = cookie.as_bytes().to_vec();
        if hides_from_scripts && self.cookies.http_only.unwrap_or(true) && !has("httponly") {
            hardened.extend_from_slice(b"; HttpOnly");
        }
        if is_secure && self.cookies.secure.unwrap_or(true) && !has("secure") {
            hardened.extend_from_slice(b"; Secure");
        }
        match self.cookies.same_site.unwrap_or("lax") {
            "off" => {}
            "strict" if !has("samesite") => hardened.extend_from_slice(b"; SameSite=Strict"),
            _ if !has("samesite") => hardened.extend_from_slice(b"; SameSite=Lax"),
            _ => {}
        }
        (hardened != cookie.as_bytes())
            .then(|| HeaderValue::from_bytes(&hardened).ok())
            .flatten()
    }

    /// Whether scripts must not read a session cookie; nothing if the name is of no session cookie.
    fn session_cookie(&self, name: &str) -> Option<bool> {
        let bare = name
            .strip_prefix("__Secure-")
            .or_else(|| name.strip_prefix("__Host-"))
            .unwrap_or(name);
        let bare = bare
            .rsplit_once('.')
            .filter(|(_, chunk)| !chunk.is_empty() && chunk.bytes().all(|byte| byte.is_ascii_digit()))
            .map_or(bare, |(start, _)| start);
        if self
            .cookies
            .session
            .iter()
            .any(|pattern| fits(pattern, bare) || fits(pattern, name))
        {
            return Some(true);
        }
        let (known, hides) = SESSION_COOKIES.iter().find(|(pattern, _)| fits(pattern, bare))?;
        Some(*hides && !(self.script_reads_session && *known == "__session"))
    }
}

/// Whether `name` is `pattern`, in which one `*` stands for anything.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
        None => pattern == name,
    }
}

/// Removes what is not for the browser.
fn clean(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    let refused: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            let name = name.as_str();
            HOP_BY_HOP.contains(&name)
                || name.starts_with("x-middleware-")
                || name.starts_with("x-portcullis-")
                || name == "x-powered-by"
        })
        .cloned()
        .collect();
    for name in refused {
        headers.remove(name);
    }
}

/// An answer to an action, or with the data of a page, is no answer for somebody else.
fn keep_out_of_caches(headers: &mut HeaderMap, is_for_one: bool) {
    let is_rsc = headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/x-component"));
    if !is_rsc && !is_for_one {
        return;
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    let present: Vec<String> = headers
        .get_all(VARY)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let missing: Vec<&str> = RSC_VARY
        .split(", ")
        .filter(|name| !present.iter().any(|present| present == name || present == "*"))
        .collect();
    if let Ok(value) = HeaderValue::from_str(&missing.join(", "))
        && !missing.is_empty()
    {
        headers.append(VARY, value);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    use portcullis_policy::{CookiesConfig, Provider};

    use super::{Asked, ResponseRules, fits};

    fn rules() -> ResponseRules {
        ResponseRules::new(&BTreeMap::new(), &CookiesConfig::default(), None)
    }

    fn applied(rules: &ResponseRules, lines: &[(&str, &str)], asked: Asked) -> HeaderMap {
        let mut headers: HeaderMap = lines
            .iter()
            .map(|(name, value)| {
                (
                    name.parse::<HeaderName>().unwrap(),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect();
        rules.apply(StatusCode::OK, &mut headers, asked);
        headers
    }

    const PAGE: Asked = Asked {
        is_secure: true,
        is_for_one: false,
    };

    fn cookie(rules: &ResponseRules, cookie: &str) -> String {
        let headers = applied(rules, &[("set-cookie", cookie)], PAGE);
        headers.get("set-cookie").unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn the_application_has_the_last_word_on_security_headers_and_the_policy_on_the_defaults() {
        let headers = applied(&rules(), &[("x-frame-options", "DENY")], PAGE);
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["strict-transport-security"], "max-age=31536000");
        let plain = Asked {
            is_secure: false,
            ..PAGE
        };
        assert!(!applied(&rules(), &[], plain).contains_key("strict-transport-security"));
        let changed = BTreeMap::from([
            ("x-frame-options".to_owned(), None),
            ("referrer-policy".to_owned(), Some("no-referrer".to_owned())),
            ("x-extra".to_owned(), Some("1".to_owned())),
        ]);
        let changed = ResponseRules::new(&changed, &CookiesConfig::default(), None);
        let headers = applied(&changed, &[], PAGE);
        assert!(!headers.contains_key("x-frame-options"));
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["x-extra"], "1");
    }

    #[test]
    fn internals_do_not_leave() {
        let lines = [
            ("x-powered-by", "Next.js"),
            ("x-middleware-set-cookie", "a=b"),
            ("connection", "x-mine"),
            ("x-mine", "1"),
            ("keep-alive", "timeout=5"),
            ("x-nextjs-stale-time", "1"),
            ("x-action-revalidated", "1"),
        ];
        let headers = applied(&rules(), &lines, PAGE);
        for name in [
            "x-powered-by",
            "x-middleware-set-cookie",
            "connection",
            "x-mine",
            "keep-alive",
        ] {
            assert!(!headers.contains_key(name), "{name}");
        }
        assert!(headers.contains_key("x-nextjs-stale-time") && headers.contains_key("x-action-revalidated"));
    }

    #[test]
    fn session_cookies_get_the_flags_that_they_lack() {
        let rules = rules();
        assert_eq!(cookie(&rules, "sid=1"), "sid=1; HttpOnly; Secure; SameSite=Lax");
        assert_eq!(
            cookie(
                &rules,
                "__Secure-authjs.session-token.0=x; Path=/; httponly; SAMESITE=None"
            ),
            "__Secure-authjs.session-token.0=x; Path=/; httponly; SAMESITE=None; Secure"
        );
        assert_eq!(cookie(&rules, "theme=dark"), "theme=dark");
        // A value that looks like an attribute is none.
        assert_eq!(
            cookie(&rules, "sid=httponly"),
            "sid=httponly; HttpOnly; Secure; SameSite=Lax"
        );
        // These are read by their provider's script.
        assert_eq!(
            cookie(&rules, "sb-ref-auth-token=x"),
            "sb-ref-auth-token=x; Secure; SameSite=Lax"
        );
        let clerk = ResponseRules::new(&BTreeMap::new(), &CookiesConfig::default(), Some(Provider::Clerk));
        assert_eq!(cookie(&clerk, "__session=x"), "__session=x; Secure; SameSite=Lax");
        let own = CookiesConfig {
            session: vec!["my-*".to_owned()],
            http_only: Some(false),
            secure: Some(false),
            same_site: Some("strict"),
        };
        let own = ResponseRules::new(&BTreeMap::new(), &own, None);
        assert_eq!(cookie(&own, "my-login=x"), "my-login=x; SameSite=Strict");
    }

    #[test]
    fn answers_for_one_caller_stay_out_of_caches() {
        let headers = applied(
            &rules(),
            &[("content-type", "text/x-component"), ("vary", "RSC, Accept-Encoding")],
            PAGE,
        );
        assert_eq!(headers["cache-control"], "private, no-store");
        let vary: Vec<_> = headers
            .get_all("vary")
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect();
        assert_eq!(
            vary,
            [
                "RSC, Accept-Encoding",
                "next-router-state-tree, next-router-prefetch, next-router-segment-prefetch, next-url"
            ]
        );
        let explicit = [("content-type", "text/x-component"), ("cache-control", "s-maxage=60")];
        assert_eq!(applied(&rules(), &explicit, PAGE)["cache-control"], "s-maxage=60");
        let page = applied(&rules(), &[("content-type", "text/html")], PAGE);
        assert!(!page.contains_key("cache-control") && !page.contains_key("vary"));
    }

    #[test]
    fn one_star_stands_for_anything() {
        assert!(fits("sb-*-auth-token", "sb-x-auth-token") && fits("/ws/*", "/ws/a") && fits("a", "a"));
        assert!(!fits("sb-*-auth-token", "sb-auth-token") && !fits("/ws/*", "/w") && !fits("a", "ab"));
    }
}

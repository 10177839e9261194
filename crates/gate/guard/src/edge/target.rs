//! What a request asks for: one path with one reading, and a query without the keys that Next.js keeps for itself.
//!
//! The path that goes to the application is the one that came, once it is known to have one reading. What it means, with
//! the dress of internal requests taken off, is [`Target::page`]: that is what rules about paths look at.

use std::borrow::Cow;

use super::refusal::Refusal;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The path as it goes to the application.
    pub(crate) path: String,
    /// The query as it goes to the application, without `?`.
    pub(crate) query: Option<String>,
    /// The path that the request is about, decoded.
    pub(crate) page: String,
    /// Whether keys were taken out of the query.
    pub(crate) has_internal_keys: bool,
    /// Whether it is a request for the data of a page of the Pages Router.
    pub(crate) is_page_data: bool,
    /// Refusals that the policy may choose to log only.
    pub(crate) soft: Option<Refusal>,
}

/// What paths may have.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PathRules {
    /// The development server's endpoints are open.
    pub(crate) development: bool,
    /// `%2f` is let through.
    pub(crate) encoded_slash: bool,
}

impl Target {
    /// Reads path and query.
    pub(crate) fn read(path: &str, query: Option<&str>, rules: PathRules) -> Result<Self, Refusal> {
        let decoded = decode_path(path, rules)?;
        let (page, is_page_data) = page_of(&decoded);
        let soft = if is_internal(&decoded) {
            Some(Refusal::PathInternal)
        } else if is_development(&decoded) && !rules.development {
            Some(Refusal::PathDevelopment)
        } else {
            None
        };
        let kept = query.map(|query| without_internals(query).into_owned());
        Ok(Self {
            path: path.to_owned(),
            has_internal_keys: kept.as_deref() != query,
            query: kept.filter(|kept| !kept.is_empty() || query == Some("")),
            page: page.to_owned(),
            is_page_data,
            soft,
        })
    }

    /// Path and query, as the request line has them.
    pub(crate) fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The value of the first key `name` of the query, decoded.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        let (_, value) = pairs(query).find(|(key, _)| decode_lossy(key) == name)?;
        Some(decode_lossy(value))
    }
}

/// Decodes a path once. What would read differently after another decoding, or with other separators, is refused.
fn decode_path(path: &str, rules: PathRules) -> Result<String, Refusal> {
    if !path.starts_with('/') || !path.is_ascii() {
        return Err(Refusal::Path);
    }
    if path.contains('\\') || path.contains("//") || path.contains(';') && has_dot_parameter(path) {
        return Err(Refusal::Path);
    }
    let decoded = percent_decode(path.as_bytes()).ok_or(Refusal::Path)?;
    let decoded = String::from_utf8(decoded).map_err(|_| Refusal::Path)?;
    let has_separator = decoded.contains('\\') || decoded.chars().any(char::is_control);
    let slashes = |text: &str| text.bytes().filter(|byte| *byte == b'/').count();
    let has_hidden_slash = slashes(&decoded) != slashes(path) && !rules.encoded_slash;
    let has_dots = decoded.split('/').any(|segment| matches!(segment, "." | ".."));
    // A second decoding, wherever it happens, must not bring any of these to light.
    let is_double = percent_decode(decoded.as_bytes()).is_some_and(|again| {
        let of_slash = |byte: &u8| matches!(byte, b'/' | b'\\' | 0);
        let count = |bytes: &[u8]| bytes.iter().filter(|byte| of_slash(byte)).count();
        let has_dots = again
            .split(|byte| *byte == b'/')
            .any(|segment| matches!(segment, b"." | b".."));
        count(&again) != count(decoded.as_bytes()) || has_dots
    });
    if has_separator || has_hidden_slash || has_dots || is_double {
        return Err(Refusal::Path);
    }
    Ok(decoded)
}

/// `/..;/`: a dot segment for servers that know parameters of segments.
fn has_dot_parameter(path: &str) -> bool {
    path.split('/')
        .filter_map(|segment| segment.split_once(';'))
        .any(|(name, _)| matches!(name, "." | ".."))
}

fn percent_decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        if *byte != b'%' {
            decoded.push(*byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(*digit).to_digit(16));
        let value = digit()? * 16 + digit()?;
        decoded.push(u8::try_from(value).ok()?);
    }
    Some(decoded)
}

/// Requests that only a build for another host makes; `next start` takes them for paths, and middleware may not.
fn is_internal(path: &str) -> bool {
    path.strip_suffix(".rsc").is_some() || path.split('/').any(|segment| segment.ends_with(".segments"))
}

/// What only the development server answers.
fn is_development(path: &str) -> bool {
    const DEVELOPMENT: &[&str] = &["/_next/webpack-hmr", "/_next/mcp", "/__nextjs", "/_next/development"];
    DEVELOPMENT.iter().any(|start| path.contains(start))
}

/// The page that a path is about.
fn page_of(path: &str) -> (&str, bool) {
    let data = path
        .strip_prefix("/_next/data/")
        .and_then(|rest| rest.split_once('/').map(|(_build, page)| page))
        .and_then(|page| page.strip_suffix(".json"));
    if data.is_some() {
        // `/_next/data/<build>/a.json` is the page `/a`: the slash of the page is the one after the build.
        let start = path.strip_prefix("/_next/data/").and_then(|rest| rest.find('/'));
        let page = start
            .and_then(|start| path.get("/_next/data/".len() + start..))
            .and_then(|page| page.strip_suffix(".json"))
            .unwrap_or(path);
        return (if page == "/index" { "/" } else { page }, true);
    }
    let page = path.strip_suffix(".rsc").unwrap_or(path);
    let page = page.find(".segments/").and_then(|at| page.get(..at)).unwrap_or(page);
    (page, false)
}

/// Keys of a query that Next.js writes itself.
fn is_internal_key(key: &str) -> bool {
    ["nxtP", "nxtI", "__next"].iter().any(|start| key.starts_with(start))
}

fn without_internals(query: &str) -> Cow<'_, str> {
    let is_kept = |key: &str| !is_internal_key(&decode_lossy(key));
    if pairs(query).all(|(key, _)| is_kept(key)) {
        return Cow::Borrowed(query);
    }
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| is_kept(pair.split_once('=').map_or(*pair, |(key, _)| key)))
        .collect();
    Cow::Owned(kept.join("&"))
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// As browsers and Node read a query: `+` is a space, a broken escape stands for itself.
fn decode_lossy(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3).and_then(percent_pair);
        match (byte, pair) {
            (b'%', Some(value)) => {
                decoded.push(value);
                at += 2;
            }
            (b'+', _) => decoded.push(b' '),
            (other, _) => decoded.push(*other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn percent_pair(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    let is_hexadecimal = text.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(text, 16).ok().filter(|_| is_hexadecimal)
}

#[cfg(test)]
mod tests {
    use super::{PathRules, Target};
    use crate::edge::refusal::Refusal;

    fn read(path: &str) -> Result<Target, Refusal> {
        Target::read(path, None, PathRules::default())
    }

    #[test]
    fn paths_with_two_readings_are_refused() {
        for path in [
            "",
            "a",
            "/a/../b",
            "/..",
            "/./a",
            "/a/.",
            "/%2e%2e/a",
            "/%2E./a",
            "/.%2e",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/a%00",
            "//a",
            "/a//b",
            "/%252e%252e/a",
            "/%252fa",
            "/a%255cb",
            "/%zz",
            "/%2",
            "/%",
            "/%ff",
            "/%c0%ae",
            "/%0d%0a",
            "/%7f",
            "/..;/a",
            "/.;x=y/a",
            "/\u{e4}",
        ] {
            assert_eq!(read(path), Err(Refusal::Path), "{path}");
        }
    }

    #[test]
    fn paths_with_one_reading_go_on_as_they_came() {
        for path in [
            "/",
            "/a/b/",
            "/a.b",
            "/...",
            "/a%20b",
            "/%C3%A4",
            "/100%25",
            "/%2525",
            "/a;b",
            "/@x/(y)/[z]",
            "/_next/image",
        ] {
            let target = read(path).unwrap();
            assert_eq!((target.path.as_str(), target.soft), (path, None));
        }
        let rules = PathRules {
            encoded_slash: true,
            ..PathRules::default()
        };
        assert!(Target::read("/a%2Fb", None, rules).is_ok());
        assert_eq!(Target::read("/a%2F..", None, rules), Err(Refusal::Path));
    }

    #[test]
    fn the_page_behind_an_internal_request_is_seen() {
        let page = |path: &str| {
            let target = read(path).unwrap();
            (target.page, target.is_page_data, target.soft)
        };
        let internal = Some(Refusal::PathInternal);
        assert_eq!(page("/admin"), ("/admin".to_owned(), false, None));
        assert_eq!(page("/admin.rsc"), ("/admin".to_owned(), false, internal));
        assert_eq!(page("/admin%2ersc"), ("/admin".to_owned(), false, internal));
        assert_eq!(
            page("/admin.segments/_tree.segment.rsc"),
            ("/admin".to_owned(), false, internal)
        );
        assert_eq!(page("/_next/data/b1/admin/x.json"), ("/admin/x".to_owned(), true, None));
        assert_eq!(page("/_next/data/b1/index.json"), ("/".to_owned(), true, None));
        assert_eq!(page("/_next/webpack-hmr").2, Some(Refusal::PathDevelopment));
        assert_eq!(page("/base/_next/webpack-hmr").2, Some(Refusal::PathDevelopment));
        assert_eq!(
            page("/__nextjs_original-stack-frames").2,
            Some(Refusal::PathDevelopment)
        );
    }

    #[test]
    fn internal_keys_leave_the_query() {
        let query = |query: &str| {
            Target::read("/", Some(query), PathRules::default())
                .unwrap()
                .query
                .unwrap_or_default()
        };
        assert_eq!(query("a=1&nxtPslug=x&b"), "a=1&b");
        assert_eq!(query("nxtIa=1"), "");
        assert_eq!(query("%6extPslug=x&c=%zz"), "c=%zz");
        assert_eq!(query("__nextLocale=de&_rsc=1"), "_rsc=1");
        assert_eq!(query("a=%6extP&&b=+"), "a=%6extP&&b=+");
    }

    #[test]
    fn values_are_decoded_as_the_application_does() {
        let target = Target::read("/", Some("a=1&url=%2Fx%3Fy+z&url=2"), PathRules::default()).unwrap();
        assert_eq!(target.query_value("url").as_deref(), Some("/x?y z"));
        assert_eq!(target.query_value("_rsc"), None);
    }
}

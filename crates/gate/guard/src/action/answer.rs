//! Refusals in the form that the caller understands: rows for the application's own client, a page for a form, JSON for
//! who asks for it. They have fixed texts; what is in the audit log beyond that stays there.

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use portcullis_flight::rows::{Answer, NextMajor};
use portcullis_funnel::{Denial, RateNote, Timestamp};

/// The id by which a caller and an operator speak about a call.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NO_STORE: &str = "private, no-cache, no-store, max-age=0, must-revalidate";
/// Of every code that says that there is no such action.
const UNKNOWN: &str = "action.unknown";
/// A malformed id looks like one that does not exist.
const ABOUT_IDS: &str = "action.id.";

/// Who waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The application's own client, by `fetch`.
    Script,
    /// A browser that posts a form.
    Browser,
    /// A program that wants JSON.
    Program,
}

impl Reader {
    /// By the head of the request.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let accept = headers
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let wants = |kind: &str| {
            accept
                .split(',')
                .any(|one| one.split(';').next().is_some_and(|one| one.trim() == kind))
        };
        if wants("application/json") && !wants("text/x-component") && !wants("text/html") {
            Self::Program
        } else if headers.contains_key("next-action") {
            Self::Script
        } else {
            Self::Browser
        }
    }
}

/// What every refusal needs to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner<'a> {
    pub(crate) reader: Reader,
    pub(crate) major: NextMajor,
    pub(crate) request_id: &'a str,
    /// Where to sign in.
    pub(crate) sign_in: Option<&'a str>,
    pub(crate) rate: Option<RateNote>,
    pub(crate) now: Timestamp,
}

impl Manner<'_> {
    /// The answer to a refused call.
    pub(crate) fn refusal(&self, denial: &Denial) -> Response<Bytes> {
        let row = denial.row();
        let mut response = if row.public_code == UNKNOWN || row.code.starts_with(ABOUT_IDS) {
            self.unknown()
        } else if let ("session.required", Some(page)) = (row.public_code, self.sign_in) {
            self.redirect(page)
                .unwrap_or_else(|| self.plain(row.public_code, denial.status(), row.text))
        } else {
            self.plain(row.public_code, denial.status(), row.text)
        };
        if let Some(wait) = denial.retry_after() {
            let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
            set(response.headers_mut(), RETRY_AFTER, &seconds.to_string());
        }
        if matches!(denial, Denial::RateLimited { .. })
            && let Some(rate) = self.rate
        {
            for (name, value) in rate.headers(self.now) {
                set(response.headers_mut(), HeaderName::from_static(name), &value);
            }
        }
        response
    }

    /// What this version of Next.js says of an id that it does not know.
    fn unknown(&self) -> Response<Bytes> {
        let (status, text) = match self.major {
            NextMajor::Sixteen => (StatusCode::CONFLICT, "Server Action unavailable."),
            // Next.js 14 renders the page; its client understands rows.
            NextMajor::Fifteen | NextMajor::Fourteen => (StatusCode::NOT_FOUND, "Server action not found."),
        };
        if self.reader != Reader::Script || self.major == NextMajor::Fourteen {
            return self.plain(UNKNOWN, status, "no such action");
        }
        let mut response = self.whole(status, "text/plain", text.to_owned());
        set(
            response.headers_mut(),
            HeaderName::from_static("x-nextjs-action-not-found"),
            "1",
        );
        response
    }

    fn redirect(&self, page: &str) -> Option<Response<Bytes>> {
        let value = HeaderValue::from_str(page).ok()?;
        let mut response = match self.reader {
            Reader::Program => return None,
            Reader::Browser => {
                let mut response = self.whole(StatusCode::SEE_OTHER, "text/plain", String::new());
                response.headers_mut().insert(LOCATION, value);
                return Some(response);
            }
            Reader::Script if self.major == NextMajor::Sixteen => {
                self.whole(StatusCode::OK, "text/plain", String::new())
            }
            Reader::Script => self.whole(StatusCode::SEE_OTHER, "text/plain", String::new()),
        };
        let suffix = if self.major == NextMajor::Fourteen { "" } else { ";push" };
        set(
            response.headers_mut(),
            HeaderName::from_static("x-action-redirect"),
            &format!("{page}{suffix}"),
        );
        Some(response)
    }

    /// Status, code and text in the reader's form.
    pub(crate) fn plain(&self, code: &str, status: StatusCode, text: &str) -> Response<Bytes> {
        match self.reader {
            Reader::Script => {
                let body = Answer::Error { digest: code }.body(self.major, "");
                self.whole(status, "text/x-component", body)
            }
            Reader::Program => {
                let body = serde_json::json!({ "error": code, "request": self.request_id });
                self.whole(status, "application/json", body.to_string())
            }
            Reader::Browser => self.whole(status, "text/html; charset=utf-8", self.page(text)),
        }
    }

    fn page(&self, text: &str) -> String {
        let (text, request) = (escaped(text), escaped(self.request_id));
        format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Request refused</title>\
             <h1>{text}</h1><p>Request <code>{request}</code></p></html>\n"
        )
    }

    fn whole(&self, status: StatusCode, kind: &str, body: String) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        let length = response.body().len().to_string();
        let headers = response.headers_mut();
        set(headers, CONTENT_TYPE, kind);
        set(headers, CONTENT_LENGTH, &length);
        set(headers, CACHE_CONTROL, NO_STORE);
        set(headers, HeaderName::from_static("x-content-type-options"), "nosniff");
        set(headers, REQUEST_ID, self.request_id);
        if kind.starts_with("text/html") {
            set(
                headers,
                HeaderName::from_static("content-security-policy"),
                "default-src 'none'; frame-ancestors 'none'",
            );
        }
        response
    }
}

/// Sets a header; a value that cannot stand in one leaves it out.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use portcullis_flight::rows::NextMajor;
    use portcullis_funnel::{Denial, Timestamp};

    use super::{Manner, Reader};

    fn manner(reader: Reader, major: NextMajor) -> Manner<'static> {
        Manner {
            reader,
            major,
            request_id: "<r1>",
            sign_in: None,
            rate: None,
            now: Timestamp::default(),
        }
    }

    fn limited() -> Denial {
        Denial::RateLimited {
            retry_after: Duration::from_millis(1_500),
        }
    }

    #[test]
    fn each_reader_gets_its_form() {
        for major in [NextMajor::Fourteen, NextMajor::Fifteen, NextMajor::Sixteen] {
            let rows = manner(Reader::Script, major).refusal(&limited());
            assert_eq!(rows.status(), 429);
            assert_eq!(rows.headers()["content-type"], "text/x-component");
            assert_eq!(rows.headers()["retry-after"], "2");
            let text = String::from_utf8(rows.body().to_vec()).unwrap();
            assert!(text.ends_with("1:E{\"digest\":\"rate.limited\"}\n"), "{text}");
        }
        let page = manner(Reader::Browser, NextMajor::Sixteen).refusal(&limited());
        let text = String::from_utf8(page.body().to_vec()).unwrap();
        assert!(text.contains("&lt;r1&gt;") && !text.contains("<r1>"), "{text}");
        let json = manner(Reader::Program, NextMajor::Sixteen).refusal(&limited());
        let value: serde_json::Value = serde_json::from_slice(json.body()).unwrap();
        assert_eq!(value, serde_json::json!({ "error": "rate.limited", "request": "<r1>" }));
    }

    #[test]
    fn unknown_and_forbidden_look_alike_and_as_in_next() {
        for (major, status) in [
            (NextMajor::Fourteen, 404),
            (NextMajor::Fifteen, 404),
            (NextMajor::Sixteen, 409),
        ] {
            let of = |denial: &Denial| {
                let answer = manner(Reader::Script, major).refusal(denial);
                let headers: Vec<_> = answer
                    .headers()
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                (answer.status(), headers, answer.body().clone())
            };
            let unknown = of(&Denial::UnknownAction);
            assert_eq!(unknown.0, status);
            assert_eq!(unknown, of(&Denial::MissingPolicy));
            assert_eq!(unknown, of(&Denial::AmbiguousAction));
            let marked = manner(Reader::Script, major).refusal(&Denial::UnknownAction);
            assert_eq!(
                marked.headers().contains_key("x-nextjs-action-not-found"),
                major != NextMajor::Fourteen
            );
        }
    }

    #[test]
    fn who_has_to_sign_in_is_sent_there() {
        let mut manner = manner(Reader::Script, NextMajor::Sixteen);
        manner.sign_in = Some("/login");
        let answer = manner.refusal(&Denial::ExpiredSession);
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["x-action-redirect"]),
            (200, &"/login;push".parse().unwrap())
        );
        manner.reader = Reader::Browser;
        let answer = manner.refusal(&Denial::ExpiredSession);
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["location"]),
            (303, &"/login".parse().unwrap())
        );
        assert_eq!(manner.refusal(&Denial::MissingRole).status(), 403);
    }
}

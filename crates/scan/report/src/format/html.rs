//! One HTML page: no script, no web font, no external request, so that it opens from an attachment and hostile source text
//! has nothing to run. The matrix comes first, then the findings, worst first, then what was not decided, then the
//! evidence for every cell.

mod details;
mod finding;
mod matrix;

use portcullis_model::Severity;

use crate::escape::html::{escape, escape_sentence};
use crate::push::PushFmt as _;
use crate::tally::findings_with;
use crate::verdict;
use crate::view::View;
use crate::wording::count;

/// The only style of the page. The policy of the page names its hash, so no other style applies.
const STYLE: &str = include_str!("html/style.css");
/// SHA-256 of [`STYLE`], in base64; a test compares.
const STYLE_HASH: &str = "u0XYv+k7e7OJceYoqPbImwXw/E67T6Y43Z7dpILlJn4=";

/// The whole report.
pub(crate) fn report(view: &View<'_>) -> String {
    let mut out = head("Server Action audit", view);
    out.push_str(&numbers(view));
    out.push_str("<h2>Endpoints and their protections</h2>\n");
    out.push_str(&matrix::matrix(view));
    out.push_str("<h2>Findings</h2>\n");
    let findings = view.worst_first();
    if findings.is_empty() {
        out.push_str("<p>None.</p>\n");
    }
    for (index, finding) in findings {
        out.push_str(&finding::article(view, index, finding));
    }
    out.push_str(&limits(view));
    out.push_str(&details::inventory(view));
    out.push_str(FOOT);
    out
}

/// The inventory alone.
pub(crate) fn endpoints(view: &View<'_>) -> String {
    let mut out = head("Server Action endpoints", view);
    out.push_fmt(format_args!("<p>{}</p>\n", escape(&verdict::endpoints(view))));
    out.push_str(&matrix::matrix(view));
    out.push_str(&limits(view));
    out.push_str(&details::inventory(view));
    out.push_str(FOOT);
    out
}

const FOOT: &str = "<footer>Static analysis shows the absence of a check in the code, not the presence of an exploit. \
    The same input and version give the same report, byte for byte.</footer>\n</main>\n</body>\n</html>\n";

fn head(title: &str, view: &View<'_>) -> String {
    let options = view.options;
    let next = view
        .scan
        .next_version
        .as_deref()
        .map_or_else(String::new, |next| format!(" · Next.js {}", escape(next)));
    let stamp = options
        .stamp
        .as_deref()
        .map_or_else(String::new, |stamp| format!(" · {}", escape(stamp)));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; \
         form-action 'none'; base-uri 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}: {root}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
         <p class=\"dim\"><code>{root}</code>{next} · {files}, {endpoints} · Portcullis {version}{stamp}</p>\n",
        root = escape(&options.root),
        files = count(view.scan.files.len(), "file", "files"),
        endpoints = count(view.scan.endpoints.len(), "endpoint", "endpoints"),
        version = escape(options.tool_version),
    )
}

fn numbers(view: &View<'_>) -> String {
    let mut out = String::from("<ul class=\"sum\">\n");
    for severity in Severity::ALL {
        let number = findings_with(view.scan, severity);
        let class = if number == 0 { "dim" } else { class(severity) };
        out.push_fmt(format_args!(
            "<li><b class=\"{class}\">{number}</b>{}</li>\n",
            severity.name()
        ));
    }
    let total = count(view.scan.endpoints.len(), "endpoint", "endpoints");
    out.push_fmt(format_args!(
        "<li><b class=\"y\">{}</b>of {total} fully covered</li>\n</ul>\n",
        view.tally.covered
    ));
    out.push_fmt(format_args!(
        "<p class=\"dim\">{}<br>{}</p>\n",
        escape(&verdict::endpoints(view)),
        escape(&verdict::findings(view))
    ));
    out
}

/// What was not decided, and what was not read. Always there: silence about limits is dishonest.
fn limits(view: &View<'_>) -> String {
    let mut out = String::from("<h2 id=\"limits\">What this audit did not decide</h2>\n");
    let undecided: Vec<_> = view.scan.undecided().collect();
    if undecided.is_empty() && view.scan.diagnostics.is_empty() {
        out.push_str("<p>Nothing: every protection that this version looks at was decided at every endpoint.</p>\n");
    }
    if !undecided.is_empty() {
        out.push_str("<p>What is not decided is <b class=\"p\">unknown</b>, and never taken to be safe.</p>\n<ul class=\"list\">\n");
        for undecided in undecided {
            let name = view
                .scan
                .endpoint(undecided.endpoint)
                .map_or("", |endpoint| &endpoint.name);
            out.push_fmt(format_args!(
                "<li><a href=\"#e{}\"><code>{}</code></a> {}: {}",
                undecided.endpoint.0,
                escape(name),
                undecided.protection.name(),
                escape_sentence(undecided.reason)
            ));
            out.push_str(&details::evidence(view, undecided.evidence));
            out.push_str("</li>\n");
        }
        out.push_str("</ul>\n");
    }
    if !view.scan.diagnostics.is_empty() {
        out.push_str("<h3>Not analysed</h3>\n<ul class=\"list\">\n");
        for diagnostic in &view.scan.diagnostics {
            let line = diagnostic
                .place
                .map_or_else(String::new, |place| format!(":{}", view.line(place)));
            out.push_fmt(format_args!(
                "<li><code>{}{line}</code> {} <span class=\"dim\">({})</span></li>\n",
                escape(&diagnostic.path),
                escape_sentence(&diagnostic.message),
                diagnostic.kind.name()
            ));
        }
        out.push_str("</ul>\n");
    }
    out.push_fmt(format_args!(
        "<p class=\"dim\">{}</p>\n",
        escape(&verdict::limits(view))
    ));
    out
}

const fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "crit",
        Severity::High => "high",
        Severity::Medium => "med",
        Severity::Low => "low",
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// The alphabet of base64, for one digest of 32 bytes.
    fn base64(bytes: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let group = chunk
                .iter()
                .fold(0_usize, |group, byte| group << 8 | usize::from(*byte))
                << (8 * (3 - chunk.len()));
            for position in 0..4 {
                let digit = group >> (18 - 6 * position) & 63;
                out.push(if position > chunk.len() {
                    '='
                } else {
                    char::from(ALPHABET[digit])
                });
            }
        }
        out
    }

    #[test]
    fn the_policy_names_the_style() {
        assert_eq!(base64(b"hello"), "aGVsbG8=");
        assert_eq!(
            STYLE_HASH,
            base64(&Sha256::digest(STYLE)),
            "style.css changed: name its new hash"
        );
    }
}

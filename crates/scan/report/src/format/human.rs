//! For a terminal: every finding in its source, then the inventory, what is undecided, what was not read, and the verdict.

mod finding;
mod inventory;

pub(crate) use finding::told;

use crate::escape::terminal::escape;
use crate::push::PushFmt as _;
use crate::verdict;
use crate::view::{View, export_name};
use crate::wording::count;

/// So many undecided protections and diagnostics are listed.
const MAX_LISTED: usize = 100;

/// The whole report.
pub(crate) fn report(view: &View<'_>) -> String {
    let mut out = String::new();
    for finding in &view.scan.findings {
        out.push_str(&finding::draw_finding(view, finding));
        out.push('\n');
    }
    let lines = verdict::lines(view);
    // One line means that there is nothing to say: no finding, nothing undecided, everything read.
    if !view.options.quiet && lines.len() > 1 {
        out.push_str(&inventory::table(view, inventory::Extent::Shortened));
        out.push_str(&undecided(view, MAX_LISTED));
        out.push_str(&diagnostics(view, MAX_LISTED));
    }
    for line in lines {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// The inventory, complete.
pub(crate) fn endpoints(view: &View<'_>) -> String {
    let mut out = inventory::table(view, inventory::Extent::Complete);
    out.push_str(&undecided(view, usize::MAX));
    out.push_str(&diagnostics(view, usize::MAX));
    out.push_str(&verdict::endpoints(view));
    out.push('\n');
    out.push_str(&verdict::limits(view));
    out.push('\n');
    out
}

fn undecided(view: &View<'_>, limit: usize) -> String {
    let total = view.scan.undecided().count();
    let mut out = String::new();
    let mut previous = None;
    for undecided in view.scan.undecided().take(limit) {
        let Some(endpoint) = view.scan.endpoint(undecided.endpoint) else {
            continue;
        };
        if previous.is_none() {
            out.push_str("undecided, and so not taken to be safe\n");
        }
        if previous != Some(undecided.endpoint) {
            out.push_fmt(format_args!("  {}\n", escape(&endpoint.name)));
            previous = Some(undecided.endpoint);
        }
        out.push_fmt(format_args!(
            "    {}: {}\n",
            undecided.protection.name(),
            escape(undecided.reason)
        ));
        for evidence in undecided.evidence {
            if let Some(location) = view.location(evidence.place) {
                let start = location.start;
                let text = escape(&evidence.text);
                let separator = if text.is_empty() { "" } else { " " };
                let path = escape(location.path);
                out.push_fmt(format_args!(
                    "      {path}:{}:{}{separator}{text}\n",
                    start.line, start.column
                ));
            }
        }
    }
    close_list(out, total, limit, "`portcullis endpoints` shows all")
}

fn diagnostics(view: &View<'_>, limit: usize) -> String {
    let mut out = String::new();
    for diagnostic in view.scan.diagnostics.iter().take(limit) {
        if out.is_empty() {
            out.push_str("not analysed\n");
        }
        let position = diagnostic
            .place
            .and_then(|place| view.location(place))
            .map_or_else(String::new, |location| {
                format!(":{}:{}", location.start.line, location.start.column)
            });
        let (path, message) = (escape(&diagnostic.path), escape(&diagnostic.message));
        out.push_fmt(format_args!(
            "  {path}{position}: {} ({})\n",
            message,
            diagnostic.kind.name()
        ));
    }
    close_list(out, view.scan.diagnostics.len(), limit, "`--format sarif` lists all")
}

/// Ends a list with what it leaves out and an empty line; an empty list stays empty.
fn close_list(mut out: String, total: usize, limit: usize, hint: &str) -> String {
    if total > limit {
        out.push_fmt(format_args!("  and {}; {hint}\n", count(total - limit, "more", "more")));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// An endpoint in a list under its file.
fn listed_name(view: &View<'_>, endpoint: &portcullis_model::Endpoint, path: &str) -> String {
    format!("{}:{}", escape(export_name(endpoint, path)), view.line(endpoint.place))
}

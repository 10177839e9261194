//! One line a finding, `path:line:column: severity[rule] message`, for editors and `grep`. Nothing else: a reader that
//! takes lines apart must not meet a summary.

use portcullis_model::{Finding, Severity};

use crate::escape::terminal::escape;
use crate::push::PushFmt as _;
use crate::view::View;
use crate::wording::cell;

/// The findings.
pub(crate) fn report(view: &View<'_>) -> String {
    view.scan.findings.iter().map(|finding| line(view, finding)).collect()
}

fn line(view: &View<'_>, finding: &Finding) -> String {
    let place = match finding.primary().and_then(|label| view.location(label.place)) {
        Some(location) => {
            format!(
                "{}:{}:{}",
                escape(location.path),
                location.start.line,
                location.start.column
            )
        }
        // A finding about the project stands at its root.
        None => escape(&view.options.root),
    };
    let severity = finding.severity.name();
    let severity = if view.options.color {
        paint(finding.severity, severity)
    } else {
        severity.to_owned()
    };
    format!(
        "{place}: {severity}[{}] {}\n",
        escape(finding.rule),
        escape(&finding.message)
    )
}

fn paint(severity: Severity, text: &str) -> String {
    let code = match severity {
        Severity::Critical | Severity::High => "1;31",
        Severity::Medium => "1;33",
        Severity::Low => "1;32",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// The inventory: one line an endpoint, with every protection that was looked at.
pub(crate) fn endpoints(view: &View<'_>) -> String {
    let mut out = String::new();
    for endpoint in &view.scan.endpoints {
        let cells: Vec<String> = view
            .tally
            .analysed
            .iter()
            .map(|protection| format!("{}={}", protection.name(), cell(endpoint.coverage_of(*protection))))
            .collect();
        let path = view.location(endpoint.place).map_or_else(
            || escape(&view.options.root),
            |location| {
                format!(
                    "{}:{}:{}",
                    escape(location.path),
                    location.start.line,
                    location.start.column
                )
            },
        );
        let name = escape(&endpoint.short_name);
        let separator = if cells.is_empty() { "" } else { " " };
        out.push_fmt(format_args!("{path}: {name}{separator}{}\n", cells.join(" ")));
    }
    out
}

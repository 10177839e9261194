//! Workflow commands of GitHub Actions: the runner turns each line into an annotation of the pull request.

use portcullis_model::{Finding, Severity};

use crate::escape::github::{message, property};
use crate::push::PushFmt as _;
use crate::view::View;

/// One command a finding, and a warning for each place that was not read.
pub(crate) fn report(view: &View<'_>) -> String {
    let mut out: String = view
        .scan
        .findings
        .iter()
        .map(|finding| command(view, finding))
        .collect();
    for diagnostic in &view.scan.diagnostics {
        let line = diagnostic.place.map_or(1, |place| view.line(place));
        out.push_fmt(format_args!(
            "::warning file={},line={line},title={}::{}\n",
            property(&diagnostic.path),
            property(&format!("not analysed ({})", diagnostic.kind.name())),
            message(&diagnostic.message)
        ));
    }
    out
}

fn command(view: &View<'_>, finding: &Finding) -> String {
    let name = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "notice",
    };
    let mut properties = Vec::new();
    if let Some(location) = finding.primary().and_then(|label| view.location(label.place)) {
        properties.push(format!("file={}", property(location.path)));
        properties.push(format!("line={}", location.start.line));
        properties.push(format!("col={}", location.start.column));
        properties.push(format!("endLine={}", location.end.line));
        // Columns of a span of several lines mean nothing to the runner.
        if location.end.line == location.start.line {
            properties.push(format!("endColumn={}", location.end.column));
        }
    }
    properties.push(format!(
        "title={}",
        property(&format!("{}[{}]", finding.severity.name(), finding.rule))
    ));
    let mut text = vec![finding.message.clone()];
    if !finding.consequence.is_empty() {
        text.push(finding.consequence.clone());
    }
    text.extend(finding.help.iter().map(|help| format!("help: {help}")));
    format!("::{name} {}::{}\n", properties.join(","), message(&text.join("\n")))
}

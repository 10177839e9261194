//! The summary: how many endpoints, what became of them, how many findings, and what was not looked at. Trusted text only:
//! numbers and fixed words.

use portcullis_model::{Coverage, Protection, Severity};

use crate::push::PushFmt as _;
use crate::tally::findings_with;
use crate::view::View;
use crate::wording::count;

/// The lines of the summary. One line if everything is fine.
pub(crate) fn lines(view: &View<'_>) -> Vec<String> {
    let scan = view.scan;
    let quiet_end = held_back(view);
    if scan.findings.is_empty() && view.tally.covered == scan.endpoints.len() && scan.diagnostics.is_empty() {
        return vec![format!("{}{quiet_end}", all_fine(view))];
    }
    let mut lines = vec![endpoints(view), findings(view)];
    lines.extend(protections(view));
    lines.push(limits(view));
    lines
}

fn all_fine(view: &View<'_>) -> String {
    match view.scan.endpoints.len() {
        0 => format!("no endpoints in {}", count(view.scan.files.len(), "file", "files")),
        number => format!("{}, all covered", count(number, "endpoint", "endpoints")),
    }
}

/// How many endpoints, and what became of them.
pub(crate) fn endpoints(view: &View<'_>) -> String {
    let tally = &view.tally;
    let mut line = format!(
        "{}: {} covered, {} with findings, {} undecided",
        count(view.scan.endpoints.len(), "endpoint", "endpoints"),
        tally.covered,
        tally.with_findings,
        tally.undecided
    );
    if tally.analysed.contains(&Protection::Authentication) {
        line.push_fmt(format_args!("; a stranger can call {}", tally.open));
    }
    line
}

/// How many findings, and what was held back.
pub(crate) fn findings(view: &View<'_>) -> String {
    let scan = view.scan;
    let severities: Vec<String> = Severity::ALL
        .into_iter()
        .map(|severity| (findings_with(scan, severity), severity))
        .filter(|(number, _)| *number > 0)
        .map(|(number, severity)| format!("{number} {}", severity.name()))
        .collect();
    let separator = if severities.is_empty() { "" } else { ": " };
    let number = count(scan.findings.len(), "finding", "findings");
    format!("{number}{separator}{}{}", severities.join(", "), held_back(view))
}

fn held_back(view: &View<'_>) -> String {
    let scan = view.scan;
    let parts: Vec<String> = [
        (scan.suppressed.len(), "suppressed"),
        (scan.baselined, "accepted in baseline"),
        (scan.below_confidence, "below the confidence asked for"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{number} {what}"))
    .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    }
}

/// Every protection with its verdict; nothing if none was looked at.
fn protections(view: &View<'_>) -> Option<String> {
    let verdicts: Vec<String> = view
        .tally
        .analysed
        .iter()
        .map(|protection| {
            let any = |wanted: fn(&Coverage) -> bool| {
                view.scan
                    .endpoints
                    .iter()
                    .any(|endpoint| wanted(endpoint.coverage_of(*protection)))
            };
            let verdict = if any(|coverage| matches!(coverage, Coverage::Absent { .. })) {
                "FAILED"
            } else if any(|coverage| matches!(coverage, Coverage::Unknown { .. } | Coverage::NotAnalysed)) {
                "unknown"
            } else {
                "ok"
            };
            format!("{} {verdict}", protection.name())
        })
        .collect();
    if verdicts.is_empty() {
        None
    } else {
        Some(verdicts.join(", "))
    }
}

/// What was read, and what was not understood.
pub(crate) fn limits(view: &View<'_>) -> String {
    let scan = view.scan;
    let mut line = count(scan.files.len(), "file", "files");
    let calls = scan.opaque_calls.len();
    if calls > 0 {
        line.push_fmt(format_args!(
            "; {} the project",
            count(calls, "call leaves", "calls leave")
        ));
    }
    if !scan.diagnostics.is_empty() {
        line.push_fmt(format_args!(
            "; {} read in full",
            count(scan.diagnostics.len(), "place was not", "places were not")
        ));
    }
    line
}

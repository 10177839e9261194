//! The matrix endpoint x protection. Cells are words, coloured; what is missing links to its finding, and the rest of
//! what is not proven to the evidence below.

use portcullis_model::{Coverage, Endpoint, EndpointId, Protection};

use crate::escape::html::escape;
use crate::push::PushFmt as _;
use crate::view::{View, export_name};
use crate::wording::heading;

/// The matrix and what its words mean.
pub(crate) fn matrix(view: &View<'_>) -> String {
    if view.scan.endpoints.is_empty() {
        return "<p>No endpoints.</p>\n".to_owned();
    }
    let analysed = &view.tally.analysed;
    let mut out =
        String::from("<div class=\"scroll\">\n<table>\n<thead><tr><th class=\"s\" scope=\"col\">Endpoint</th>");
    for protection in analysed {
        out.push_fmt(format_args!(
            "<th class=\"c\" scope=\"col\">{}</th>",
            heading(*protection)
        ));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for group in view.groups() {
        let columns = analysed.len() + 1;
        let path = escape(group.path);
        out.push_fmt(format_args!(
            "<tr class=\"f\"><th class=\"m\" scope=\"colgroup\" colspan=\"{columns}\">{path}</th></tr>\n"
        ));
        for (id, endpoint) in &group.endpoints {
            out.push_str(&row(view, *id, endpoint, group.path));
        }
    }
    out.push_str(
        "</tbody>\n</table>\n</div>\n<p class=\"dim\"><b class=\"y\">yes</b> proven on every path · \
         <b class=\"n\">no</b> a path without it exists · <b class=\"p\">unknown</b> not decided, see \
         <a href=\"#limits\">limits</a> · <b class=\"x\">n/a</b> not needed here</p>\n",
    );
    out
}

fn row(view: &View<'_>, id: EndpointId, endpoint: &Endpoint, path: &str) -> String {
    let name = escape(export_name(endpoint, path));
    let line = view.line(endpoint.place);
    let mut out = format!(
        "<tr><th class=\"m s\" scope=\"row\"><a href=\"#e{}\">{name}</a><span class=\"dim\">:{line}</span></th>",
        id.0
    );
    for protection in &view.tally.analysed {
        out.push_str(&cell(view, id, endpoint, *protection));
    }
    out.push_str("</tr>\n");
    out
}

fn cell(view: &View<'_>, id: EndpointId, endpoint: &Endpoint, protection: Protection) -> String {
    let coverage = endpoint.coverage_of(protection);
    let (class, word) = state(coverage);
    match coverage {
        Coverage::Absent { .. } => {
            let target = finding_for(view, id, coverage, protection)
                .map_or_else(|| format!("e{}", id.0), |finding| format!("f{finding}"));
            format!("<td class=\"c {class}\"><a href=\"#{target}\">{word}</a></td>")
        }
        Coverage::Unknown { .. } => format!("<td class=\"c {class}\"><a href=\"#e{}\">{word}</a></td>", id.0),
        _ => format!("<td class=\"c {class}\">{word}</td>"),
    }
}

/// The class and the word of a state.
pub(crate) const fn state(coverage: &Coverage) -> (&'static str, &'static str) {
    match coverage {
        Coverage::Proven { .. } => ("y", "yes"),
        Coverage::Absent { .. } => ("n", "no"),
        Coverage::Unknown { .. } => ("p", "unknown"),
        Coverage::NotNeeded { .. } => ("x", "n/a"),
        Coverage::NotAnalysed => ("x", "not analysed"),
    }
}

/// The finding that a missing protection links to. Findings do not name a protection, so this goes by what they have in
/// common: the rule's name first, then the places. Nothing in common is no link.
fn finding_for(view: &View<'_>, id: EndpointId, coverage: &Coverage, protection: Protection) -> Option<usize> {
    if view.inventory_only {
        return None;
    }
    let score = |index: usize| {
        let Some(finding) = view.scan.findings.get(index) else {
            return 0;
        };
        let named = if finding.rule.contains(protection.name()) {
            1_000
        } else {
            0
        };
        let shared = finding
            .labels
            .iter()
            .filter(|label| coverage.evidence().iter().any(|evidence| evidence.place == label.place))
            .count();
        named + shared
    };
    let mut best = None;
    let mut best_score = 0;
    for index in view.tally.findings_of(id) {
        let score = score(*index);
        if score > best_score {
            best = Some(*index);
            best_score = score;
        }
    }
    best
}

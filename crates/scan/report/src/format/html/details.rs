//! The evidence for every cell of the matrix, folded by file. A browser unfolds it when a link leads inside.

use portcullis_model::{Coverage, Endpoint, EndpointId, Evidence};

use super::matrix::state;
use crate::escape::html::{escape, escape_sentence};
use crate::push::PushFmt as _;
use crate::view::{FileGroup, View, export_name};
use crate::wording::count;

/// Every endpoint with what shows its state.
pub(crate) fn inventory(view: &View<'_>) -> String {
    if view.scan.endpoints.is_empty() {
        return String::new();
    }
    let mut out = String::from("<h2>Evidence</h2>\n");
    for group in view.groups() {
        out.push_str(&file(view, &group));
    }
    out
}

fn file(view: &View<'_>, group: &FileGroup<'_>) -> String {
    let number = count(group.endpoints.len(), "endpoint", "endpoints");
    let mut out = format!(
        "<details><summary><code>{}</code> <span class=\"dim\">{number}</span></summary>\n",
        escape(group.path)
    );
    for (id, endpoint) in &group.endpoints {
        out.push_str(&entry(view, *id, endpoint, group.path));
    }
    out.push_str("</details>\n");
    out
}

fn entry(view: &View<'_>, id: EndpointId, endpoint: &Endpoint, path: &str) -> String {
    let parameters: Vec<String> = endpoint
        .parameters
        .iter()
        .map(|parameter| escape(&parameter.name))
        .collect();
    let mut out = format!(
        "<div class=\"e\" id=\"e{}\"><h3><code>{}({})</code> <span class=\"dim\">line {}</span></h3>\n<dl>",
        id.0,
        escape(export_name(endpoint, path)),
        parameters.join(", "),
        view.line(endpoint.place)
    );
    if let Some(wrapper) = &endpoint.wrapper {
        out.push_fmt(format_args!(
            "<dt>built by</dt><dd><code>{}</code></dd>",
            escape(wrapper)
        ));
    }
    if !endpoint.captures.is_empty() {
        let names: Vec<String> = endpoint
            .captures
            .iter()
            .map(|capture| format!("<code>{}</code>", escape(&capture.name)))
            .collect();
        out.push_fmt(format_args!("<dt>captures</dt><dd>{}</dd>", names.join(", ")));
    }
    for protection in &view.tally.analysed {
        out.push_str(&coverage(view, protection.name(), endpoint.coverage_of(*protection)));
    }
    let findings: Vec<String> = view
        .tally
        .findings_of(id)
        .iter()
        .filter_map(|index| Some((index, view.scan.findings.get(*index)?)))
        .map(|(index, finding)| {
            let message = escape_sentence(&finding.message);
            if view.inventory_only {
                message
            } else {
                format!("<a href=\"#f{index}\">{message}</a>")
            }
        })
        .collect();
    if !findings.is_empty() {
        out.push_fmt(format_args!("<dt>findings</dt><dd>{}</dd>", findings.join("<br>")));
    }
    out.push_str("</dl></div>\n");
    out
}

fn coverage(view: &View<'_>, name: &str, coverage: &Coverage) -> String {
    let (class, word) = state(coverage);
    let reason = match coverage {
        // The word says it already.
        Coverage::NotAnalysed => String::new(),
        _ => escape_sentence(coverage.reason()),
    };
    format!(
        "<dt>{name}</dt><dd><span class=\"{class}\">{word}</span> {reason}{}</dd>",
        evidence(view, coverage.evidence())
    )
}

/// The places, as a list; nothing if there are none.
pub(crate) fn evidence(view: &View<'_>, evidence: &[Evidence]) -> String {
    let mut places = String::new();
    for evidence in evidence {
        if let Some(location) = view.location(evidence.place) {
            let (path, line) = (escape(location.path), location.start.line);
            let text = escape_sentence(&evidence.text);
            places.push_fmt(format_args!("<li><code>{path}:{line}</code> {text}</li>"));
        }
    }
    if places.is_empty() {
        places
    } else {
        format!("<ul class=\"ev\">{places}</ul>")
    }
}

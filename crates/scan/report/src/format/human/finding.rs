//! One finding, annotated in its source.

use annotate_snippets::Level;
use portcullis_model::{Finding, Label, Role, Severity};

use crate::escape::terminal::{escape, escape_lines};
use crate::excerpt;
use crate::snippet::{Drawing, draw};
use crate::view::View;
use crate::wording::{count, owasp};

/// More labels than this are no story any more.
const MAX_LABELS: usize = 5;
/// So many endpoints behind one finding are named.
const MAX_ENDPOINTS: usize = 8;

/// Title, excerpts, notes, help.
pub(crate) fn draw_finding(view: &View<'_>, finding: &Finding) -> String {
    let labels = told(finding);
    let blocks = excerpt::blocks(view, &labels);
    let mut notes = Vec::new();
    if !finding.consequence.is_empty() {
        notes.push(escape(&finding.consequence));
    }
    if labels.len() < finding.labels.len() {
        let left_out = count(finding.labels.len() - labels.len(), "more step", "more steps");
        notes.push(format!("{left_out} on the way; `--format json` lists all"));
    }
    if finding.endpoints.len() > 1 {
        notes.push(behind(view, finding));
    }
    notes.push(classification(finding));
    let mut help: Vec<String> = finding.help.iter().map(|help| escape_lines(help)).collect();
    help.push(format!(
        "to learn more, run `portcullis explain {}`",
        escape(finding.rule)
    ));
    let drawing = Drawing {
        level: level(finding.severity),
        title: Some(&finding.message),
        id: Some(finding.rule),
        blocks: &blocks,
        notes: &notes,
        help: &help,
    };
    draw(&drawing, view.options.color, view.options.width)
}

/// The labels that are shown: the primary one, the effect at the end, and of the others the first ones.
pub(crate) fn told(finding: &Finding) -> Vec<&Label> {
    let last = finding.labels.len().saturating_sub(1);
    let kept = |index: usize, label: &Label| label.role == Role::Primary || index == last;
    let fixed = finding
        .labels
        .iter()
        .enumerate()
        .filter(|(index, label)| kept(*index, label))
        .count();
    let mut room = MAX_LABELS.saturating_sub(fixed);
    let mut told = Vec::new();
    for (index, label) in finding.labels.iter().enumerate() {
        if kept(index, label) {
            told.push(label);
        } else if room > 0 {
            room -= 1;
            told.push(label);
        }
    }
    told
}

fn behind(view: &View<'_>, finding: &Finding) -> String {
    let names = view.endpoint_names(finding);
    let mut shown: Vec<String> = names.iter().take(MAX_ENDPOINTS).map(|name| escape(name)).collect();
    if names.len() > MAX_ENDPOINTS {
        shown.push(count(names.len() - MAX_ENDPOINTS, "more", "more"));
    }
    format!(
        "behind {}: {}",
        count(names.len(), "endpoint", "endpoints"),
        shown.join(", ")
    )
}

/// Severity and confidence, and where the class of defect is described.
fn classification(finding: &Finding) -> String {
    let mut classes = Vec::new();
    if !finding.owasp.is_empty() {
        classes.push(format!("OWASP {}", owasp(finding.owasp).join(", ")));
    }
    classes.extend(finding.cwe.iter().map(|cwe| (*cwe).to_owned()));
    let separator = if classes.is_empty() { "" } else { "; " };
    let (severity, confidence) = (finding.severity.name(), finding.confidence.name());
    escape(&format!(
        "severity {severity}, confidence {confidence}{separator}{}",
        classes.join(", ")
    ))
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low => Level::NOTE,
    }
}

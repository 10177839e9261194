//! Comments that allow a finding: `// portcullis: allow(rule-name) reason="why"`.
//!
//! One stands on the line of what it allows, or directly above. Without a reason it does nothing.

use portcullis_model::{Endpoint, FileId, Finding, Place, SourceFile, Span};

/// A comment that allows findings.
#[derive(Debug, Clone)]
pub(crate) struct Allow {
    /// Where it stands.
    pub(crate) place: Place,
    /// The rule that it names.
    pub(crate) rule: String,
    /// The reason that it gives.
    pub(crate) reason: Option<String>,
    /// The first line that it covers that is not a comment itself, from 1; and its own line.
    lines: (u32, u32),
}

const MARK: &str = "portcullis: allow(";

/// Reads every such comment.
pub(crate) fn read(files: &[SourceFile]) -> Vec<Allow> {
    let mut allows = Vec::new();
    for (position, file) in (0_u32..).zip(files) {
        if file.text.contains(MARK) {
            read_file(FileId(position), file, &mut allows);
        }
    }
    allows
}

fn read_file(id: FileId, file: &SourceFile, allows: &mut Vec<Allow>) {
    let lines: Vec<&str> = file.text.split('\n').collect();
    let mut offset = 0_usize;
    for (index, line) in lines.iter().enumerate() {
        let start = offset;
        offset += line.len() + 1;
        let Some(at) = line.find(MARK) else { continue };
        let before = line.get(..at).unwrap_or_default();
        let Some(comment) = before
            .rfind("//")
            .or_else(|| before.rfind("/*"))
            .or_else(|| before.rfind("# "))
            .or_else(|| before.rfind('*'))
        else {
            continue;
        };
        let rest = line.get(at + MARK.len()..).unwrap_or_default();
        let Some((rules, rest)) = rest.split_once(')') else {
            continue;
        };
        let reason = rest
            .split_once("reason=\"")
            .and_then(|(_, reason)| reason.split_once('"'))
            .map(|(reason, _)| reason.trim().to_owned())
            .filter(|reason| !reason.is_empty());
        let below = lines
            .iter()
            .enumerate()
            .skip(index + 1)
            .find(|(_, line)| !is_comment(line))
            .map_or(index, |(below, _)| below);
        let number = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
        let from = u32::try_from(start + comment).unwrap_or(u32::MAX);
        let to = u32::try_from(start + line.trim_end().len()).unwrap_or(u32::MAX);
        for rule in rules.split(',').map(str::trim).filter(|rule| !rule.is_empty()) {
            allows.push(Allow {
                place: Place::new(id, Span::new(from, to)),
                rule: rule.to_owned(),
                reason: reason.clone(),
                lines: (number(below), number(index)),
            });
        }
    }
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//")
        || line.starts_with("/*")
        || line.starts_with('*')
        || line.starts_with("{/*")
        || line.starts_with("# ")
}

/// The comment that allows a finding: at its primary place, or at the endpoint behind it.
pub(crate) fn covering<'allows>(
    allows: &'allows mut [(Allow, bool)],
    finding: &Finding,
    endpoints: &[Endpoint],
    files: &[SourceFile],
) -> Option<&'allows mut (Allow, bool)> {
    if !allows.iter().any(|(allow, _)| allow.rule == finding.rule) {
        return None;
    }
    let endpoint_places = finding
        .endpoints
        .iter()
        .filter_map(|id| endpoints.get(usize::try_from(id.0).ok()?))
        .map(|endpoint| endpoint.place);
    let places: Vec<(FileId, u32)> = finding
        .primary()
        .map(|label| label.place)
        .into_iter()
        .chain(endpoint_places)
        .filter_map(|place| {
            let file = files.get(usize::try_from(place.file.0).ok()?)?;
            Some((place.file, file.position(place.span.start).line))
        })
        .collect();
    allows.iter_mut().find(|(allow, _)| {
        let covers = |line| line == allow.lines.0 || line == allow.lines.1;
        allow.rule == finding.rule
            && allow.reason.is_some()
            && places
                .iter()
                .any(|(file, line)| *file == allow.place.file && covers(*line))
    })
}

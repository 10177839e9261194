//! The JSON document, version 1. Its types are frozen here, apart from the model: renaming a field of the model must not
//! change what other programs read. A change of this file is a new version of the document, and a changelog line.

use portcullis_model::{
    Coverage, Endpoint, EndpointKind, Evidence, Finding, Json, Protection, Role, Severity, Undecided,
};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::escape::json::escape;
use crate::tally::findings_with;
use crate::view::View;

/// The version of the document.
const VERSION: u32 = 1;

/// The whole document.
pub(crate) fn report(view: &View<'_>) -> String {
    let scan = view.scan;
    let endpoints = scan.endpoints.iter().map(|endpoint| endpoint_document(view, endpoint));
    let findings = scan.findings.iter().map(|finding| finding_document(view, finding));
    let undecided = scan.undecided().map(|undecided| undecided_document(view, &undecided));
    write(&Document {
        version: VERSION,
        tool: tool(view),
        project: project(view),
        endpoints: endpoints.collect(),
        findings: findings.collect(),
        undecided: undecided.collect(),
        summary: summary(view),
    })
}

/// The inventory alone: the same fields without findings and summary.
pub(crate) fn endpoints(view: &View<'_>) -> String {
    let endpoints = view
        .scan
        .endpoints
        .iter()
        .map(|endpoint| endpoint_document(view, endpoint));
    let undecided = view
        .scan
        .undecided()
        .map(|undecided| undecided_document(view, &undecided));
    write(&InventoryDocument {
        version: VERSION,
        tool: tool(view),
        project: project(view),
        endpoints: endpoints.collect(),
        undecided: undecided.collect(),
    })
}

/// Serialized, indented, harmless in a terminal.
pub(crate) fn write<T: Serialize>(document: &T) -> String {
    #[expect(
        clippy::expect_used,
        reason = "strings, numbers and maps with string keys always serialize"
    )]
    let text = serde_json::to_string_pretty(document).expect("internal error: a report has only string keys");
    let mut text = escape(text);
    text.push('\n');
    text
}

fn tool<'a>(view: &View<'a>) -> Tool<'a> {
    Tool {
        name: "portcullis",
        version: view.options.tool_version,
    }
}

fn project<'a>(view: &View<'a>) -> Project<'a> {
    Project {
        root: &view.options.root,
        next: view.scan.next_version.as_deref(),
        files: view.scan.files.len(),
    }
}

fn summary(view: &View<'_>) -> Summary {
    let count = |severity| findings_with(view.scan, severity);
    Summary {
        endpoints: view.scan.endpoints.len(),
        covered: view.tally.covered,
        findings: Severities {
            critical: count(Severity::Critical),
            high: count(Severity::High),
            medium: count(Severity::Medium),
            low: count(Severity::Low),
        },
        suppressed: view.scan.suppressed.len(),
        baselined: view.scan.baselined,
    }
}

fn endpoint_document<'a>(view: &View<'a>, endpoint: &'a Endpoint) -> EndpointDocument<'a> {
    let location = view.location(endpoint.place);
    EndpointDocument {
        name: &endpoint.name,
        kind: match endpoint.kind {
            EndpointKind::Module => "module",
            EndpointKind::Inline => "inline",
        },
        file: location.map_or("", |location| location.path),
        line: location.map_or(1, |location| location.start.line),
        column: location.map_or(1, |location| location.start.column),
        parameters: endpoint
            .parameters
            .iter()
            .map(|parameter| ParameterDocument {
                name: &parameter.name,
                schema: parameter
                    .schema
                    .as_ref()
                    .map_or_else(|| Value::Object(serde_json::Map::new()), value),
            })
            .collect(),
        wrapper: endpoint.wrapper.as_deref(),
        protections: Protections(
            Protection::ALL
                .into_iter()
                .map(|protection| {
                    (
                        protection.name(),
                        coverage_document(view, endpoint.coverage_of(protection)),
                    )
                })
                .collect(),
        ),
    }
}

/// A JSON document of the model; the keys of objects are sorted.
pub(crate) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Boolean(boolean) => Value::Bool(*boolean),
        Json::Number(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(value).collect()),
        Json::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, field)| (name.clone(), value(field)))
                .collect(),
        ),
    }
}

fn coverage_document<'a>(view: &View<'a>, coverage: &'a Coverage) -> CoverageDocument<'a> {
    CoverageDocument {
        state: coverage.state(),
        evidence: coverage
            .evidence()
            .iter()
            .map(|evidence| evidence_document(view, evidence))
            .collect(),
        reason: coverage.reason(),
    }
}

fn evidence_document<'a>(view: &View<'a>, evidence: &'a Evidence) -> EvidenceDocument<'a> {
    let location = view.location(evidence.place);
    EvidenceDocument {
        file: location.map_or("", |location| location.path),
        line: location.map_or(1, |location| location.start.line),
        column: location.map_or(1, |location| location.start.column),
        text: &evidence.text,
    }
}

fn finding_document<'a>(view: &View<'a>, finding: &'a Finding) -> FindingDocument<'a> {
    let locations = finding.labels.iter().filter_map(|label| {
        let location = view.location(label.place)?;
        Some(LocationDocument {
            role: match label.role {
                Role::Primary => "primary",
                Role::Related => "related",
            },
            file: location.path,
            line: location.start.line,
            column: location.start.column,
            end_line: location.end.line,
            end_column: location.end.column,
            label: &label.text,
        })
    });
    FindingDocument {
        rule: finding.rule,
        severity: finding.severity.name(),
        confidence: finding.confidence.name(),
        endpoints: view.endpoint_names(finding),
        message: &finding.message,
        help: finding.help.join("\n"),
        locations: locations.collect(),
        owasp: finding.owasp,
        cwe: finding.cwe,
        fingerprint: &finding.fingerprint,
    }
}

fn undecided_document<'a>(view: &View<'a>, undecided: &Undecided<'a>) -> UndecidedDocument<'a> {
    let endpoint = view.scan.endpoint(undecided.endpoint);
    // What stood in the way is where a reader has to look; without it, the endpoint is.
    let place = undecided
        .evidence
        .first()
        .map(|evidence| evidence.place)
        .or(endpoint.map(|endpoint| endpoint.place));
    let location = place.and_then(|place| view.location(place));
    UndecidedDocument {
        endpoint: endpoint.map_or("", |endpoint| &endpoint.name),
        protection: undecided.protection.name(),
        reason: undecided.reason,
        file: location.map_or("", |location| location.path),
        line: location.map_or(1, |location| location.start.line),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool<'a>,
    project: Project<'a>,
    endpoints: Vec<EndpointDocument<'a>>,
    findings: Vec<FindingDocument<'a>>,
    undecided: Vec<UndecidedDocument<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct InventoryDocument<'a> {
    version: u32,
    tool: Tool<'a>,
    project: Project<'a>,
    endpoints: Vec<EndpointDocument<'a>>,
    undecided: Vec<UndecidedDocument<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct Project<'a> {
    root: &'a str,
    next: Option<&'a str>,
    files: usize,
}

#[derive(Serialize)]
struct EndpointDocument<'a> {
    name: &'a str,
    kind: &'a str,
    file: &'a str,
    line: u32,
    column: u32,
    parameters: Vec<ParameterDocument<'a>>,
    wrapper: Option<&'a str>,
    protections: Protections<'a>,
}

#[derive(Serialize)]
struct ParameterDocument<'a> {
    name: &'a str,
    schema: Value,
}

/// A map in the order of reports.
struct Protections<'a>(Vec<(&'static str, CoverageDocument<'a>)>);

impl Serialize for Protections<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, coverage) in &self.0 {
            map.serialize_entry(name, coverage)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct CoverageDocument<'a> {
    state: &'a str,
    evidence: Vec<EvidenceDocument<'a>>,
    reason: &'a str,
}

#[derive(Serialize)]
struct EvidenceDocument<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct FindingDocument<'a> {
    rule: &'a str,
    severity: &'a str,
    confidence: &'a str,
    endpoints: Vec<&'a str>,
    message: &'a str,
    help: String,
    locations: Vec<LocationDocument<'a>>,
    owasp: &'a [&'a str],
    cwe: &'a [&'a str],
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct LocationDocument<'a> {
    role: &'a str,
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    label: &'a str,
}

#[derive(Serialize)]
struct UndecidedDocument<'a> {
    endpoint: &'a str,
    protection: &'a str,
    reason: &'a str,
    file: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct Summary {
    endpoints: usize,
    covered: usize,
    findings: Severities,
    suppressed: usize,
    baselined: usize,
}

#[derive(Serialize)]
struct Severities {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
}

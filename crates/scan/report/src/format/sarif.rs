//! SARIF 2.1.0, for code scanning: results with their steps as code flows, rules with their pages, suppressed results, and
//! what was not understood as notifications of the run.

mod log;

use portcullis_model::{Confidence, Diagnostic, Finding, Label, Place, RuleMeta, Severity, Suppression, Undecided};

use crate::escape::sarif::{message, uri};
use crate::format::json::write;
use crate::view::{Location as Resolved, View};
use crate::wording::cwe_number;
use log::{
    ArtifactLocation, BaseId, BaseIds, CodeFlow, Configuration, Driver, Fingerprints, Help, Invocation, Location, Log,
    LogicalLocation, Message, Notification, PhysicalLocation, Reference, Region, ResultProperties, Rule,
    RuleProperties, Run, RunResult, SuppressionEntry, ThreadFlow, ThreadFlowLocation, Tool,
};

/// The base of all addresses: the scanned root.
const BASE: &str = "%SRCROOT%";
/// The notification for a protection that was not decided.
const UNDECIDED: &str = "undecided";

/// The whole log.
pub(crate) fn report(view: &View<'_>) -> String {
    let scan = view.scan;
    let findings = scan.findings.iter().map(|finding| result(view, finding));
    let suppressed = scan.suppressed.iter().map(|suppression| suppressed(view, suppression));
    write(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "portcullis",
                    semantic_version: view.options.tool_version,
                    rules: view.rules.iter().map(|rule| rule_descriptor(rule)).collect(),
                    notifications: notification_descriptors(view),
                },
            },
            column_kind: "utf16CodeUnits",
            original_uri_base_ids: BaseIds {
                root: BaseId {
                    description: text("the root of the scanned project"),
                },
            },
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: notifications(view),
            }],
            results: findings.chain(suppressed).collect(),
        }],
    })
}

fn text(text: &str) -> Message {
    Message { text: message(text) }
}

fn rule_descriptor(rule: &RuleMeta) -> Rule {
    let mut tags = vec!["security".to_owned()];
    tags.extend(
        rule.cwe
            .iter()
            .map(|cwe| format!("external/cwe/cwe-{}", cwe_number(cwe))),
    );
    tags.extend(rule.owasp.iter().map(|class| format!("external/owasp/{class}")));
    Rule {
        id: rule.id,
        name: pascal_case(rule.id),
        short_description: text(rule.summary),
        help: Help {
            text: message(rule.page),
            markdown: rule.page,
        },
        default_configuration: Configuration {
            level: level(rule.severity),
        },
        properties: RuleProperties {
            tags,
            security_severity: security_severity(rule.severity),
        },
    }
}

fn notification_descriptors(view: &View<'_>) -> Vec<Reference> {
    let mut ids: Vec<&'static str> = view
        .scan
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.kind.name())
        .collect();
    ids.extend(view.scan.undecided().next().map(|_| UNDECIDED));
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| Reference { id }).collect()
}

fn result<'a>(view: &View<'a>, finding: &'a Finding) -> RunResult<'a> {
    let mut paragraphs = vec![finding.message.clone()];
    if !finding.consequence.is_empty() {
        paragraphs.push(finding.consequence.clone());
    }
    paragraphs.extend(finding.help.iter().map(|help| format!("help: {help}")));
    let primary = finding.primary();
    let mut location = primary.and_then(|label| physical(view, label.place));
    if let Some(location) = &mut location {
        let names = view.endpoint_names(finding).into_iter();
        location.logical = names
            .map(|name| LogicalLocation {
                fully_qualified_name: name.to_owned(),
                kind: "function",
            })
            .collect();
    }
    let related = finding
        .labels
        .iter()
        .filter(|label| primary.is_none_or(|primary| !std::ptr::eq(*label, primary)));
    let related = related.filter_map(|label| step(view, label)).enumerate();
    RunResult {
        locations: location.into_iter().collect(),
        related_locations: related
            .map(|(index, step)| Location {
                id: Some(index + 1),
                ..step
            })
            .collect(),
        code_flows: code_flow(view, finding).into_iter().collect(),
        partial_fingerprints: Some(Fingerprints {
            portcullis: &finding.fingerprint,
        }),
        properties: Some(ResultProperties {
            confidence: finding.confidence.name(),
            precision: precision(finding.confidence),
            security_severity: security_severity(finding.severity),
            owasp: finding.owasp,
            cwe: finding.cwe,
        }),
        ..base_result(view, finding.rule, finding.severity, &paragraphs.join("\n\n"))
    }
}

/// The labels in their order; one label is no flow.
fn code_flow(view: &View<'_>, finding: &Finding) -> Option<CodeFlow> {
    let steps = finding.labels.iter().filter_map(|label| step(view, label));
    let locations: Vec<_> = steps.map(|location| ThreadFlowLocation { location }).collect();
    (locations.len() > 1).then_some(CodeFlow {
        thread_flows: [ThreadFlow { locations }],
    })
}

/// The finding behind an ignore comment is gone; the comment stands for it.
fn suppressed<'a>(view: &View<'a>, suppression: &'a Suppression) -> RunResult<'a> {
    let rule = view.rules.iter().find(|rule| rule.id == suppression.rule);
    let severity = rule.map_or(Severity::Low, |rule| rule.severity);
    let location = physical(view, suppression.place);
    let entry = SuppressionEntry {
        kind: "inSource",
        status: "accepted",
        justification: message(&suppression.reason),
        location: location.clone(),
    };
    let words = format!("suppressed by an ignore comment: {}", suppression.reason);
    RunResult {
        locations: location.into_iter().collect(),
        suppressions: vec![entry],
        ..base_result(view, &suppression.rule, severity, &words)
    }
}

fn base_result<'a>(view: &View<'_>, rule: &'a str, severity: Severity, words: &str) -> RunResult<'a> {
    RunResult {
        rule_id: rule,
        rule_index: view.rules.binary_search_by_key(&rule, |rule| rule.id).ok(),
        level: level(severity),
        message: text(words),
        locations: Vec::new(),
        related_locations: Vec::new(),
        code_flows: Vec::new(),
        partial_fingerprints: None,
        suppressions: Vec::new(),
        properties: None,
    }
}

fn notifications(view: &View<'_>) -> Vec<Notification> {
    let diagnostics = view
        .scan
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic_notification(view, diagnostic));
    let undecided = view
        .scan
        .undecided()
        .map(|undecided| undecided_notification(view, &undecided));
    diagnostics.chain(undecided).collect()
}

fn diagnostic_notification(view: &View<'_>, diagnostic: &Diagnostic) -> Notification {
    let location = diagnostic
        .place
        .and_then(|place| physical(view, place))
        .unwrap_or_else(|| Location {
            physical: PhysicalLocation {
                artifact_location: artifact(&diagnostic.path),
                region: None,
            },
            ..Location::default()
        });
    Notification {
        descriptor: Reference {
            id: diagnostic.kind.name(),
        },
        level: "warning",
        message: text(&diagnostic.message),
        locations: vec![location],
    }
}

fn undecided_notification(view: &View<'_>, undecided: &Undecided<'_>) -> Notification {
    let endpoint = view.scan.endpoint(undecided.endpoint);
    let name = endpoint.map_or("", |endpoint| &endpoint.name);
    let words = format!(
        "{} of {name} is undecided: {}",
        undecided.protection.name(),
        undecided.reason
    );
    let evidence = undecided.evidence.first().map(|evidence| evidence.place);
    let place = evidence.or(endpoint.map(|endpoint| endpoint.place));
    Notification {
        descriptor: Reference { id: UNDECIDED },
        level: "note",
        message: text(&words),
        locations: place.and_then(|place| physical(view, place)).into_iter().collect(),
    }
}

fn step(view: &View<'_>, label: &Label) -> Option<Location> {
    let location = physical(view, label.place)?;
    let words = (!label.text.is_empty()).then(|| text(&label.text));
    Some(Location {
        message: words,
        ..location
    })
}

fn physical(view: &View<'_>, place: Place) -> Option<Location> {
    let Resolved { path, start, end } = view.location(place)?;
    let region = Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    };
    let physical = PhysicalLocation {
        artifact_location: artifact(path),
        region: Some(region),
    };
    Some(Location {
        physical,
        ..Location::default()
    })
}

fn artifact(path: &str) -> ArtifactLocation {
    ArtifactLocation {
        uri: uri(path),
        uri_base_id: BASE,
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// The number by which code scanning sorts: it calls 9 and more critical, 7 high, 4 medium.
const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

const fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    }
}

fn pascal_case(id: &str) -> String {
    id.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_ascii_uppercase().to_string() + letters.as_str()
            })
        })
        .collect()
}

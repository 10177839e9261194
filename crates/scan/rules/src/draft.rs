//! A finding while a rule writes it.

use portcullis_analysis::{Analysis, Facts, Sink};
use portcullis_model::{
    Confidence, Coverage, Edit, Endpoint, EndpointId, Evidence, Finding, Fix, Label, Place, Protection, Role, RuleMeta,
    Severity,
};

use crate::Selection;

/// An endpoint whose effect a stranger reaches.
#[derive(Debug)]
pub(crate) struct Open<'scan> {
    pub(crate) id: EndpointId,
    pub(crate) endpoint: &'scan Endpoint,
    pub(crate) facts: &'scan Facts,
    /// The way to the effect.
    pub(crate) evidence: &'scan [Evidence],
}

/// Every endpoint whose effect a stranger reaches.
pub(crate) fn open_endpoints(analysis: &Analysis) -> impl Iterator<Item = Open<'_>> {
    (0_u32..)
        .zip(&analysis.endpoints)
        .zip(&analysis.facts)
        .filter_map(|((position, endpoint), facts)| {
            let Coverage::Absent { evidence, .. } = endpoint.coverage_of(Protection::Authentication) else {
                return None;
            };
            Some(Open {
                id: EndpointId(position),
                endpoint,
                facts,
                evidence,
            })
        })
}

/// An endpoint, with what is known of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'scan> {
    pub(crate) id: EndpointId,
    pub(crate) endpoint: &'scan Endpoint,
    pub(crate) facts: &'scan Facts,
}

/// Every endpoint.
pub(crate) fn each(analysis: &Analysis) -> impl Iterator<Item = Seen<'_>> {
    (0_u32..)
        .zip(&analysis.endpoints)
        .zip(&analysis.facts)
        .map(|((position, endpoint), facts)| Seen {
            id: EndpointId(position),
            endpoint,
            facts,
        })
}

/// What a rule about a dangerous place says.
#[derive(Debug)]
pub(crate) struct Words {
    /// After the endpoint's name: `puts what the client writes into a command`.
    pub(crate) does: &'static str,
    pub(crate) consequence: &'static str,
    pub(crate) help: &'static str,
}

/// A finding for every value of the client in a dangerous place of a kind.
pub(crate) fn report_sinks(meta: &RuleMeta, analysis: &Analysis, kind: Sink, words: &Words, drafts: &mut Vec<Draft>) {
    for seen in each(analysis) {
        for (_, place) in seen.facts.sinks.iter().filter(|(sink, _)| *sink == kind) {
            let message = format!("`{}` {}", seen.endpoint.short_name, words.does);
            drafts.push(
                Draft::new(meta, place.place, place.text.clone(), message)
                    .endpoint(seen.id)
                    .consequence(words.consequence)
                    .help(words.help),
            );
        }
    }
}

/// Whether what was read belongs to a person, by the name of its table.
pub(crate) fn is_personal(label: &str) -> bool {
    // What stands first is the database: `PrismaClient.post.findMany`.
    let table = label
        .split_once('.')
        .map_or(label, |(_, table)| table)
        .to_ascii_lowercase();
    let label = table;
    [
        "user", "account", "customer", "member", "session", "profile", "employee", "patient", "contact", "order",
        "invoice", "payment", "token",
    ]
    .iter()
    .any(|word| label.contains(word))
}

/// One finding for all values of the client in dangerous places of a kind at an endpoint.
pub(crate) fn report_sinks_at_once(
    meta: &RuleMeta,
    analysis: &Analysis,
    kind: Sink,
    words: &Words,
    drafts: &mut Vec<Draft>,
) {
    for seen in each(analysis) {
        let mut places = seen.facts.sinks.iter().filter(|(sink, _)| *sink == kind);
        let Some((_, first)) = places.next() else { continue };
        let message = format!("`{}` {}", seen.endpoint.short_name, words.does);
        let draft = Draft::new(meta, first.place, first.text.clone(), message)
            .endpoint(seen.id)
            .consequence(words.consequence)
            .help(words.help);
        drafts.push(places.fold(draft, |draft, (_, place)| draft.also(place.place, place.text.clone())));
    }
}

/// A finding without what is the same for all: severity by configuration, fingerprint.
#[derive(Debug)]
pub(crate) struct Draft {
    finding: Finding,
    /// Where the cause is, if it is not where the finding stands: findings of one cause become one.
    cause: Option<Place>,
}

impl Draft {
    /// A finding about one place.
    pub(crate) fn new(meta: &RuleMeta, place: Place, label: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            finding: Finding {
                rule: meta.id,
                severity: meta.severity,
                confidence: Confidence::High,
                endpoints: Vec::new(),
                message: message.into(),
                consequence: String::new(),
                help: Vec::new(),
                fix: None,
                labels: vec![Label {
                    role: Role::Primary,
                    place,
                    text: label.into(),
                }],
                owasp: meta.owasp,
                cwe: meta.cwe,
                fingerprint: String::new(),
            },
            cause: None,
        }
    }

    /// A finding about an open endpoint: worse if something is changed, less sure if a name alone says that.
    pub(crate) fn open(mut self, open: &Open<'_>) -> Self {
        self.finding.endpoints.push(open.id);
        self.finding.severity = if open.facts.is_mild {
            Severity::Medium
        } else if open.facts.only_reads {
            Severity::High
        } else {
            Severity::Critical
        };
        self.finding.confidence = if open.facts.by_name {
            Confidence::Medium
        } else {
            Confidence::High
        };
        self
    }

    pub(crate) fn endpoint(mut self, endpoint: EndpointId) -> Self {
        self.finding.endpoints.push(endpoint);
        self
    }

    pub(crate) const fn severity(mut self, severity: Severity) -> Self {
        self.finding.severity = severity;
        self
    }

    pub(crate) const fn confidence(mut self, confidence: Confidence) -> Self {
        self.finding.confidence = confidence;
        self
    }

    pub(crate) fn consequence(mut self, consequence: impl Into<String>) -> Self {
        self.finding.consequence = consequence.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.finding.help.push(help.into());
        self
    }

    /// Adds a related place.
    pub(crate) fn also(mut self, place: Place, text: impl Into<String>) -> Self {
        self.finding.labels.push(Label {
            role: Role::Related,
            place,
            text: text.into(),
        });
        self
    }

    /// Adds a mechanical remedy; none if there is nothing to change.
    pub(crate) fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        if !edits.is_empty() {
            self.finding.fix = Some(Fix {
                title: title.into(),
                edits,
            });
        }
        self
    }

    /// Adds the steps of a path as related places; the last one is the cause.
    pub(crate) fn steps<'evidence>(mut self, evidence: impl IntoIterator<Item = &'evidence Evidence>) -> Self {
        for step in evidence {
            self.cause = Some(step.place);
            if self.finding.labels.iter().any(|label| label.place == step.place) {
                continue;
            }
            self.finding.labels.push(Label {
                role: Role::Related,
                place: step.place,
                text: step.text.clone(),
            });
        }
        self
    }

    pub(crate) fn finish(mut self, selection: &Selection) -> (Finding, Option<Place>) {
        if let Some(severity) = selection.severities.get(self.finding.rule) {
            self.finding.severity = *severity;
        }
        (self.finding, self.cause)
    }
}

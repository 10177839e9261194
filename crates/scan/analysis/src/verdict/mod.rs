//! From the runs of an endpoint to answers: one file a protection.

mod authentication;
mod effects;
mod errors;
mod limits;
mod output;
mod ownership;
mod replay;
mod validation;

use portcullis_catalog::EffectKind;
use portcullis_model::{Coverage, Evidence, OpaqueCall, Place, Protection};

use crate::endpoints::Found;
use crate::engine::{Details, EffectWords as _, Hypothesis, Observation, Run, Shared, Signal, Sink};
use crate::state::{State, Step};
use crate::value::{Opaque, Origin, Source, Value};

/// What one run of an endpoint showed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) observations: Vec<Observation>,
    pub(crate) signals: Vec<Signal>,
    pub(crate) opaque: Vec<Opaque>,
    pub(crate) outside: Vec<Opaque>,
    pub(crate) exhausted: Option<&'static str>,
    /// At least one path ends without an error.
    pub(crate) completes: bool,
    /// At least one path ends by sending the browser elsewhere.
    pub(crate) navigates: bool,
    /// Where paths ended, and how.
    pub(crate) ends: Vec<(Place, &'static str)>,
    /// Whole rows that are given back: where they were read, and what read them.
    pub(crate) rows: Vec<(Place, String)>,
    /// Where something is given back that an error tells about the inside.
    pub(crate) errors: Vec<Place>,
}

impl Report {
    /// Whether it reached an effect that needs protection, with or without doubts.
    pub(crate) fn reaches(&self) -> bool {
        self.observations.iter().any(Observation::needs_protection)
    }

    /// Whether somebody takes an unverified word for who calls.
    pub(crate) fn believes(&self) -> bool {
        self.signals
            .iter()
            .any(|signal| matches!(signal, Signal::Unverified(..)))
    }

    /// Effects that need protection.
    fn protected(&self) -> impl Iterator<Item = &Observation> {
        self.observations
            .iter()
            .filter(|observation| observation.needs_protection())
    }
}

/// What rules need to know beyond the coverage.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Where somebody asks who calls, without acting on the answer.
    pub asked: Vec<Evidence>,
    /// Where somebody believes who calls, without proof.
    pub unverified: Vec<Evidence>,
    /// What a stranger does, as a verb with its object: `writes records`.
    pub does: &'static str,
    /// It only reads.
    pub only_reads: bool,
    /// That there is an effect is known by a name alone.
    pub by_name: bool,
    /// What the client picks is not tied to the caller: the way to it.
    pub foreign: Option<Foreign>,
    /// The client names the owner of what is written: the way to it.
    pub claimed: Option<Claimed>,
    /// The client names the columns that are written: the way to it.
    pub mass: Option<Vec<Evidence>>,
    /// What the client sends reaches an effect, and nothing looked at it: where.
    pub raw: Vec<Evidence>,
    /// Whole rows that are given back.
    pub rows: Vec<Evidence>,
    /// Error text that is given back.
    pub errors: Vec<Evidence>,
    /// Values of the client in dangerous places.
    pub sinks: Vec<(Sink, Evidence)>,
    /// Roles and permissions that it asks for.
    pub roles: Vec<String>,
    /// It is public by design: anybody may call it.
    pub is_public: bool,
    /// A limiter whose key the client chooses.
    pub untrusted_limit: Option<Evidence>,
    /// The most expensive effect, or the one that a stranger would repeat.
    pub costly: Option<(EffectKind, Evidence)>,
    /// It asks whether a human calls.
    pub has_captcha: bool,
    /// What each effect of the entitled caller does: `prisma.user.update`.
    pub effects: Vec<(EffectKind, Evidence)>,
}

/// A row that the client picks, and that nothing ties to the caller.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// The way to it.
    pub evidence: Vec<Evidence>,
    /// `prisma.post.update`
    pub label: String,
    /// What is done with it.
    pub kind: EffectKind,
}

/// An owner that the client names.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The way to it.
    pub evidence: Vec<Evidence>,
    /// The column.
    pub column: String,
}

/// How many arguments a hostile client sends; more than any action looks at.
const ARGUMENTS: usize = 6;
/// How much evidence one answer carries.
const EVIDENCE_LIMIT: usize = 12;

/// The hypotheses of one scan, each with what its runs share.
#[derive(Debug)]
pub(crate) struct Hypotheses<'scan> {
    pub(crate) stranger: Shared<'scan>,
    pub(crate) forger: Shared<'scan>,
    pub(crate) caller: Shared<'scan>,
    pub(crate) outsider: Shared<'scan>,
    pub(crate) limited: Shared<'scan>,
}

/// Runs an endpoint under every hypothesis that can tell something, and judges it.
pub(crate) fn judge(hypotheses: &Hypotheses<'_>, endpoint: &Found, source: &str) -> Judged {
    let stranger = run(&hypotheses.stranger, endpoint);
    let caller = run(&hypotheses.caller, endpoint);
    let forger = stranger.believes().then(|| run(&hypotheses.forger, endpoint));
    let (authentication, mut facts) = authentication::judge_all(endpoint, &stranger, forger.as_ref(), &caller, source);
    facts.is_public = matches!(authentication, Coverage::NotNeeded { .. }) && caller.reaches();
    let outsider = (caller.reaches() && matches!(authentication, Coverage::Proven { .. } | Coverage::Unknown { .. }))
        .then(|| run(&hypotheses.outsider, endpoint));
    let limited = caller
        .signals
        .iter()
        .any(|signal| matches!(signal, Signal::Limiter(..)))
        .then(|| run(&hypotheses.limited, endpoint));
    let coverage = vec![
        (
            Protection::Authorization,
            ownership::authorization(&authentication, &caller, outsider.as_ref(), &mut facts),
        ),
        (
            Protection::Ownership,
            ownership::judge(&authentication, &caller, outsider.as_ref(), &mut facts),
        ),
        (Protection::Validation, validation::judge(endpoint, &caller, &mut facts)),
        (
            Protection::RateLimit,
            limits::judge(&caller, limited.as_ref(), &mut facts),
        ),
        (Protection::Output, output::judge(&caller, &mut facts)),
        (Protection::Errors, errors::judge(&caller, &mut facts)),
        (Protection::Replay, replay::judge(&caller, &facts)),
    ];
    effects::collect(&caller, &mut facts);
    let opaque = match &authentication {
        Coverage::Unknown { .. } => unseen(&stranger),
        _ => Vec::new(),
    };
    let mut all = vec![(Protection::Authentication, authentication)];
    all.extend(coverage);
    Judged {
        coverage: all,
        facts,
        opaque,
    }
}

/// The calls that stood in the way of an answer.
fn unseen(stranger: &Report) -> Vec<OpaqueCall> {
    let doubts = stranger.protected().flat_map(|effect| &effect.doubts);
    doubts
        .map(|opaque| OpaqueCall {
            place: opaque.place,
            callee: opaque.label.to_string(),
        })
        .collect()
}

/// What came of an endpoint.
#[derive(Debug)]
pub(crate) struct Judged {
    /// One entry a protection, in the order of [`Protection::ALL`].
    pub(crate) coverage: Vec<(Protection, Coverage)>,
    pub(crate) facts: Facts,
    /// The calls that stood in the way of an answer.
    pub(crate) opaque: Vec<OpaqueCall>,
}

/// Runs an endpoint under the hypothesis of `shared`.
fn run(shared: &Shared<'_>, endpoint: &Found) -> Report {
    let mut run = Run::new(shared);
    let function = endpoint.entry.value(&mut run);
    let arguments = vec![Value::of(Origin::of(Origin::SENT)); ARGUMENTS];
    let flows = run.call_value(
        Box::default(),
        &function,
        Value::Undefined,
        arguments,
        endpoint.place,
        &endpoint.short_name,
        None,
    );
    let mut report = Report::default();
    for (state, outcome) in flows {
        let settled = match outcome {
            Ok(value) => run.settle_result(state, value, endpoint.place),
            Err(error) => {
                report.navigates |= crate::engine::is_control_flow(&error) == Some(true);
                end(&state, &mut report.ends);
                continue;
            }
        };
        for (state, outcome) in settled {
            if let Err(error) = &outcome {
                report.navigates |= crate::engine::is_control_flow(error) == Some(true);
            }
            if let Ok(value) = &outcome {
                report.completes |= value.own_field("serverError").is_none();
                leave(&mut run, &state, value);
                if shared.hypothesis == Hypothesis::Caller {
                    given_back(&mut report, &state, value, endpoint.place);
                }
            }
            end(&state, &mut report.ends);
        }
    }
    Report {
        observations: run.observations,
        signals: run.signals,
        opaque: run.opaque,
        outside: run.outside,
        exhausted: run.exhausted,
        ..report
    }
}

fn end(state: &State, ends: &mut Vec<(Place, &'static str)>) {
    if let Some(exit) = state.exit
        && !ends.contains(&exit)
        && ends.len() < EVIDENCE_LIMIT
    {
        ends.push(exit);
    }
}

/// What was read counts as an effect when it leaves in the result.
fn leave(run: &mut Run<'_>, state: &State, value: &Value) {
    let origin = value.origin();
    for source in origin.sources() {
        if let Source::Read {
            kind,
            place,
            label,
            picked,
        } = source
        {
            let details = Details {
                picked: *picked,
                ..Details::default()
            };
            run.observe(state, *kind, *place, label, &origin, false, &details);
        }
    }
}

/// Whole rows and error text in what is given back.
fn given_back(report: &mut Report, state: &State, value: &Value, endpoint: Place) {
    let origin = value.origin();
    if origin.has(Origin::WHOLE) {
        for source in origin.sources() {
            let (Source::Read { place, label, .. } | Source::Written { place, label }) = source else {
                continue;
            };
            let row = (*place, label.to_string());
            if !report.rows.contains(&row) && report.rows.len() < EVIDENCE_LIMIT {
                report.rows.push(row);
            }
        }
        if report.rows.is_empty() {
            report
                .rows
                .push((state.exit.map_or(endpoint, |(place, _)| place), String::new()));
        }
    }
    if origin.has(Origin::INTERNAL) {
        let place = state.exit.map_or(endpoint, |(place, _)| place);
        if !report.errors.contains(&place) && report.errors.len() < EVIDENCE_LIMIT {
            report.errors.push(place);
        }
    }
}

/// Whether it only reads.
fn is_read(kind: EffectKind) -> bool {
    matches!(kind, EffectKind::Read | EffectKind::FileRead)
}

fn length(observation: &Observation) -> u32 {
    observation.trace.as_ref().map_or(0, |step| step.length)
}

fn signals(report: &Report, pick: impl Fn(&Signal) -> Option<Evidence>) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = report.signals.iter().filter_map(pick).collect();
    evidence.truncate(EVIDENCE_LIMIT / 2);
    evidence
}

fn effect_evidence(observation: &Observation) -> Evidence {
    Evidence {
        place: observation.place,
        text: format!("`{}` {}", observation.label, observation.kind.verb()),
    }
}

/// The way to an effect, the effect last.
fn path(observation: &Observation) -> Vec<Evidence> {
    let mut steps: Vec<&Step> = Vec::new();
    let mut at = observation.trace.as_deref();
    while let Some(step) = at {
        steps.push(step);
        at = step.previous.as_deref();
    }
    steps.reverse();
    let mut evidence: Vec<Evidence> = Vec::new();
    for step in steps {
        if step.place == observation.place || evidence.iter().any(|seen| seen.place == step.place) {
            continue;
        }
        evidence.push(Evidence {
            place: step.place,
            text: step.text.to_string(),
        });
    }
    // The beginning and the end of a long way tell most.
    if evidence.len() >= EVIDENCE_LIMIT {
        let tail = evidence.split_off(evidence.len() - EVIDENCE_LIMIT / 2);
        evidence.truncate(EVIDENCE_LIMIT / 2 - 1);
        evidence.extend(tail);
    }
    evidence.push(effect_evidence(observation));
    evidence
}

fn doubt(observation: &Observation) -> Coverage {
    let mut evidence: Vec<Evidence> = observation
        .doubts
        .iter()
        .map(|opaque| Evidence {
            place: opaque.place,
            text: format!("`{}` of `{}` could not be looked into", opaque.label, opaque.module),
        })
        .collect();
    evidence.push(effect_evidence(observation));
    let reason = observation.doubts.first().map_or_else(String::new, |opaque| {
        format!(
            "`{}` of `{}` could not be looked into, and may turn a stranger away",
            opaque.label, opaque.module
        )
    });
    Coverage::Unknown { evidence, reason }
}

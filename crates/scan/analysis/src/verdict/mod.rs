//! From the runs of an endpoint to answers: one file a protection.
//!
//! Long because every run and every fact meets here.

mod authentication;
mod belonging;
mod effects;
mod errors;
mod limits;
mod output;
mod ownership;
mod privilege;
mod public;
mod replay;
mod validation;

use std::sync::OnceLock;

use portcullis_catalog::{Catalog, EffectKind};
use portcullis_model::{Coverage, Evidence, OpaqueCall, Place, Protection};

use portcullis_policy::ScanConfig;
use portcullis_source::Program;

use crate::endpoints::Found;
use crate::engine::{Details, EffectWords as _, Hypothesis, Observation, Run, Shared, Signal, Sink};
use crate::policies::Policies;
use crate::state::{State, Step};
use crate::value::{Opaque, Origin, Source, Value};

pub use privilege::{Unprivileged, Why};
pub use replay::Replays;

/// Compares endpoints: what most of them ask for, the others have to ask for too.
pub(crate) fn compare(program: &Program, found: &[Found], judged: &mut [Judged]) {
    belonging::compare(judged);
    privilege::compare(program, found, judged);
}

/// What one run of an endpoint showed.
#[derive(Debug, Clone, Default)]
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
    /// What is reached concerns nobody in person: a catalogue that is read, the cart of the caller's own cookie.
    pub is_mild: bool,
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
    /// What happens again when the same call is sent again.
    pub replays: Option<Replays>,
    /// An effect that takes a role, and that somebody without one reaches.
    pub unprivileged: Option<Unprivileged>,
    /// Where a role is asked for, and nothing looks at the answer.
    pub(crate) ignored: Option<Evidence>,
    /// What somebody without a role reaches that is not its own.
    pub(crate) reached: Vec<privilege::Reached>,
    /// What only somebody with a role reaches.
    pub(crate) gated: Vec<privilege::Gated>,
    /// What each effect of the entitled caller does with which table: `document insert`.
    pub(crate) deeds: Vec<(Place, Option<String>)>,
    /// What somebody reaches who belongs to what the payload names, where nobody asks for a role.
    pub(crate) reached_by_member: Vec<privilege::Reached>,
    /// Tables in which the caller's own row is looked up, with what the client names.
    pub(crate) memberships: Vec<String>,
    /// Tables whose rows say which role the caller has.
    pub(crate) ranked: Vec<String>,
    /// How it uses records that the client names.
    pub(crate) belonging: belonging::Belonging,
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

/// Runs endpoints under every hypothesis that can tell something, and judges them.
///
/// INVARIANT: the runs under one hypothesis follow each other, in the order of the endpoints: what they share (values of
/// modules, results of calls) then never depends on which thread was faster. Hypotheses run side by side, and take what
/// holds for them too from those that are finished, never from one that still runs.
pub(crate) fn judge(context: &Context<'_>, endpoints: &[Found], progress: &(dyn Fn(usize) + Sync)) -> Vec<Judged> {
    let share = |hypothesis: Hypothesis, anonymous: bool| {
        let Context {
            program,
            catalog,
            config,
            loggers,
            ..
        } = *context;
        Shared::new(program, catalog, config, hypothesis, anonymous, loggers)
    };
    let run_all = |shared: &Shared<'_>, wanted: &[bool]| -> Vec<Option<Report>> {
        let wanted = wanted.iter().chain(std::iter::repeat(&true));
        endpoints
            .iter()
            .zip(wanted)
            .map(|(endpoint, wanted)| wanted.then(|| run(shared, endpoint)))
            .collect()
    };
    let flags = |flag: &dyn Fn(usize) -> bool| (0..endpoints.len()).map(flag).collect::<Vec<bool>>();
    // Nearly every endpoint needs the outsider too; waiting for who does would leave threads idle.
    let entitled = share(Hypothesis::Caller, false);
    let foreign = share(Hypothesis::Outsider, false).apart();
    let unknown = OnceLock::new();
    let (callers, (mut outsiders, strangers)) = rayon::join(
        || run_all(&entitled, &[]),
        || {
            let outsiders = run_all(&foreign, &[]);
            let unknown = unknown.get_or_init(|| share(Hypothesis::Stranger, false).after(&[&foreign]));
            (outsiders, run_all(unknown, &[]))
        },
    );
    let mut earlier = vec![&entitled, &foreign];
    earlier.extend(unknown.get());
    let strangers: Vec<Report> = strangers.into_iter().map(Option::unwrap_or_default).collect();
    let callers: Vec<Report> = callers.into_iter().map(Option::unwrap_or_default).collect();
    let reports = |at: usize| strangers.get(at).zip(callers.get(at));
    let forged = flags(&|at| reports(at).is_some_and(|(stranger, _)| stranger.believes()));
    // What turns away who is signed in, a sign-up for one, is used by who is not.
    let for_visitors =
        flags(&|at| reports(at).is_some_and(|(stranger, caller)| !caller.reaches() && stranger.reaches()));
    let known = flags(&|at| reports(at).is_some_and(|(_, caller)| caller.reaches()));
    let (forgers, visitors) = rayon::join(
        || run_all(&share(Hypothesis::Forger, false).after(&earlier), &forged),
        || run_all(&share(Hypothesis::Caller, true).after(&earlier), &for_visitors),
    );
    for (outsider, known) in outsiders.iter_mut().zip(known) {
        if !known {
            *outsider = None;
        }
    }
    let actors: Vec<Report> = callers
        .iter()
        .zip(visitors)
        .map(|(caller, visitor)| visitor.unwrap_or_else(|| caller.clone()))
        .collect();
    let asks_limiter = |at: usize| {
        actors
            .get(at)
            .is_some_and(|actor| actor.signals.iter().any(|signal| matches!(signal, Signal::Limiter(..))))
    };
    let visits = |at: usize| for_visitors.get(at) == Some(&true);
    // Who has a part in it, but no role: where only having no part stops the outsider.
    let is_stopped = |at: usize| {
        outsiders
            .get(at)
            .and_then(Option::as_ref)
            .is_some_and(ownership::is_stopped)
    };
    let (colleagues, (limited, limited_visitors)) = rayon::join(
        || {
            run_all(
                &share(Hypothesis::Colleague, false).after(&earlier),
                &flags(&is_stopped),
            )
        },
        || {
            rayon::join(
                || {
                    run_all(
                        &share(Hypothesis::Limited, false).after(&earlier),
                        &flags(&|at| asks_limiter(at) && !visits(at)),
                    )
                },
                || {
                    run_all(
                        &share(Hypothesis::Limited, true).after(&earlier),
                        &flags(&|at| asks_limiter(at) && visits(at)),
                    )
                },
            )
        },
    );
    let mut judged = Vec::with_capacity(endpoints.len());
    let hostile = strangers.iter().zip(&callers).zip(&forgers);
    let others = outsiders
        .iter_mut()
        .zip(limited.iter().zip(&limited_visitors))
        .zip(actors.iter().zip(&colleagues));
    for ((endpoint, ((stranger, caller), forger)), ((outsider, (limited, visitor)), (actor, colleague))) in
        endpoints.iter().zip(hostile).zip(others)
    {
        judged.push(judge_one(
            endpoint,
            context.program.file(endpoint.place.file).map_or("", |file| &file.text),
            context.policies,
            &Reports {
                stranger,
                caller,
                forger: forger.as_ref(),
                actor,
                outsider: outsider.as_ref(),
                colleague: colleague.as_ref(),
                limited: limited.as_ref().or(visitor.as_ref()),
            },
        ));
        progress(0);
    }
    judged
}

/// What the runs need beside their hypothesis.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'scan> {
    pub(crate) program: &'scan Program,
    pub(crate) catalog: &'scan Catalog,
    pub(crate) config: &'scan ScanConfig,
    /// Files that only write logs, by number.
    pub(crate) loggers: &'scan [bool],
    /// What the database decides.
    pub(crate) policies: &'scan Policies,
}

/// The runs of one endpoint.
#[derive(Debug)]
struct Reports<'run> {
    stranger: &'run Report,
    caller: &'run Report,
    forger: Option<&'run Report>,
    /// Whoever is meant to call it: the entitled caller, or a visitor.
    actor: &'run Report,
    outsider: Option<&'run Report>,
    colleague: Option<&'run Report>,
    limited: Option<&'run Report>,
}

fn judge_one(endpoint: &Found, source: &str, policies: &Policies, reports: &Reports<'_>) -> Judged {
    let Reports {
        stranger,
        caller,
        actor,
        ..
    } = reports;
    let (authentication, mut facts) = authentication::judge_all(endpoint, stranger, reports.forger, caller, source);
    let authentication = authentication::by_database(authentication, stranger, policies);
    facts.is_public = matches!(authentication, Coverage::NotNeeded { .. }) && actor.reaches();
    let outsider = reports
        .outsider
        .filter(|_| matches!(authentication, Coverage::Proven { .. } | Coverage::Unknown { .. }));
    let opaque = match &authentication {
        Coverage::Unknown { .. } => unseen(stranger),
        _ => Vec::new(),
    };
    let colleague = outsider.and(reports.colleague);
    let authorization = ownership::authorization(&authentication, actor, outsider, colleague, &mut facts);
    privilege::collect(actor, outsider, colleague, &mut facts);
    belonging::collect(actor, outsider, &mut facts);
    let coverage = vec![
        (Protection::Authorization, authorization),
        (
            Protection::Ownership,
            ownership::judge(&authentication, actor, outsider, policies, &mut facts),
        ),
        (Protection::Validation, validation::judge(endpoint, actor, &mut facts)),
        (
            Protection::RateLimit,
            limits::judge(endpoint, actor, reports.limited, &mut facts),
        ),
        (Protection::Output, output::judge(actor, &mut facts)),
        (Protection::Errors, errors::judge(actor, &mut facts)),
        (Protection::Replay, replay::judge(actor, &mut facts)),
    ];
    effects::collect(actor, &mut facts);
    let mut all = vec![(Protection::Authentication, authentication)];
    all.extend(coverage);
    Judged {
        coverage: all,
        facts,
        opaque,
    }
}

impl Judged {
    /// The answer for authentication.
    pub(crate) fn authentication(&self) -> Option<&Coverage> {
        self.coverage
            .iter()
            .find(|(protection, _)| *protection == Protection::Authentication)
            .map(|(_, coverage)| coverage)
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
    if endpoint.is_declared && run.stranger() {
        return turned_away(endpoint);
    }
    let function = endpoint.entry.value(&mut run);
    let arguments = vec![Value::of(Origin::of(Origin::SENT | Origin::BODY)); ARGUMENTS];
    let mut state = State::default();
    state.asked = endpoint.is_declared;
    let flows = run.call_value(
        Box::new(state),
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
                if shared.runs_under() == Hypothesis::Caller {
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

/// What a declared wrapper does with a stranger, by the word of the configuration.
fn turned_away(endpoint: &Found) -> Report {
    let words = "a wrapper that the configuration declares asks who calls";
    Report {
        signals: vec![Signal::Asked(endpoint.place, words.into())],
        ends: vec![(endpoint.place, "ends in the declared wrapper")],
        ..Report::default()
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
        if let Source::Read { kind, place, label, by } = source {
            let details = Details {
                picked: by.alone,
                client: by.client,
                raw: by.raw,
                scoped: by.scoped,
                selects: by.client,
                own: by.own,
                table: by.table.clone(),
                relation: by.relation.clone(),
                command: by.scoped.then_some(crate::policies::Command::Select),
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

//! Is somebody signed in before anything happens? From the run of a stranger and the run of an entitled caller.

use portcullis_catalog::EffectKind;
use portcullis_model::{Coverage, Evidence};

use super::public::{concerns_identity, public_by_design};
use super::{EVIDENCE_LIMIT, Facts, Report, doubt, effect_evidence, is_read, length, path, signals};
use crate::endpoints::Found;
use crate::engine::{EffectWords as _, Observation, Signal};
use crate::policies::{Decision, Policies};

/// The answer for authentication. `forger` is there if somebody believes who calls without proof.
pub(super) fn judge_all(
    endpoint: &Found,
    stranger: &Report,
    forger: Option<&Report>,
    caller: &Report,
    source: &str,
) -> (Coverage, Facts) {
    let (coverage, mut facts) = judge(endpoint, stranger, caller, source);
    let believed = matches!(coverage, Coverage::Proven { .. }).then_some(forger).flatten();
    let Some(forger) = believed else {
        return (coverage, facts);
    };
    let (forged, forged_facts) = judge(endpoint, forger, caller, source);
    if let Coverage::Absent { evidence, .. } = forged {
        facts.does = forged_facts.does;
        facts.only_reads = forged_facts.only_reads;
        facts.is_mild = forged_facts.is_mild;
        facts.by_name = forged_facts.by_name;
        facts.unverified = forged_facts.unverified;
        let reason = "who calls is believed without proof, so a stranger can claim to be anyone".to_owned();
        return (Coverage::Absent { evidence, reason }, facts);
    }
    (coverage, facts)
}

/// A stranger who reaches nothing but what the database gives to its owner alone gets nothing.
pub(super) fn by_database(coverage: Coverage, stranger: &Report, policies: &Policies) -> Coverage {
    if !matches!(coverage, Coverage::Absent { .. }) || stranger.exhausted.is_some() {
        return coverage;
    }
    let mut evidence = Vec::new();
    for effect in stranger.protected() {
        let details = &effect.details;
        match policies.decide(details.table.as_deref(), details.command) {
            Decision::Caller(policy) if details.scoped => {
                evidence.push(effect_evidence(effect));
                evidence.push(policy);
            }
            _ => return coverage,
        }
    }
    evidence.truncate(EVIDENCE_LIMIT);
    if evidence.is_empty() {
        coverage
    } else {
        Coverage::Proven { evidence }
    }
}

fn judge(endpoint: &Found, stranger: &Report, caller: &Report, source: &str) -> (Coverage, Facts) {
    let mut facts = Facts {
        asked: signals(stranger, |signal| match signal {
            Signal::Asked(place, text) => Some(Evidence {
                place: *place,
                text: text.to_string(),
            }),
            _ => None,
        }),
        unverified: signals(stranger, |signal| match signal {
            Signal::Unverified(place, text) => Some(Evidence {
                place: *place,
                text: text.to_string(),
            }),
            _ => None,
        }),
        does: "has an effect",
        ..Facts::default()
    };
    let reached: Vec<&Observation> = stranger
        .observations
        .iter()
        .filter(|observation| observation.needs_protection())
        .collect();
    let certain = reached.iter().filter(|observation| observation.doubts.is_empty());
    // A write says more than a read, and the first one is the easiest to follow.
    let worst = certain.min_by_key(|observation| (is_read(observation.kind), length(observation)));
    if let Some(worst) = worst {
        if let Some(reason) = public_by_design(endpoint, stranger, caller, source) {
            return (
                Coverage::NotNeeded {
                    evidence: vec![effect_evidence(worst)],
                    reason,
                },
                facts,
            );
        }
        if serves_visitors(stranger, caller) {
            let reason = "public by design: it turns away who is signed in, and serves who is not yet".to_owned();
            let evidence = vec![effect_evidence(worst)];
            return (Coverage::NotNeeded { evidence, reason }, facts);
        }
        if let Some(upstream) = upstream(worst, caller) {
            return (upstream, facts);
        }
        facts.is_mild = is_mild(endpoint, &reached);
        facts.does = worst.kind.verb();
        facts.by_name = worst.by_name;
        facts.only_reads = reached.iter().all(|observation| is_read(observation.kind));
        let reason = format!("a stranger reaches `{}`, which {}", worst.label, worst.kind.verb());
        return (
            Coverage::Absent {
                evidence: path(worst),
                reason,
            },
            facts,
        );
    }
    if let Some(doubtful) = reached
        .iter()
        .min_by_key(|observation| (observation.doubts.len(), length(observation)))
    {
        return (doubt(doubtful), facts);
    }
    if let Some(reason) = stranger.exhausted {
        return (
            Coverage::Unknown {
                evidence: Vec::new(),
                reason: reason.to_owned(),
            },
            facts,
        );
    }
    let protected = caller
        .observations
        .iter()
        .find(|observation| observation.needs_protection());
    if let (None, Some(reason)) = (protected, caller.exhausted) {
        return (
            Coverage::Unknown {
                evidence: Vec::new(),
                reason: reason.to_owned(),
            },
            facts,
        );
    }
    let establishes = [stranger, caller].iter().any(|report| {
        report.observations.iter().any(|observation| {
            observation.establishes || matches!(observation.kind, EffectKind::SignOut | EffectKind::Session)
        })
    });
    let asked: Vec<Evidence> = facts.asked.clone();
    if let Some(protected) = protected {
        if !asked.is_empty() {
            let mut evidence = asked;
            evidence.extend(stranger.ends.iter().map(|(place, text)| Evidence {
                place: *place,
                text: format!("a stranger's call {text}"),
            }));
            evidence.truncate(EVIDENCE_LIMIT - 1);
            evidence.push(Evidence {
                place: protected.place,
                text: format!(
                    "`{}` {}: only a signed-in caller gets here",
                    protected.label,
                    protected.kind.verb()
                ),
            });
            return (Coverage::Proven { evidence }, facts);
        }
        let credential = signals(stranger, |signal| match signal {
            Signal::Credential(place, text) => Some(Evidence {
                place: *place,
                text: format!("`{text}` checks what the caller sent"),
            }),
            _ => None,
        });
        if !credential.is_empty() {
            let reason = "what the caller sends proves who it is: a password or a one-time code".to_owned();
            return (
                Coverage::NotNeeded {
                    evidence: credential,
                    reason,
                },
                facts,
            );
        }
        if let Some(reason) = public_by_design(endpoint, stranger, caller, source) {
            return (
                Coverage::NotNeeded {
                    evidence: vec![effect_evidence(protected)],
                    reason,
                },
                facts,
            );
        }
        let reason = "a stranger does not get to the effect, but nothing asks who calls".to_owned();
        return (
            Coverage::Unknown {
                evidence: vec![effect_evidence(protected)],
                reason,
            },
            facts,
        );
    }
    if establishes {
        let evidence = signals(caller, |signal| match signal {
            Signal::Established(place, text) => Some(Evidence {
                place: *place,
                text: format!("`{text}` makes or ends a session"),
            }),
            _ => None,
        });
        let reason = "public by design: its effect is that somebody signs in or out".to_owned();
        return (Coverage::NotNeeded { evidence, reason }, facts);
    }
    let unseen = caller
        .opaque
        .iter()
        .chain(&stranger.opaque)
        .chain(&caller.outside)
        .chain(&stranger.outside)
        .next();
    if let Some(opaque) = unseen {
        let reason = format!(
            "`{}` of `{}` could not be looked into, so what happens is not known",
            opaque.label, opaque.module
        );
        let evidence = vec![Evidence {
            place: opaque.place,
            text: format!("`{}` leads out of the project", opaque.label),
        }];
        return (Coverage::Unknown { evidence, reason }, facts);
    }
    if !caller.completes && !caller.navigates {
        let evidence = caller.ends.iter().map(|(place, text)| Evidence {
            place: *place,
            text: format!("the call {text}"),
        });
        let reason = "no call was seen to get through, not even that of a signed-in caller".to_owned();
        return (
            Coverage::Unknown {
                evidence: evidence.collect(),
                reason,
            },
            facts,
        );
    }
    let reason = "it reaches no effect: nothing is read out or changed".to_owned();
    let evidence = caller.ends.iter().map(|(place, text)| Evidence {
        place: *place,
        text: format!("the call {text}"),
    });
    (
        Coverage::NotNeeded {
            evidence: evidence.collect(),
            reason,
        },
        facts,
    )
}

/// Whether it is for those who are not signed in: callers with a session get nowhere, and all that happens to others
/// concerns signing in. A guard that is the wrong way round protects something else.
fn serves_visitors(stranger: &Report, caller: &Report) -> bool {
    // Who signs up or in says something. What only names whoever has a session is a guard the wrong way round.
    let is_told = stranger
        .observations
        .iter()
        .any(|effect| effect.needs_protection() && (effect.details.client || effect.establishes));
    is_told
        && !caller.reaches()
        && caller.exhausted.is_none()
        && !caller.ends.is_empty()
        && stranger
            .signals
            .iter()
            .any(|signal| matches!(signal, Signal::Asked(..)))
        && stranger
            .observations
            .iter()
            .filter(|effect| effect.needs_protection())
            .all(concerns_identity)
}

/// The service behind decides, where an entitled caller's call carries the caller's own token to it.
fn upstream(effect: &Observation, caller: &Report) -> Option<Coverage> {
    let carries = effect.details.is_upstream
        && caller
            .observations
            .iter()
            .any(|seen| seen.place == effect.place && seen.details.by_credential);
    carries.then(|| Coverage::Unknown {
        evidence: vec![effect_evidence(effect)],
        reason: format!(
            "the service behind `{}` decides: the call carries the caller's token, if there is one",
            effect.label
        ),
    })
}

/// Words in the names of what belongs to somebody.
const PERSONAL: [&str; 34] = [
    "user",
    "users",
    "account",
    "accounts",
    "customer",
    "customers",
    "order",
    "orders",
    "invoice",
    "invoices",
    "bank",
    "banks",
    "payment",
    "payments",
    "message",
    "messages",
    "member",
    "members",
    "session",
    "sessions",
    "profile",
    "profiles",
    "subscription",
    "subscriptions",
    "address",
    "transaction",
    "transactions",
    "key",
    "keys",
    "token",
    "secret",
    "email",
    "patient",
    "employee",
];

/// Whether what is reached concerns nobody in person. This says how bad it is, never that it is safe.
fn is_mild(endpoint: &Found, reached: &[&Observation]) -> bool {
    let personal = |name: &str| {
        crate::engine::words_of(name)
            .iter()
            .any(|word| PERSONAL.contains(&word.as_str()) || word == "cart")
    };
    let only_reads = reached.iter().all(|effect| is_read(effect.kind));
    let names = reached
        .iter()
        .map(|effect| &*effect.label)
        .chain([&*endpoint.short_name]);
    let is_catalogue = only_reads && !names.into_iter().any(personal);
    is_catalogue
        || reached
            .iter()
            .all(|effect| is_read(effect.kind) || effect.details.by_cookie)
            && reached.iter().any(|effect| effect.details.by_cookie)
}

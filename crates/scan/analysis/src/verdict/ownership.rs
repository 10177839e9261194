//! Does what the client names belong to the caller, and has the caller the role? From the run of an outsider: somebody
//! who is signed in, has no role, and names what belongs to others.

use portcullis_model::{Coverage, Evidence};

use super::{Claimed, EVIDENCE_LIMIT, Facts, Foreign, Report, doubt, effect_evidence, is_read, length, path, signals};
use crate::engine::{EffectWords as _, Observation, Signal};
use crate::policies::{Decision, Policies};

/// The answer for authorization: a role or permission that decides.
pub(super) fn authorization(
    authentication: &Coverage,
    caller: &Report,
    outsider: Option<&Report>,
    colleague: Option<&Report>,
    facts: &mut Facts,
) -> Coverage {
    let Some(outsider) = outsider else {
        return without_outsider(authentication, caller);
    };
    // Who has no part in it is stopped before its role is asked for.
    let colleague = colleague.filter(|colleague| colleague.exhausted.is_none() && !roles(colleague).is_empty());
    let outsider = colleague.unwrap_or(outsider);
    let roles = roles(outsider);
    facts.roles = roles.iter().map(|evidence| evidence.text.clone()).collect();
    if let Some(reason) = outsider.exhausted {
        return Coverage::Unknown {
            evidence: Vec::new(),
            reason: reason.to_owned(),
        };
    }
    let first = outsider.protected().min_by_key(|observation| length(observation));
    match first {
        None if !roles.is_empty() => {
            let mut evidence = roles;
            evidence.extend(ends(outsider));
            evidence.truncate(EVIDENCE_LIMIT);
            Coverage::Proven { evidence }
        }
        None => Coverage::NotNeeded {
            evidence: owners(outsider),
            reason: "the caller acts on its own only, so no role is asked for".to_owned(),
        },
        Some(effect) => {
            let reason = if roles.is_empty() {
                "no role or permission is asked for, and whether this effect needs one is not known"
            } else {
                "a role is asked for, and this effect is reached without it"
            };
            let mut evidence = roles;
            evidence.push(effect_evidence(effect));
            Coverage::Unknown {
                evidence,
                reason: reason.to_owned(),
            }
        }
    }
}

fn without_outsider(authentication: &Coverage, caller: &Report) -> Coverage {
    match authentication {
        Coverage::Absent { .. } => Coverage::Absent {
            evidence: authentication.evidence().to_vec(),
            reason: "a stranger gets there, with no role at all".to_owned(),
        },
        Coverage::NotNeeded { reason, .. } => Coverage::NotNeeded {
            evidence: Vec::new(),
            reason: reason.clone(),
        },
        _ if caller.exhausted.is_some() => Coverage::Unknown {
            evidence: Vec::new(),
            reason: caller.exhausted.unwrap_or_default().to_owned(),
        },
        _ => Coverage::Unknown {
            evidence: authentication.evidence().to_vec(),
            reason: authentication.reason().to_owned(),
        },
    }
}

/// Whether the outsider is stopped, and by nothing but having no part in what the payload names.
pub(super) fn is_stopped(outsider: &Report) -> bool {
    outsider.exhausted.is_none() && roles(outsider).is_empty() && !owners(outsider).is_empty()
}

/// The answer for ownership.
pub(super) fn judge(
    authentication: &Coverage,
    caller: &Report,
    outsider: Option<&Report>,
    policies: &Policies,
    facts: &mut Facts,
) -> Coverage {
    mass(caller, facts);
    let Some(outsider) = outsider else {
        return without_outsider(authentication, caller);
    };
    // Where only a membership stops the outsider, who has one can still write in the name of others. Who is compared with
    // the claim, or has a role, cannot, or may.
    let compared = || {
        outsider
            .signals
            .iter()
            .any(|signal| matches!(signal, Signal::Compared(_)))
    };
    facts.claimed = claimed(outsider, policies).or_else(|| {
        let is_tied = !roles(outsider).is_empty() || compared();
        (!is_tied).then(|| claimed_author(caller, policies)).flatten()
    });
    // What happens before anybody is asked who calls finds out who that is.
    let picked = outsider
        .protected()
        .filter(|effect| effect.details.picked && effect.asked || open_row(effect, policies).is_some());
    let worst = picked.min_by_key(|effect| (!effect.doubts.is_empty(), is_read(effect.kind), length(effect)));
    if let Some(effect) = worst {
        if !effect.doubts.is_empty() {
            return doubt(effect);
        }
        let mut evidence = path(effect);
        evidence.extend(open_row(effect, policies));
        facts.foreign = Some(Foreign {
            evidence: evidence.clone(),
            label: effect.label.to_string(),
            kind: effect.kind,
        });
        return Coverage::Absent {
            evidence,
            reason: format!(
                "the client picks what `{}` {}, and nothing ties it to the caller",
                effect.label,
                effect.kind.verb().split(' ').next().unwrap_or_default()
            ),
        };
    }
    if let Some(claim) = &facts.claimed {
        return Coverage::Absent {
            evidence: claim.evidence.clone(),
            reason: format!("the client says whose it is: `{}` is what it sends", claim.column),
        };
    }
    if let Some(reason) = outsider.exhausted {
        return Coverage::Unknown {
            evidence: Vec::new(),
            reason: reason.to_owned(),
        };
    }
    let mut decided = Vec::new();
    for effect in outsider
        .protected()
        .filter(|effect| effect.details.scoped && effect.details.selects)
    {
        let details = &effect.details;
        let table = details.table.as_deref();
        match policies.decide(table, details.command) {
            Decision::Caller(evidence) => {
                decided.push(evidence);
                continue;
            }
            // Rows that a policy shows to everybody are meant for everybody.
            Decision::Everyone(evidence) if is_read(effect.kind) => {
                decided.push(evidence);
                continue;
            }
            _ if policies.is_declared(table) => continue,
            _ => {}
        }
        return Coverage::Unknown {
            evidence: vec![effect_evidence(effect)],
            reason: format!(
                "the database decides: `{}` runs as the caller, under row-level security",
                effect.label
            ),
        };
    }
    let owners = owners(outsider);
    let selects = caller.protected().any(|effect| effect.details.selects) || !owners.is_empty() || !decided.is_empty();
    if !selects {
        return Coverage::NotNeeded {
            evidence: Vec::new(),
            reason: "the client picks no record: what is read or changed is the caller's own, or the same for all"
                .to_owned(),
        };
    }
    let mut evidence = owners;
    evidence.extend(decided);
    evidence.extend(roles(outsider));
    evidence.extend(ends(outsider));
    evidence.truncate(EVIDENCE_LIMIT);
    Coverage::Proven { evidence }
}

/// Why the database does not stand in the way of a change to a row that the client picks, where its rules are known.
fn open_row(effect: &Observation, policies: &Policies) -> Option<Evidence> {
    let details = &effect.details;
    if !details.scoped || !details.selects || details.own || !effect.asked || is_read(effect.kind) {
        return None;
    }
    match policies.decide(details.table.as_deref(), details.command) {
        Decision::Everyone(evidence) if !policies.is_declared(details.table.as_deref()) => Some(evidence),
        _ => None,
    }
}

/// The author of something new, as the client names it. Other columns of a row that only members get to write may well be
/// about somebody else: who is added, who is told.
fn claimed_author(caller: &Report, policies: &Policies) -> Option<Claimed> {
    claimed_in(caller, policies, |column, label| {
        let column: String = column.chars().filter(char::is_ascii_alphanumeric).collect();
        let is_author = [
            "ownerid",
            "authorid",
            "creatorid",
            "createdby",
            "createdbyid",
            "senderid",
        ]
        .contains(&column.to_ascii_lowercase().as_str());
        let adds = crate::engine::words_of(label)
            .iter()
            .any(|word| matches!(word.as_str(), "insert" | "create"));
        is_author && adds
    })
}

fn claimed(outsider: &Report, policies: &Policies) -> Option<Claimed> {
    claimed_in(outsider, policies, |_, _| true)
}

fn claimed_in(report: &Report, policies: &Policies, counts: impl Fn(&str, &str) -> bool) -> Option<Claimed> {
    report
        .protected()
        .filter(|effect| effect.doubts.is_empty())
        .filter(|effect| {
            let table = effect.details.table.as_deref();
            !effect.details.scoped
                || matches!(policies.decide(table, effect.details.command), Decision::Everyone(_))
                    && !policies.is_declared(table)
        })
        .find_map(|effect| {
            let column = effect.details.claimed.as_ref()?;
            if !counts(column, &effect.label) {
                return None;
            }
            Some(Claimed {
                evidence: path(effect),
                column: column.to_string(),
            })
        })
}

fn mass(caller: &Report, facts: &mut Facts) {
    let found: Option<&Observation> = caller
        .protected()
        .find(|effect| effect.details.mass && effect.doubts.is_empty());
    facts.mass = found.map(path);
}

pub(super) fn roles(report: &Report) -> Vec<Evidence> {
    signals(report, |signal| match signal {
        Signal::Role(place, text) => Some(Evidence {
            place: *place,
            text: text.to_string(),
        }),
        _ => None,
    })
}

fn owners(report: &Report) -> Vec<Evidence> {
    signals(report, |signal| match signal {
        Signal::Owner(place, text) => Some(Evidence {
            place: *place,
            text: text.to_string(),
        }),
        _ => None,
    })
}

fn ends(report: &Report) -> impl Iterator<Item = Evidence> + '_ {
    report.ends.iter().map(|(place, text)| Evidence {
        place: *place,
        text: format!("the call of somebody who has no part in it {text}"),
    })
}

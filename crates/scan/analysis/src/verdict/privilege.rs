//! Which effects take a role? What one endpoint does only for those who have one, another must not do for everybody. From
//! the runs of outsiders, compared over all endpoints.

use std::collections::BTreeMap;

use portcullis_catalog::EffectKind;
use portcullis_model::{Coverage, Evidence, Place, Protection};
use portcullis_source::Program;

use super::{EVIDENCE_LIMIT, Facts, Judged, Report, is_read, path};
use crate::endpoints::Found;
use crate::engine::{EffectWords as _, Observation, Signal, words_of};

/// An effect that takes a role, and that is reached without one.
#[derive(Debug, Clone)]
pub struct Unprivileged {
    /// The way to it.
    pub evidence: Vec<Evidence>,
    /// `prisma.announcement.create`
    pub label: String,
    /// It only reads.
    pub only_reads: bool,
    /// Why it takes a role.
    pub why: Why,
}

/// Why an effect takes a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A role is asked for, and whatever the answer is, the effect follows: where.
    Ignored(Evidence),
    /// Another endpoint does the same only for those who have a role: where it is asked for.
    Elsewhere(Evidence),
    /// Its name or folder says that it is for administrators.
    Named,
    /// The client fills in this column, which says what somebody may do.
    Grants(String),
}

/// What somebody without a role reaches.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    label: String,
    kind: EffectKind,
    place: Place,
    own: bool,
    grants: Option<String>,
    evidence: Vec<Evidence>,
}

/// What only somebody with a role reaches.
#[derive(Debug, Clone)]
pub(crate) struct Gated {
    label: String,
    place: Place,
    asked: Evidence,
}

/// Collects what this endpoint tells the others.
pub(super) fn collect(caller: &Report, outsider: Option<&Report>, facts: &mut Facts) {
    let Some(outsider) = outsider.filter(|outsider| outsider.exhausted.is_none()) else {
        return;
    };
    let counts = |effect: &&Observation| !effect.incidental && effect.doubts.is_empty() && !effect.by_name;
    facts.reached = outsider
        .protected()
        .filter(counts)
        .take(EVIDENCE_LIMIT)
        .map(|effect| Reached {
            label: effect.label.to_string(),
            kind: effect.kind,
            place: effect.place,
            own: effect.details.own || effect.details.scoped || effect.details.by_credential || !effect.asked,
            grants: effect.details.grants.as_ref().map(ToString::to_string),
            evidence: path(effect),
        })
        .collect();
    facts.ignored = outsider.signals.iter().find_map(|signal| match signal {
        Signal::Ignored(place) => Some(Evidence {
            place: *place,
            text: "the role is asked for here, and nothing looks at the answer".to_owned(),
        }),
        _ => None,
    });
    let Some(asked) = super::ownership::roles(outsider).into_iter().next() else {
        return;
    };
    facts.gated = caller
        .protected()
        .filter(counts)
        .filter(|effect| !outsider.protected().any(|other| other.place == effect.place))
        .take(EVIDENCE_LIMIT)
        .map(|effect| Gated {
            label: effect.label.to_string(),
            place: effect.place,
            asked: asked.clone(),
        })
        .collect();
}

/// Compares endpoints: what takes a role at one of them takes it at all.
pub(crate) fn compare(program: &Program, found: &[Found], judged: &mut [Judged]) {
    let (by_place, by_label) = privileged(judged);
    let knows_roles = judged.iter().any(|judged| !judged.facts.roles.is_empty());
    for (endpoint, judged) in found.iter().zip(judged) {
        let is_signed_in = matches!(judged.authentication(), Some(Coverage::Proven { .. }));
        let is_reported = judged.facts.foreign.is_some() || judged.facts.claimed.is_some();
        if !is_signed_in || is_reported {
            continue;
        }
        let facts = &judged.facts;
        let is_named = knows_roles && facts.roles.is_empty() && is_for_administrators(program, endpoint);
        let unprivileged = facts.reached.iter().find_map(|effect| {
            let why = if let Some(column) = &effect.grants {
                Why::Grants(column.clone())
            } else if effect.own {
                return None;
            } else if let Some(asked) = by_place
                .get(&effect.place)
                .or_else(|| by_label.get(effect.label.as_str()))
                .filter(|_| matches!(effect.kind, EffectKind::Write | EffectKind::Sql))
            {
                Why::Elsewhere(asked.clone())
            } else if let Some(ignored) = facts.ignored.as_ref().filter(|_| changes(effect.kind)) {
                Why::Ignored(ignored.clone())
            } else if is_named && (changes(effect.kind) || is_read(effect.kind)) {
                Why::Named
            } else {
                return None;
            };
            Some(Unprivileged {
                evidence: effect.evidence.clone(),
                label: effect.label.clone(),
                only_reads: is_read(effect.kind),
                why,
            })
        });
        if let Some(unprivileged) = unprivileged {
            let reason = format!(
                "`{}` {}, and no role is needed for it",
                unprivileged.label,
                facts
                    .reached
                    .iter()
                    .find(|effect| effect.label == unprivileged.label)
                    .map_or("happens", |effect| effect.kind.verb())
            );
            let evidence = unprivileged.evidence.clone();
            for (protection, coverage) in &mut judged.coverage {
                if *protection == Protection::Authorization {
                    *coverage = Coverage::Absent {
                        evidence: evidence.clone(),
                        reason: reason.clone(),
                    };
                }
            }
            judged.facts.unprivileged = Some(unprivileged);
        }
    }
}

/// What takes a role: done behind one at least as often as without. What many do without is for many: sending mail, for
/// one.
fn privileged(judged: &[Judged]) -> (BTreeMap<Place, Evidence>, BTreeMap<String, Evidence>) {
    let mut places: BTreeMap<Place, (Evidence, usize, usize)> = BTreeMap::new();
    let mut labels: BTreeMap<String, (Evidence, usize, usize)> = BTreeMap::new();
    for gated in judged.iter().flat_map(|judged| &judged.facts.gated) {
        let known = places.entry(gated.place).or_insert_with(|| (gated.asked.clone(), 0, 0));
        known.1 += 1;
        if names_a_table(&gated.label) {
            let known = labels
                .entry(gated.label.clone())
                .or_insert_with(|| (gated.asked.clone(), 0, 0));
            known.1 += 1;
        }
    }
    for facts in judged.iter().map(|judged| &judged.facts) {
        for (_, effect) in &facts.effects {
            if facts.gated.iter().any(|gated| gated.place == effect.place) {
                continue;
            }
            if let Some(known) = places.get_mut(&effect.place) {
                known.2 += 1;
            }
            let label = effect.text.split('`').nth(1).unwrap_or_default();
            if let Some(known) = labels.get_mut(label) {
                known.2 += 1;
            }
        }
    }
    let places = places.into_iter().filter(|(_, (_, behind, without))| behind >= without);
    let labels = labels.into_iter().filter(|(_, (_, behind, without))| behind >= without);
    (
        places.map(|(place, (asked, ..))| (place, asked)).collect(),
        labels.map(|(label, (asked, ..))| (label, asked)).collect(),
    )
}

fn changes(kind: EffectKind) -> bool {
    matches!(
        kind,
        EffectKind::Write | EffectKind::Sql | EffectKind::Storage | EffectKind::Payment
    )
}

/// Whether a label says which table is written: `prisma.user.delete`.
fn names_a_table(label: &str) -> bool {
    let parts: Vec<&str> = label.split('.').collect();
    let [_, table, method] = parts.as_slice() else {
        return false;
    };
    matches!(
        *method,
        "create" | "createMany" | "update" | "updateMany" | "upsert" | "delete" | "deleteMany"
    ) && !matches!(*table, "insert" | "update" | "delete" | "from" | "$transaction")
}

/// Whether the name or the folder of an endpoint says that it is for administrators.
fn is_for_administrators(program: &Program, endpoint: &Found) -> bool {
    let is_word = |word: &str| {
        matches!(
            word,
            "admin" | "admins" | "administration" | "backoffice" | "superadmin" | "moderation"
        )
    };
    let words = words_of(&endpoint.short_name);
    // `isAdmin`, `requireAdmin` ask for the role, and are for everybody.
    let asks = words.first().is_some_and(|first| {
        matches!(
            first.as_str(),
            "is" | "has" | "check" | "require" | "ensure" | "become" | "request"
        )
    });
    let named = words.iter().any(|word| is_word(word));
    let path = program.file(endpoint.place.file).map_or("", |file| &*file.path);
    let in_folder = path.split('/').any(|part| {
        is_word(
            part.trim_matches(['(', ')', '[', ']', '@', '_'])
                .split('.')
                .next()
                .unwrap_or_default(),
        )
    });
    (named || in_folder) && !asks
}

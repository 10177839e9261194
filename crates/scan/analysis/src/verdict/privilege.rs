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
    /// The rows that it changes say who has which role, and another endpoint asks for that: where.
    Ranks(Evidence),
    /// Its name or folder says that it is for administrators.
    Named,
    /// The client fills in this column, which says what somebody may do.
    Grants(String),
}

/// What somebody without a role reaches.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    label: String,
    /// What is done with which table: `document insert`.
    deed: Option<String>,
    kind: EffectKind,
    place: Place,
    own: bool,
    grants: Option<String>,
    /// The table that it is about.
    relation: Option<String>,
    /// The table whose rows it changes, where the client names the row or the person.
    changes_other: Option<String>,
    evidence: Vec<Evidence>,
}

/// What only somebody with a role reaches.
#[derive(Debug, Clone)]
pub(crate) struct Gated {
    deed: Option<String>,
    place: Place,
    asked: Evidence,
}

/// Collects what this endpoint tells the others. The colleague is there where only having no part stops the outsider.
pub(super) fn collect(caller: &Report, outsider: Option<&Report>, colleague: Option<&Report>, facts: &mut Facts) {
    let own = caller
        .protected()
        .filter(|effect| !effect.incidental)
        .take(EVIDENCE_LIMIT);
    facts.deeds = own.map(|effect| (effect.place, deed(effect))).collect();
    let Some(outsider) = outsider.filter(|outsider| outsider.exhausted.is_none()) else {
        return;
    };
    let colleague = colleague.filter(|colleague| colleague.exhausted.is_none());
    facts.reached = reached(outsider);
    facts.ignored = outsider.signals.iter().find_map(|signal| match signal {
        Signal::Ignored(place) => Some(Evidence {
            place: *place,
            text: "the role is asked for here, and nothing looks at the answer".to_owned(),
        }),
        _ => None,
    });
    facts.memberships = outsider
        .signals
        .iter()
        .filter_map(|signal| match signal {
            Signal::Member(table) => Some(table.to_string()),
            _ => None,
        })
        .collect();
    let without_role = colleague
        .filter(|_| super::ownership::roles(outsider).is_empty())
        .unwrap_or(outsider);
    let Some(asked) = super::ownership::roles(without_role).into_iter().next() else {
        facts.reached_by_member = colleague.map(reached).unwrap_or_default();
        return;
    };
    facts.ranked = without_role
        .signals
        .iter()
        .filter_map(|signal| match signal {
            Signal::Ranked(table) => Some(table.to_string()),
            _ => None,
        })
        .collect();
    facts.gated = caller
        .protected()
        .filter(|effect| counts(effect))
        .filter(|effect| !without_role.protected().any(|other| other.place == effect.place))
        .take(EVIDENCE_LIMIT)
        .map(|effect| Gated {
            deed: deed(effect),
            place: effect.place,
            asked: asked.clone(),
        })
        .collect();
}

fn counts(effect: &Observation) -> bool {
    !effect.incidental && effect.doubts.is_empty() && !effect.by_name
}

fn reached(report: &Report) -> Vec<Reached> {
    let reached = report.protected().filter(|effect| counts(effect)).take(EVIDENCE_LIMIT);
    reached
        .map(|effect| Reached {
            label: effect.label.to_string(),
            deed: deed(effect),
            kind: effect.kind,
            place: effect.place,
            own: effect.details.own || effect.details.scoped || effect.details.by_credential || !effect.asked,
            grants: effect.details.grants.as_ref().map(ToString::to_string),
            relation: effect.details.relation.as_ref().map(ToString::to_string),
            changes_other: effect
                .details
                .relation
                .as_ref()
                .filter(|_| effect.details.names_other && changes(effect.kind))
                .map(ToString::to_string),
            evidence: path(effect),
        })
        .collect()
}

/// Compares endpoints: what takes a role at one of them takes it at all.
pub(crate) fn compare(program: &Program, found: &[Found], judged: &mut [Judged]) {
    let privileged = Privileged::of(judged);
    let knows_roles = judged.iter().any(|judged| !judged.facts.roles.is_empty());
    for (endpoint, judged) in found.iter().zip(judged) {
        let is_signed_in = matches!(judged.authentication(), Some(Coverage::Proven { .. }));
        let is_reported = judged.facts.foreign.is_some() || judged.facts.claimed.is_some();
        if !is_signed_in || is_reported {
            continue;
        }
        let facts = &judged.facts;
        let is_named = knows_roles && facts.roles.is_empty() && is_for_administrators(program, endpoint);
        let by_outsider = facts.reached.iter().find_map(|effect| {
            let why = privileged.why(effect, facts, is_named)?;
            Some((effect, why))
        });
        let unprivileged = by_outsider.or_else(|| privileged.by_member(facts));
        let Some((effect, why)) = unprivileged else { continue };
        let reason = format!(
            "`{}` {}, and no role is needed for it",
            effect.label,
            effect.kind.verb()
        );
        let unprivileged = Unprivileged {
            evidence: effect.evidence.clone(),
            label: effect.label.clone(),
            only_reads: is_read(effect.kind),
            why,
        };
        for (protection, coverage) in &mut judged.coverage {
            if *protection == Protection::Authorization {
                *coverage = Coverage::Absent {
                    evidence: unprivileged.evidence.clone(),
                    reason: reason.clone(),
                };
            }
        }
        judged.facts.unprivileged = Some(unprivileged);
    }
}

/// What takes a role in this project.
struct Privileged {
    places: BTreeMap<Place, Evidence>,
    deeds: BTreeMap<String, Evidence>,
    /// Tables whose rows say who has which role.
    ranks: BTreeMap<String, Evidence>,
}

impl Privileged {
    fn of(judged: &[Judged]) -> Self {
        let (places, deeds) = privileged(judged);
        let mut ranks = BTreeMap::new();
        for facts in judged.iter().map(|judged| &judged.facts) {
            let Some(gated) = facts.gated.first() else { continue };
            for table in &facts.ranked {
                ranks.entry(table.clone()).or_insert_with(|| gated.asked.clone());
            }
        }
        Self { places, deeds, ranks }
    }

    fn elsewhere(&self, effect: &Reached) -> Option<Why> {
        let asked = self
            .places
            .get(&effect.place)
            .or_else(|| self.deeds.get(effect.deed.as_deref()?));
        let asked = asked.filter(|_| matches!(effect.kind, EffectKind::Write | EffectKind::Sql))?;
        Some(Why::Elsewhere(asked.clone()))
    }

    /// Why what somebody reaches who has no part in anything takes a role.
    fn why(&self, effect: &Reached, facts: &Facts, is_named: bool) -> Option<Why> {
        if let Some(column) = &effect.grants {
            return Some(Why::Grants(column.clone()));
        }
        if effect.own {
            return None;
        }
        if let Some(elsewhere) = self.elsewhere(effect) {
            return Some(elsewhere);
        }
        if let Some(ignored) = facts.ignored.as_ref().filter(|_| changes(effect.kind)) {
            return Some(Why::Ignored(ignored.clone()));
        }
        (is_named && (changes(effect.kind) || is_read(effect.kind))).then_some(Why::Named)
    }

    /// What a member reaches whose role nobody asked for, although others ask for it.
    fn by_member<'facts>(&self, facts: &'facts Facts) -> Option<(&'facts Reached, Why)> {
        if !facts.roles.is_empty() || !facts.memberships.iter().any(|table| self.ranks.contains_key(table)) {
            return None;
        }
        facts.reached_by_member.iter().find_map(|effect| {
            let ranks = effect.changes_other.as_ref().and_then(|table| self.ranks.get(table));
            let why = match ranks {
                Some(asked) => Why::Ranks(asked.clone()),
                None if Self::is_own(effect, facts) => return None,
                None => self.elsewhere(effect)?,
            };
            Some((effect, why))
        })
    }

    /// Whether a member acts on its own: a record that was tied to the caller may be an invitation of one's own.
    fn is_own(effect: &Reached, facts: &Facts) -> bool {
        let relation = effect.relation.as_deref();
        effect.own || relation.is_some_and(|table| facts.belonging.ties_to(table))
    }
}

/// What takes a role: done behind one at least as often as without. What many do without is for many: sending mail, for
/// one.
fn privileged(judged: &[Judged]) -> (BTreeMap<Place, Evidence>, BTreeMap<String, Evidence>) {
    let mut places: BTreeMap<Place, (Evidence, usize, usize)> = BTreeMap::new();
    let mut deeds: BTreeMap<String, (Evidence, usize, usize)> = BTreeMap::new();
    for gated in judged.iter().flat_map(|judged| &judged.facts.gated) {
        let known = places.entry(gated.place).or_insert_with(|| (gated.asked.clone(), 0, 0));
        known.1 += 1;
        if let Some(deed) = &gated.deed {
            let known = deeds.entry(deed.clone()).or_insert_with(|| (gated.asked.clone(), 0, 0));
            known.1 += 1;
        }
    }
    for facts in judged.iter().map(|judged| &judged.facts) {
        for (place, deed) in &facts.deeds {
            if facts.gated.iter().any(|gated| gated.place == *place) {
                continue;
            }
            if let Some(known) = places.get_mut(place) {
                known.2 += 1;
            }
            if let Some(known) = deed.as_ref().and_then(|deed| deeds.get_mut(deed)) {
                known.2 += 1;
            }
        }
    }
    let places = places.into_iter().filter(|(_, (_, behind, without))| behind >= without);
    let deeds = deeds.into_iter().filter(|(_, (_, behind, without))| behind >= without);
    (
        places.map(|(place, (asked, ..))| (place, asked)).collect(),
        deeds.map(|(deed, (asked, ..))| (deed, asked)).collect(),
    )
}

fn changes(kind: EffectKind) -> bool {
    matches!(
        kind,
        EffectKind::Write | EffectKind::Sql | EffectKind::Storage | EffectKind::Payment
    )
}

/// What an effect does with which table, however the library calls it: `user delete` of `prisma.user.deleteMany`.
fn deed(effect: &Observation) -> Option<String> {
    let table = effect.details.relation.as_deref()?;
    let step = |step: &str| match step {
        "create" | "createMany" | "createManyAndReturn" | "insert" | "insertOne" | "insertMany" | "insertInto" => {
            Some(" insert")
        }
        "update" | "updateMany" | "updateOne" | "updateTable" | "findOneAndUpdate" | "findByIdAndUpdate" => {
            Some(" update")
        }
        "upsert" => Some(" upsert"),
        "delete" | "deleteMany" | "deleteOne" | "deleteFrom" | "findOneAndDelete" | "findByIdAndDelete" => {
            Some(" delete")
        }
        _ => None,
    };
    let done = effect.label.split('.').rev().find_map(step)?;
    Some(format!("{table}{done}"))
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

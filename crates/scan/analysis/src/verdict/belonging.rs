//! Does what is put under a record, or made from it, take a part in that record? One endpoint alone does not say: an order
//! names a product of anybody, a comment a document of one's own. From all endpoints: what most of them tie to the caller
//! before they use it has to be tied.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_catalog::EffectKind;
use portcullis_model::{Coverage, Evidence, Protection};

use super::{Facts, Foreign, Judged, Report, path};
use crate::engine::{Observation, Signal};

/// So many endpoints tie a record to the caller, at least, before the others have to.
const ENOUGH: usize = 2;

/// How an endpoint uses records that the client names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Belonging {
    /// What ties the caller to a record, `documentid`, and the table that was asked.
    ties: BTreeSet<(String, Option<String>)>,
    /// Used by who has a part in them only: `documentid`.
    tied: BTreeSet<String>,
    /// Used by anybody who is signed in.
    open: Vec<Use>,
}

impl Belonging {
    /// Whether the caller is asked for a part in a record of this table, or in what belongs to it.
    pub(super) fn ties_to(&self, table: &str) -> bool {
        self.ties
            .iter()
            .any(|(key, asked)| asked.as_deref() == Some(table) || key.strip_suffix("id") == Some(table))
    }
}

#[derive(Debug, Clone)]
struct Use {
    key: String,
    /// The table that gets something.
    table: Option<String>,
    label: String,
    kind: EffectKind,
    evidence: Vec<Evidence>,
}

/// Collects what this endpoint tells the others.
pub(super) fn collect(caller: &Report, outsider: Option<&Report>, facts: &mut Facts) {
    let Some(outsider) = outsider.filter(|outsider| outsider.exhausted.is_none()) else {
        return;
    };
    let ties: BTreeSet<(String, Option<String>)> = outsider
        .signals
        .iter()
        .filter_map(|signal| match signal {
            Signal::Tied(key, table) => Some((key.to_string(), table.as_ref().map(ToString::to_string))),
            _ => None,
        })
        .collect();
    // What is tied on one path may be meant for everybody on another: a group that is open.
    let has_tie = |key: &str| ties.iter().any(|(own, _)| own == key);
    let (loose, open): (Vec<Use>, Vec<Use>) = uses_of_others(outsider).partition(|one| has_tie(&one.key));
    let used: BTreeSet<&str> = caller
        .protected()
        .filter(|effect| counts(effect))
        .flat_map(|effect| effect.details.uses.iter().map(|(key, _)| &**key))
        .collect();
    let tied = ties
        .iter()
        .map(|(key, _)| key)
        .filter(|key| used.contains(key.as_str()) && !loose.iter().any(|one| one.key == **key))
        .cloned()
        .collect();
    facts.belonging = Belonging { ties, tied, open };
}

/// What the outsider puts under records of others, or makes from them; not what it puts into their own table.
fn uses_of_others(outsider: &Report) -> impl Iterator<Item = Use> + '_ {
    outsider.protected().filter(|effect| counts(effect)).flat_map(|effect| {
        let of_others = effect.details.uses.iter().filter(|(key, of_others)| {
            let own = effect.details.relation.as_deref();
            *of_others && own.is_none_or(|own| !key.starts_with(own))
        });
        of_others.map(|(key, _)| Use {
            key: key.to_string(),
            table: effect.details.relation.as_ref().map(ToString::to_string),
            label: effect.label.to_string(),
            kind: effect.kind,
            evidence: path(effect),
        })
    })
}

fn counts(effect: &Observation) -> bool {
    !effect.incidental && effect.doubts.is_empty() && !effect.by_name && effect.asked
}

/// Compares endpoints: what most of them tie to the caller has to be tied.
pub(crate) fn compare(judged: &mut [Judged]) {
    let ties: BTreeSet<(String, Option<String>)> = judged
        .iter()
        .flat_map(|judged| judged.facts.belonging.ties.iter().cloned())
        .collect();
    let mut keys: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for belonging in judged.iter_mut().map(|judged| &mut judged.facts.belonging) {
        // Who joins a group makes the tie itself.
        belonging
            .open
            .retain(|one| !ties.contains(&(one.key.clone(), one.table.clone())));
        for key in &belonging.tied {
            keys.entry(key.clone()).or_default().0 += 1;
        }
        let open: BTreeSet<&str> = belonging.open.iter().map(|one| one.key.as_str()).collect();
        for key in open {
            keys.entry(key.to_owned()).or_default().1 += 1;
        }
    }
    keys.retain(|_, (tied, open)| *tied >= ENOUGH && tied > open);
    for judged in judged {
        let is_signed_in = matches!(judged.authentication(), Some(Coverage::Proven { .. }));
        if !is_signed_in || judged.facts.foreign.is_some() || judged.facts.claimed.is_some() {
            continue;
        }
        let found = judged
            .facts
            .belonging
            .open
            .iter()
            .find(|one| keys.contains_key(&one.key));
        let Some(found) = found.cloned() else { continue };
        for (protection, coverage) in &mut judged.coverage {
            if *protection == Protection::Ownership {
                *coverage = Coverage::Absent {
                    evidence: found.evidence.clone(),
                    reason: format!(
                        "the client picks the record that `{}` uses, and nothing ties it to the caller, as other endpoints do",
                        found.label
                    ),
                };
            }
        }
        judged.facts.foreign = Some(Foreign {
            evidence: found.evidence,
            label: found.label,
            kind: found.kind,
        });
    }
}

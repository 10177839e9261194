//! Scans mutants, several at a time where no endpoint can feel two of them, and says what came of each.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result as Fallible;
use portcullis_model::Protection;

use super::mutant::{self, Class, Mutant, Site};
use super::project::{Answers, Copy};
use super::table;

/// What came of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// A finding of the right rule, and no longer proven. Of a harmless rewrite: nothing changed.
    Found,
    Missed,
    /// Something else protects as well: with all of it gone it is found.
    Redundant,
    /// It is no program.
    Invalid,
}

/// A judged mutant.
#[derive(Debug)]
pub(super) struct Result {
    pub(super) class: Class,
    pub(super) form: &'static str,
    pub(super) outcome: Outcome,
    /// No longer proven at every endpoint.
    pub(super) state_changed: bool,
    /// A finding of the right rule at every endpoint.
    pub(super) has_finding: bool,
    /// What was expected and did not come, by endpoint.
    pub(super) reasons: Vec<String>,
    pub(super) path: String,
    /// The lines before and after.
    pub(super) difference: Vec<String>,
}

/// Judges every mutant of a project, in their order.
pub(super) fn judge(copy: &Copy, before: &Answers, mutants: Vec<Mutant>, alone: bool) -> Fallible<Vec<Result>> {
    let mut rounds: Vec<Vec<usize>> = Vec::new();
    let mut results: Vec<Option<Result>> = Vec::new();
    for (position, mutant) in mutants.iter().enumerate() {
        if mutant.site.only_together {
            results.push(None);
            continue;
        }
        let is_program = texts(copy, [&mutant.site]).is_some();
        results.push((!is_program).then(|| result(copy, mutant, Outcome::Invalid)));
        if !is_program {
            continue;
        }
        let free = |round: &&mut Vec<usize>| {
            !alone
                && round
                    .iter()
                    .filter_map(|other| mutants.get(*other))
                    .all(|other| other.touched.is_disjoint(&mutant.touched) && other.site.fits(&mutant.site))
        };
        match rounds.iter_mut().find(free) {
            Some(round) => round.push(position),
            None => rounds.push(vec![position]),
        }
    }
    let mut together = Together {
        copy,
        mutants: &mutants,
        known: BTreeMap::new(),
    };
    for round in &rounds {
        let members = || round.iter().filter_map(|position| mutants.get(*position));
        let Some(texts) = texts(copy, members().map(|mutant| &mutant.site)) else {
            continue;
        };
        let after = copy.scan_with(&texts)?;
        for (position, mutant) in round.iter().zip(members()) {
            let judged = match mutant.site.protection {
                Some(protection) => together.protection(mutant, protection, before, &after)?,
                None => harmless(copy, mutant, before, &after),
            };
            if let Some(place) = results.get_mut(*position) {
                *place = Some(judged);
            }
        }
    }
    Ok(results.into_iter().flatten().collect())
}

fn texts<'site>(copy: &Copy, sites: impl IntoIterator<Item = &'site Site>) -> Option<BTreeMap<String, String>> {
    mutant::texts(sites, |path| copy.text(path).map(str::to_owned))
}

fn result(copy: &Copy, mutant: &Mutant, outcome: Outcome) -> Result {
    let path = mutant.site.path.clone();
    let difference = table::difference(copy.text(&path).unwrap_or_default(), &mutant.site.edits);
    Result {
        class: mutant.site.class,
        form: mutant.site.form,
        outcome,
        state_changed: false,
        has_finding: false,
        reasons: Vec::new(),
        path,
        difference,
    }
}

/// Whether a harmless rewrite changed nothing.
fn harmless(copy: &Copy, mutant: &Mutant, before: &Answers, after: &Answers) -> Result {
    let mut reasons = Vec::new();
    for endpoint in &mutant.touched {
        for protection in Protection::ALL {
            let (was, is) = (before.state(endpoint, protection), after.state(endpoint, protection));
            if was != is {
                reasons.push(format!("{endpoint}: {} was {was}, is {is}", protection.name()));
            }
        }
        let (was, is) = (before.rules(endpoint), after.rules(endpoint));
        reasons.extend(
            is.difference(&was)
                .map(|rule| format!("{endpoint}: new finding of {rule}")),
        );
        reasons.extend(
            was.difference(&is)
                .map(|rule| format!("{endpoint}: no finding of {rule} any more")),
        );
    }
    let same = reasons.is_empty();
    Result {
        state_changed: same,
        has_finding: same,
        reasons,
        ..result(copy, mutant, if same { Outcome::Found } else { Outcome::Missed })
    }
}

/// What an endpoint shows when everything is gone.
#[derive(Debug, Clone, Copy, Default)]
struct Fall {
    /// It is no longer proven.
    changed: bool,
    /// A rule says so.
    found: bool,
}

/// What comes of an endpoint when everything that protects it is taken away at once.
struct Together<'scan> {
    copy: &'scan Copy,
    mutants: &'scan [Mutant],
    known: BTreeMap<(String, Protection), Fall>,
}

impl Together<'_> {
    fn protection(
        &mut self,
        mutant: &Mutant,
        protection: Protection,
        before: &Answers,
        after: &Answers,
    ) -> Fallible<Result> {
        let expected = mutant::rules(protection);
        let (mut state_changed, mut has_finding, mut found_once) = (true, true, false);
        let mut reasons = Vec::new();
        for endpoint in &mutant.judged {
            let state = after.state(endpoint, protection);
            let mut rules = after.rules(endpoint);
            let known = before.rules(endpoint);
            rules.retain(|rule| !known.contains(rule));
            let changed = state != "proven";
            // An `await` that is missing is a finding of its own.
            let forgotten = mutant.site.class == Class::GuardAwait && rules.contains("floating-promise");
            let found = forgotten || expected.iter().any(|rule| rules.contains(rule));
            if changed && (found || mutant.site.is_met_by_state()) {
                has_finding &= found;
                found_once = true;
                continue;
            }
            // Whose a new row is, nothing else can decide.
            let may_be_redundant = (mutant.site.class, mutant.site.form) != (Class::ClientIdentity, "data");
            if may_be_redundant {
                let fall = self.fall(endpoint, protection, before)?;
                if if changed { fall.found } else { fall.changed } {
                    continue;
                }
            }
            state_changed &= changed;
            has_finding &= found;
            let rules: Vec<&str> = rules.into_iter().collect();
            reasons.push(format!(
                "{endpoint}: {} is {state}, new findings: {}",
                protection.name(),
                if rules.is_empty() {
                    "none".to_owned()
                } else {
                    rules.join(", ")
                }
            ));
        }
        let outcome = match (reasons.is_empty(), found_once) {
            (true, true) => Outcome::Found,
            (true, false) => Outcome::Redundant,
            (false, _) => Outcome::Missed,
        };
        Ok(Result {
            state_changed,
            has_finding,
            reasons,
            ..result(self.copy, mutant, outcome)
        })
    }

    /// Whether an endpoint loses a protection when every site is gone that could hold it, where there are several.
    fn fall(&mut self, endpoint: &str, protection: Protection, before: &Answers) -> Fallible<Fall> {
        let key = (endpoint.to_owned(), protection);
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let mut sites: Vec<&Site> = Vec::new();
        let mut places: BTreeSet<(&str, usize)> = BTreeSet::new();
        let (whole, parts): (Vec<_>, Vec<_>) = self.mutants.iter().partition(|mutant| mutant.site.only_together);
        for mutant in whole.into_iter().chain(parts) {
            let site = &mutant.site;
            let holds =
                site.protection.is_some_and(|other| covers(other, protection)) && mutant.touched.contains(endpoint);
            let alone =
                !matches!(site.form, "inverted" | "ignored" | "result unused") || site.class == Class::ParseVerdict;
            // An id that the client sends takes nothing away.
            let holds = holds && site.class != Class::ClientIdentity;
            if holds && alone && texts(self.copy, sites.iter().copied().chain([site])).is_some() {
                places.insert((&site.path, site.at));
                sites.push(site);
            }
        }
        let texts = texts(self.copy, sites).filter(|_| places.len() > 1);
        let fall = match texts {
            None => Fall::default(),
            Some(texts) => {
                let after = self.copy.scan_with(&texts)?;
                let (known, rules) = (before.rules(endpoint), after.rules(endpoint));
                let is_new = |rule: &&str| rules.contains(rule) && !known.contains(rule);
                Fall {
                    changed: after.state(endpoint, protection) != "proven",
                    found: mutant::rules(protection).iter().any(is_new),
                }
            }
        };
        self.known.insert(key, fall);
        Ok(fall)
    }
}

/// Whether what holds `other` may hold `protection` too: who has a role or owns something is signed in.
fn covers(other: Protection, protection: Protection) -> bool {
    use Protection::{Authentication, Authorization, Ownership};
    match protection {
        Authentication => matches!(other, Authentication | Authorization | Ownership),
        Authorization | Ownership => matches!(other, Authorization | Ownership),
        _ => other == protection,
    }
}

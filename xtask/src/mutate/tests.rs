//! The mutants of the example, and rewrites of small texts.

use std::collections::BTreeSet;
use std::path::Path;

use super::rounds::Outcome;
use super::{Class, Options, measure};

/// What the scan misses in the example today. `docs/known-gaps.md` says why.
const MISSED: &[(&str, &str)] = &[
    ("owner-predicate", "app/careful/actions/documents.ts#duplicateDocument"),
    ("role-check", "app/careful/actions/documents.ts#duplicateDocument"),
    ("role-check", "app/careful/actions/team.ts#removeMember"),
    ("client-identity", "app/careful/actions/team.ts#acceptInvite"),
];

#[test]
fn the_mutants_of_the_example_are_found_and_rewrites_change_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let results = measure(&root.join("examples/acme-next"), "app/careful/", &Options::default()).unwrap();
    let (mutants, rewrites): (Vec<_>, Vec<_>) = results.iter().partition(|one| one.class.protection().is_some());
    assert!(
        mutants.len() > 80 && rewrites.len() > 200,
        "too few: {} and {}",
        mutants.len(),
        rewrites.len()
    );
    for rewrite in rewrites {
        assert_eq!(
            rewrite.outcome,
            Outcome::Found,
            "{} in {}: {:#?}",
            rewrite.class.name(),
            rewrite.path,
            rewrite.reasons
        );
    }
    let mut missed = BTreeSet::new();
    for mutant in mutants {
        assert_ne!(mutant.outcome, Outcome::Invalid, "{:#?}", mutant.difference);
        if mutant.outcome == Outcome::Missed {
            let endpoints = mutant.reasons.iter().filter_map(|reason| reason.split(": ").next());
            missed.extend(endpoints.map(|endpoint| (mutant.class.name(), endpoint.to_owned())));
        }
    }
    let known: BTreeSet<(&str, String)> = MISSED
        .iter()
        .map(|(class, name)| (*class, (*name).to_owned()))
        .collect();
    assert_eq!(
        missed, known,
        "what is missed has changed: strike what is found from the list and from docs/known-gaps.md"
    );
}

#[test]
fn options_are_read_and_others_refused() {
    let options = Options::read(&["shop", "--limit", "3", "--class", "parse", "--verbose"]).unwrap();
    assert_eq!(options.trees, [Path::new("shop")]);
    assert_eq!((options.limit, options.class), (Some(3), Some(Class::Parse)));
    assert!(options.verbose && !options.alone);
    assert!(Options::read(&["--class", "nothing"]).is_err());
    assert!(Options::read(&["--unknown"]).is_err());
}

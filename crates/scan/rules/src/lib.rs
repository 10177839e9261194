//! What is wrong with an endpoint: one rule a file, its page beside it.
//!
//! A rule reads what the analysis found and states it; it never looks at code itself. Here is what they share: the
//! registry, the comments that allow a finding, the baseline, fingerprints.

mod accidental_endpoint;
mod allow;
mod draft;
mod fingerprint;
mod misplaced_directive;
mod missing_authentication;
mod unchecked_session;
mod unused_allow;
mod unverified_session;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use portcullis_analysis::Analysis;
use portcullis_model::{Confidence, Finding, RuleMeta, Severity, SourceFile, Suppression};

use draft::Draft;
use unused_allow::check as check_allows;

/// Every rule, in the order of lists.
const RULES: &[RuleMeta] = &[
    accidental_endpoint::META,
    misplaced_directive::META,
    missing_authentication::META,
    unchecked_session::META,
    unused_allow::META,
    unverified_session::META,
    // `cargo xtask new-rule` adds the next one above this line.
];

/// Every rule, in the order of lists.
pub const fn all() -> &'static [RuleMeta] {
    RULES
}

/// Which rules run, and what is held back.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Run these alone; all if empty.
    pub only: BTreeSet<String>,
    /// Do not run these.
    pub without: BTreeSet<String>,
    /// Severities that the configuration sets.
    pub severities: BTreeMap<String, Severity>,
    /// Hold back what is less sure.
    pub confidence: Confidence,
    /// Comments in the code hold nothing back.
    pub no_ignores: bool,
    /// Fingerprints of findings to hold back.
    pub baseline: BTreeSet<String>,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            only: BTreeSet::new(),
            without: BTreeSet::new(),
            severities: BTreeMap::new(),
            confidence: Confidence::Low,
            no_ignores: false,
            baseline: BTreeSet::new(),
        }
    }
}

impl Selection {
    fn runs(&self, rule: &str) -> bool {
        (self.only.is_empty() || self.only.contains(rule)) && !self.without.contains(rule)
    }
}

/// What came of the rules.
#[derive(Debug, Default)]
pub struct Checked {
    /// The findings to show, sorted by file, then position, then rule.
    pub findings: Vec<Finding>,
    /// The comments that took effect.
    pub suppressed: Vec<Suppression>,
    /// How many findings the baseline holds back.
    pub baselined: usize,
    /// How many findings were not sure enough.
    pub below_confidence: usize,
    /// The rules that ran.
    pub rules: Vec<&'static str>,
}

/// Runs the rules over what the analysis found.
pub fn check(analysis: &Analysis, files: &[SourceFile], selection: &Selection) -> Checked {
    let context = Context { analysis };
    let mut drafts: Vec<Draft> = Vec::new();
    let mut checked = Checked::default();
    for (meta, run) in RUNS {
        if selection.runs(meta.id) {
            checked.rules.push(meta.id);
            run(&context, &mut drafts);
        }
    }
    if selection.runs(unused_allow::META.id) {
        checked.rules.push(unused_allow::META.id);
    }
    checked.rules.sort_unstable();
    let mut findings: Vec<Finding> = drafts.into_iter().map(|draft| draft.finish(selection)).collect();
    sort(&mut findings);
    fingerprint::set(&mut findings, &analysis.endpoints, files);
    let allows = allow::read(files);
    let mut used = vec![false; allows.len()];
    findings.retain(|finding| {
        let allowed = (!selection.no_ignores)
            .then(|| allow::covering(&allows, finding, &analysis.endpoints, files))
            .flatten();
        let Some(position) = allowed else { return true };
        let Some(allow) = allows.get(position) else { return true };
        if let Some(slot) = used.get_mut(position) {
            *slot = true;
        }
        checked.suppressed.push(Suppression {
            rule: finding.rule.to_owned(),
            reason: allow.reason.clone().unwrap_or_default(),
            place: allow.place,
        });
        false
    });
    if selection.runs(unused_allow::META.id) && !selection.no_ignores {
        let mut drafts = Vec::new();
        check_allows(&allows, &used, selection, &mut drafts);
        findings.extend(drafts.into_iter().map(|draft| draft.finish(selection)));
        sort(&mut findings);
        fingerprint::set(&mut findings, &analysis.endpoints, files);
    }
    checked
        .suppressed
        .sort_by(|a, b| (a.place, &a.rule).cmp(&(b.place, &b.rule)));
    let total = findings.len();
    findings.retain(|finding| !selection.baseline.contains(&finding.fingerprint));
    checked.baselined = total - findings.len();
    let total = findings.len();
    findings.retain(|finding| finding.confidence >= selection.confidence);
    checked.below_confidence = total - findings.len();
    checked.findings = findings;
    checked
}

/// What a rule may read.
#[derive(Debug)]
struct Context<'scan> {
    analysis: &'scan Analysis,
}

type Run = fn(&Context<'_>, &mut Vec<Draft>);

/// The rules that read the analysis; `unused-allow` reads what these leave.
const RUNS: &[(RuleMeta, Run)] = &[
    (accidental_endpoint::META, accidental_endpoint::check),
    (misplaced_directive::META, misplaced_directive::check),
    (missing_authentication::META, missing_authentication::check),
    (unchecked_session::META, unchecked_session::check),
    (unverified_session::META, unverified_session::check),
];

fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| finding.primary().map(|label| label.place);
        (key(a), a.rule, &a.endpoints).cmp(&(key(b), b.rule, &b.endpoints))
    });
}

//! What is wrong with an endpoint: one rule a file, its page beside it.
//!
//! A rule reads what the analysis found and states it; it never looks at code itself. Here is what they share: the
//! registry, the comments that allow a finding, the baseline, fingerprints.

mod accidental_endpoint;
mod advisory;
mod allow;
mod command_injection;
mod cross_site_scripting;
mod draft;
mod error_exposure;
mod fingerprint;
mod floating_promise;
mod group;
mod hardcoded_secret;
mod identity_from_payload;
mod insecure_cookie;
mod mass_assignment;
mod misplaced_directive;
mod missing_authentication;
mod missing_captcha;
mod missing_ownership_check;
mod missing_rate_limit;
mod missing_role_check;
mod missing_security_headers;
mod missing_server_only;
mod missing_validation;
mod object_injection;
mod open_redirect;
mod oversized_body_limit;
mod page_only_authentication;
mod path_traversal;
mod prop_exposure;
mod prototype_pollution;
mod public_secret_variable;
mod replayable_mutation;
mod row_exposure;
mod secret_in_client_bundle;
mod secret_in_closure;
mod sensitive_bind_argument;
mod sensitive_log;
mod server_side_request_forgery;
mod sql_injection;
mod unbounded_input;
mod unchecked_session;
mod unsafe_schema;
mod untrusted_rate_limit_key;
mod unused_allow;
mod unused_endpoint;
mod unverified_session;
mod unwrapped_action;
mod version;
mod vulnerable_framework_version;
mod weak_session_secret;
mod wildcard_origin;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use portcullis_analysis::Analysis;
use portcullis_model::{Confidence, Finding, Place, RuleMeta, Severity, SourceFile, Suppression};

use allow::Allow;
use draft::Draft;

/// A rule: what never changes about it, and its code.
#[derive(Debug, Clone, Copy)]
struct Rule {
    meta: RuleMeta,
    check: Check,
}

/// Reads the comments that allow findings, each with whether it took effect.
type AllowCheck = fn(&[(Allow, bool)], &Selection, &mut Vec<Draft>);

/// What a rule reads.
#[derive(Debug, Clone, Copy)]
enum Check {
    /// What the analysis found.
    Analysis(fn(&Analysis, &mut Vec<Draft>)),
    /// The comments that allow findings, each with whether it took effect.
    Allows(AllowCheck),
}

/// Every rule, in the order of lists.
const RULES: &[Rule] = &[
    accidental_endpoint::RULE,
    command_injection::RULE,
    cross_site_scripting::RULE,
    error_exposure::RULE,
    floating_promise::RULE,
    hardcoded_secret::RULE,
    identity_from_payload::RULE,
    insecure_cookie::RULE,
    mass_assignment::RULE,
    misplaced_directive::RULE,
    missing_authentication::RULE,
    missing_captcha::RULE,
    missing_ownership_check::RULE,
    missing_rate_limit::RULE,
    missing_role_check::RULE,
    missing_security_headers::RULE,
    missing_server_only::RULE,
    missing_validation::RULE,
    object_injection::RULE,
    open_redirect::RULE,
    oversized_body_limit::RULE,
    page_only_authentication::RULE,
    path_traversal::RULE,
    prop_exposure::RULE,
    prototype_pollution::RULE,
    public_secret_variable::RULE,
    replayable_mutation::RULE,
    row_exposure::RULE,
    secret_in_client_bundle::RULE,
    secret_in_closure::RULE,
    sensitive_bind_argument::RULE,
    sensitive_log::RULE,
    server_side_request_forgery::RULE,
    sql_injection::RULE,
    unbounded_input::RULE,
    unchecked_session::RULE,
    unsafe_schema::RULE,
    untrusted_rate_limit_key::RULE,
    unused_allow::RULE,
    unused_endpoint::RULE,
    unverified_session::RULE,
    unwrapped_action::RULE,
    vulnerable_framework_version::RULE,
    weak_session_secret::RULE,
    wildcard_origin::RULE,
    // `cargo xtask new-rule` adds the next one above this line.
];

/// What never changes about each rule, in the order of lists.
pub fn all() -> &'static [RuleMeta] {
    static METAS: LazyLock<Vec<RuleMeta>> = LazyLock::new(|| RULES.iter().map(|rule| rule.meta).collect());
    &METAS
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
    /// Findings of one cause are one finding.
    pub groups: bool,
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
            groups: false,
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
    let mut checked = Checked::default();
    let mut drafts: Vec<Draft> = Vec::new();
    for rule in RULES.iter().filter(|rule| selection.runs(rule.meta.id)) {
        checked.rules.push(rule.meta.id);
        if let Check::Analysis(check) = rule.check {
            check(analysis, &mut drafts);
        }
    }
    let mut findings = finish(drafts, analysis, files, selection);
    if !selection.no_ignores {
        let mut allows: Vec<(Allow, bool)> = allow::read(files).into_iter().map(|allow| (allow, false)).collect();
        findings.retain(|(finding, _)| {
            let Some((allow, used)) = allow::covering(&mut allows, finding, &analysis.endpoints, files) else {
                return true;
            };
            *used = true;
            checked.suppressed.push(Suppression {
                rule: finding.rule.to_owned(),
                reason: allow.reason.clone().unwrap_or_default(),
                place: allow.place,
            });
            false
        });
        let mut drafts = Vec::new();
        for rule in RULES.iter().filter(|rule| selection.runs(rule.meta.id)) {
            if let Check::Allows(check) = rule.check {
                check(&allows, selection, &mut drafts);
            }
        }
        findings.extend(finish(drafts, analysis, files, selection));
        sort(&mut findings);
    }
    checked
        .suppressed
        .sort_by(|a, b| (a.place, &a.rule).cmp(&(b.place, &b.rule)));
    let total = findings.len();
    findings.retain(|(finding, _)| !selection.baseline.contains(&finding.fingerprint));
    checked.baselined = total - findings.len();
    let total = findings.len();
    findings.retain(|(finding, _)| finding.confidence >= selection.confidence);
    checked.below_confidence = total - findings.len();
    checked.findings = if selection.groups {
        group::group(findings, &analysis.endpoints)
    } else {
        findings.into_iter().map(|(finding, _)| finding).collect()
    };
    checked
}

/// Findings in their order, each with its severity and fingerprint. What is held back later is numbered too, so that a
/// comment or a baseline changes no other finding's fingerprint.
fn finish(drafts: Vec<Draft>, analysis: &Analysis, files: &[SourceFile], selection: &Selection) -> Vec<Caused> {
    let mut findings: Vec<Caused> = drafts.into_iter().map(|draft| draft.finish(selection)).collect();
    sort(&mut findings);
    fingerprint::set(
        findings.iter_mut().map(|(finding, _)| finding),
        &analysis.endpoints,
        files,
    );
    findings
}

/// A finding, and the place of its cause where that is another than its own.
type Caused = (Finding, Option<Place>);

fn sort(findings: &mut [Caused]) {
    findings.sort_by(|(a, _), (b, _)| {
        let key = |finding: &Finding| finding.primary().map(|label| label.place);
        (key(a), a.rule, &a.endpoints).cmp(&(key(b), b.rule, &b.endpoints))
    });
}

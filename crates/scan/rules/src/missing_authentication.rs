//! `missing-authentication`: a stranger reaches an effect, and nothing on the way asks who calls.

use portcullis_analysis::Analysis;
use portcullis_model::{RuleMeta, Severity};

use crate::draft::{Draft, open_endpoints};
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "missing-authentication",
    summary: "Anyone who can send a request reaches an effect: nothing on the way asks who calls.",
    severity: Severity::Critical,
    owasp: &["A01:2021", "A07:2021", "A01:2025", "A07:2025"],
    cwe: &["CWE-306", "CWE-862"],
    page: include_str!("missing_authentication.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for open in open_endpoints(analysis) {
        if !open.facts.asked.is_empty() || !open.facts.unverified.is_empty() {
            continue;
        }
        let (name, does) = (&open.endpoint.short_name, open.facts.does);
        drafts.push(
            Draft::new(
                &META,
                open.endpoint.place,
                "this endpoint is reachable by POST, and nothing asks who calls",
                format!("`{name}` {does} for anyone who sends a request"),
            )
            .open(&open)
            .consequence("a server action is a public endpoint: the login check of the page around it does not run for it")
            .help("ask who calls before anything else, and stop if nobody is signed in: `const session = await auth(); if (!session?.user) throw new Error(\"not signed in\")`")
            .steps(open.evidence),
        );
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}

//! `unverified-session`: the action believes who calls, and nobody verified it.

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
    id: "unverified-session",
    summary: "Who calls is taken from something that the caller can write: an unsigned cookie, a token that is only decoded.",
    severity: Severity::Critical,
    owasp: &["A01:2021", "A07:2021", "A01:2025", "A07:2025"],
    cwe: &["CWE-287", "CWE-345", "CWE-565"],
    page: include_str!("unverified_session.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for open in open_endpoints(analysis) {
        let Some(unverified) = open.facts.unverified.first() else {
            continue;
        };
        let name = &open.endpoint.short_name;
        drafts.push(
            Draft::new(
                &META,
                unverified.place,
                unverified.text.clone(),
                format!("`{name}` believes who calls without proof"),
            )
            .open(&open)
            .consequence("whoever writes the cookie or the token decides who they are")
            .help("verify before you believe: check the signature (`jwtVerify`, a sealed or signed cookie), or look the session up where only the server writes")
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

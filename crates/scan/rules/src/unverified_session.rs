//! `unverified-session`: the action believes who calls, and nobody verified it.

use portcullis_model::{Confidence, Coverage, EndpointId, Protection, RuleMeta, Severity};

use crate::Context;
use crate::draft::Draft;

/// What never changes about the rule.
pub(crate) const META: RuleMeta = RuleMeta {
    id: "unverified-session",
    summary: "Who calls is taken from something that the caller can write: an unsigned cookie, a token that is only decoded.",
    severity: Severity::Critical,
    owasp: &["A01:2021", "A07:2021", "A01:2025", "A07:2025"],
    cwe: &["CWE-287", "CWE-345", "CWE-565"],
    page: include_str!("unverified_session.md"),
};

pub(crate) fn check(context: &Context<'_>, drafts: &mut Vec<Draft>) {
    for ((position, endpoint), facts) in (0_u32..).zip(&context.analysis.endpoints).zip(&context.analysis.facts) {
        let Some(unverified) = facts.unverified.first() else {
            continue;
        };
        let coverage = endpoint.coverage_of(Protection::Authentication);
        let Coverage::Absent { evidence, .. } = coverage else {
            continue;
        };
        let name = &endpoint.short_name;
        drafts.push(
            Draft::new(
                &META,
                unverified.place,
                unverified.text.clone(),
                format!("`{name}` believes who calls without proof"),
            )
            .endpoint(EndpointId(position))
            .severity(if facts.only_reads { Severity::High } else { Severity::Critical })
            .confidence(if facts.by_name { Confidence::Medium } else { Confidence::High })
            .consequence("whoever writes the cookie or the token decides who they are")
            .help("verify before you believe: check the signature (`jwtVerify`, a sealed or signed cookie), or look the session up where only the server writes")
            .steps(evidence),
        );
    }
}

//! `missing-authentication`: a stranger reaches an effect, and nothing on the way asks who calls.

use portcullis_model::{Confidence, Coverage, EndpointId, Protection, RuleMeta, Severity};

use crate::Context;
use crate::draft::Draft;

/// What never changes about the rule.
pub(crate) const META: RuleMeta = RuleMeta {
    id: "missing-authentication",
    summary: "Anyone who can send a request reaches an effect: nothing on the way asks who calls.",
    severity: Severity::Critical,
    owasp: &["A01:2021", "A07:2021", "A01:2025", "A07:2025"],
    cwe: &["CWE-306", "CWE-862"],
    page: include_str!("missing_authentication.md"),
};

pub(crate) fn check(context: &Context<'_>, drafts: &mut Vec<Draft>) {
    for ((position, endpoint), facts) in (0_u32..).zip(&context.analysis.endpoints).zip(&context.analysis.facts) {
        let Coverage::Absent { evidence, .. } = endpoint.coverage_of(Protection::Authentication) else {
            continue;
        };
        if !facts.asked.is_empty() || !facts.unverified.is_empty() {
            continue;
        }
        let name = &endpoint.short_name;
        let does = facts.effect.as_ref().map_or("has an effect", |effect| {
            effect.text.rsplit_once("` ").map_or("has an effect", |(_, does)| does)
        });
        drafts.push(
            Draft::new(
                &META,
                endpoint.place,
                "this endpoint is reachable by POST, and nothing asks who calls",
                format!("`{name}` {does} for anyone who sends a request"),
            )
            .endpoint(EndpointId(position))
            .severity(if facts.only_reads { Severity::High } else { Severity::Critical })
            .confidence(if facts.by_name { Confidence::Medium } else { Confidence::High })
            .consequence("a server action is a public endpoint: the login check of the page around it does not run for it")
            .help("ask who calls before anything else, and stop if nobody is signed in: `const session = await auth(); if (!session?.user) throw new Error(\"not signed in\")`")
            .steps(evidence),
        );
    }
}

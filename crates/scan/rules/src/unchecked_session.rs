//! `unchecked-session`: somebody asks who calls, and a stranger reaches the effect all the same.

use portcullis_model::{Confidence, Coverage, EndpointId, Protection, RuleMeta, Severity};

use crate::Context;
use crate::draft::Draft;

/// What never changes about the rule.
pub(crate) const META: RuleMeta = RuleMeta {
    id: "unchecked-session",
    summary: "The session is read, and its absence does not stop the action.",
    severity: Severity::Critical,
    owasp: &["A01:2021", "A07:2021", "A01:2025", "A07:2025"],
    cwe: &["CWE-287", "CWE-862"],
    page: include_str!("unchecked_session.md"),
};

pub(crate) fn check(context: &Context<'_>, drafts: &mut Vec<Draft>) {
    for ((position, endpoint), facts) in (0_u32..).zip(&context.analysis.endpoints).zip(&context.analysis.facts) {
        let Coverage::Absent { evidence, .. } = endpoint.coverage_of(Protection::Authentication) else {
            continue;
        };
        let Some(asked) = facts.asked.first() else { continue };
        if !facts.unverified.is_empty() {
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
                "this endpoint is reachable by POST",
                format!("`{name}` asks who calls, and {does} for strangers all the same"),
            )
            .endpoint(EndpointId(position))
            .severity(if facts.only_reads { Severity::High } else { Severity::Critical })
            .confidence(if facts.by_name { Confidence::Medium } else { Confidence::High })
            .consequence("reading the session is no guard: the path without a session goes on to the effect")
            .help("stop where nobody is signed in: return, throw or redirect before the effect, and `await` guards that are async")
            .steps(std::iter::once(asked).chain(evidence)),
        );
    }
}

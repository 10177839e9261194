//! `identity-from-payload`: the client says who it is, or whose the record is, and is believed.

use portcullis_analysis::Analysis;
use portcullis_model::{RuleMeta, Severity};

use crate::draft::{Draft, each};
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "identity-from-payload",
    summary: "The client says who it is, or whose the record is, and is believed.",
    severity: Severity::High,
    owasp: &["A01:2021", "A01:2025"],
    cwe: &["CWE-639", "CWE-807"],
    page: include_str!("identity_from_payload.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for seen in each(analysis) {
        let Some(claim) = &seen.facts.claimed else { continue };
        let (name, column) = (&seen.endpoint.short_name, &claim.column);
        drafts.push(
            Draft::new(
                &META,
                seen.endpoint.place,
                "this endpoint is reachable by POST, with any value",
                format!("`{name}` writes `{column}` as the client sends it"),
            )
            .endpoint(seen.id)
            .consequence("whoever is signed in can write records in the name of somebody else")
            .help(format!("take it from the session: `{column}: session.user.id`"))
            .steps(&claim.evidence),
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

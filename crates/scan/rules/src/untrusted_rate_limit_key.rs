//! `untrusted-rate-limit-key`: calls are counted by what the client sends, so each call can count as somebody else's.

use portcullis_analysis::Analysis;
use portcullis_model::{Confidence, RuleMeta, Severity};

use crate::draft::{Draft, each};
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "untrusted-rate-limit-key",
    summary: "Calls are counted by what the client sends, so each call can count as somebody else's.",
    severity: Severity::Medium,
    owasp: &["A04:2021", "A06:2025"],
    cwe: &["CWE-770", "CWE-807"],
    page: include_str!("untrusted_rate_limit_key.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for seen in each(analysis) {
        let Some(limit) = &seen.facts.untrusted_limit else {
            continue;
        };
        let name = &seen.endpoint.short_name;
        drafts.push(
            Draft::new(
                &META,
                limit.place,
                "the client chooses what is counted",
                format!("`{name}` counts calls by what the client sends"),
            )
            .endpoint(seen.id)
            .confidence(Confidence::Medium)
            .consequence("whoever sends another value with every call is never stopped")
            .help("count by who calls: the id of the session's user, or the address that your own proxy reports"),
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

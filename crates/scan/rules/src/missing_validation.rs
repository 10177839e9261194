//! `missing-validation`: what the client sends takes effect, and nothing checked it at run time.

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
    id: "missing-validation",
    summary: "What the client sends takes effect, and nothing checked it at run time.",
    severity: Severity::Medium,
    owasp: &["A03:2021", "A04:2021", "A05:2025", "A06:2025"],
    cwe: &["CWE-20"],
    page: include_str!("missing_validation.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for seen in each(analysis) {
        if seen.facts.raw.is_empty() {
            continue;
        }
        let name = &seen.endpoint.short_name;
        drafts.push(
            Draft::new(
                &META,
                seen.endpoint.place,
                "its TypeScript types are gone at run time: the client may send anything",
                format!("`{name}` uses what the client sends without checking it"),
            )
            .endpoint(seen.id)
            .consequence("an object where a text was expected, a text of a megabyte, or a field too many goes through")
            .help("parse before use: `const input = z.object({ id: z.uuid() }).parse(raw)`")
            .steps(seen.facts.raw.iter().take(3)),
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

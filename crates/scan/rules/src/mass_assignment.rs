//! `mass-assignment`: the client names the columns that are written.

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
    id: "mass-assignment",
    summary: "The client names the columns that are written.",
    severity: Severity::High,
    owasp: &["A01:2021", "A04:2021", "A01:2025", "A06:2025"],
    cwe: &["CWE-915"],
    page: include_str!("mass_assignment.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for seen in each(analysis) {
        let Some(evidence) = seen.facts.mass.as_deref() else {
            continue;
        };
        let Some(effect) = evidence.last() else { continue };
        let name = &seen.endpoint.short_name;
        drafts.push(
            Draft::new(
                &META,
                effect.place,
                "every field that the client sends is written here",
                format!("`{name}` writes whatever columns the client names"),
            )
            .endpoint(seen.id)
            .consequence("a client can set columns that the form does not show: the role, the owner, the price")
            .help("pick the fields by name, or parse the payload with a schema that names them: `data: schema.parse(input)`")
            .steps(evidence),
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

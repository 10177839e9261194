//! `row-exposure`: a whole row of the database is given back to the client.

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
    id: "row-exposure",
    summary: "A whole row of the database is given back to the client.",
    severity: Severity::Medium,
    owasp: &["A01:2021", "A04:2021", "A01:2025", "A06:2025"],
    cwe: &["CWE-200", "CWE-213"],
    page: include_str!("row_exposure.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for seen in each(analysis) {
        let Some(row) = seen.facts.rows.first() else { continue };
        let name = &seen.endpoint.short_name;
        drafts.push(
            Draft::new(
                &META,
                row.place,
                "this gives every column",
                format!("`{name}` returns whole rows of the database"),
            )
            .endpoint(seen.id)
            .consequence("every column leaves for the browser, secret ones and those of tomorrow included")
            .help("list what the client needs: `select: { id: true, title: true }`, or map the row to an object of its own")
            .steps(&seen.facts.rows),
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

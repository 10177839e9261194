//! `error-exposure`: text of an internal error is given back to the client.

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
    id: "error-exposure",
    summary: "Text of an internal error is given back to the client.",
    severity: Severity::Medium,
    owasp: &["A04:2021", "A05:2021", "A02:2025", "A10:2025"],
    cwe: &["CWE-209"],
    page: include_str!("error_exposure.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for seen in each(analysis) {
        let Some(error) = seen.facts.errors.first() else {
            continue;
        };
        let name = &seen.endpoint.short_name;
        drafts.push(
            Draft::new(
                &META,
                error.place,
                "the text of whatever went wrong leaves here",
                format!("`{name}` returns text of internal errors"),
            )
            .endpoint(seen.id)
            .consequence("messages of a database or a service name tables, columns, hosts and values; Next.js masks what is thrown, and not what is returned")
            .help("log the error, and return a text of your own: `return { error: 'could not save' }`"),
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

//! `wildcard-origin`: the configuration lets origins call actions that others can own.

use portcullis_analysis::Analysis;
use portcullis_analysis::project::OriginProblem;
use portcullis_model::{RuleMeta, Severity};

use crate::draft::Draft;
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "wildcard-origin",
    summary: "The list of origins that may call Server Actions lets in sites of others.",
    severity: Severity::High,
    owasp: &["A05:2021", "A01:2021", "A02:2025", "A01:2025"],
    cwe: &["CWE-352", "CWE-942"],
    page: include_str!("wildcard_origin.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for origin in &analysis.project.origins {
        let pattern = &origin.pattern;
        let (severity, label, message) = match origin.problem {
            OriginProblem::AnyDomain => (
                Severity::High,
                "anybody can own such a domain, and Next.js accepts it",
                format!("`{pattern}` lets any site with such a domain call every action"),
            ),
            OriginProblem::Null => (
                Severity::High,
                "sandboxed frames and local files of anybody send this origin",
                "the origin `null` may call every action".to_owned(),
            ),
            OriginProblem::SharedHost => (
                Severity::Medium,
                "anybody can have a host here",
                format!("`{pattern}` lets every customer of the host call every action"),
            ),
            OriginProblem::Bare => (
                Severity::Low,
                "Next.js ignores a pattern of stars alone",
                format!("`{pattern}` looks as if every origin might call actions"),
            ),
        };
        drafts.push(
            Draft::new(&META, origin.place, label, message)
                .severity(severity)
                .consequence("a page of theirs can send requests to your actions with the cookies of your users")
                .help("name your own hosts: `allowedOrigins: ['app.example.com', '*.preview.example.com']`"),
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

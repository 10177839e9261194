//! `prop-exposure`: a server component hands secrets or whole rows to a client component.

use portcullis_analysis::{Analysis, Exposed};
use portcullis_model::{Confidence, RuleMeta, Severity};

use crate::draft::{Draft, is_personal};
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "prop-exposure",
    summary: "A client component gets a secret or a whole row as a property.",
    severity: Severity::Medium,
    owasp: &["A01:2021", "A04:2021", "A01:2025", "A06:2025"],
    cwe: &["CWE-200", "CWE-213"],
    page: include_str!("prop_exposure.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for prop in &analysis.handed.props {
        let (severity, confidence, label, message) = match &prop.exposed {
            Exposed::Secret => (
                Severity::Critical,
                Confidence::High,
                "a secret of the server",
                format!(
                    "the property `{}` gives a secret of the server to the browser",
                    prop.name
                ),
            ),
            Exposed::Sensitive => (
                Severity::High,
                Confidence::High,
                "it holds a password, a key or a token",
                format!(
                    "the property `{}` gives a password, a key or a token to the browser",
                    prop.name
                ),
            ),
            Exposed::Row(read) => {
                let is_personal = read.as_deref().is_some_and(is_personal);
                (
                    if is_personal { Severity::Medium } else { Severity::Low },
                    if is_personal {
                        Confidence::High
                    } else {
                        Confidence::Medium
                    },
                    "a whole row: every column of it",
                    format!(
                        "the property `{}` gives a whole row of the database to the browser",
                        prop.name
                    ),
                )
            }
            Exposed::Identity | Exposed::Decisive => continue,
        };
        drafts.push(
            Draft::new(&META, prop.place, label, message)
                .severity(severity)
                .confidence(confidence)
                .consequence("what a client component gets stands in the page that everybody can read, shown or not")
                .help(if matches!(prop.exposed, Exposed::Secret) {
                    "leave it on the server, and hand over what was made with it"
                } else {
                    "hand over what is shown: `user={{ id: user.id, name: user.name }}`, or list the columns with `select`"
                }),
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

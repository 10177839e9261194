//! `public-secret-variable`: a variable that the build writes into the client bundle carries a secret.

use portcullis_analysis::Analysis;
use portcullis_analysis::project::WhySecret;
use portcullis_model::{Confidence, RuleMeta, Severity};

use crate::draft::Draft;
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "public-secret-variable",
    summary: "A variable whose value ends up in the browser carries a secret.",
    severity: Severity::High,
    owasp: &["A05:2021", "A02:2025"],
    cwe: &["CWE-200", "CWE-522"],
    page: include_str!("public_secret_variable.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for variable in &analysis.project.public_secrets {
        let name = &variable.name;
        let bare = name.strip_prefix("NEXT_PUBLIC_").unwrap_or(name);
        let (label, message, confidence) = match variable.why {
            WhySecret::Name => (
                "the prefix puts the value into the client bundle".to_owned(),
                format!("`{name}` is sent to every browser, and its name says that it is a secret"),
                Confidence::Medium,
            ),
            WhySecret::Value(kind) => (
                "the prefix puts the value into the client bundle".to_owned(),
                format!("`{name}` is sent to every browser, and its value is {kind}"),
                Confidence::High,
            ),
            WhySecret::Inlined => (
                "`env` writes the value into every file that names it, those of the browser too".to_owned(),
                format!("`{name}` is copied into the bundle, and its name says that it is a secret"),
                Confidence::Medium,
            ),
        };
        let mut draft = Draft::new(&META, variable.place, label, message)
            .confidence(confidence)
            .severity(if variable.why == WhySecret::Inlined {
                Severity::Medium
            } else {
                Severity::High
            })
            .consequence("whoever opens the page can read the value out of its scripts")
            .help(if variable.why == WhySecret::Inlined {
                "remove it from `env`: code on the server reads `process.env` without it".to_owned()
            } else {
                format!("name it `{bare}`, read it on the server only, and replace the value: it is known already")
            });
        for place in &variable.others {
            draft = draft.also(*place, "named here too");
        }
        drafts.push(draft);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}

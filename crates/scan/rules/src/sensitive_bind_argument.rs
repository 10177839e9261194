//! `sensitive-bind-argument`: what is bound to an action goes to the browser as it is, and comes back changed.

use portcullis_analysis::{Analysis, Exposed};
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
    id: "sensitive-bind-argument",
    summary: "An argument bound to an action is secret, or decides something: the client reads and changes it.",
    severity: Severity::Medium,
    owasp: &["A01:2021", "A04:2021", "A01:2025", "A06:2025"],
    cwe: &["CWE-472", "CWE-200"],
    page: include_str!("sensitive_bind_argument.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for bound in &analysis.handed.bound {
        let what = if bound.name.is_empty() {
            "an argument".to_owned()
        } else {
            format!("`{}`", bound.name)
        };
        let (severity, confidence, label, does) = match &bound.exposed {
            Exposed::Secret => (
                Severity::High,
                Confidence::High,
                "a secret of the server",
                "anybody can read it",
            ),
            Exposed::Sensitive => (
                Severity::High,
                Confidence::High,
                "it holds a password, a key or a token",
                "anybody can read it",
            ),
            Exposed::Row(_) => (
                Severity::Medium,
                Confidence::Medium,
                "a whole row: every column of it",
                "anybody can read it, and send another",
            ),
            Exposed::Identity => (
                Severity::Medium,
                Confidence::Medium,
                "who calls, in the client's hands",
                "the client can send anybody else's",
            ),
            Exposed::Decisive => (
                Severity::Medium,
                Confidence::Medium,
                "it decides, and the client can change it",
                "the client can send another",
            ),
        };
        let help = match &bound.exposed {
            Exposed::Identity => "ask in the action who calls: `const session = await auth()`",
            _ => "bind the id alone, and read the rest in the action",
        };
        let mut draft = Draft::new(
            &META,
            bound.place,
            label,
            format!("{what} is bound to an action: {does}"),
        )
        .severity(severity)
        .confidence(confidence)
        .consequence(
            "what `bind` puts into an action is no secret and no fact: it is a field of the form, sent in plain",
        )
        .help(help);
        if let Some(endpoint) = bound.endpoint {
            draft = draft.endpoint(endpoint);
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

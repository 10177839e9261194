//! `weak-session-secret`: others can know or guess the secret that signs sessions.

use portcullis_analysis::Analysis;
use portcullis_analysis::project::SecretProblem;
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
    id: "weak-session-secret",
    summary: "The secret that signs or seals sessions stands in the code, or is short or well known.",
    severity: Severity::High,
    owasp: &["A02:2021", "A07:2021", "A04:2025", "A07:2025"],
    cwe: &["CWE-321", "CWE-1391"],
    page: include_str!("weak_session_secret.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for weak in &analysis.project.weak_secrets {
        let user = &weak.used_by;
        let (severity, label, message) = match weak.problem {
            SecretProblem::Literal => (
                Severity::High,
                "everybody who can read the code knows it".to_owned(),
                format!("the secret that {user} signs with is written down in the code"),
            ),
            SecretProblem::Fallback => (
                Severity::Medium,
                "used wherever the variable is not set, without a word".to_owned(),
                format!("the secret that {user} signs with falls back on one that is written down in the code"),
            ),
            SecretProblem::Short(length) => (
                Severity::Medium,
                format!("{length} characters; 32 random ones take longer than anybody has"),
                format!("`{user}` is short enough to be searched through"),
            ),
            SecretProblem::Guessable => (
                Severity::Medium,
                "a word or an example of a documentation".to_owned(),
                format!("`{user}` is set to a value that others can guess"),
            ),
        };
        drafts.push(
            Draft::new(&META, weak.place, label, message)
                .severity(severity)
                .consequence("whoever has the secret can sign in as anybody, by a session of their own making")
                .help("generate one with `openssl rand -base64 32`, and keep it in the environment alone")
                .help("stop at the start if it is missing: `const secret = process.env.AUTH_SECRET; if (!secret) throw new Error('AUTH_SECRET is not set')`"),
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

//! `insecure-cookie`: a session cookie is set without the attributes that protect it.

use portcullis_analysis::Analysis;
use portcullis_analysis::project::Attribute;
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
    id: "insecure-cookie",
    summary: "A session cookie can be read by scripts, travels in the clear, or is sent along by other sites.",
    severity: Severity::Medium,
    owasp: &["A05:2021", "A07:2021", "A02:2025", "A07:2025"],
    cwe: &["CWE-1004", "CWE-614", "CWE-1275"],
    page: include_str!("insecure_cookie.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for cookie in &analysis.project.cookies {
        let missing: Vec<String> = cookie
            .missing
            .iter()
            .map(|attribute| format!("`{}`", attribute.name()))
            .collect();
        let missing = missing.join(", ");
        let (severity, consequence) = if cookie.missing.contains(&Attribute::HttpOnly) {
            (
                Severity::Medium,
                "a script that gets into any page can read the session and take it away",
            )
        } else if cookie.missing.contains(&Attribute::Secure) {
            (
                Severity::Low,
                "one request over plain HTTP shows the session to the network",
            )
        } else {
            (
                Severity::Low,
                "what other sites may do with the cookie is left to the browser",
            )
        };
        let confidence = if cookie.is_read_by_scripts {
            Confidence::Medium
        } else {
            Confidence::High
        };
        let mut draft = Draft::new(
            &META,
            cookie.place,
            format!("without {missing}"),
            format!("the session cookie of `{}` is set without {missing}", cookie.name),
        )
        .severity(severity)
        .confidence(confidence)
        .consequence(consequence)
        .help("`{ httpOnly: true, secure: process.env.NODE_ENV === 'production', sameSite: 'lax', path: '/' }`");
        if cookie.is_read_by_scripts {
            draft = draft.help("code in the browser reads this cookie: let it ask the server who is signed in instead");
        }
        drafts.push(draft.fix(format!("add {missing}"), cookie.edits.clone()));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}

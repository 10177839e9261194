//! `open-redirect`: what the client writes decides where the browser is sent.

use portcullis_analysis::{Analysis, Sink};
use portcullis_model::{RuleMeta, Severity};

use crate::draft::{Draft, Words, report_sinks};
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "open-redirect",
    summary: "What the client writes decides where the browser is sent.",
    severity: Severity::Medium,
    owasp: &["A01:2021", "A01:2025"],
    cwe: &["CWE-601"],
    page: include_str!("open_redirect.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    report_sinks(
        &META,
        analysis,
        Sink::Redirect,
        &Words {
            does: "sends the browser where the client says",
            consequence: "a link to your site leads to somebody else's",
            help: "begin with a path of your own: `redirect(`/posts/${id}`)`",
        },
        drafts,
    );
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}

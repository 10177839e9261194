//! `sensitive-log`: a log gets a password, a key, a token, or a payload with one in it.

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
    id: "sensitive-log",
    summary: "A password, a key or a token is written to a log.",
    severity: Severity::Medium,
    owasp: &["A09:2021", "A09:2025"],
    cwe: &["CWE-532"],
    page: include_str!("sensitive_log.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    report_sinks(
        &META,
        analysis,
        Sink::Log,
        &Words {
            does: "writes a password, a key or a token to a log",
            consequence: "whoever reads logs, or what they are sent to, has it: keep it out",
            help: "log who and what, not the secret: `console.info('sign-in', { email })`",
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

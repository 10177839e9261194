//! `command-injection`: what the client writes becomes part of a command.

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
    id: "command-injection",
    summary: "What the client writes becomes part of a command.",
    severity: Severity::Critical,
    owasp: &["A03:2021", "A05:2025"],
    cwe: &["CWE-78"],
    page: include_str!("command_injection.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    report_sinks(
        &META,
        analysis,
        Sink::Command,
        &Words {
            does: "puts what the client writes into a command",
            consequence: "whoever calls it can run commands on the server",
            help: "run the program without a shell, its arguments as a list: `execFile('convert', ['--', name])`",
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

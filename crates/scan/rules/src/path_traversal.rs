//! `path-traversal`: what the client writes becomes part of the path of a file.

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
    id: "path-traversal",
    summary: "What the client writes becomes part of the path of a file.",
    severity: Severity::High,
    owasp: &["A01:2021", "A01:2025"],
    cwe: &["CWE-22"],
    page: include_str!("path_traversal.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    report_sinks(
        &META,
        analysis,
        Sink::Path,
        &Words {
            does: "takes what the client writes for the path of a file",
            consequence: "`../` in it leads to any file that the server can read or write",
            help: "take the last part alone and check where it leads: `path.join(root, path.basename(name))`",
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

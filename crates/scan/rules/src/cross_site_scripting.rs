//! `cross-site-scripting`: what the client writes is shown as markup.

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
    id: "cross-site-scripting",
    summary: "What the client writes is shown as markup.",
    severity: Severity::High,
    owasp: &["A03:2021", "A05:2025"],
    cwe: &["CWE-79"],
    page: include_str!("cross_site_scripting.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    report_sinks(
        &META,
        analysis,
        Sink::Markup,
        &Words {
            does: "shows what the client writes as markup",
            consequence: "whoever wrote it runs code in the browser of whoever reads it",
            help: "let React escape it, or clean it first: `DOMPurify.sanitize(html)`",
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

//! `unused-allow`: a comment that allows a finding which is not there, or that gives no reason.

use portcullis_model::{RuleMeta, Severity};

use crate::allow::Allow;
use crate::draft::Draft;
use crate::{Check, RULES, Rule, Selection};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Allows(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "unused-allow",
    summary: "A comment allows a finding that is not there, or gives no reason.",
    severity: Severity::Low,
    owasp: &[],
    cwe: &["CWE-1164"],
    page: include_str!("unused_allow.md"),
};

fn check(allows: &[(Allow, bool)], selection: &Selection, drafts: &mut Vec<Draft>) {
    for (allow, is_used) in allows {
        if *is_used {
            continue;
        }
        let rule = &allow.rule;
        let is_known = RULES.iter().any(|known| known.meta.id == rule);
        // A rule that did not run says nothing about its comments.
        if is_known && !selection.runs(rule) {
            continue;
        }
        let (label, message, help) = if !is_known {
            (
                "there is no such rule",
                format!("a comment allows `{rule}`, which is no rule"),
                "see `portcullis rules` for the names",
            )
        } else if allow.reason.is_none() {
            (
                "no reason, so it allows nothing",
                format!("a comment allows `{rule}` without a reason"),
                "say why it is safe: `reason=\"...\"`",
            )
        } else {
            (
                "nothing to allow here",
                format!("a comment allows `{rule}`, and there is no such finding"),
                "remove the comment",
            )
        };
        drafts.push(
            Draft::new(&META, allow.place, label, message)
                .consequence("a comment that outlives its finding hides the next one")
                .help(help),
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

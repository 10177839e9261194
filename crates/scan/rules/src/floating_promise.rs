//! `floating-promise`: nobody waits for an asynchronous call in an action.

use portcullis_analysis::Analysis;
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
    id: "floating-promise",
    summary: "Nobody waits for an asynchronous call: what it finds out or fails at comes too late for the action.",
    severity: Severity::Medium,
    owasp: &["A04:2021", "A01:2021", "A10:2025", "A01:2025"],
    cwe: &["CWE-252", "CWE-755"],
    page: include_str!("floating_promise.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for floating in &analysis.project.floating {
        let callee = &floating.callee;
        let mut draft = if floating.is_guard {
            Draft::new(
                &META,
                floating.place,
                "without `await` the action goes on at once, whatever this finds out",
                format!("`{callee}` is called, and nobody waits for its answer"),
            )
            .consequence("the check runs beside what it should prevent, and its error stops nothing")
            .help("wait for it: `await` in front of the call")
        } else {
            Draft::new(
                &META,
                floating.place,
                "started, and left alone",
                format!("nobody waits for `{callee}`"),
            )
            .severity(Severity::Low)
            .consequence("an error in it ends the process or is lost, and a host that stops after the response cuts it off")
            .help("wait for it with `await`, or hand it to `after(() => ...)` of `next/server`; write `void` in front and catch its errors if it may get lost")
        };
        if let Some(target) = floating.target {
            draft = draft.also(target, "asynchronous");
        }
        drafts.push(draft.fix("add `await`", floating.edits.clone()));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}

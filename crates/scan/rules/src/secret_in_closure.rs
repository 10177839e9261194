//! `secret-in-closure`: an action that stands in a component takes a secret along.

use portcullis_analysis::{Analysis, Exposed};
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
    id: "secret-in-closure",
    summary: "An action takes a secret or a whole row of its component along, through the browser.",
    severity: Severity::Medium,
    owasp: &["A02:2021", "A04:2021", "A04:2025", "A06:2025"],
    cwe: &["CWE-200", "CWE-522"],
    page: include_str!("secret_in_closure.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for sealed in &analysis.handed.sealed {
        let (severity, label) = match &sealed.exposed {
            Exposed::Secret => (Severity::High, "a secret of the server"),
            Exposed::Sensitive => (Severity::High, "it holds a password, a key or a token"),
            Exposed::Row(_) => (Severity::Low, "a whole row: every column of it"),
            Exposed::Identity | Exposed::Decisive => continue,
        };
        let name = &sealed.name;
        let mut draft = Draft::new(
            &META,
            sealed.place,
            label,
            format!("an action takes `{name}` of its component along"),
        )
        .severity(severity)
        .consequence("Next.js sends it to the browser with every page, sealed with a key that is as old as the build")
        .help(format!(
            "read `{name}` in the action itself, or move the action to a module with `'use server'`"
        ));
        if let Some(endpoint) = sealed.endpoint {
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

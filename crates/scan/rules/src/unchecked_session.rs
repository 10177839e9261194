//! `unchecked-session`: somebody asks who calls, and a stranger reaches the effect all the same.

use portcullis_analysis::Analysis;
use portcullis_model::{RuleMeta, Severity};

use crate::draft::{Draft, open_endpoints};
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "unchecked-session",
    summary: "The session is read, and its absence does not stop the action.",
    severity: Severity::Critical,
    owasp: &["A01:2021", "A07:2021", "A01:2025", "A07:2025"],
    cwe: &["CWE-287", "CWE-862"],
    page: include_str!("unchecked_session.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for open in open_endpoints(analysis) {
        let Some(asked) = open.facts.asked.first() else {
            continue;
        };
        if !open.facts.unverified.is_empty() {
            continue;
        }
        let (name, does) = (&open.endpoint.short_name, open.facts.does);
        drafts.push(
            Draft::new(
                &META,
                open.endpoint.place,
                "this endpoint is reachable by POST",
                format!("`{name}` asks who calls, and {does} for strangers all the same"),
            )
            .open(&open)
            .consequence("reading the session is no guard: the path without a session goes on to the effect")
            .help("stop where nobody is signed in: return, throw or redirect before the effect, and `await` guards that are async")
            .steps(std::iter::once(asked).chain(open.evidence)),
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

//! `oversized-body-limit`: the configuration lets requests to actions be far larger than the default.

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
    id: "oversized-body-limit",
    summary: "Requests to every Server Action may be far larger than the default of 1 MB.",
    severity: Severity::Low,
    owasp: &["A05:2021", "A04:2021", "A02:2025", "A06:2025"],
    cwe: &["CWE-770"],
    page: include_str!("oversized_body_limit.md"),
};

/// Above this a handful of requests fills the memory of a server.
const LARGE_BYTES: u64 = 32 << 20;

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for limit in &analysis.project.body_limits {
        let megabytes = limit.bytes >> 20;
        let severity = if limit.bytes > LARGE_BYTES {
            Severity::Medium
        } else {
            Severity::Low
        };
        drafts.push(
            Draft::new(
                &META,
                limit.place,
                "for every action, and before any of them asks who calls",
                format!("a request to any action may be {megabytes} MB large"),
            )
            .severity(severity)
            .consequence("Next.js reads and decodes the whole request before the action runs, so anybody can fill the memory of the server")
            .help("leave the limit at its default, and send files to a route of their own that asks who calls before it reads them, or straight to the storage")
            .help("`portcullis guard` limits the size in front of the application, for each action by itself"),
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

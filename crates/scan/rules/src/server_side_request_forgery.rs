//! `server-side-request-forgery`: what the client writes is the address of a request that the server makes.

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
    id: "server-side-request-forgery",
    summary: "What the client writes is the address of a request that the server makes.",
    severity: Severity::High,
    owasp: &["A10:2021", "A01:2025"],
    cwe: &["CWE-918"],
    page: include_str!("server_side_request_forgery.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    report_sinks(
        &META,
        analysis,
        Sink::Url,
        &Words {
            does: "sends a request to the address that the client writes",
            consequence: "the server's own network and the metadata of its cloud are one request away",
            help: "take the address from a list of your own, or compare its host: `if (new URL(url).host !== 'api.example.com') throw new Error('no such host')`",
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

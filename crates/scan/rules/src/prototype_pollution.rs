//! `prototype-pollution`: keys of the client lead to the prototype of all objects.

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
    id: "prototype-pollution",
    summary: "Keys that the client chooses can write to the prototype of all objects.",
    severity: Severity::High,
    owasp: &["A03:2021", "A08:2021", "A05:2025", "A08:2025"],
    cwe: &["CWE-1321"],
    page: include_str!("prototype_pollution.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    report_sinks(
        &META,
        analysis,
        Sink::Property,
        &Words {
            does: "writes to an object by keys that the client chooses",
            consequence: "a key `__proto__` changes every object of the server: roles, limits, options that are not set",
            help: "refuse such keys: `if (key === '__proto__' || key === 'constructor' || key === 'prototype') continue`",
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

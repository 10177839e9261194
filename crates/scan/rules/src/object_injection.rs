//! `object-injection`: the client chooses what is looked up, or sends operators where a value is expected.

use portcullis_analysis::{Analysis, Sink};
use portcullis_model::{RuleMeta, Severity};

use crate::draft::{Draft, Words, report_sinks, report_sinks_at_once};
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "object-injection",
    summary: "The client names what is looked up and called, or sends operators in a filter.",
    severity: Severity::High,
    owasp: &["A03:2021", "A05:2025"],
    cwe: &["CWE-943", "CWE-470"],
    page: include_str!("object_injection.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    report_sinks_at_once(
        &META,
        analysis,
        Sink::Filter,
        &Words {
            does: "lets the client write operators into a filter",
            consequence: "`{ \"$ne\": null }` or `{ \"not\": \"\" }` instead of a value finds somebody else's record",
            help: "parse the value first, so that an object is refused: `const { email } = z.object({ email: z.string() }).parse(input)`",
        },
        drafts,
    );
    report_sinks(
        &META,
        analysis,
        Sink::Lookup,
        &Words {
            does: "looks something up by a name that the client chooses",
            consequence: "whoever calls it picks any function, table or variable that is there",
            help: "allow the names that are meant: `const name = z.enum(['create', 'archive']).parse(input)`",
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

//! `sql-injection`: what the client writes becomes part of the text of an SQL query.

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
    id: "sql-injection",
    summary: "What the client writes becomes part of the text of an SQL query.",
    severity: Severity::Critical,
    owasp: &["A03:2021", "A05:2025"],
    cwe: &["CWE-89"],
    page: include_str!("sql_injection.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    report_sinks(
        &META,
        analysis,
        Sink::Sql,
        &Words {
            does: "puts what the client writes into the text of a query",
            consequence: "whoever calls it can read and change the whole database",
            help: "hand the value over as a parameter: ``await db.$queryRaw`select * from posts where id = ${id}` ``",
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

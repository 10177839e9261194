//! `portcullis rules`: the list of rules.

use portcullis_model::RuleMeta;

use crate::failure::Failure;
use crate::{output, pipeline};

pub(super) fn run() -> Result<(), Failure> {
    output::print(&table(pipeline::rules()), false)
}

fn table(rules: &[RuleMeta]) -> String {
    let header = ("RULE", "SEVERITY", "SUMMARY");
    let rows = rules.iter().map(|rule| (rule.id, rule.severity.name(), rule.summary));
    let rows: Vec<_> = std::iter::once(header).chain(rows).collect();
    let id_width = rows.iter().map(|(id, ..)| id.len()).max().unwrap_or_default();
    let severity_width = rows
        .iter()
        .map(|(_, severity, _)| severity.len())
        .max()
        .unwrap_or_default();
    let lines: Vec<String> = rows
        .iter()
        .map(|(id, severity, summary)| format!("{id:id_width$}  {severity:severity_width$}  {summary}\n"))
        .collect();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use portcullis_model::Severity;

    use super::*;

    #[test]
    fn columns_line_up() {
        let rule = |id, severity, summary| RuleMeta {
            id,
            severity,
            summary,
            owasp: &[],
            cwe: &[],
            page: "",
        };
        let rules = [
            rule("a", Severity::Critical, "One."),
            rule("long-name", Severity::Low, "Two."),
        ];
        assert_eq!(
            table(&rules),
            "RULE       SEVERITY  SUMMARY\n\
             a          critical  One.\n\
             long-name  low       Two.\n"
        );
    }
}

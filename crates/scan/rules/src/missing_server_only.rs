//! `missing-server-only`: a module that belongs on the server has nothing that keeps it there.

use portcullis_analysis::Analysis;
use portcullis_model::{Confidence, RuleMeta, Severity};

use crate::draft::Draft;
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "missing-server-only",
    summary: "A module that reads secrets or connects to a database has nothing that keeps it out of the client bundle.",
    severity: Severity::Low,
    owasp: &["A05:2021", "A04:2021", "A02:2025", "A06:2025"],
    cwe: &["CWE-668", "CWE-200"],
    page: include_str!("missing_server_only.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for module in &analysis.project.unguarded {
        let what = &module.what;
        let mut draft = Draft::new(
            &META,
            module.place,
            format!("this {what}, and any client component may import it"),
            format!("a module that {what} does not import `server-only`"),
        )
        .confidence(if module.neighbour.is_some() {
            Confidence::High
        } else {
            Confidence::Medium
        })
        .consequence("one import from a client component sends the module to the browser, and nothing says so")
        .help("put `import 'server-only'` first in the module: then such an import fails the build");
        if let Some(neighbour) = module.neighbour {
            draft = draft.also(neighbour, "client code takes a type from it already");
        }
        drafts.push(draft.fix("import `server-only`", module.edit.iter().cloned().collect()));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}

//! `secret-in-client-bundle`: what client components import reaches a secret, or a module that reads one.

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
    id: "secret-in-client-bundle",
    summary: "The imports of a client component reach a secret, or code that reads one on the server.",
    severity: Severity::High,
    owasp: &["A05:2021", "A02:2025"],
    cwe: &["CWE-200", "CWE-540"],
    page: include_str!("secret_in_client_bundle.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for bundled in &analysis.project.bundled {
        let what = &bundled.what;
        let draft = if bundled.is_literal {
            Draft::new(
                &META,
                bundled.place,
                format!("{what}, in the client bundle"),
                format!("{what} is sent to every browser"),
            )
            .consequence("whoever opens the page can read it out of its scripts")
            .help("replace the secret: it is known already; read the new one from the environment, in a module with `import 'server-only'`")
        } else {
            Draft::new(
                &META,
                bundled.place,
                format!("{what}, in the client bundle"),
                format!("a client component imports a module that {what}"),
            )
            .severity(Severity::Low)
            .consequence("the browser gets the code and no value: the code fails there, and shows how the server works")
            .help("put `import 'server-only'` first in the module, and give the client component what it needs as props or through an action")
        };
        drafts.push(draft.steps(&bundled.path));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}

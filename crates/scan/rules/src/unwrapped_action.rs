//! `unwrapped-action`: an exported action was not built by one of the wrappers that the configuration demands.

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
    id: "unwrapped-action",
    summary: "An exported action was not built by a wrapper, and the configuration demands one.",
    severity: Severity::High,
    owasp: &["A01:2021", "A04:2021", "A01:2025", "A06:2025"],
    cwe: &["CWE-862"],
    page: include_str!("unwrapped_action.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for id in &analysis.project.unwrapped {
        let endpoint = usize::try_from(id.0)
            .ok()
            .and_then(|position| analysis.endpoints.get(position));
        let Some(endpoint) = endpoint else { continue };
        let name = &endpoint.short_name;
        drafts.push(
            Draft::new(
                &META,
                endpoint.place,
                "exported as it is",
                format!("`{name}` is not built by one of the declared wrappers"),
            )
            .endpoint(*id)
            .consequence("what the wrapper does for every other action (who calls, what they may send, how often) does not happen here")
            .help(format!("build it with one of them: `export const {name} = wrapper(...)`; the names are under `[scan.auth] wrappers`")),
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

//! `unused-endpoint`: an exported action that nothing in the project asks for.

use std::collections::BTreeMap;

use portcullis_analysis::Analysis;
use portcullis_model::{Confidence, Endpoint, EndpointId, FileId, RuleMeta, Severity};

use crate::draft::Draft;
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "unused-endpoint",
    summary: "An exported action that no file of the project imports: an entrance that nobody uses but can be used.",
    severity: Severity::Low,
    owasp: &["A05:2021", "A02:2025"],
    cwe: &["CWE-561", "CWE-1059"],
    page: include_str!("unused_endpoint.md"),
};

/// How many actions a message names.
const NAMED: usize = 6;

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    // One module is one thing to tidy up.
    let mut modules: BTreeMap<FileId, Vec<(EndpointId, &Endpoint)>> = BTreeMap::new();
    for id in &analysis.project.unused {
        let endpoint = usize::try_from(id.0)
            .ok()
            .and_then(|position| analysis.endpoints.get(position));
        if let Some(endpoint) = endpoint {
            modules.entry(endpoint.place.file).or_default().push((*id, endpoint));
        }
    }
    for unused in modules.into_values() {
        let Some(((first_id, first), others)) = unused.split_first() else {
            continue;
        };
        let mut names: Vec<String> = unused
            .iter()
            .take(NAMED)
            .map(|(_, endpoint)| format!("`{}`", endpoint.short_name))
            .collect();
        if unused.len() > NAMED {
            names.push(format!("{} more", unused.len() - NAMED));
        }
        let verb = if unused.len() == 1 {
            "is an action"
        } else {
            "are actions"
        };
        let mut draft = Draft::new(
            &META,
            first.place,
            "exported, and imported nowhere",
            format!("{} {verb} that nothing in the project uses", names.join(", ")),
        )
        .endpoint(*first_id)
        .confidence(Confidence::Medium)
        .consequence("versions of Next.js before 15 make an endpoint of it all the same, and nobody thinks of it when the rules change")
        .help("delete it, or take `export` away if the module itself uses it");
        for (id, endpoint) in others {
            draft = draft.endpoint(*id);
            if others.len() <= 4 {
                draft = draft.also(endpoint.place, "this one too");
            }
        }
        drafts.push(draft);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}

//! `page-only-authentication`: the page around an action asks who calls, and the action does not.

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
    id: "page-only-authentication",
    summary: "The page, layout or middleware around an action asks who calls; the action itself does not.",
    severity: Severity::Low,
    owasp: &["A01:2021", "A07:2021", "A01:2025", "A07:2025"],
    cwe: &["CWE-862", "CWE-288"],
    page: include_str!("page_only_authentication.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for page_only in &analysis.project.page_only {
        let id = page_only.endpoint;
        let endpoint = usize::try_from(id.0)
            .ok()
            .and_then(|position| analysis.endpoints.get(position));
        let Some(endpoint) = endpoint else { continue };
        let (name, asker) = (&endpoint.short_name, page_only.asker);
        let mut draft = Draft::new(
            &META,
            endpoint.place,
            "a request comes straight here, and never passes that check",
            format!("`{name}` relies on the check of its {asker}, which does not run for it"),
        )
        .endpoint(id)
        .confidence(Confidence::Medium)
        .consequence("an action is called by its id, at any path; what is asked while a page is rendered protects the page alone")
        .help("ask in the action what the page asks, before anything else")
        .also(page_only.check, format!("the {asker} asks who calls here"));
        if let Some(import) = page_only.import {
            draft = draft.also(import, "and the action is taken from here");
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

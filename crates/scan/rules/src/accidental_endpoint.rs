//! `accidental-endpoint`: a helper that only server code calls, made public by the directive of its module.

use std::collections::BTreeMap;

use portcullis_analysis::Analysis;
use portcullis_model::{Confidence, Coverage, EndpointId, Place, Protection, RuleMeta, Severity};

use crate::draft::Draft;
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "accidental-endpoint",
    summary: "A helper that only server code calls is an endpoint, since its module has the directive.",
    severity: Severity::High,
    owasp: &["A01:2021", "A04:2021", "A01:2025", "A06:2025"],
    cwe: &["CWE-668", "CWE-862"],
    page: include_str!("accidental_endpoint.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    let mut modules: BTreeMap<Place, Vec<(EndpointId, &portcullis_analysis::Accidental)>> = BTreeMap::new();
    for accidental in &analysis.accidental {
        modules
            .entry(accidental.directive)
            .or_default()
            .push((accidental.endpoint, accidental));
    }
    for (directive, helpers) in modules {
        let endpoint = |id: EndpointId| {
            usize::try_from(id.0)
                .ok()
                .and_then(|position| analysis.endpoints.get(position))
        };
        // A helper that protects itself is odd, but no danger.
        let exposed: Vec<_> = helpers
            .into_iter()
            .filter(|(id, _)| {
                endpoint(*id).is_some_and(|endpoint| {
                    matches!(
                        endpoint.coverage_of(Protection::Authentication),
                        Coverage::Absent { .. }
                    )
                })
            })
            .collect();
        if exposed.is_empty() {
            continue;
        }
        let names: Vec<String> = exposed
            .iter()
            .filter_map(|(id, _)| endpoint(*id))
            .map(|endpoint| format!("`{}`", endpoint.short_name))
            .collect();
        let verb = if names.len() == 1 {
            "is a public endpoint"
        } else {
            "are public endpoints"
        };
        let mut draft = Draft::new(
            &META,
            directive,
            "this directive makes every export of the module an endpoint",
            format!(
                "{} {verb}, and only server code calls {}",
                names.join(", "),
                if names.len() == 1 { "it" } else { "them" }
            ),
        )
        .confidence(Confidence::Medium)
        .consequence("`'use server'` does not mean \"runs on the server\": it means \"anyone may call this\"")
        .help("remove the directive, and `import 'server-only'` instead; keep the directive for modules of actions");
        for (id, accidental) in &exposed {
            draft = draft.endpoint(*id).steps(&accidental.importers);
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

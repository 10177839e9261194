//! `unsafe-schema`: the input has a schema, and the schema lets everything through.

use portcullis_analysis::{Analysis, Loose, LooseKind};
use portcullis_model::{Confidence, EndpointId, Evidence, RuleMeta, Severity};

use crate::draft::Draft;
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "unsafe-schema",
    summary: "The schema of an endpoint's input lets something through unchecked: `z.any()`, `z.unknown()`, fields it does not name.",
    severity: Severity::Medium,
    owasp: &["A03:2021", "A04:2021", "A05:2025", "A06:2025"],
    cwe: &["CWE-20", "CWE-915"],
    page: include_str!("unsafe_schema.md"),
};

/// A schema that several endpoints use is one finding about all of them.
struct Cause<'scan> {
    loose: &'scan Loose,
    endpoints: Vec<EndpointId>,
}

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for (position, facts) in (0_u32..).zip(&analysis.schemas) {
        for loose in &facts.loose {
            let id = EndpointId(position);
            let known = causes
                .iter_mut()
                .find(|cause| (cause.loose.place, cause.loose.kind) == (loose.place, loose.kind));
            match known {
                Some(cause) if cause.endpoints.last() == Some(&id) => {}
                Some(cause) => cause.endpoints.push(id),
                None => causes.push(Cause {
                    loose,
                    endpoints: vec![id],
                }),
            }
        }
    }
    for cause in &causes {
        drafts.push(draft(analysis, cause));
    }
}

fn draft(analysis: &Analysis, cause: &Cause<'_>) -> Draft {
    let Loose { place, path, kind } = cause.loose;
    let endpoints = || {
        let position = |id: &EndpointId| usize::try_from(id.0).ok();
        cause
            .endpoints
            .iter()
            .filter_map(move |id| analysis.endpoints.get(position(id)?))
    };
    let name = endpoints().next().map_or("", |endpoint| &endpoint.short_name);
    let (label, message, consequence, help, severity, confidence) = match kind {
        LooseKind::Any => (
            "any value passes here",
            format!("`{name}` takes `{path}` as it comes: its schema says `any`"),
            "the code behind it uses the value as if it had been checked",
            "say what the value is: `z.string().max(200)`, `z.enum([...])`, `z.object({ ... })`",
            Severity::Medium,
            Confidence::High,
        ),
        LooseKind::Unknown => (
            "any value passes here",
            format!("`{name}` takes `{path}` as it comes: its schema says `unknown`"),
            "whether it is checked depends on every place that uses it",
            "say what the value is, or check it with a second schema before it is used",
            Severity::Low,
            Confidence::Low,
        ),
        LooseKind::OpenObject => (
            "fields that it does not name pass as well",
            format!("`{name}` keeps the fields of `{path}` that its schema does not name"),
            "a caller can add fields, such as `role` or `ownerId`, that reach whatever the object is handed to",
            "let them be dropped (the default), or refuse them: `z.strictObject({ ... })`",
            Severity::Medium,
            Confidence::High,
        ),
    };
    let steps: Vec<Evidence> = endpoints()
        .take(4)
        .map(|endpoint| Evidence {
            place: endpoint.place,
            text: "the endpoint that takes it".to_owned(),
        })
        .collect();
    let mut draft = Draft::new(&META, *place, label, message)
        .severity(severity)
        .confidence(confidence)
        .consequence(consequence)
        .help(help)
        .steps(&steps);
    for id in &cause.endpoints {
        draft = draft.endpoint(*id);
    }
    draft
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}

//! `unbounded-input`: texts and lists of the input that have no upper limit.

use portcullis_analysis::{Analysis, Unbounded};
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
    id: "unbounded-input",
    summary: "The schema of an endpoint's input has texts or lists without an upper limit.",
    severity: Severity::Low,
    owasp: &["A04:2021", "A06:2025"],
    cwe: &["CWE-770", "CWE-1284"],
    page: include_str!("unbounded_input.md"),
};

/// How many fields a message names, and how many places a finding shows.
const SHOWN: usize = 4;

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for ((position, endpoint), facts) in (0_u32..).zip(&analysis.endpoints).zip(&analysis.schemas) {
        if facts.unbounded.is_empty() {
            continue;
        }
        let mut names: Vec<String> = facts
            .unbounded
            .iter()
            .take(SHOWN)
            .map(|field| format!("`{}`", field.path))
            .collect();
        if let Some(more) = facts.unbounded.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            names.push(format!("{more} more"));
        }
        let steps: Vec<Evidence> = facts
            .unbounded
            .iter()
            .take(SHOWN)
            .map(|field| Evidence {
                place: field.place,
                text: limitless(field).to_owned(),
            })
            .collect();
        drafts.push(
            Draft::new(
                &META,
                endpoint.place,
                "this endpoint takes them",
                format!(
                    "`{}` sets no limit to the size of {}",
                    endpoint.short_name,
                    names.join(", ")
                ),
            )
            .confidence(Confidence::High)
            .endpoint(EndpointId(position))
            .consequence("a caller can fill storage, or keep the server busy, up to the limit of the request's body")
            .help("give texts and lists an upper limit: `z.string().max(200)`, `z.array(item).max(50)`")
            .steps(&steps),
        );
    }
}

const fn limitless(field: &Unbounded) -> &'static str {
    if field.is_list {
        "a list of any length"
    } else {
        "a text of any length"
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}

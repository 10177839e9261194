//! `missing-ownership-check`: a signed-in caller picks which record to read or change, and nothing ties the record to the caller.

use portcullis_analysis::{Analysis, EffectKind};
use portcullis_model::{Confidence, RuleMeta, Severity};

use crate::draft::{Draft, each};
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "missing-ownership-check",
    summary: "A signed-in caller picks which record to read or change, and nothing ties the record to the caller.",
    severity: Severity::Critical,
    owasp: &["A01:2021", "A01:2025"],
    cwe: &["CWE-639"],
    page: include_str!("missing_ownership_check.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    let found = each(analysis).filter_map(|seen| {
        let foreign = seen.facts.foreign.as_ref()?;
        Some((seen, foreign))
    });
    for (seen, foreign) in found {
        let (name, label) = (&seen.endpoint.short_name, &foreign.label);
        let reads = matches!(foreign.kind, EffectKind::Read | EffectKind::FileRead);
        let does = if reads { "reads" } else { "changes" };
        drafts.push(
            Draft::new(
                &META,
                seen.endpoint.place,
                "this endpoint is reachable by POST, with any id",
                format!("`{name}` {does} a record that the caller may not own"),
            )
            .endpoint(seen.id)
            .severity(if reads { Severity::High } else { Severity::Critical })
            .confidence(if reads { Confidence::Medium } else { Confidence::High })
            .consequence(format!(
                "whoever is signed in can send the id of somebody else's record, and `{label}` takes it"
            ))
            .help("scope the query to the caller: `where: { id, ownerId: session.user.id }`, and stop if it finds nothing")
            .steps(&foreign.evidence),
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

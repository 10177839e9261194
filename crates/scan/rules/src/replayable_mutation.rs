//! `replayable-mutation`: the same request sent twice takes effect twice, and that costs money.

use portcullis_analysis::{Analysis, Replays};
use portcullis_model::{Confidence, Coverage, Protection, RuleMeta, Severity};

use crate::draft::{Draft, each};
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "replayable-mutation",
    summary: "The same request sent twice takes effect twice, and that costs money.",
    severity: Severity::Low,
    owasp: &["A04:2021", "A06:2025"],
    cwe: &["CWE-294", "CWE-837"],
    page: include_str!("replayable_mutation.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for seen in each(analysis) {
        let Coverage::Absent { evidence, .. } = seen.endpoint.coverage_of(Protection::Replay) else {
            continue;
        };
        let name = &seen.endpoint.short_name;
        let (does, consequence, help) = match seen.facts.replays {
            Some(Replays::Code) => (
                "takes a code for one time, and leaves it good",
                "whoever gets hold of the code, from a mail or a log, uses it again",
                "end it before it takes effect: `await db.resetToken.delete({ where: { token } })`",
            ),
            _ => (
                "moves money every time the same request is sent",
                "a double click, a retry or somebody who recorded the request pays twice",
                "pass an idempotency key that the page made: `stripe.paymentIntents.create(data, { idempotencyKey })`",
            ),
        };
        drafts.push(
            Draft::new(
                &META,
                seen.endpoint.place,
                "a request that is sent again runs again",
                format!("`{name}` {does}"),
            )
            .endpoint(seen.id)
            .confidence(Confidence::Low)
            .consequence(consequence)
            .help(help)
            .steps(evidence),
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

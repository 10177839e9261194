//! `missing-rate-limit`: nothing limits how often an expensive or guessable effect is run.

use portcullis_analysis::{Analysis, EffectKind};
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
    id: "missing-rate-limit",
    summary: "Nothing limits how often an expensive or guessable effect is run.",
    severity: Severity::Medium,
    owasp: &["A04:2021", "A06:2025"],
    cwe: &["CWE-770", "CWE-307"],
    page: include_str!("missing_rate_limit.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for seen in each(analysis) {
        let Coverage::Absent { .. } = seen.endpoint.coverage_of(Protection::RateLimit) else {
            continue;
        };
        let Some((kind, effect)) = &seen.facts.costly else {
            continue;
        };
        let is_costly = matches!(kind, EffectKind::Message | EffectKind::Metered | EffectKind::Payment);
        // Signing in and up is what is guessed at; for anybody else's writes a limit is a matter of taste.
        let is_guessable = seen.facts.is_public && *kind != EffectKind::Read;
        if !is_costly && !is_guessable {
            continue;
        }
        let name = &seen.endpoint.short_name;
        drafts.push(
            Draft::new(
                &META,
                seen.endpoint.place,
                "no limiter runs before the effect",
                format!("`{name}` has no rate limit"),
            )
            .endpoint(seen.id)
            .severity(if seen.facts.is_public { Severity::Medium } else { Severity::Low })
            .confidence(Confidence::Medium)
            .consequence("a script can call it thousands of times a minute")
            .help("ask a limiter before the effect, and stop if it says no: `const { success } = await limiter.limit(userId); if (!success) throw new Error('too many requests')`")
            .help("`portcullis guard` can enforce this with no change of code: `rate = [\"5/1m per user\"]`")
            .steps(std::iter::once(effect)),
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

//! `missing-captcha`: anybody makes accounts or sends messages, and nothing tells people from scripts.

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
    id: "missing-captcha",
    summary: "Anybody can make accounts or send messages, and nothing tells people from scripts.",
    severity: Severity::Low,
    owasp: &["A04:2021", "A06:2025"],
    cwe: &["CWE-799", "CWE-837"],
    page: include_str!("missing_captcha.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for seen in each(analysis) {
        if seen.facts.has_captcha || !seen.facts.is_public {
            continue;
        }
        let Coverage::Absent { .. } = seen.endpoint.coverage_of(Protection::RateLimit) else {
            continue;
        };
        let Some((kind, effect)) = &seen.facts.costly else {
            continue;
        };
        let does = match kind {
            EffectKind::Message => "sends messages",
            EffectKind::Write | EffectKind::Session => "makes records or accounts",
            _ => continue,
        };
        let name = &seen.endpoint.short_name;
        drafts.push(
            Draft::new(
                &META,
                seen.endpoint.place,
                "this endpoint is reachable by POST, by people and by scripts",
                format!("`{name}` {does} for whatever script calls it"),
            )
            .endpoint(seen.id)
            .confidence(Confidence::Medium)
            .consequence("a script can fill the database, or send mail from your address to whomever it likes")
            .help("ask whether a human calls: `const { isBot } = await checkBotId(); if (isBot) throw new Error('not allowed')`")
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

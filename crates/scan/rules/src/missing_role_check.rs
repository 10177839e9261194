//! `missing-role-check`: somebody who is signed in, and has no role, reaches an effect that takes one.

use portcullis_analysis::{Analysis, Why};
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
    id: "missing-role-check",
    summary: "An effect that takes a role is reached by everybody who is signed in.",
    severity: Severity::High,
    owasp: &["A01:2021", "A01:2025"],
    cwe: &["CWE-862", "CWE-269"],
    page: include_str!("missing_role_check.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for seen in each(analysis) {
        let Some(found) = &seen.facts.unprivileged else {
            continue;
        };
        let (name, label) = (&seen.endpoint.short_name, &found.label);
        let (does, why) = match &found.why {
            Why::Ignored(_) => (
                "asks for a role, and goes on without it",
                "what the check says changes nothing",
            ),
            Why::Elsewhere(_) => (
                "does without a role what takes one elsewhere",
                "another action does this for a role only",
            ),
            Why::Ranks(_) => (
                "changes who has which role, and asks for none",
                "every member can change the membership of the others",
            ),
            Why::Named => ("is for administrators, and asks for no role", "its name says so"),
            Why::Grants(_) => (
                "lets callers choose their own role",
                "the client fills in what somebody may do",
            ),
        };
        let confidence = if matches!(found.why, Why::Grants(_)) {
            Confidence::High
        } else {
            Confidence::Medium
        };
        let mut draft = Draft::new(
            &META,
            seen.endpoint.place,
            format!("reachable by everybody who is signed in; {why}"),
            format!("`{name}` {does}"),
        )
        .endpoint(seen.id)
        .severity(if found.only_reads {
            Severity::Medium
        } else {
            Severity::High
        })
        .confidence(confidence)
        .consequence(format!("an ordinary account is enough for `{label}`"))
        .help(help(&found.why));
        if let Why::Ignored(asked) | Why::Elsewhere(asked) | Why::Ranks(asked) = &found.why {
            draft = draft.also(asked.place, asked.text.clone());
        }
        drafts.push(draft.steps(&found.evidence));
    }
}

fn help(why: &Why) -> String {
    match why {
        Why::Grants(column) => {
            format!(
                "leave `{column}` out of what is written, or ask first: `if (session.user.role !== 'admin') throw new Error('forbidden')`"
            )
        }
        Why::Ignored(_) => "stop where the answer is no: `if (!allowed) throw new Error('forbidden')`".to_owned(),
        Why::Ranks(_) => {
            "ask for the caller's role in the same team first: `if (membership.role !== 'admin') throw new Error('forbidden')`".to_owned()
        }
        Why::Elsewhere(_) | Why::Named => {
            "ask before the effect: `if (session.user.role !== 'admin') throw new Error('forbidden')`".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }
}

//! `hardcoded-secret`: a secret stands in the code or in an environment file that is committed.

use portcullis_analysis::Analysis;
use portcullis_model::{Confidence, Place, RuleMeta, Severity, Span};

use crate::draft::Draft;
use crate::{Check, Rule};

/// The rule, for the registry.
pub(crate) const RULE: Rule = Rule {
    meta: META,
    check: Check::Analysis(check),
};

/// What never changes about the rule.
const META: RuleMeta = RuleMeta {
    id: "hardcoded-secret",
    summary: "A secret stands in a file of the project: everybody who can read the code has it.",
    severity: Severity::High,
    owasp: &["A07:2021", "A07:2025"],
    cwe: &["CWE-798"],
    page: include_str!("hardcoded_secret.md"),
};

fn check(analysis: &Analysis, drafts: &mut Vec<Draft>) {
    for secret in &analysis.project.secrets {
        let kind = secret.kind;
        let message = match &secret.name {
            Some(name) => format!("`{name}` is written down here"),
            None => format!("{kind} is written down here"),
        };
        let severity = if secret.is_test_mode {
            Severity::Low
        } else {
            Severity::High
        };
        let confidence = if secret.has_known_form {
            Confidence::High
        } else {
            Confidence::Medium
        };
        drafts.push(
            Draft::new(&META, start_of(secret.place), kind, message)
                .severity(severity)
                .confidence(confidence)
                .consequence("it is in every clone and in the history, also after it is removed from the file")
                .help(
                    "replace the secret at its provider, and read the new one from the environment: `process.env.NAME`",
                )
                .help("name the file in `.gitignore` if it is an environment file"),
        );
    }
}

/// How much of a secret is underlined; more would only show its length.
const SHOWN: u32 = 16;

fn start_of(place: Place) -> Place {
    let end = place.span.end.min(place.span.start.saturating_add(SHOWN));
    Place::new(place.file, Span::new(place.span.start, end))
}

#[cfg(test)]
mod tests {
    #[test]
    fn page() {
        crate::tests::check_page(&super::META);
    }

    use portcullis_model::SourceFile;

    #[test]
    fn tokens_of_known_forms_are_found_and_masked() {
        let tokens = [
            concat!("sk_", "live_", "9fK2mQ7xW4bZ8cV1nR5tY3hL"),
            concat!("gh", "p_", "a8Kd02LmQ9xZ7vB4nC6tR1yW3eU5iO0pS2dF"),
            concat!("AK", "IA", "QZ7XK2M4P9R8T5WY"),
        ];
        for token in tokens {
            let code = format!("export const key = '{token}'\n");
            let (messages, files) = crate::tests::printed("hardcoded-secret", &[("lib/key.ts", &code)]);
            assert_eq!(messages.len(), 1, "{messages:?}");
            let text = |files: &[SourceFile]| files[0].text.to_string();
            let secret = token.get(9..).unwrap();
            assert!(!text(&files).contains(secret), "{}", text(&files));
            assert_eq!(text(&files).len(), code.len());
            assert!(messages.iter().all(|message| !message.contains(secret)));
        }
    }

    #[test]
    fn keys_that_stand_for_others_are_left_alone() {
        let documented = concat!("AK", "IA", "IOSFODNN7EXAMPLE");
        let code = format!("export const a = '{documented}'\nexport const b = 'sk_live_xxxxxxxxxxxxxxxxxxxxxxxx'\n");
        let (messages, _) = crate::tests::printed("hardcoded-secret", &[("lib/key.ts", &code)]);
        assert!(messages.is_empty(), "{messages:?}");
    }
}

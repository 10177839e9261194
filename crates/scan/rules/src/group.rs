//! Findings of one cause are one finding: a helper without a check behind nine actions, a schema that nine actions use.
//!
//! This comes last, when comments and the baseline have held back what they hold back, so that each of them is about one
//! endpoint.

use std::collections::BTreeMap;

use portcullis_model::{Confidence, Endpoint, EndpointId, Finding, Label, Place, Role, Severity};

/// How many other places of a group are shown.
const SHOWN: usize = 4;

/// What makes findings one.
type Key = (&'static str, Severity, Confidence, Place);

/// Joins the findings of one cause, at the place of the first. `causes` has one entry a finding.
pub(crate) fn group(findings: Vec<(Finding, Option<Place>)>, endpoints: &[Endpoint]) -> Vec<Finding> {
    let mut grouped: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut known: BTreeMap<Key, usize> = BTreeMap::new();
    for (finding, cause) in findings {
        let place = cause.or_else(|| finding.primary().map(|label| label.place));
        let key = place.map(|place| (finding.rule, finding.severity, finding.confidence, place));
        let at = key.and_then(|key| known.get(&key).copied());
        match at.and_then(|at| grouped.get_mut(at)) {
            Some(first) if !finding.endpoints.is_empty() => join(first, finding),
            _ => {
                if let Some(key) = key {
                    known.entry(key).or_insert(grouped.len());
                }
                grouped.push(finding);
            }
        }
    }
    for finding in &mut grouped {
        finish(finding, endpoints);
    }
    grouped
}

fn join(first: &mut Finding, other: Finding) {
    let primary = other.primary().map(|label| label.place);
    for id in other.endpoints {
        if !first.endpoints.contains(&id) {
            first.endpoints.push(id);
        }
    }
    if let Some(place) = primary
        && first.labels.iter().all(|label| label.place != place)
    {
        first.labels.push(Label {
            role: Role::Related,
            place,
            text: SAME.to_owned(),
        });
    }
}

/// What stands at the other places of a group.
const SAME: &str = "the same here";

fn finish(finding: &mut Finding, endpoints: &[Endpoint]) {
    let mut shown = 0;
    finding.labels.retain(|label| {
        if label.text == SAME {
            shown += 1;
        }
        label.text != SAME || shown <= SHOWN
    });
    let name = |id: &EndpointId| {
        usize::try_from(id.0)
            .ok()
            .and_then(|position| endpoints.get(position))
            .map(|endpoint| endpoint.short_name.clone())
    };
    let more = finding.endpoints.len().saturating_sub(1);
    let others: Vec<String> = finding
        .endpoints
        .iter()
        .skip(1)
        .filter_map(name)
        .take(2)
        .map(|name| format!("`{name}`"))
        .collect();
    if shown == 0 && more == 0 || others.is_empty() {
        return;
    }
    let rest = more.saturating_sub(others.len());
    let others = if rest == 0 {
        others.join(" and ")
    } else {
        format!("{} and {rest} more", others.join(", "))
    };
    finding.message = format!("{}; the same cause in {others}", finding.message);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::Selection;
    use crate::tests::scan;

    const HELPER: &str = "import { writeFile } from 'node:fs/promises'\nexport async function store(text: string) {\n  await writeFile('notes.txt', text)\n}\n";

    fn selection(rule: &str) -> Selection {
        Selection {
            only: BTreeSet::from([rule.to_owned()]),
            groups: true,
            ..Selection::default()
        }
    }

    fn actions(names: &[&str]) -> String {
        let head = "'use server'\nimport { store } from '../lib/store'\n".to_owned();
        let action = |name: &&str| format!("export async function {name}(text: string) {{ await store(text) }}\n");
        names.iter().map(action).fold(head, |text, action| text + &action)
    }

    #[test]
    fn one_helper_behind_many_actions_is_one_finding() {
        let actions = actions(&["a", "b", "c", "d"]);
        let files = [("lib/store.ts", HELPER), ("app/actions.ts", actions.as_str())];
        let checked = scan(&files, &selection("missing-authentication"));
        assert_eq!(checked.findings.len(), 1);
        assert_eq!(checked.findings[0].endpoints.len(), 4);
        assert!(
            checked.findings[0]
                .message
                .ends_with("the same cause in `b`, `c` and 1 more")
        );
        let apart = Selection {
            groups: false,
            ..selection("missing-authentication")
        };
        assert_eq!(scan(&files, &apart).findings.len(), 4);
    }

    #[test]
    fn a_comment_at_one_action_is_about_that_action() {
        let actions = actions(&["a", "b"]).replace(
            "export async function b",
            "// portcullis: allow(missing-authentication) reason=\"public notes\"\nexport async function b",
        );
        let files = [("lib/store.ts", HELPER), ("app/actions.ts", actions.as_str())];
        let checked = scan(&files, &selection("missing-authentication"));
        assert_eq!(checked.findings.len(), 1);
        assert_eq!(checked.findings[0].endpoints.len(), 1);
        assert_eq!(checked.suppressed.len(), 1);
    }

    #[test]
    fn two_causes_stay_two() {
        let other = "'use server'\nimport { writeFile } from 'node:fs/promises'\nexport async function own(text: string) { await writeFile('a', text) }\n";
        let actions = actions(&["a", "b"]);
        let files = [
            ("lib/store.ts", HELPER),
            ("app/actions.ts", actions.as_str()),
            ("app/other.ts", other),
        ];
        assert_eq!(scan(&files, &selection("missing-authentication")).findings.len(), 2);
    }
}

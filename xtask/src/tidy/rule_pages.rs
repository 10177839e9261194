//! Every rule is one file of code, one page beside it, and one line in the registry. What a page's examples
//! claim is tested by `portcullis-rules` itself.

use super::Problem;
use crate::repository::{Repository, stem};

/// Where rules and their pages stand.
pub(crate) const FOLDER: &str = "crates/scan/rules/src/";
/// Where rules are declared and listed.
pub(crate) const REGISTRY: &str = "crates/scan/rules/src/lib.rs";
/// The sections that a page must have, in this order.
const SECTIONS: &[&str] = &["## Found", "## Fine", "## Not detected"];

/// The page of a rule, or nothing for a file that defines none. A rule includes its page.
fn page_of(path: &str, code: &str) -> Option<String> {
    let name = stem(path);
    code.contains(&format!("include_str!(\"{name}.md\")"))
        .then(|| path.replace(".rs", ".md"))
}

/// Every rule has a page, every page a rule; and a page has all of its parts.
pub(super) fn rule_pages(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, code) in repository.below(FOLDER, ".rs") {
        let defines_a_rule = code.contains("= RuleMeta {") && path != REGISTRY;
        match page_of(path, code) {
            Some(page) if !repository.has(&page) => {
                problems.push(Problem::of_file(path, format!("write the rule's page `{page}`")));
            }
            None if defines_a_rule => {
                let message = format!("include the rule's page: `include_str!(\"{}.md\")`", stem(path));
                problems.push(Problem::of_file(path, message));
            }
            _ => {}
        }
    }
    for (path, page) in repository.below(FOLDER, ".md") {
        let rule = path.replace(".md", ".rs");
        if repository.text(&rule).and_then(|code| page_of(&rule, code)).is_none() {
            problems.push(Problem::of_file(
                path,
                format!("include the page from its rule `{rule}`, or delete it"),
            ));
        }
        problems.extend(parts_of_page(path, page));
    }
    problems
}

/// Title, summary, classification, and the sections in order.
fn parts_of_page(path: &str, page: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let title = format!("# {}", stem(path).replace('_', "-"));
    let mut lines = page.lines().filter(|line| !line.trim().is_empty());
    if lines.next() != Some(title.as_str()) {
        problems.push(Problem::at(path, 1, format!("start the page with `{title}`")));
    }
    if lines.next().is_none_or(|line| line.starts_with(['#', '`'])) {
        problems.push(Problem::at(
            path,
            3,
            "say in one line under the title what the rule finds",
        ));
    }
    let classification = lines.next().unwrap_or_default();
    if !(classification.starts_with("severity ")
        && classification.contains("OWASP ")
        && classification.contains("CWE-"))
    {
        let message = "classify the rule: `severity high, OWASP A01:2021 A01:2025, CWE-639, preview since 0.1`";
        problems.push(Problem::at(path, 5, message));
    }
    let sections: Vec<&str> = page.lines().filter(|line| SECTIONS.contains(line)).collect();
    if sections != SECTIONS {
        let message = format!(
            "give the page each of these sections once, in this order: {}",
            SECTIONS.join(", ")
        );
        problems.push(Problem::of_file(path, message));
    }
    problems
}

/// Every rule is declared as a module and listed.
pub(super) fn rule_registry(repository: &Repository) -> Vec<Problem> {
    let registry = repository.text(REGISTRY).unwrap_or_default();
    let mut problems = Vec::new();
    for (path, code) in repository.below(FOLDER, ".rs") {
        if page_of(path, code).is_none() {
            continue;
        }
        let name = stem(path);
        let listed = registry
            .lines()
            .filter(|line| line.trim_start().starts_with(&format!("{name}::")))
            .count();
        if !registry.lines().any(|line| line == format!("mod {name};")) || listed != 1 {
            let message = format!("declare `mod {name};` and list `{name}::` once in {REGISTRY}");
            problems.push(Problem::of_file(path, message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::assert_problems;
    use super::{REGISTRY, rule_pages, rule_registry};

    const RULE: (&str, &str) = (
        "crates/scan/rules/src/open_door.rs",
        "//! A rule.\nconst META: RuleMeta = RuleMeta { page: include_str!(\"open_door.md\") }\n",
    );
    const PAGE: &str = "crates/scan/rules/src/open_door.md";
    const TEXT: &str = "\
# open-door

A door is open.

severity high, OWASP A01:2021 A01:2025, CWE-306, preview since 0.1

## Why it matters
## Found
## Fine
## Not detected
";

    #[test]
    fn a_rule_and_its_page_belong_together() {
        assert_problems(rule_pages, &[RULE, (PAGE, TEXT)], &[]);
        assert_problems(
            rule_pages,
            &[RULE],
            &["crates/scan/rules/src/open_door.rs: write the rule's page"],
        );
        assert_problems(
            rule_pages,
            &[(PAGE, TEXT)],
            &["crates/scan/rules/src/open_door.md: include the page"],
        );
        let other = (RULE.0, "//! A rule.\nconst META: RuleMeta = RuleMeta { page: \"\" }\n");
        assert_problems(
            rule_pages,
            &[other, (PAGE, TEXT)],
            &[
                "crates/scan/rules/src/open_door.rs: include",
                "crates/scan/rules/src/open_door.md: include the page",
            ],
        );
    }

    #[test]
    fn a_page_has_all_of_its_parts() {
        let check = |text: &str, expected: &str| {
            assert_problems(rule_pages, &[RULE, (PAGE, text)], &[&format!("{PAGE}{expected}")]);
        };
        check(
            &TEXT.replace("# open-door", "# Open door"),
            ":1: start the page with `# open-door`",
        );
        check(
            &TEXT.replace("A door is open.", "## A door is open."),
            ":3: say in one line",
        );
        check(&TEXT.replace("CWE-306, ", ""), ":5: classify");
        check(&TEXT.replace("## Not detected\n", ""), ": give the page each");
        check(
            &TEXT.replace("## Found\n## Fine\n", "## Fine\n## Found\n"),
            ": give the page each",
        );
    }

    #[test]
    fn a_rule_is_listed_once() {
        let good = "mod open_door;\nconst ALL: &[Rule] = &[\n    open_door::RULE,\n];\n";
        assert_problems(rule_registry, &[RULE, (REGISTRY, good)], &[]);
        let twice = good.replace("    open_door::RULE,\n", "    open_door::RULE,\n    open_door::RULE,\n");
        let unlisted = good.replace("    open_door::RULE,\n", "");
        let undeclared = good.replace("mod open_door;\n", "");
        for bad in [twice, unlisted, undeclared] {
            assert_problems(
                rule_registry,
                &[RULE, (REGISTRY, &bad)],
                &["crates/scan/rules/src/open_door.rs: declare `mod open_door;`"],
            );
        }
    }
}

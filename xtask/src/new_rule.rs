//! `cargo xtask new-rule NAME`: the files of a new rule, and its lines in the registry.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::tidy::{RULES_FOLDER, RULES_REGISTRY};

/// The line of the registry's list above which a new rule is entered.
const MARKER: &str = "// `cargo xtask new-rule` adds the next one above this line.";

const CODE: &str = include_str!("../templates/rule.rs.template");
const PAGE: &str = include_str!("../templates/rule.md.template");

/// Creates the rule below `root` and prints what comes next.
pub(crate) fn run(root: &Path, id: &str) -> Result<bool> {
    if !is_rule_id(id) {
        bail!("`{id}` is no rule id: write the defect in kebab-case, as in `missing-ownership-check`");
    }
    let snake = id.replace('-', "_");
    let code = root.join(RULES_FOLDER).join(format!("{snake}.rs"));
    let page = root.join(RULES_FOLDER).join(format!("{snake}.md"));
    if code.exists() || page.exists() {
        bail!("the rule `{id}` is there already");
    }
    let registry = root.join(RULES_REGISTRY);
    let old = std::fs::read_to_string(&registry).with_context(|| format!("cannot read `{RULES_REGISTRY}`"))?;
    let new = register(&old, &snake)?;

    let fill = |template: &str| {
        let text = template.replace("{id}", id).replace("{snake}", &snake);
        text.replace("{version}", env!("CARGO_PKG_VERSION").trim_end_matches(".0"))
    };
    std::fs::write(&code, fill(CODE))?;
    std::fs::write(&page, fill(PAGE))?;
    std::fs::write(&registry, new)?;
    println!(
        "created {RULES_FOLDER}{snake}.rs and {snake}.md, and entered them in {RULES_REGISTRY}

1. Write the page {snake}.md: code that the rule finds, code that is fine, code that it misses.
2. Run `cargo test -p portcullis-rules {snake}` and see it fail.
3. Write the rule in {snake}.rs until the test passes.
4. Run `cargo xtask corpus` and read every new hit on real projects.
5. Run `cargo xtask codegen`, and add a line to CHANGELOG.md."
    );
    Ok(true)
}

/// Small letters and digits in words joined by single dashes, starting with a letter.
fn is_rule_id(id: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit());
    id.starts_with(|first: char| first.is_ascii_lowercase()) && id.split('-').all(word)
}

/// The registry with one more rule: declared among the modules in their order, listed above the marker.
fn register(registry: &str, snake: &str) -> Result<String> {
    let declaration = format!("mod {snake};");
    let mut lines: Vec<String> = registry.lines().map(ToOwned::to_owned).collect();
    let Some(marker) = lines.iter().position(|line| line.trim() == MARKER) else {
        bail!("{RULES_REGISTRY} has no line `{MARKER}`: put it at the end of the list of rules");
    };
    lines.insert(marker, format!("    {snake}::RULE,"));
    let is_module = |line: &String| line.starts_with("mod ") && line.ends_with(';');
    let after = lines.iter().position(|line| is_module(line) && *line > declaration);
    let last = lines.iter().rposition(is_module);
    let Some(place) = after.or(last.map(|last| last + 1)) else {
        bail!("{RULES_REGISTRY} declares no module: write `{declaration}` by hand");
    };
    lines.insert(place, declaration);
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::{MARKER, is_rule_id, register, run};
    use crate::tidy::{RULES_FOLDER, RULES_REGISTRY};

    #[test]
    fn ids_are_kebab_case() {
        assert!(is_rule_id("missing-ownership-check") && is_rule_id("open-door2"));
        for bad in [
            "",
            "Missing-check",
            "missing_check",
            "missing--check",
            "-check",
            "check-",
            "2-doors",
            "a/b",
        ] {
            assert!(!is_rule_id(bad), "{bad}");
        }
    }

    #[test]
    fn modules_stay_sorted_and_the_list_grows_at_its_end() {
        let registry = format!(
            "//! Rules.\n\nmod alpha;\nmod omega;\n\nALL = [\n    alpha::RULE,\n    omega::RULE,\n    {MARKER}\n];\n"
        );
        let expected = format!(
            "//! Rules.\n\nmod alpha;\nmod open_door;\n\nALL = [\n    alpha::RULE,\n    open_door::RULE,\n    {MARKER}\n];\n"
        );
        let registry = registry.replace("mod omega;\n", "").replace("    omega::RULE,\n", "");
        assert_eq!(register(&registry, "open_door").unwrap(), expected);
        let before = register(&registry, "aaa").unwrap();
        assert!(before.contains("mod aaa;\nmod alpha;\n"), "{before}");
        assert!(register("mod alpha;\n", "open_door").is_err());
        assert!(register(MARKER, "open_door").is_err());
    }

    #[test]
    fn a_rule_is_created_once() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(RULES_FOLDER);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            root.path().join(RULES_REGISTRY),
            format!("//! Rules.\nmod alpha;\n[\n    {MARKER}\n]\n"),
        )
        .unwrap();

        assert!(run(root.path(), "open-door").unwrap());
        let code = std::fs::read_to_string(folder.join("open_door.rs")).unwrap();
        assert!(
            code.contains("id: \"open-door\"") && code.contains("include_str!(\"open_door.md\")"),
            "{code}"
        );
        let page = std::fs::read_to_string(folder.join("open_door.md")).unwrap();
        assert!(
            page.starts_with("# open-door\n") && page.contains("since 0.1\n"),
            "{page}"
        );
        assert!(run(root.path(), "open-door").is_err());
    }
}

//! The rules' pages and their index, from the pages beside the rules.

use anyhow::{Context as _, Result};

use super::Files;
use crate::repository::{Repository, stem};
use crate::tidy::RULES_FOLDER;

/// Where the copies go.
pub(super) const FOLDER: &str = "docs/rules/";

/// What the first lines of a page say.
struct Entry<'a> {
    id: String,
    summary: &'a str,
    severity: &'a str,
    /// OWASP classes and weaknesses, as the page has them.
    classes: &'a str,
}

/// A copy of each page, and the index.
pub(super) fn generate(repository: &Repository) -> Result<Files> {
    let mut files = Files::new();
    let mut entries = Vec::new();
    for (path, page) in repository.below(RULES_FOLDER, ".md") {
        let entry =
            entry(path, page).with_context(|| format!("`{path}` lacks its first lines: see `cargo xtask tidy`"))?;
        let note = format!("<!-- Made by `cargo xtask codegen` from {path}. Edit that file. -->\n\n");
        files.insert(format!("{FOLDER}{}.md", entry.id), note + page);
        entries.push(entry);
    }
    entries.sort_by_key(|entry| (rank(entry.severity), entry.id.clone()));
    files.insert(format!("{FOLDER}README.md"), index(&entries));
    Ok(files)
}

fn entry<'a>(path: &str, page: &'a str) -> Option<Entry<'a>> {
    let mut lines = page.lines().filter(|line| !line.trim().is_empty()).skip(1);
    let summary = lines.next()?;
    let (severity, classes) = lines.next()?.strip_prefix("severity ")?.split_once(", ")?;
    Some(Entry {
        id: stem(path).replace('_', "-"),
        summary,
        severity,
        classes,
    })
}

/// Worst first; a severity that nobody knows comes last.
fn rank(severity: &str) -> usize {
    const ORDER: &[&str] = &["critical", "high", "medium", "low"];
    ORDER.iter().position(|known| *known == severity).unwrap_or(ORDER.len())
}

fn index(entries: &[Entry<'_>]) -> String {
    let mut rows = vec![String::from(
        "<!-- Made by `cargo xtask codegen` from the pages in crates/scan/rules/src. -->\n\n# Rules\n\n\
         Worst first. `portcullis explain RULE` prints the same page in the terminal.\n\n\
         | Rule | Severity | Finds | Classes |\n| --- | --- | --- | --- |\n",
    )];
    for Entry {
        id,
        summary,
        severity,
        classes,
    } in entries
    {
        let summary = summary.replace('|', "\\|");
        rows.push(format!("| [{id}]({id}.md) | {severity} | {summary} | {classes} |\n"));
    }
    rows.concat()
}

#[cfg(test)]
mod tests {
    use super::generate;
    use crate::repository::Repository;

    #[test]
    fn pages_are_copied_and_listed_worst_first() {
        let page = |id: &str, severity: &str| {
            format!(
                "# {id}\n\nFinds a | b.\n\nseverity {severity}, OWASP A01:2021, CWE-1, preview since 0.1\n\n## Found\n"
            )
        };
        let repository = Repository::of(&[
            ("crates/scan/rules/src/a_low.md", &page("a-low", "low")),
            ("crates/scan/rules/src/z_worst.md", &page("z-worst", "critical")),
        ]);
        let files = generate(&repository).unwrap();
        assert!(files["docs/rules/a-low.md"].ends_with(&page("a-low", "low")));
        let rows: Vec<&str> = files["docs/rules/README.md"]
            .lines()
            .filter(|line| line.starts_with("| ["))
            .collect();
        assert_eq!(
            rows,
            [
                "| [z-worst](z-worst.md) | critical | Finds a \\| b. | OWASP A01:2021, CWE-1, preview since 0.1 |",
                "| [a-low](a-low.md) | low | Finds a \\| b. | OWASP A01:2021, CWE-1, preview since 0.1 |",
            ]
        );
    }

    #[test]
    fn a_page_without_its_first_lines_is_an_error() {
        let repository = Repository::of(&[("crates/scan/rules/src/a.md", "# a\n\n## Found\n")]);
        assert!(generate(&repository).is_err());
    }
}

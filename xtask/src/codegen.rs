//! `cargo xtask codegen`: files that repeat what stands elsewhere. They are committed, so that readers need no
//! build; with `--check` nothing is written, and a file that is out of date fails.

mod command_line;
mod rule_pages;
mod schema;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::repository::Repository;

/// Path from the root -> content.
type Files = BTreeMap<String, String>;

/// Folders in which every file is generated; any other file there is left over.
const OWNED: &[&str] = &[rule_pages::FOLDER];

fn generate(repository: &Repository) -> Result<Files> {
    let mut files = Files::new();
    files.extend(rule_pages::generate(repository)?);
    files.extend(command_line::generate());
    files.extend(schema::generate());
    Ok(files)
}

/// Brings every generated file up to date.
pub(crate) fn write(root: &Path) -> Result<bool> {
    let repository = Repository::load(root)?;
    let files = generate(&repository)?;
    for path in stale(&repository, &files) {
        let place = root.join(&path);
        if let Some(content) = files.get(&path) {
            if let Some(folder) = place.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&place, content).with_context(|| format!("cannot write `{path}`"))?;
            println!("wrote {path}");
        } else {
            std::fs::remove_file(&place).with_context(|| format!("cannot delete `{path}`"))?;
            println!("deleted {path}");
        }
    }
    Ok(true)
}

/// Whether every generated file is up to date.
pub(crate) fn check(root: &Path) -> Result<bool> {
    let repository = Repository::load(root)?;
    let stale = stale(&repository, &generate(&repository)?);
    for path in &stale {
        println!("{path}: out of date: run `cargo xtask codegen` and commit the result");
    }
    println!("codegen: {}", if stale.is_empty() { "ok" } else { "FAILED" });
    Ok(stale.is_empty())
}

/// Paths whose content differs, that are missing, or that should not be there.
fn stale(repository: &Repository, files: &Files) -> Vec<String> {
    let differs = |(path, content): &(&String, &String)| repository.text(path) != Some(content.as_str());
    let mut paths: Vec<String> = files.iter().filter(differs).map(|(path, _)| path.clone()).collect();
    for folder in OWNED {
        let left = repository
            .below(folder, "")
            .filter(|(path, _)| !files.contains_key(*path));
        paths.extend(left.map(|(path, _)| path.to_owned()));
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::{Files, stale};
    use crate::repository::Repository;

    #[test]
    fn missing_changed_and_left_over_files_are_stale() {
        let files: Files = [("docs/rules/a.md", "a"), ("docs/rules/b.md", "b"), ("docs/c.md", "c")]
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .into();
        let repository = Repository::of(&[
            ("docs/c.md", "c"),
            ("docs/rules/a.md", "old"),
            ("docs/rules/gone.md", ""),
            ("docs/by-hand.md", ""),
        ]);
        assert_eq!(
            stale(&repository, &files),
            ["docs/rules/a.md", "docs/rules/b.md", "docs/rules/gone.md"]
        );
    }
}

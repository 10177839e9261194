//! What a machine can check of the house rules. Each check is one function from the tree to problems;
//! a problem's message says what to do. The checks run as a test too, so `cargo test` holds them.

mod documents;
mod edges;
mod manifests;
mod rule_pages;
mod sources;

pub(crate) use rule_pages::{FOLDER as RULES_FOLDER, REGISTRY as RULES_REGISTRY};

use std::fmt;
use std::path::Path;

use anyhow::Result;

use crate::repository::Repository;

/// Something that has to change, where, and how.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    path: String,
    line: Option<usize>,
    message: String,
}

impl Problem {
    /// A problem of a whole file.
    fn of_file(path: &str, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            message: message.into(),
        }
    }

    /// A problem of a line, counted from 1.
    fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.path, self.message),
            None => write!(formatter, "{}: {}", self.path, self.message),
        }
    }
}

type Check = fn(&Repository) -> Vec<Problem>;

/// Every check, by the name that the summary prints.
const CHECKS: &[(&str, Check)] = &[
    ("allowed edges", edges::allowed_edges),
    ("confined libraries", edges::confined_libraries),
    ("inherited settings", manifests::inherited_settings),
    ("committed lock file", manifests::committed_lock_file),
    ("module headers", sources::module_headers),
    ("file lengths", sources::file_lengths),
    ("file names", sources::file_names),
    ("unfinished code", sources::unfinished_code),
    ("random order", sources::random_order),
    ("machine paths", sources::machine_paths),
    ("rule pages", rule_pages::rule_pages),
    ("rule registry", rule_pages::rule_registry),
    ("links", documents::links),
    ("changelog", documents::changelog),
];

/// Runs every check and prints the problems and a verdict.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let repository = Repository::load(root)?;
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        let problems = check(&repository);
        for problem in &problems {
            println!("{problem}");
        }
        if !problems.is_empty() {
            failed.push(format!("{name} ({})", problems.len()));
        }
    }
    if failed.is_empty() {
        println!("tidy: {} checks ok", CHECKS.len());
    } else {
        println!("tidy: FAILED: {}", failed.join(", "));
    }
    Ok(failed.is_empty())
}

/// Asserts that `check` finds `expected` in `files`, each problem as `path:line: message`, cut at the expected text.
#[cfg(test)]
fn assert_problems(check: Check, files: &[(&str, &str)], expected: &[&str]) {
    let found: Vec<String> = check(&Repository::of(files)).iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            found.starts_with(expected),
            "`{found}` does not start with `{expected}`"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::CHECKS;
    use crate::repository::Repository;

    #[test]
    fn this_repository_is_tidy() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let repository = Repository::load(root).unwrap();
        let problems: Vec<String> = CHECKS
            .iter()
            .flat_map(|(_, check)| check(&repository))
            .map(|problem| problem.to_string())
            .collect();
        assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    }
}

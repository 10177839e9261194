//! Reads the manifests of the workspace's crates, and checks what every crate has to inherit.

use toml::{Table, Value};

use super::Problem;
use crate::repository::Repository;

/// A crate of the workspace.
pub(super) struct Crate<'a> {
    /// Path of its `Cargo.toml`.
    pub(super) path: &'a str,
    /// Name of the package.
    pub(super) name: String,
    manifest: Table,
}

/// One line of a manifest that brings in another crate.
pub(super) struct Dependency {
    /// Name of the package, also where the line renames it.
    pub(super) name: String,
    /// Only tests need it.
    pub(super) dev: bool,
}

/// The crates below `crates/`, and `xtask`. Other manifests (`bench/floor`) are workspaces of their own.
pub(super) fn crates(repository: &Repository) -> Vec<Crate<'_>> {
    let manifests = repository.texts().filter(|(path, _)| {
        (path.starts_with("crates/") || path.starts_with("xtask/")) && path.ends_with("/Cargo.toml")
    });
    manifests
        .filter_map(|(path, text)| {
            // A manifest that does not parse stops cargo, and with it this task.
            let manifest: Table = text.parse().ok()?;
            let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
            Some(Crate { path, name, manifest })
        })
        .collect()
}

impl Crate<'_> {
    /// Everything that the manifest brings in, for any target.
    pub(super) fn dependencies(&self) -> Vec<Dependency> {
        let targets = self.manifest.get("target").and_then(Value::as_table);
        let per_target = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
        let mut dependencies = Vec::new();
        for table in std::iter::once(&self.manifest).chain(per_target) {
            for (kind, dev) in [
                ("dependencies", false),
                ("build-dependencies", false),
                ("dev-dependencies", true),
            ] {
                for (key, value) in table.get(kind).and_then(Value::as_table).into_iter().flatten() {
                    let name = value.get("package").and_then(Value::as_str).unwrap_or(key);
                    dependencies.push(Dependency {
                        name: name.to_owned(),
                        dev,
                    });
                }
            }
        }
        dependencies
    }

    fn inherits(&self, key: &str) -> bool {
        let place = self.manifest.get("package").and_then(|package| package.get(key));
        place.and_then(|value| value.get("workspace")).and_then(Value::as_bool) == Some(true)
    }

    fn inherits_lints(&self) -> bool {
        let lints = self.manifest.get("lints").and_then(|lints| lints.get("workspace"));
        lints.and_then(Value::as_bool) == Some(true)
    }
}

/// One edition, licence, version of Rust and set of lints for all crates; and each says what it is.
pub(super) fn inherited_settings(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in crates(repository) {
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            if !member.inherits(key) {
                problems.push(Problem::of_file(member.path, format!("write `{key}.workspace = true`")));
            }
        }
        if !member.inherits_lints() {
            problems.push(Problem::of_file(member.path, "write `[lints]` with `workspace = true`"));
        }
        let description = member
            .manifest
            .get("package")
            .and_then(|package| package.get("description"));
        if description
            .and_then(Value::as_str)
            .is_none_or(|text| text.trim().is_empty())
        {
            problems.push(Problem::of_file(
                member.path,
                "say in `description` what the crate is for",
            ));
        }
    }
    problems
}

/// Builds are repeatable only with the lock file.
pub(super) fn committed_lock_file(repository: &Repository) -> Vec<Problem> {
    if repository.has("Cargo.lock") {
        return Vec::new();
    }
    vec![Problem::of_file(
        "Cargo.lock",
        "commit it, and take it out of `.gitignore`",
    )]
}

#[cfg(test)]
mod tests {
    use super::super::assert_problems;
    use super::{committed_lock_file, inherited_settings};

    const GOOD: &str = "\
[package]
name = \"portcullis-model\"
description = \"The vocabulary.\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
publish.workspace = true
[lints]
workspace = true
";

    #[test]
    fn settings_come_from_the_workspace() {
        assert_problems(inherited_settings, &[("crates/model/Cargo.toml", GOOD)], &[]);

        let own = GOOD
            .replace("edition.workspace = true", "edition = \"2021\"")
            .replace("The vocabulary.", "")
            .replace("[lints]", "[other]");
        assert_problems(
            inherited_settings,
            &[("crates/model/Cargo.toml", &own)],
            &[
                "crates/model/Cargo.toml: write `edition.workspace = true`",
                "crates/model/Cargo.toml: write `[lints]`",
                "crates/model/Cargo.toml: say in `description`",
            ],
        );
        assert_problems(inherited_settings, &[("bench/floor/Cargo.toml", &own)], &[]);
    }

    #[test]
    fn the_lock_file_is_there() {
        assert_problems(committed_lock_file, &[("Cargo.lock", "")], &[]);
        assert_problems(committed_lock_file, &[], &["Cargo.lock: commit it"]);
    }
}

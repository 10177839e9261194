//! Which crate may use which: the tables behind ARCHITECTURE.md. A new row is an architecture change, and
//! edits that document in the same commit.

use super::Problem;
use super::manifests::crates;
use crate::repository::Repository;

/// A crate and the crates of ours that it may use. Tests of every crate may use `portcullis-testkit` as well.
const EDGES: &[(&str, &[&str])] = &[
    ("portcullis-model", &[]),
    ("portcullis-policy", &["portcullis-model"]),
    ("portcullis-source", &["portcullis-model"]),
    ("portcullis-catalog", &["portcullis-model"]),
    (
        "portcullis-analysis",
        &[
            "portcullis-model",
            "portcullis-source",
            "portcullis-catalog",
            "portcullis-policy",
        ],
    ),
    ("portcullis-rules", &["portcullis-model", "portcullis-analysis"]),
    ("portcullis-report", &["portcullis-model"]),
    ("portcullis-flight", &["portcullis-model"]),
    (
        "portcullis-funnel",
        &["portcullis-model", "portcullis-policy", "portcullis-flight"],
    ),
    ("portcullis-session", &["portcullis-model", "portcullis-funnel"]),
    ("portcullis-store", &["portcullis-model", "portcullis-funnel"]),
    (
        "portcullis-guard",
        &[
            "portcullis-model",
            "portcullis-policy",
            "portcullis-flight",
            "portcullis-funnel",
            "portcullis-session",
            "portcullis-store",
        ],
    ),
    (
        "portcullis-actions",
        &[
            "portcullis-model",
            "portcullis-flight",
            "portcullis-funnel",
            "portcullis-session",
            "portcullis-store",
            "portcullis-actions-macros",
        ],
    ),
    ("portcullis-actions-macros", &[]),
    ("acme-axum", &["portcullis-actions"]),
    (
        "portcullis",
        &[
            "portcullis-model",
            "portcullis-policy",
            "portcullis-source",
            "portcullis-catalog",
            "portcullis-analysis",
            "portcullis-rules",
            "portcullis-report",
            "portcullis-flight",
            "portcullis-guard",
        ],
    ),
    (
        "xtask",
        &[
            "portcullis",
            "portcullis-model",
            "portcullis-policy",
            "portcullis-source",
        ],
    ),
];

/// A library that only some crates may use.
struct Confined {
    /// Start of the library's package name.
    prefix: &'static str,
    /// Whether `holders` are the only crates with it, or the only ones without it.
    rule: Holders,
    why: &'static str,
}

enum Holders {
    Only(&'static [&'static str]),
    Not(&'static [&'static str]),
}

const CONFINED: &[Confined] = &[
    Confined {
        prefix: "oxc",
        // The developers' tasks rewrite source text by its tree; they are never shipped.
        rule: Holders::Only(&["portcullis-source", "xtask"]),
        why: "the types of oxc do not leave `portcullis-source`: hand out an owned summary",
    },
    Confined {
        prefix: "hyper",
        rule: Holders::Only(&["portcullis-guard", "portcullis-actions"]),
        why: "gates know `http` and `bytes` only: servers live in `portcullis-guard` and `portcullis-actions`",
    },
    Confined {
        prefix: "axum",
        rule: Holders::Only(&["portcullis-actions", "acme-axum"]),
        why: "gates know `http` and `bytes` only: servers live in `portcullis-guard` and `portcullis-actions`",
    },
    Confined {
        prefix: "redb",
        rule: Holders::Only(&["portcullis-store"]),
        why: "files and connections of the gate are opened in `portcullis-store`: ask one of its traits",
    },
    Confined {
        prefix: "redis",
        rule: Holders::Only(&["portcullis-store"]),
        why: "files and connections of the gate are opened in `portcullis-store`: ask one of its traits",
    },
    Confined {
        prefix: "serde",
        rule: Holders::Not(&["portcullis-model"]),
        why: "the types of `portcullis-model` are not serializable: give the output format its own copy",
    },
    Confined {
        prefix: "anyhow",
        rule: Holders::Only(&["portcullis", "xtask"]),
        why: "a library has its own error enum: one variant for each cause that a caller treats differently",
    },
];

/// Dependencies between our crates follow the table.
pub(super) fn allowed_edges(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in crates(repository) {
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == member.name) else {
            let message = format!(
                "add `{}` to the code map of ARCHITECTURE.md and to {TABLE}",
                member.name
            );
            problems.push(Problem::of_file(member.path, message));
            continue;
        };
        for dependency in member.dependencies() {
            let ours = EDGES.iter().any(|(name, _)| *name == dependency.name);
            // Tests may build a whole pipeline; what ships may not.
            let in_tests = dependency.dev;
            if ours && !in_tests && !allowed.contains(&dependency.name.as_str()) {
                let message = format!(
                    "`{}` must not use `{}`; if it has to, change ARCHITECTURE.md and {TABLE} together",
                    member.name, dependency.name
                );
                problems.push(Problem::of_file(member.path, message));
            }
        }
    }
    problems
}

const TABLE: &str = "`EDGES` in xtask/src/tidy/edges.rs";

/// Libraries with a fixed place are used there only, in manifests and in code.
pub(super) fn confined_libraries(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in crates(repository) {
        let folder = member.path.trim_end_matches("Cargo.toml");
        for library in CONFINED {
            let refused = match library.rule {
                Holders::Only(holders) => !holders.contains(&member.name.as_str()),
                Holders::Not(holders) => holders.contains(&member.name.as_str()),
            };
            if !refused {
                continue;
            }
            for dependency in member
                .dependencies()
                .iter()
                .filter(|one| one.name.starts_with(library.prefix))
            {
                problems.push(Problem::of_file(
                    member.path,
                    format!("drop `{}`: {}", dependency.name, library.why),
                ));
            }
            // Code can name a library without a line in the manifest: through a re-export.
            for (path, text) in repository.below(folder, ".rs") {
                for (index, line) in text.lines().enumerate() {
                    if uses(line, library.prefix) {
                        problems.push(Problem::at(path, index + 1, library.why));
                    }
                }
            }
        }
    }
    problems
}

/// Whether a line starts with `use` or `pub use` of a library whose name starts with `prefix`.
fn uses(line: &str, prefix: &str) -> bool {
    let line = line.trim_start();
    let path = line
        .split_once("use ")
        .filter(|(before, _)| before.is_empty() || before.starts_with("pub"));
    path.is_some_and(|(_, path)| path.trim_start_matches("::").starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::super::assert_problems;
    use super::{allowed_edges, confined_libraries};

    #[test]
    fn an_edge_outside_the_table_is_refused() {
        let report = "[package]\nname = \"portcullis-report\"\n[dependencies]\nportcullis-model = {}\n";
        assert_problems(allowed_edges, &[("crates/scan/report/Cargo.toml", report)], &[]);

        let direct = format!("{report}portcullis-source.workspace = true\n");
        let renamed = format!("{report}input = {{ package = \"portcullis-source\" }}\n");
        let targeted = format!("{report}[target.'cfg(unix)'.dependencies]\nportcullis-source = {{}}\n");
        let dev = format!("{report}[dev-dependencies]\nportcullis-source = {{}}\n");
        assert_problems(allowed_edges, &[("crates/scan/report/Cargo.toml", &dev)], &[]);
        for manifest in [direct, renamed, targeted] {
            assert_problems(
                allowed_edges,
                &[("crates/scan/report/Cargo.toml", &manifest)],
                &["crates/scan/report/Cargo.toml: `portcullis-report` must not use `portcullis-source`"],
            );
        }
    }

    #[test]
    fn a_crate_without_a_row_is_refused() {
        let manifest = "[package]\nname = \"portcullis-extra\"\n";
        let expected = "crates/extra/Cargo.toml: add `portcullis-extra` to the code map";
        assert_problems(allowed_edges, &[("crates/extra/Cargo.toml", manifest)], &[expected]);
    }

    #[test]
    fn oxc_stays_in_source() {
        let source = "[package]\nname = \"portcullis-source\"\n[dependencies]\noxc_parser = \"1\"\n";
        let code = "//! Parses.\nuse oxc_parser::Parser;\n";
        let files = [
            ("crates/scan/source/Cargo.toml", source),
            ("crates/scan/source/src/lib.rs", code),
        ];
        assert_problems(confined_libraries, &files, &[]);

        let rules = source.replace("portcullis-source", "portcullis-rules");
        let files = [
            ("crates/scan/rules/Cargo.toml", rules.as_str()),
            ("crates/scan/rules/src/lib.rs", code),
        ];
        assert_problems(
            confined_libraries,
            &files,
            &[
                "crates/scan/rules/Cargo.toml: drop `oxc_parser`",
                "crates/scan/rules/src/lib.rs:2: the types of oxc",
            ],
        );
    }

    #[test]
    fn the_model_has_no_serde_and_a_library_no_anyhow() {
        let model = "[package]\nname = \"portcullis-model\"\n[dependencies]\nserde = \"1\"\nanyhow = \"1\"\n";
        let code = "//! Words.\npub use serde::Serialize;\n";
        assert_problems(
            confined_libraries,
            &[("crates/model/Cargo.toml", model), ("crates/model/src/lib.rs", code)],
            &[
                "crates/model/Cargo.toml: drop `serde`",
                "crates/model/src/lib.rs:2: the types of `portcullis-model`",
                "crates/model/Cargo.toml: drop `anyhow`",
            ],
        );
    }
}

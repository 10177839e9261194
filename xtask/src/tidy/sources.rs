//! What every Rust file has to keep to, and the one rule for all text: it names no path of somebody's machine.

use super::Problem;
use crate::repository::{Repository, stem};

/// Above this, tests excluded, the header says why the file is long.
const LONG: usize = 500;
/// Above this, tests included, the file is split.
const LONGEST: usize = 800;
/// The words that introduce the reason.
const REASON: &str = "Long because";

/// Each file says first what it decides.
pub(super) fn module_headers(repository: &Repository) -> Vec<Problem> {
    let without = repository
        .below("", ".rs")
        .filter(|(_, text)| !text.starts_with("//! "));
    let message = "start the file with a `//!` paragraph: what it decides, and what it does not";
    without.map(|(path, _)| Problem::at(path, 1, message)).collect()
}

/// Files stay readable in one sitting.
pub(super) fn file_lengths(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in repository.below("", ".rs") {
        let lines = text.lines().count();
        let code = text
            .lines()
            .take_while(|line| line.trim_start() != "#[cfg(test)]")
            .count();
        let code = if path.contains("/tests/") { 0 } else { code };
        let header = text.lines().take_while(|line| line.starts_with("//!"));
        let explained = header.into_iter().any(|line| line.contains(REASON));
        if lines > LONGEST {
            problems.push(Problem::of_file(
                path,
                format!("split the file: {lines} lines, and {LONGEST} is the cap"),
            ));
        } else if code > LONG && !explained {
            let message = format!("split the file, or say in its header `{REASON} ...`: {code} lines without tests");
            problems.push(Problem::of_file(path, message));
        }
    }
    problems
}

/// A shared function lives under the noun that it serves.
pub(super) fn file_names(repository: &Repository) -> Vec<Problem> {
    const REFUSED: &[&str] = &["common", "helper", "helpers", "misc", "util", "utils"];
    let message = "name the file after the noun that it serves";
    let files = repository.below("", ".rs").map(|(path, _)| path);
    let refused = |path: &&str| {
        REFUSED.contains(&stem(path)) || path.split('/').rev().skip(1).any(|folder| REFUSED.contains(&folder))
    };
    files
        .filter(refused)
        .map(|path| Problem::of_file(path, message))
        .collect()
}

/// Code that is not finished, tests that do not run, and lints that are off without a reason.
/// The patterns are put together here so that this file does not contain them.
const UNFINISHED: &[(&str, &str)] = &[
    (concat!("#[al", "low("), "write `#[expect(lint, reason = \"...\")]`"),
    (concat!("#![al", "low("), "write `#![expect(lint, reason = \"...\")]`"),
    (
        concat!("to", "do!("),
        "finish it, or return an error that says what is missing",
    ),
    (
        concat!("unimple", "mented!("),
        "finish it, or return an error that says what is missing",
    ),
    (concat!("d", "bg!("), "take the debugging aid out"),
    (
        concat!("#[ig", "nore"),
        "run the test: pin wrong behaviour with a comment, or delete the test",
    ),
];

/// Nothing half done is committed. Comments may speak of it.
pub(super) fn unfinished_code(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in repository.below("", ".rs") {
        for (index, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for (pattern, advice) in UNFINISHED {
                if line.contains(pattern) {
                    let pattern = pattern.trim_end_matches('(');
                    problems.push(Problem::at(path, index + 1, format!("no `{pattern}`: {advice}")));
                }
            }
        }
    }
    problems
}

/// Clippy refuses the maps of `std` where it runs; this also covers code behind a feature or another target,
/// and manifests that do not inherit the lints.
pub(super) fn random_order(repository: &Repository) -> Vec<Problem> {
    let message = "take `BTreeMap` or `BTreeSet`, or those of `rustc_hash` where nothing iterates: \
                   the order of the maps of `std` is random";
    let mut problems = Vec::new();
    for (path, text) in repository.below("", ".rs") {
        let mut in_group = false;
        for (index, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            let collections = line.find("collections::").map(|at| line.get(at..).unwrap_or_default());
            in_group |= collections.is_some_and(|rest| rest.starts_with("collections::{"));
            let names = if in_group { Some(line) } else { collections };
            if names.is_some_and(|names| mentions(names, "HashMap") || mentions(names, "HashSet")) {
                problems.push(Problem::at(path, index + 1, message));
            }
            in_group &= !line.contains('}');
        }
    }
    problems
}

/// Whether `word` stands in `line` and is not a part of a longer name, as in `FxHashMap`.
fn mentions(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        let in_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        !before.is_some_and(in_name) && !after.is_some_and(in_name)
    })
}

/// Starts of paths that exist on one machine only. Put together here so that this file does not contain them.
const MACHINE: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("/tmp/", "bash_jobs"),
    concat!(".lib", "rary/"),
    concat!("C:\\Us", "ers\\"),
];

/// A path of somebody's machine means nothing to a reader, and may tell what should stay private.
pub(super) fn machine_paths(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in repository.texts() {
        for (index, line) in text.lines().enumerate() {
            for start in MACHINE {
                // `app/home/page.tsx` and `@/work/x` are paths within a project.
                let absolute = line.match_indices(start).any(|(at, _)| {
                    let before = line.get(..at).and_then(|text| text.chars().next_back());
                    !before.is_some_and(|letter| letter.is_alphanumeric() || "._-@~)]}".contains(letter))
                });
                if absolute {
                    let message = format!("write a path within the repository instead of `{start}...`");
                    problems.push(Problem::at(path, index + 1, message));
                }
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::assert_problems;
    use super::{
        LONG, LONGEST, file_lengths, file_names, machine_paths, module_headers, random_order, unfinished_code,
    };

    #[test]
    fn a_file_starts_with_a_header() {
        assert_problems(module_headers, &[("a.rs", "//! Decides.\n"), ("a.ts", "let a;\n")], &[]);
        assert_problems(
            module_headers,
            &[("a.rs", "use x;\n//! Late.\n"), ("b.rs", "")],
            &["a.rs:1: ", "b.rs:1: "],
        );
    }

    #[test]
    fn a_long_file_says_why_and_the_longest_is_split() {
        let file = |header: &str, code: usize, tests: usize| {
            format!(
                "{header}\n{}#[cfg(test)]\n{}",
                "x\n".repeat(code - 1),
                "y\n".repeat(tests - 1)
            )
        };
        let check = |text: &str, expected: &[&str]| {
            assert_problems(file_lengths, &[("a.rs", text)], expected);
        };
        let tests = file("//! Tests.", LONG + 1, 1);
        assert_problems(file_lengths, &[("crates/x/tests/a.rs", &tests)], &[]);
        check(&file("//! Short.", LONG, LONGEST - LONG), &[]);
        check(
            &file("//! Short.", LONG + 1, 1),
            &["a.rs: split the file, or say in its header"],
        );
        check(&file("//! Long because it is one table.", LONG + 1, 1), &[]);
        check(
            &file("//! Long because it is one table.", LONGEST, 1),
            &["a.rs: split the file: 801 lines"],
        );
    }

    #[test]
    fn a_file_is_named_after_a_noun() {
        let good = [("src/rate.rs", ""), ("src/common_ground.rs", ""), ("lib/utils.ts", "")];
        assert_problems(file_names, &good, &[]);
        let bad = [("src/common/rate.rs", ""), ("src/utils.rs", "")];
        assert_problems(file_names, &bad, &["src/common/rate.rs: ", "src/utils.rs: "]);
    }

    #[test]
    fn nothing_is_half_done() {
        assert_problems(
            unfinished_code,
            &[("a.rs", concat!("// no to", "do!() here\n#[expect(x)]\n"))],
            &[],
        );
        let bad = concat!(
            "#[al",
            "low(x)]\n#![al",
            "low(x)]\nto",
            "do!();\nunimple",
            "mented!();\nd",
            "bg!(x);\n#[ig",
            "nore]\n"
        );
        let expected = ["a.rs:1: ", "a.rs:2: ", "a.rs:3: ", "a.rs:4: ", "a.rs:5: ", "a.rs:6: "];
        assert_problems(unfinished_code, &[("a.rs", bad)], &expected);
    }

    #[test]
    fn the_maps_of_std_are_refused_and_others_are_not() {
        let good = "use rustc_hash::FxHashMap;\nuse std::collections::BTreeMap;\n";
        assert_problems(random_order, &[("a.rs", good)], &[]);
        let bad = concat!(
            "use std::collections::Hash",
            "Map;\nuse std::collections::{\n    BTreeMap,\n    Hash",
            "Set,\n};\n",
            "type T = std::collections::Hash",
            "Map<u8, u8>;\n"
        );
        assert_problems(random_order, &[("a.rs", bad)], &["a.rs:1: ", "a.rs:4: ", "a.rs:6: "]);
    }

    #[test]
    fn paths_of_a_machine_are_refused_and_those_of_a_project_are_not() {
        let good = "app/home/page.tsx\nimport x from '@/work/x';\n/homework/\n";
        assert_problems(machine_paths, &[("a.md", good)], &[]);
        let bad = concat!("see /ho", "me/me/x\n`/wo", "rk/x`\ncd /tmp/", "bash_jobs.1\n");
        assert_problems(machine_paths, &[("a.md", bad)], &["a.md:1: ", "a.md:2: ", "a.md:3: "]);
    }
}

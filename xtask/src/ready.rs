//! `cargo xtask ready`: everything that must hold before a push. CI runs this and the tests, and nothing else.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::{codegen, tidy};

/// How a step ended.
enum Outcome {
    Passed,
    Failed,
    /// It could not run here, and why. This is said, and does not fail.
    Skipped(&'static str),
}

type Step = (&'static str, fn(&Path) -> Result<Outcome>);

const STEPS: &[Step] = &[
    ("fmt", |root| cargo(root, &["fmt", "--all", "--check"])),
    ("tidy", |root| tidy::run(root).map(outcome)),
    ("codegen", |root| codegen::check(root).map(outcome)),
    ("clippy", |root| {
        cargo(
            root,
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "--deny",
                "warnings",
            ],
        )
    }),
    ("doc", |root| {
        cargo(
            root,
            &[
                "doc",
                "--workspace",
                "--no-deps",
                "--document-private-items",
                "--locked",
            ],
        )
    }),
    ("deny", deny),
    ("advisories", advisories),
];

const TEST: Step = ("test", |root| cargo(root, &["test", "--workspace", "--locked"]));

/// Runs every step also after one failed, and closes with a line for each.
pub(crate) fn run(root: &Path, with_tests: bool) -> Result<bool> {
    let mut verdict = Vec::new();
    let mut passed = true;
    for (name, step) in STEPS.iter().chain(with_tests.then_some(&TEST)) {
        println!("--- {name}");
        let started = Instant::now();
        let word = match step(root)? {
            Outcome::Passed => "ok".to_owned(),
            Outcome::Failed => {
                passed = false;
                "FAILED".to_owned()
            }
            Outcome::Skipped(reason) => format!("skipped: {reason}"),
        };
        verdict.push(format!("{name:<10} {word} ({:.1} s)", started.elapsed().as_secs_f64()));
    }
    println!("---\n{}", verdict.join("\n"));
    Ok(passed)
}

fn outcome(passed: bool) -> Outcome {
    if passed { Outcome::Passed } else { Outcome::Failed }
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<Outcome> {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(root);
    if arguments.contains(&"doc") {
        // Private items are documented too, so links to them are fine.
        let flags = "--deny warnings --allow rustdoc::private_intra_doc_links";
        command.env("RUSTDOCFLAGS", flags);
    }
    let status = command.status().context("cannot run cargo")?;
    Ok(outcome(status.success()))
}

fn has_cargo_deny() -> bool {
    let mut command = Command::new("cargo");
    command
        .args(["deny", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

const NO_CARGO_DENY: Outcome = Outcome::Skipped("install it with `cargo install cargo-deny --locked`");

/// Licences, refused crates and sources need the packages, and nothing else from the network.
fn deny(root: &Path) -> Result<Outcome> {
    if !has_cargo_deny() {
        return Ok(NO_CARGO_DENY);
    }
    // Offline, cargo-deny needs the packages of every target; a build fetched those of this one.
    if let Outcome::Failed = cargo(root, &["fetch", "--locked", "--quiet"])? {
        return Ok(Outcome::Failed);
    }
    let arguments = ["deny", "--offline", "--locked", "check", "bans", "licenses", "sources"];
    cargo(root, &arguments)
}

/// Known vulnerabilities need the advisory database, which only some machines can fetch.
fn advisories(root: &Path) -> Result<Outcome> {
    if !has_cargo_deny() {
        return Ok(NO_CARGO_DENY);
    }
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    // A fetch that failed leaves the folder with a lock in it.
    let databases = home.and_then(|home| std::fs::read_dir(home.join("advisory-dbs")).ok());
    if !databases.is_some_and(|mut entries| entries.any(|entry| entry.is_ok_and(|entry| entry.path().is_dir()))) {
        return Ok(Outcome::Skipped(
            "no advisory database; `cargo deny fetch` gets it where the network allows",
        ));
    }
    cargo(root, &["deny", "--offline", "--locked", "check", "advisories"])
}

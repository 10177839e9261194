//! Tasks of the developers: `cargo xtask NAME`.
//!
//! This file reads the arguments and picks the task. What a task does stands in the module of its name.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developers' tool: what it prints is all that it is for"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tasks read the work tree, the environment and the clock; nothing here is part of the product"
)]

mod codegen;
mod corpus;
mod mutate;
mod new_rule;
mod ready;
mod repository;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

const USAGE: &str = "\
usage: cargo xtask TASK

  new-rule NAME      start a rule: its file, its page, its line in the registry
  tidy               check what a machine can check of ARCHITECTURE.md and CONTRIBUTING.md
  codegen [--check]  write the generated files; with --check, fail if one is out of date
  corpus [DIR]       scan every project below DIR or $PORTCULLIS_CORPUS, one after the other
  mutate [TREE]...   take protections out of careful code, one at a time, and count what scan finds
  ready [--no-test]  everything that must hold before a push";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Exit codes as those of the product: 0 fine, 1 the task found something, 2 it could not run.
fn run(arguments: &[&str]) -> Result<ExitCode> {
    let root = root()?;
    let passed = match arguments {
        ["new-rule", name] => new_rule::run(&root, name)?,
        ["tidy"] => tidy::run(&root)?,
        ["codegen"] => codegen::write(&root)?,
        ["codegen", "--check"] => codegen::check(&root)?,
        ["corpus"] => corpus::run(&root, None)?,
        ["corpus", folder] => corpus::run(&root, Some(Path::new(folder)))?,
        ["mutate", options @ ..] => mutate::run(&root, &mutate::Options::read(options)?)?,
        ["ready"] => ready::run(&root, true)?,
        ["ready", "--no-test"] => ready::run(&root, false)?,
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            true
        }
        _ => bail!("no task `{}`\n\n{USAGE}", arguments.join(" ")),
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The root of the work tree: the folder above this crate's.
fn root() -> Result<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
    let root = Path::new(&manifest)
        .parent()
        .context("the crate xtask stands in no folder")?;
    Ok(root.to_path_buf())
}

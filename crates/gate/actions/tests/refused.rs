//! What must not compile, and what the compiler says about it. Each case is a file of the folder `refused`: its lines
//! `//! expect: ...` stand in its errors, and a case without one compiles. All cases are checked by one run of cargo.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the cases are files")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A package with each case as a program of its own. It stays in the target folder, so that only the first run builds
/// its dependencies.
fn package(cases: &[PathBuf]) -> PathBuf {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("refused");
    let programs = package.join("src/bin");
    if programs.exists() {
        std::fs::remove_dir_all(&programs).unwrap();
    }
    std::fs::create_dir_all(&programs).unwrap();
    let this = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = format!(
        "[package]\nname = \"refused\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         portcullis-actions = {{ path = {:?} }}\ngarde = {{ version = \"0.23\", default-features = false, features = [\"derive\"] }}\n",
        this.display().to_string()
    );
    std::fs::write(package.join("Cargo.toml"), manifest).unwrap();
    std::fs::copy(this.join("../../../Cargo.lock"), package.join("Cargo.lock")).unwrap();
    let shared = this.join("tests/refused_parts/app.rs");
    for case in cases {
        std::fs::copy(case, programs.join(case.file_name().unwrap())).unwrap();
    }
    std::fs::create_dir_all(package.join("src/refused_parts")).unwrap();
    std::fs::copy(shared, package.join("src/refused_parts/app.rs")).unwrap();
    package
}

/// The errors of each case.
fn errors(package: &Path) -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "check",
            "--offline",
            "--bins",
            "--keep-going",
            "--quiet",
            "--message-format=json",
        ])
        .arg("--manifest-path")
        .arg(package.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let mut errors: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut programs = 0;
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        programs += usize::from(message["target"]["kind"][0] == "bin");
        if message["reason"] == "compiler-message" && message["message"]["level"] == "error" {
            let name = message["target"]["name"].as_str().unwrap().to_owned();
            let text = message["message"]["rendered"].as_str().unwrap().to_owned();
            errors.entry(name).or_default().push(text);
        }
    }
    assert!(
        programs > 0,
        "cargo said nothing:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    errors
}

#[test]
fn mistakes_do_not_compile_and_are_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused");
    let cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let mut errors = errors(&package(&cases));
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case.file_stem().unwrap().to_str().unwrap();
        let source = std::fs::read_to_string(case).unwrap();
        let expected: Vec<&str> = source
            .lines()
            .filter_map(|line| line.strip_prefix("//! expect: "))
            .collect();
        let found: Vec<String> = errors.remove(name).unwrap_or_default();
        let found: Vec<String> = found
            .into_iter()
            .filter(|text| !text.starts_with("error: aborting"))
            .collect();
        let all = found.join("\n");
        if expected.is_empty() != found.is_empty() || !expected.iter().all(|text| all.contains(text)) {
            wrong.push(format!("{name}: expected {expected:?}, and the compiler says:\n{all}"));
        }
        // One mistake is one error, at however many places.
        let first: BTreeSet<&str> = found.iter().filter_map(|text| text.lines().next()).collect();
        if first.len() > 1 {
            wrong.push(format!(
                "{name}: {} errors for one mistake:\n{}",
                first.len(),
                first.into_iter().collect::<Vec<_>>().join("\n")
            ));
        }
    }
    assert!(cases.len() > 10);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! `cargo xtask corpus`: what scan says about real projects. Nothing is downloaded and nothing is run but scan
//! itself; one project after the other, so that the times mean something.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use wait4::Wait4 as _;

/// What one scan took and said.
struct Row {
    name: String,
    files: u64,
    endpoints: usize,
    /// Endpoints by the state of their authentication: proven, absent, unknown, not needed.
    authentication: [usize; 4],
    seconds: f64,
    peak_megabytes: u64,
}

const STATES: [&str; 4] = ["proven", "absent", "unknown", "not-needed"];

/// Scans every folder in `folder`, or in `$PORTCULLIS_CORPUS`. A project that cannot be scanned fails the task.
pub(crate) fn run(root: &Path, folder: Option<&Path>) -> Result<bool> {
    let folder = match folder {
        Some(folder) => folder.to_path_buf(),
        None => match std::env::var_os("PORTCULLIS_CORPUS") {
            Some(folder) => PathBuf::from(folder),
            None => bail!("name a folder of projects, or set PORTCULLIS_CORPUS"),
        },
    };
    let projects = projects(&folder)?;
    ensure!(!projects.is_empty(), "`{}` holds no folder", folder.display());

    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    let status = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--locked", "--package", "portcullis"])
        .current_dir(root)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "portcullis does not build");
    let binary = target.join("release/portcullis");
    let results = target.join("corpus");
    std::fs::create_dir_all(&results)?;

    println!(
        "| project | files | endpoints | {} | seconds | peak MB |",
        STATES.join(" | ")
    );
    println!("| --- |{}", " ---: |".repeat(STATES.len() + 4));
    let mut failed = 0;
    for project in &projects {
        match scan(&binary, project, &results) {
            Ok(row) => println!("{}", row.cells()),
            Err(error) => {
                failed += 1;
                println!("| {} | failed: {error:#} |", name(project));
            }
        }
    }
    println!(
        "\n{} projects, {failed} failed; results in {}",
        projects.len(),
        results.display()
    );
    Ok(failed == 0)
}

/// The folders in `folder`, sorted. Hidden ones hold no project.
fn projects(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
    let mut projects = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && !name(&path).starts_with('.') {
            projects.push(path);
        }
    }
    projects.sort();
    Ok(projects)
}

fn name(project: &Path) -> String {
    project.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn scan(binary: &Path, project: &Path, results: &Path) -> Result<Row> {
    let name = name(project);
    let output = results.join(format!("{name}.json"));
    let started = Instant::now();
    let child = Command::new(binary)
        .args(["scan", "--format", "json"])
        .current_dir(project)
        .stdin(Stdio::null())
        .stdout(File::create(&output)?)
        .stderr(File::create(results.join(format!("{name}.log")))?)
        .spawn()
        .with_context(|| format!("cannot run `{}`", binary.display()))?;
    let used = child.wait4()?;
    let seconds = started.elapsed().as_secs_f64();
    // 1 says that there are findings.
    let code = used.status.code();
    ensure!(matches!(code, Some(0 | 1)), "exit code {code:?}, see {name}.log");
    let text = std::fs::read_to_string(&output)?;
    let scan: Value = serde_json::from_str(&text).context("the output is no JSON")?;
    read(name, &scan, seconds, used.rusage.maxrss / 1_000_000)
}

/// Takes the figures from version 1 of the JSON format.
fn read(name: String, scan: &Value, seconds: f64, peak_megabytes: u64) -> Result<Row> {
    ensure!(
        scan.get("version") == Some(&Value::from(1)),
        "the output is not version 1"
    );
    let files = scan
        .pointer("/project/files")
        .and_then(Value::as_u64)
        .context("the output has no `project.files`")?;
    let endpoints = scan
        .get("endpoints")
        .and_then(Value::as_array)
        .context("the output has no `endpoints`")?;
    let in_state = |state: &str| {
        let states = endpoints
            .iter()
            .map(|endpoint| endpoint.pointer("/protections/authentication/state"));
        states
            .filter(|found| found.and_then(Value::as_str) == Some(state))
            .count()
    };
    let authentication = STATES.map(in_state);
    Ok(Row {
        name,
        files,
        endpoints: endpoints.len(),
        authentication,
        seconds,
        peak_megabytes,
    })
}

impl Row {
    fn cells(&self) -> String {
        let states = self.authentication.map(|count| count.to_string()).join(" | ");
        format!(
            "| {} | {} | {} | {states} | {:.2} | {} |",
            self.name, self.files, self.endpoints, self.seconds, self.peak_megabytes
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{projects, read};

    fn endpoint(state: &str) -> Value {
        json!({"protections": {"authentication": {"state": state}}})
    }

    #[test]
    fn figures_come_from_the_output() {
        let scan = json!({
            "version": 1,
            "project": {"files": 214},
            "endpoints": [endpoint("proven"), endpoint("absent"), endpoint("proven"), endpoint("not-needed")],
        });
        let row = read("shop".to_owned(), &scan, 0.414, 87).unwrap();
        assert_eq!(row.cells(), "| shop | 214 | 4 | 2 | 1 | 0 | 1 | 0.41 | 87 |");
    }

    #[test]
    fn another_version_is_refused() {
        let scan = json!({"version": 2, "project": {"files": 1}, "endpoints": []});
        assert!(read("shop".to_owned(), &scan, 0.1, 1).is_err());
    }

    #[test]
    fn projects_are_the_visible_folders_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a", ".git"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("notes.md"), "").unwrap();
        assert_eq!(
            projects(folder.path()).unwrap(),
            [folder.path().join("a"), folder.path().join("b")]
        );
    }
}

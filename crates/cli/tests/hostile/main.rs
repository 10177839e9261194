//! Projects that somebody built to stop a scan: too deep, too large, too strange, or endless.
//!
//! Whatever a project holds, the scan ends, within bounds, with exit code 0 under `--exit-zero`; the action beside the
//! hostile code is reported, and what was not analysed is named. Every case runs the real binary, as a stack overflow
//! would take a test process with it.

mod files;
mod growth;
mod links;
mod nesting;
mod seeds;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// How long one scan may take, in polls of 20 ms: debug builds on a busy machine need a generous limit.
const POLLS: u32 = 300 * 50;
/// Resident memory that no scan here needs, in kB.
const MEMORY: u64 = 500_000;

/// The head of an action file whose effect the scan knows.
const HEAD: &str = "'use server';\nimport fs from 'node:fs/promises';\n";
/// The effect that a stranger reaches.
const WRITE: &str = "await fs.writeFile('x', String(a));";

/// An action file: `body`, then the effect.
fn action(body: &str) -> String {
    format!("{HEAD}export async function deep(a) {{\n{body}\n{WRITE}\n}}\n")
}

/// A Next.js project with one healthy action.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> std::io::Result<Self> {
        let project = Self(tempfile::tempdir()?);
        project.write("package.json", r#"{"dependencies": {"next": "16.0.0"}}"#)?;
        let healthy = format!("{HEAD}export async function healthy(a) {{ {WRITE} }}\n");
        project.write("app/healthy.ts", healthy)?;
        Ok(project)
    }

    fn with(name: &str, text: impl AsRef<[u8]>) -> std::io::Result<Self> {
        let project = Self::new()?;
        project.write(name, text)?;
        Ok(project)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> std::io::Result<()> {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::write(path, text)
    }

    fn scan(&self, format: &str) -> std::io::Result<Ran> {
        let output = tempfile::NamedTempFile::new()?;
        let errors = tempfile::NamedTempFile::new()?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["scan", ".", "--exit-zero", "--color", "never", "--format", format])
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(output.reopen()?)
            .stderr(errors.reopen()?)
            .spawn()?;
        let end = watch(&mut child)?;
        Ok(Ran {
            end,
            stdout: read(output.path())?,
            stderr: read(errors.path())?,
        })
    }

    /// The JSON report, where the scan went well and saw the healthy action.
    fn report(&self) -> Result<Value, String> {
        let ran = self.scan("json").map_err(|error| error.to_string())?;
        ran.went_well()?;
        let report: Value = serde_json::from_str(&ran.stdout).map_err(|error| error.to_string())?;
        match state(&report, "app/healthy.ts#healthy") {
            Some("absent") => Ok(report),
            other => Err(format!("the healthy action is {other:?}")),
        }
    }

    /// The names of the diagnostics of a file, in the two formats that show them.
    fn diagnostics(&self, file: &str) -> Result<Vec<String>, String> {
        let ran = self.scan("sarif").map_err(|error| error.to_string())?;
        ran.went_well()?;
        let report: Value = serde_json::from_str(&ran.stdout).map_err(|error| error.to_string())?;
        let all = report.pointer("/runs/0/invocations/0/toolExecutionNotifications");
        let of_file = all
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|notification| {
                let uri = notification.pointer("/locations/0/physicalLocation/artifactLocation/uri");
                uri.and_then(Value::as_str) == Some(file)
            });
        let ids = of_file.filter_map(|notification| notification.pointer("/descriptor/id").and_then(Value::as_str));
        // An undecided protection is told beside what could not be read.
        let ids = ids.filter(|&id| id != "undecided");
        Ok(ids.map(str::to_owned).collect())
    }
}

/// How a scan ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// With this code; none after a signal.
    Exit(Option<i32>),
    TookTooLong,
    TookTooMuchMemory(u64),
}

#[derive(Debug)]
struct Ran {
    end: End,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn went_well(&self) -> Result<(), String> {
        if self.end == End::Exit(Some(0)) {
            return Ok(());
        }
        let tail: String = self.stderr.chars().take(300).collect();
        Err(format!("{:?}: {tail}", self.end))
    }
}

fn watch(child: &mut Child) -> std::io::Result<End> {
    let mut end = End::TookTooLong;
    for _ in 0..POLLS {
        // Read before the wait: a process that has been waited for has no status left.
        let peak = peak_memory(child.id());
        if let Some(status) = child.try_wait()? {
            return Ok(End::Exit(status.code()));
        }
        if peak > MEMORY {
            end = End::TookTooMuchMemory(peak);
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()?;
    Ok(end)
}

/// In kB. Nothing where there is no `/proc`: there the limit of time has to do.
fn peak_memory(process: u32) -> u64 {
    let status = read(Path::new(&format!("/proc/{process}/status"))).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What is known of the authentication of an endpoint.
fn state<'report>(report: &'report Value, name: &str) -> Option<&'report str> {
    let endpoints = report.get("endpoints")?.as_array()?;
    let endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.get("name").and_then(Value::as_str) == Some(name))?;
    endpoint.pointer("/protections/authentication/state")?.as_str()
}

/// `count` pieces, one after the other.
fn each(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).fold(String::new(), |text, piece| text + &piece)
}

/// Fails with every case that went wrong, not with the first.
fn all_well(failures: &[String]) {
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

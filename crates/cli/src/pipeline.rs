//! The way through scan: from a project's root to everything that a report may show.

use std::path::Path;

use portcullis_model::{Confidence, RuleMeta, Scan, Severity};
use portcullis_policy::{Config, ConfigError};

use crate::baseline::Baseline;
use crate::progress::{Progress, Stage};
use crate::scope;

/// What the command line says about findings. Names of rules are known to exist.
#[derive(Debug, Clone)]
#[expect(dead_code, reason = "the rules take them")]
pub(crate) struct Settings {
    /// Run these alone; all if empty.
    pub(crate) rules: Vec<String>,
    /// Do not run these.
    pub(crate) no_rules: Vec<String>,
    /// Hold back findings that are less sure.
    pub(crate) confidence: Confidence,
    /// Comments in the code hold nothing back.
    pub(crate) no_ignores: bool,
    /// Hold back the findings that are recorded here.
    pub(crate) baseline: Option<Baseline>,
}

/// Why there is no scan. What is wrong with single files is in the scan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PipelineError {
    /// Entries of the catalog in the configuration do not make sense.
    #[error("the configuration is broken")]
    #[expect(dead_code, reason = "the catalog gives them")]
    Config(Vec<ConfigError>),
    /// There is nothing of Next.js in the directory.
    #[error("there is no Next.js code here")]
    NoNextCode,
}

/// Every rule, in the order of lists.
pub(crate) fn rules() -> &'static [RuleMeta] {
    RULES
}

/// Analyses the project at `root`, and keeps what lies in one of the `only` paths.
pub(crate) fn run(
    root: &Path,
    only: &[String],
    config: &Config,
    settings: &Settings,
    progress: &Progress,
) -> Result<Scan, PipelineError> {
    progress.begin(Stage::Reading, 0);
    let scan = analyse(root, config, settings);
    if scan.next_version.is_none() && scan.endpoints.is_empty() {
        return Err(PipelineError::NoNextCode);
    }
    Ok(scope::restrict(scan, only))
}

fn analyse(root: &Path, _config: &Config, _settings: &Settings) -> Scan {
    Scan {
        next_version: next_version(root),
        rules: RULES.iter().map(|rule| rule.id).collect(),
        ..Scan::default()
    }
}

fn next_version(root: &Path) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads files")]
    let text = std::fs::read_to_string(root.join("package.json")).ok()?;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(
        package
            .get("dependencies")?
            .get("next")?
            .as_str()?
            .to_owned(),
    )
}

const RULES: &[RuleMeta] = &[RuleMeta {
    id: "missing-ownership-check",
    summary: "A signed-in caller picks which record to read or change, and nothing ties the record to the caller.",
    severity: Severity::Critical,
    owasp: &["A01:2021", "A01:2025"],
    cwe: &["CWE-639"],
    page: "# missing-ownership-check\n",
}];

//! The way through scan: from a project's root to everything that a report may show.

use std::path::Path;

use portcullis_catalog::Catalog;
use portcullis_model::{Confidence, RuleMeta, Scan};
use portcullis_policy::{Config, ConfigError, RuleSetting};
use portcullis_rules::Selection;
use portcullis_source::Program;
use portcullis_source::project::{self, LoadError, LoadOptions};

use crate::baseline::Baseline;
use crate::progress::{Progress, Stage};
use crate::scope;

/// What the command line says about findings. Names of rules are known to exist.
#[derive(Debug, Clone)]
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
    /// Findings of one cause are one finding.
    pub(crate) groups: bool,
}

/// Why there is no scan. What is wrong with single files is in the scan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PipelineError {
    /// Entries of the catalog in the configuration do not make sense.
    #[error("the configuration is broken")]
    Config(Vec<ConfigError>),
    /// The project can't be read at all.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// There is nothing of Next.js in the directory.
    #[error("there is no Next.js code here")]
    NoNextCode,
}

/// Every rule, in the order of lists.
pub(crate) fn rules() -> &'static [RuleMeta] {
    portcullis_rules::all()
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
    let options = LoadOptions {
        exclude: config.scan.exclude.clone(),
        ..LoadOptions::default()
    };
    let (catalog, project) = rayon::join(
        || catalog(config),
        || project::load(root, &[], &options, &|_| progress.step()),
    );
    let (catalog, project) = (catalog?, project?);
    let next_version = project.next_version.clone();
    progress.begin(Stage::Linking, project.files.len());
    let program = Program::build(project, &|_| progress.step());
    progress.begin(Stage::Analysing, program.candidates().len());
    let analysis = portcullis_analysis::analyse(&program, &catalog, &config.scan, &|_| progress.step());
    progress.begin(Stage::Checking, 0);
    let files = analysis.project.printable(program.project());
    let checked = portcullis_rules::check(&analysis, &files, &selection(config, settings));
    let scan = Scan {
        next_version,
        files,
        endpoints: analysis.endpoints,
        findings: checked.findings,
        diagnostics: program.diagnostics().to_vec(),
        suppressed: checked.suppressed,
        baselined: checked.baselined,
        below_confidence: checked.below_confidence,
        opaque_calls: analysis.opaque_calls,
        rules: checked.rules,
    };
    // Freeing what a large project takes need not be waited for.
    rayon::spawn(move || drop(program));
    if scan.next_version.is_none() && scan.endpoints.is_empty() {
        return Err(PipelineError::NoNextCode);
    }
    Ok(scope::restrict(scan, only))
}

/// The catalog, with the project's own entries; what is wrong with these points into the configuration.
fn catalog(config: &Config) -> Result<Catalog, PipelineError> {
    Catalog::with_entries(&config.scan.catalog).map_err(|errors| {
        let spans = &config.scan.catalog_spans;
        PipelineError::Config(
            errors
                .into_iter()
                .map(|error| {
                    let position = config.scan.catalog.iter().position(|entry| {
                        entry.get("library").and_then(toml::Value::as_str) == Some(error.library.as_str())
                    });
                    ConfigError {
                        span: position
                            .and_then(|position| spans.get(position))
                            .cloned()
                            .unwrap_or_default(),
                        message: error.message,
                        label: String::new(),
                        help: vec!["the format is that of the catalog's own files".to_owned()],
                    }
                })
                .collect(),
        )
    })
}

fn selection(config: &Config, settings: &Settings) -> Selection {
    let mut selection = Selection {
        only: settings.rules.iter().cloned().collect(),
        without: settings.no_rules.iter().cloned().collect(),
        confidence: settings.confidence,
        no_ignores: settings.no_ignores,
        groups: settings.groups,
        baseline: settings
            .baseline
            .as_ref()
            .map(|baseline| baseline.fingerprints().clone())
            .unwrap_or_default(),
        ..Selection::default()
    };
    for (rule, setting) in &config.scan.rules {
        match setting {
            RuleSetting::Off if !selection.only.contains(rule) => {
                selection.without.insert(rule.clone());
            }
            RuleSetting::Severity(severity) => {
                selection.severities.insert(rule.clone(), *severity);
            }
            RuleSetting::Off | RuleSetting::On => {}
        }
    }
    selection
}

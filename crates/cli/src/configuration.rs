//! Reads the two files that tell a scan what to do: the configuration and the baseline.
//!
//! One that the user names is read wherever it is. One that lies at the root came with the project, which may be
//! anybody's: it is read only if it is a file of the project, because an error would print a part of it.

use std::path::{Path, PathBuf};

use portcullis_policy::{Config, ConfigError, closest};

use crate::baseline::{self, Baseline};
use crate::failure::Failure;
use crate::pipeline;
use crate::target::Target;

/// A configuration, and the file that it comes from.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    /// What it says.
    pub(crate) config: Config,
    path: String,
    text: String,
}

impl Configuration {
    /// Its text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// A failure about places in this file.
    pub(crate) fn failure(&self, errors: Vec<ConfigError>) -> Failure {
        Failure::configuration(&self.path, &self.text, errors)
    }
}

/// The configuration that the user named, or the project's own, or the default.
pub(crate) fn read(named: Option<&Path>, target: &Target) -> Result<Configuration, Failure> {
    let Some((path, shown)) = locate(named, target, portcullis_policy::FILE_NAME)? else {
        return Ok(Configuration::default());
    };
    parsed(text_of(&path)?, &shown)
}

fn parsed(text: String, shown: &Path) -> Result<Configuration, Failure> {
    let shown = shown.display().to_string();
    let config = match portcullis_policy::parse(&text) {
        Ok(config) => config,
        Err(errors) => return Err(Failure::configuration(&shown, &text, errors)),
    };
    let configuration = Configuration {
        config,
        path: shown,
        text,
    };
    let unknown = unknown_rules(&configuration.config);
    if unknown.is_empty() {
        Ok(configuration)
    } else {
        Err(configuration.failure(unknown))
    }
}

fn unknown_rules(config: &Config) -> Vec<ConfigError> {
    let unknown = config
        .scan
        .rule_spans
        .iter()
        .filter(|(name, _)| rule_problem(name).is_some());
    let error = |(name, span): (&String, &std::ops::Range<usize>)| ConfigError {
        span: span.clone(),
        message: format!("unknown rule `{name}`"),
        label: String::new(),
        help: rule_problem(name).into_iter().collect(),
    };
    unknown.map(error).collect()
}

/// What to do about the name of a rule that does not exist; nothing if it does.
pub(crate) fn rule_problem(name: &str) -> Option<String> {
    let rules = pipeline::rules();
    if rules.iter().any(|rule| rule.id == name) {
        return None;
    }
    let meant = closest(name, rules.iter().map(|rule| rule.id));
    Some(meant.map_or_else(
        || "`portcullis rules` lists them all".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    ))
}

/// The baseline that the user named, or the project's own.
pub(crate) fn read_baseline(named: Option<&Path>, target: &Target) -> Result<Option<Baseline>, Failure> {
    let Some((path, shown)) = locate(named, target, baseline::FILE_NAME)? else {
        return Ok(None);
    };
    let baseline = Baseline::parse(&text_of(&path)?).map_err(|problem| {
        Failure::new(format!("`{}` is not a baseline: {problem}", shown.display()))
            .help("write a new one with `portcullis baseline`")
    })?;
    Ok(Some(baseline))
}

/// Where the file is, and how to name it to the user.
fn locate(named: Option<&Path>, target: &Target, name: &str) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
    if let Some(path) = named {
        return Ok(Some((path.to_owned(), path.to_owned())));
    }
    let path = target.root.join(name);
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let inside = std::fs::canonicalize(&path).is_ok_and(|real| real.starts_with(&target.root) && real.is_file());
    if inside {
        return Ok(Some((path, target.shown_file(name))));
    }
    Err(Failure::new(format!(
        "`{}` is not a file of the project",
        target.shown_file(name).display()
    ))
    .help("replace it by a file, or name the one to use on the command line"))
}

pub(crate) fn text_of(path: &Path) -> Result<String, Failure> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads these files")]
    let bytes = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::new(format!("`{}` is not UTF-8", path.display())).help("save it in the UTF-8 encoding"))
}

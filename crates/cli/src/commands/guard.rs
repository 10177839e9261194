//! `portcullis guard`: the reverse proxy, and the diagnosis of its setup.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_guard::{CheckState, LogForm, Options, Overrides, SetupError};

use crate::arguments::{Arguments, GuardArguments, GuardSetup, GuardTask, LogName};
use crate::commands::Verdict;
use crate::failure::Failure;
use crate::{output, terminal};

pub(super) fn run(guard: &GuardArguments, arguments: &Arguments) -> Result<Verdict, Failure> {
    if let Some(GuardTask::Doctor(setup)) = &guard.task {
        return doctor(setup);
    }
    let options = options(&guard.setup)?;
    let form = match guard.log {
        LogName::Human => LogForm::Human,
        LogName::Json => LogForm::Json,
    };
    portcullis_guard::start_log(form, guard.log_requests);
    let quiet = arguments.quiet;
    let started = |summary: &str| {
        if !quiet {
            summary.lines().for_each(terminal::note);
        }
    };
    portcullis_guard::run(options, started).map_err(failure)?;
    Ok(Verdict::Fine)
}

/// Prints what was looked at, one line each; a failed check fails the command.
fn doctor(setup: &GuardSetup) -> Result<Verdict, Failure> {
    let checks = portcullis_guard::diagnose(&options(setup)?).map_err(failure)?;
    let mut text = String::new();
    for check in &checks {
        let word = match check.state {
            CheckState::Fine => "ok     ",
            CheckState::Warning => "warning",
            CheckState::Failed => "FAILED ",
        };
        writeln!(text, "{word} {}", terminal::visible(&check.text)).unwrap_or_default();
        if let Some(help) = &check.help {
            writeln!(text, "        help: {}", terminal::visible(help)).unwrap_or_default();
        }
    }
    output::print(&text, false)?;
    let has_failed = checks.iter().any(|check| check.state == CheckState::Failed);
    Ok(if has_failed { Verdict::Findings } else { Verdict::Fine })
}

fn options(setup: &GuardSetup) -> Result<Options, Failure> {
    let policy = match &setup.config {
        Some(named) => Some(named.clone()),
        None => Some(PathBuf::from(portcullis_policy::FILE_NAME)).filter(|path| path.exists()),
    };
    if let Some(named) = setup.config.as_ref().filter(|path| !path.exists()) {
        return Err(Failure::new(format!("`{}` does not exist", named.display()))
            .help("`portcullis policy init` writes a policy; without --config guard runs without one"));
    }
    Ok(Options {
        policy,
        folder: Path::new(".").to_owned(),
        overrides: Overrides {
            upstream: setup.upstream.clone(),
            listen: setup.listen,
            public_origins: setup.public_origins.clone(),
            observe: setup.observe,
            admin: setup.admin,
        },
        secrets: Arc::new(variable),
    })
}

/// Secrets stand in the environment, under the names that the policy gives.
fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    std::env::var(name).ok()
}

fn failure(error: SetupError) -> Failure {
    match error {
        SetupError::Policy { path, text, errors } => Failure::configuration(&path, &text, errors),
        other => Failure::new(other.to_string()),
    }
}

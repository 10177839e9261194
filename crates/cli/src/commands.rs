//! One file a command; here is what they share: the way from arguments to a finished scan.

mod audit;
mod baseline;
mod completions;
mod endpoints;
mod explain;
mod guard;
mod inspect;
mod man;
mod policy;
mod reference;
mod rules;
mod scan;

use std::path::Path;

use portcullis_model::Scan;
use portcullis_report::{Format, Options};

use crate::arguments::{Arguments, Command, FormatName, Selection};
use crate::baseline::Baseline;
use crate::configuration::{self, Configuration};
use crate::failure::Failure;
use crate::pipeline::{self, PipelineError, Settings};
use crate::target::Target;
use crate::{output, progress, terminal, worker};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing that fails the run.
    Fine,
    /// Findings at or above `--fail-on`.
    Findings,
    /// A request that is refused.
    Refused,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    match &arguments.command {
        Command::Scan(scan) => return scan::run(scan, arguments),
        Command::Endpoints(endpoints) => endpoints::run(endpoints, arguments)?,
        Command::Explain(explain) => explain::run(explain)?,
        Command::Rules => rules::run()?,
        Command::Baseline(baseline) => baseline::run(baseline, arguments)?,
        Command::Inspect(inspect) => return inspect::run(inspect),
        Command::Guard(guard) => return guard::run(guard, arguments),
        Command::Policy(policy) => return policy::run(policy, arguments),
        Command::Audit(audit) => return audit::run(audit),
        Command::Completions(completions) => completions::run(completions)?,
        Command::Man(man) => man::run(man)?,
        Command::Reference => reference::run()?,
    }
    Ok(Verdict::Fine)
}

/// What the options say about findings; an unknown rule is a failure.
fn settings(selection: &Selection, baseline: Option<Baseline>) -> Result<Settings, Failure> {
    let unknown = selection
        .rules
        .iter()
        .chain(&selection.no_rules)
        .find_map(|name| unknown_rule(name));
    if let Some(failure) = unknown {
        return Err(failure);
    }
    Ok(Settings {
        rules: selection.rules.clone(),
        no_rules: selection.no_rules.clone(),
        confidence: selection.confidence.into(),
        no_ignores: selection.no_ignores,
        baseline,
    })
}

fn unknown_rule(name: &str) -> Option<Failure> {
    let help = configuration::rule_problem(name)?;
    Some(Failure::new(format!("unknown rule `{name}`")).help(help))
}

/// Analyses, with a live line if it takes long.
fn analyse(target: &Target, configuration: &Configuration, settings: &Settings, quiet: bool) -> Result<Scan, Failure> {
    worker::prepare_pool();
    let scan = progress::show(terminal::shows_progress(quiet), |progress| {
        pipeline::run(&target.root, &target.only, &configuration.config, settings, progress)
    });
    scan.map_err(|error| match error {
        PipelineError::Config(errors) => configuration.failure(errors),
        PipelineError::Load(error) => Failure::new(error.to_string()),
        error @ PipelineError::NoNextCode => Failure::new(format!("{error}: `{}`", target.shown))
            .help("give the directory of a Next.js project, the one whose `package.json` depends on `next`"),
    })
}

/// Hands out a report: to the file if there is one, to stdout otherwise.
fn deliver(
    file: Option<&Path>,
    target: &Target,
    arguments: &Arguments,
    render: impl FnOnce(&Options) -> String,
) -> Result<(), Failure> {
    let mut options = Options::new(target.shown.clone(), env!("CARGO_PKG_VERSION"));
    options.quiet = arguments.quiet;
    if let Some(file) = file {
        options.color = arguments.color == crate::arguments::ColorWhen::Always;
        return output::write_report(file, &render(&options));
    }
    options.color = terminal::color_on_stdout(arguments.color);
    options.width = terminal::width();
    output::print(&render(&options), options.color)
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Human => Self::Human,
            FormatName::Concise => Self::Concise,
            FormatName::Json => Self::Json,
            FormatName::Sarif => Self::Sarif,
            FormatName::Html => Self::Html,
            FormatName::Markdown => Self::Markdown,
            FormatName::Github => Self::Github,
        }
    }
}

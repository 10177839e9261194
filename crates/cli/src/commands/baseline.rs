//! `portcullis baseline`: records today's findings.

use std::path::{Path, PathBuf};

use crate::arguments::{Arguments, BaselineArguments};
use crate::baseline::FILE_NAME;
use crate::failure::Failure;
use crate::target::Target;
use crate::{configuration, output, target, terminal};

pub(super) fn run(baseline: &BaselineArguments, arguments: &Arguments) -> Result<(), Failure> {
    let target = target::find(std::slice::from_ref(&baseline.path))?;
    if !target.only.is_empty() {
        return Err(
            Failure::new(format!("`{}` is not a directory", baseline.path.display()))
                .help("a baseline is about a whole project: give its directory"),
        );
    }
    // The old baseline holds nothing back here: what it accepted is accepted again.
    let mut settings = super::settings(&baseline.selection, None)?;
    // Each finding by itself, so that a new one of the same cause is reported.
    settings.groups = false;
    let configuration = configuration::read(baseline.selection.config.as_deref(), &target)?;
    let scan = super::analyse(&target, &configuration, &settings, arguments.quiet)?;
    let text = crate::baseline::write(&scan);
    let path = write(&text, baseline.output.as_deref(), &target)?;
    if arguments.quiet {
        return Ok(());
    }
    let count = match scan.findings.len() {
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    };
    output::print(
        &format!(
            "recorded {count} in {}\n",
            terminal::visible(&path.display().to_string())
        ),
        false,
    )
}

fn write(text: &str, named: Option<&Path>, target: &Target) -> Result<PathBuf, Failure> {
    if let Some(path) = named {
        output::write_report(path, text)?;
        return Ok(path.to_owned());
    }
    let path = target.root.join(FILE_NAME);
    output::write_in_project(&path, text)?;
    Ok(target.shown_file(FILE_NAME))
}

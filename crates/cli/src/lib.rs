//! The command line: arguments in, a report and an exit code out.
//!
//! This is the edge of scan: it looks at the environment, the terminal and the few files that are not the project's
//! code (configuration, baseline, output). What is decided about code is decided in the crates below; [`arguments`] is
//! public for the generation of documentation.

pub mod arguments;
mod baseline;
mod captured;
mod commands;
mod configuration;
mod failure;
mod fix;
mod output;
mod pipeline;
mod policy;
mod progress;
mod scope;
mod target;
mod terminal;
mod worker;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use portcullis_model::Scan;

use crate::arguments::Arguments;
use crate::commands::Verdict;

/// Findings at or above `--fail-on`, or a refused request.
const EXIT_FINDINGS: u8 = 1;
/// Usage, configuration, or internal error.
const EXIT_ERROR: u8 = 2;

/// Runs the command that `arguments` (with the program's name first) asks for.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too, with exit code 0. Who closed the pipe has read enough of it.
            drop(error.print());
            return if error.use_stderr() {
                ExitCode::from(EXIT_ERROR)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let color = arguments.color;
    match worker::run(move || commands::run(&arguments)) {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Findings | Verdict::Refused) => ExitCode::from(EXIT_FINDINGS),
        Err(failure) => {
            terminal::print_failure(&failure, color);
            ExitCode::from(EXIT_ERROR)
        }
    }
}

/// Scans the project at `root` as the command `scan` does without options, and hands out the result instead of a report:
/// for the developers' own tools. What stands in the way is said in one line.
pub fn scan(root: &Path) -> Result<Scan, String> {
    let root = root.to_path_buf();
    worker::run(move || commands::scan_alone(&root)).map_err(|failure| {
        let titles = failure.messages.into_iter().map(|message| message.title);
        titles.collect::<Vec<_>>().join("; ")
    })
}

//! `portcullis completions`: a completion script for a shell.

use crate::arguments::{CompletionsArguments, command};
use crate::failure::Failure;
use crate::output;

pub(super) fn run(completions: &CompletionsArguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut command(), "portcullis", &mut script);
    output::print(&String::from_utf8_lossy(&script), false)
}

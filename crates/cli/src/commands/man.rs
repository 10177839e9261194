//! `portcullis man`: manual pages in roff.

use portcullis_policy::closest;

use crate::arguments::{ManArguments, command};
use crate::failure::Failure;
use crate::output;

pub(super) fn run(man: &ManArguments) -> Result<(), Failure> {
    let mut program = command();
    // Names of commands as their pages have them: `portcullis-scan`.
    program.build();
    let page = match &man.command {
        Some(name) => subcommand(&program, name)?,
        None => program,
    };
    let mut roff = Vec::new();
    clap_mangen::Man::new(page)
        .source(concat!("portcullis ", env!("CARGO_PKG_VERSION")))
        .render(&mut roff)
        .map_err(|error| Failure::new(format!("cannot write the manual page: {error}")))?;
    output::print(&String::from_utf8_lossy(&roff), false)
}

fn subcommand(program: &clap::Command, name: &str) -> Result<clap::Command, Failure> {
    let visible = || program.get_subcommands().filter(|command| !command.is_hide_set());
    if let Some(command) = visible().find(|command| command.get_name() == name) {
        return Ok(command.clone());
    }
    let failure = Failure::new(format!("unknown command `{name}`"));
    Err(match closest(name, visible().map(clap::Command::get_name)) {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None => failure.help("`portcullis help` lists them all"),
    })
}

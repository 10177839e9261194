//! `portcullis reference` (hidden): every help text as one Markdown document, for the book.

use crate::arguments::command;
use crate::failure::Failure;
use crate::output;

pub(super) fn run() -> Result<(), Failure> {
    output::print(&document(), false)
}

fn document() -> String {
    let mut program = command();
    program.build();
    let mut text = "# Command line\n".to_owned();
    sections(&program, &mut text);
    text
}

/// A command and those below it.
fn sections(command: &clap::Command, text: &mut String) {
    text.push_str(&section(command));
    let is_shown = |command: &&clap::Command| !command.is_hide_set() && command.get_name() != "help";
    for below in command.get_subcommands().filter(is_shown) {
        sections(below, text);
    }
}

fn section(command: &clap::Command) -> String {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let help = command.clone().term_width(100).render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    format!("\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_visible_command_has_a_section_and_no_hidden_one_has() {
        let text = document();
        let sections: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(
            sections,
            [
                "## `portcullis`",
                "## `portcullis scan`",
                "## `portcullis endpoints`",
                "## `portcullis explain`",
                "## `portcullis rules`",
                "## `portcullis baseline`",
                "## `portcullis inspect`",
                "## `portcullis policy`",
                "## `portcullis policy init`",
                "## `portcullis policy check`",
                "## `portcullis guard`",
                "## `portcullis guard doctor`",
                "## `portcullis audit`",
                "## `portcullis audit verify`",
                "## `portcullis completions`",
                "## `portcullis man`",
            ]
        );
        assert!(text.contains("--fail-on <SEVERITY>"));
    }
}

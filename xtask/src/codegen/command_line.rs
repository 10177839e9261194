//! The help texts of the command line, in one page.

use portcullis::arguments;

use super::Files;

/// Columns of the help texts, whatever the terminal of the developer.
const WIDTH: usize = 100;

/// The page, from the same definition that parses the arguments.
pub(super) fn generate() -> Files {
    let mut page = String::from(
        "<!-- Made by `cargo xtask codegen` from the definition of the command line in crates/cli. -->\n\n\
         # The command line\n\n\
         Results go to stdout, progress and logs to stderr. Exit codes other than 0, 1 and 2 are reserved.\n",
    );
    let mut command = arguments::command().term_width(WIDTH);
    command.build();
    describe(&command, command.get_name(), &mut page);
    Files::from([("docs/cli.md".to_owned(), page)])
}

/// A section for the command, then one for each of its commands. `help` itself needs no section.
fn describe(command: &clap::Command, name: &str, page: &mut String) {
    let help = command.clone().bin_name(name).render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    for part in ["\n## `", name, "`\n\n```text\n", lines.join("\n").trim(), "\n```\n"] {
        page.push_str(part);
    }
    for inner in command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help" && !inner.is_hide_set())
    {
        describe(inner, &format!("{name} {}", inner.get_name()), page);
    }
}

#[cfg(test)]
mod tests {
    use super::generate;

    #[test]
    fn every_command_has_a_section_and_no_styling() {
        let files = generate();
        let page = &files["docs/cli.md"];
        for section in [
            "\n## `portcullis`\n",
            "\n## `portcullis scan`\n",
            "\n## `portcullis explain`\n",
        ] {
            assert!(page.contains(section), "{section} is missing from {page}");
        }
        assert!(
            page.contains("Usage: portcullis scan") && page.contains("--fail-on"),
            "{page}"
        );
        assert!(
            !page.contains('\u{1b}') && !page.contains("## `portcullis help`"),
            "{page}"
        );
    }
}

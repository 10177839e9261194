//! What the terminal can show, and errors on it.

use std::io::{self, IsTerminal as _, Write as _};

use portcullis_model::Span;
use portcullis_report::{ConfigError, Options};

use crate::arguments::ColorWhen;
use crate::failure::{Failure, Message};

/// Columns to fill where there is no terminal.
const DEFAULT_WIDTH: usize = 100;

/// Whether to colour what goes to stdout.
pub(crate) fn color_on_stdout(when: ColorWhen) -> bool {
    color(when, || anstream::AutoStream::choice(&io::stdout()))
}

fn color_on_stderr(when: ColorWhen) -> bool {
    color(when, || anstream::AutoStream::choice(&io::stderr()))
}

fn color(when: ColorWhen, detect: impl FnOnce() -> anstream::ColorChoice) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        // `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, the kind of terminal: all decided there.
        ColorWhen::Auto => detect() != anstream::ColorChoice::Never || (is_set("FORCE_COLOR") && !is_set("NO_COLOR")),
    }
}

fn is_set(variable: &str) -> bool {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    let value = std::env::var_os(variable);
    value.is_some_and(|value| !value.is_empty() && value != "0")
}

/// Columns of the terminal behind stdout.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0))
}

/// Whether a live line may be drawn on stderr.
pub(crate) fn shows_progress(quiet: bool) -> bool {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    let is_dumb = std::env::var_os("TERM").is_some_and(|kind| kind == "dumb");
    !quiet && !is_dumb && !is_set("CI") && io::stderr().is_terminal()
}

/// Prints what went wrong. Nothing is left to try if that fails too.
pub(crate) fn print_failure(failure: &Failure, when: ColorWhen) {
    let color = color_on_stderr(when);
    let mut options = Options::new(".", env!("CARGO_PKG_VERSION"));
    options.color = color;
    let texts: Vec<String> = failure
        .messages
        .iter()
        .map(|message| text_of(message, &options))
        .collect();
    let text = texts.join("\n");
    drop(if color {
        anstream::AutoStream::always(io::stderr()).write_all(text.as_bytes())
    } else {
        io::stderr().write_all(text.as_bytes())
    });
}

fn text_of(message: &Message, options: &Options) -> String {
    if let Some(excerpt) = &message.excerpt {
        let offset = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let error = ConfigError {
            path: &excerpt.path,
            text: &excerpt.text,
            span: Some(Span::new(offset(excerpt.span.start), offset(excerpt.span.end))),
            message: &message.title,
            label: &excerpt.label,
            help: &message.help,
        };
        return portcullis_report::render_error(&error, options);
    }
    let error = if options.color {
        "\u{1b}[1;91merror\u{1b}[0m"
    } else {
        "error"
    };
    let title = format!("{error}: {}\n", visible(&message.title));
    let help = message.help.iter().map(|help| format!("  = help: {}\n", visible(help)));
    std::iter::once(title).chain(help).collect()
}

/// Tells what was done, beside the results. Nothing is left to try if that fails.
pub(crate) fn note(text: &str) {
    drop(writeln!(io::stderr(), "{}", visible(text)));
}

/// Shows by number what would drive the terminal or cannot be seen: a path may come from anybody.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        // These three are only special inside quotes.
        if matches!(letter, '"' | '\'' | '\\') {
            shown.push(letter);
        } else {
            shown.extend(letter.escape_debug());
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explicit_choice_needs_no_detection() {
        let never_asked = || panic!("asked");
        assert!(color(ColorWhen::Always, never_asked));
        assert!(!color(ColorWhen::Never, never_asked));
    }

    #[test]
    fn a_message_cannot_drive_the_terminal() {
        let failure = Failure::new("`a\u{1b}[2J\u{202e}b` isn't there").help("x\u{7}");
        let text = text_of(&failure.messages[0], &Options::new(".", ""));
        assert_eq!(text, "error: `a\\u{1b}[2J\\u{202e}b` isn't there\n  = help: x\\u{7}\n");
    }
}

//! An error in a configuration file, shown in its text. The command line finds the error; this draws it.

use annotate_snippets::Level;
use portcullis_model::Span;

use crate::escape::terminal;
use crate::excerpt;
use crate::options::Options;
use crate::position::LineIndex;
use crate::snippet::{Drawing, draw};

/// What is wrong with a configuration file, and where. All text is hostile when printed: the file may come with the
/// scanned project.
#[derive(Debug, Clone, Copy)]
pub struct ConfigError<'a> {
    /// The file, as the user knows it.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
    /// The bytes that are wrong; nothing if the whole file is.
    pub span: Option<Span>,
    /// One line: what is wrong.
    pub message: &'a str,
    /// What stands under the marked text; may be empty.
    pub label: &'a str,
    /// What to do, one entry a suggestion.
    pub help: &'a [String],
}

/// Draws a configuration error. The text ends with a line break.
pub fn render_error(error: &ConfigError<'_>, options: &Options) -> String {
    let index = LineIndex::new(error.text);
    let blocks = match error.span {
        Some(span) => {
            let (start, end) = index.clamp_span(span);
            excerpt::single(error.path, &index, start, end, error.label)
        }
        None => Vec::new(),
    };
    let notes: Vec<String> = if blocks.is_empty() {
        vec![format!("in {}", terminal::escape(error.path))]
    } else {
        Vec::new()
    };
    let help: Vec<String> = error.help.iter().map(|help| terminal::escape_lines(help)).collect();
    let drawing = Drawing {
        level: Level::ERROR,
        title: Some(error.message),
        id: None,
        blocks: &blocks,
        notes: &notes,
        help: &help,
    };
    draw(&drawing, options.color, options.width)
}

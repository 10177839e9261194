//! Annotated source as rustc prints it, drawn by `annotate-snippets`.
//!
//! That crate is given escaped lines only, short ones, and spans that lie within them: it panics on others, passes escape
//! sequences in paths and labels through, and scans all it is given. It also counts columns in the text that it sees, so
//! the headers (`path:line:column`) are put in afterwards, from the source.

use annotate_snippets::renderer::{DEFAULT_TERM_WIDTH, DecorStyle};
use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};

use crate::escape::terminal::{self, EscapedLine};
use crate::excerpt::{Block, Line};

/// Stands around the number of a header. Escaped text holds no private-use character.
const SENTINEL: char = '\u{e000}';
/// Below this the drawing is of no use; a terminal that says so is taken to be wider.
const MIN_WIDTH: usize = 60;

/// A title, excerpts, and what is said below them.
#[derive(Debug)]
pub(crate) struct Drawing<'a> {
    pub(crate) level: Level<'a>,
    /// Hostile; escaped here.
    pub(crate) title: Option<&'a str>,
    pub(crate) id: Option<&'a str>,
    pub(crate) blocks: &'a [Block<'a>],
    /// Escaped already: notes come before help.
    pub(crate) notes: &'a [String],
    /// Escaped already.
    pub(crate) help: &'a [String],
}

/// Draws. The text ends with a line break.
pub(crate) fn draw(drawing: &Drawing<'_>, color: bool, width: usize) -> String {
    let mut elements: Vec<Element<'_>> = Vec::new();
    let mut headers = Vec::new();
    for (index, block) in drawing.blocks.iter().enumerate() {
        headers.push(format!(
            "{}:{}:{}",
            terminal::escape(block.path),
            block.at.line,
            block.at.column
        ));
        elements.push(snippet(block, format!("{SENTINEL}{index}{SENTINEL}")));
    }
    elements.extend(
        drawing
            .notes
            .iter()
            .map(|note| Level::NOTE.message(note.as_str()).into()),
    );
    elements.extend(
        drawing
            .help
            .iter()
            .map(|help| Level::HELP.message(help.as_str()).into()),
    );
    let group = match drawing.title {
        Some(title) => {
            let title = drawing.level.clone().primary_title(terminal::escape(title));
            Group::with_title(match drawing.id {
                Some(id) => title.id(terminal::escape(id)),
                None => title,
            })
        }
        None => Group::with_level(drawing.level.clone()),
    };
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let width = if width == 0 {
        DEFAULT_TERM_WIDTH
    } else {
        width.max(MIN_WIDTH)
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(width);
    let mut text = put_headers(&renderer.render(&[group.elements(elements)]), &headers);
    text.push('\n');
    text
}

fn snippet(block: &Block<'_>, path: String) -> Element<'static> {
    let mut source = String::new();
    let mut annotations = Vec::new();
    let first = block.lines.first().map_or(1, |line| line.number);
    let mut number = first;
    for line in &block.lines {
        // Lines that were left out are empty here, and folded: none of them has a mark.
        while number < line.number {
            source.push('\n');
            number += 1;
        }
        push_line(&mut source, &mut annotations, line);
    }
    Snippet::source(source)
        .path(path)
        .line_start(usize::try_from(first).unwrap_or(1))
        .annotations(annotations)
        .into()
}

fn push_line(source: &mut String, annotations: &mut Vec<annotate_snippets::Annotation<'static>>, line: &Line<'_>) {
    let escaped = EscapedLine::new(line.text);
    if line.cut_before {
        source.push_str("... ");
    }
    let base = source.len();
    for mark in &line.marks {
        let kind = if mark.primary {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let label = terminal::escape(mark.label);
        let annotation = kind.span(base + escaped.offset(mark.start)..base + escaped.offset(mark.end));
        annotations.push(if label.is_empty() {
            annotation
        } else {
            annotation.label(label)
        });
    }
    source.push_str(&escaped.text);
    if line.cut_after {
        source.push_str(" ...");
    }
}

/// Replaces `<sentinel>index<sentinel>:line:column`.
fn put_headers(text: &str, headers: &[String]) -> String {
    let mut parts = text.split(SENTINEL);
    let mut out = String::with_capacity(text.len() + 64);
    out.push_str(parts.next().unwrap_or_default());
    while let (Some(index), Some(rest)) = (parts.next(), parts.next()) {
        let header = index.parse::<usize>().ok().and_then(|index| headers.get(index));
        out.push_str(header.map_or("", String::as_str));
        out.push_str(rest.trim_start_matches(|character: char| character == ':' || character.is_ascii_digit()));
    }
    out
}

//! Which source lines a finding shows, and what is marked in them.
//!
//! Labels are grouped by file, the primary label's file first. A span of several lines is marked on its first one: the
//! labels tell the story, and the end is in the formats for programs. A line longer than [`MAX_COLUMNS`] is cut around
//! its first mark, so the size of an excerpt is bounded whatever the source looks like.

use portcullis_model::{Label, LineColumn, Role};

use crate::position::{LineIndex, from_zero};
use crate::view::View;

/// The longest line that is shown whole, in characters.
const MAX_COLUMNS: usize = 200;
/// How much of a cut line stands before its first mark.
const LEAD: usize = 60;
/// So many lines between two marked ones are shown; more are left out.
const MAX_GAP: usize = 2;
/// Marked lines further apart than this form two blocks.
const MAX_BLOCK_GAP: usize = 24;

/// Lines of one file that belong together.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    /// The file. Hostile when printed.
    pub(crate) path: &'a str,
    /// Where the primary mark, or else the first, starts.
    pub(crate) at: LineColumn,
    /// The lines, ascending; where numbers are missing, lines were left out.
    pub(crate) lines: Vec<Line<'a>>,
}

/// One line, perhaps cut.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// Its number, from 1.
    pub(crate) number: u32,
    /// What is shown of it. Hostile when printed.
    pub(crate) text: &'a str,
    /// Something was cut away before the text.
    pub(crate) cut_before: bool,
    /// Something was cut away after it.
    pub(crate) cut_after: bool,
    /// What is marked, ascending. Marks may overlap.
    pub(crate) marks: Vec<Mark<'a>>,
}

/// A marked part of a line.
#[derive(Debug, Clone)]
pub(crate) struct Mark<'a> {
    /// First byte in the line's text.
    pub(crate) start: usize,
    /// One past the last byte.
    pub(crate) end: usize,
    /// Whether the finding is about this place.
    pub(crate) primary: bool,
    /// What happens here. Hostile when printed.
    pub(crate) label: &'a str,
}

/// A label, resolved: byte offsets are those of the file.
#[derive(Debug, Clone)]
struct Target<'a> {
    line: usize,
    start: usize,
    end: usize,
    primary: bool,
    label: &'a str,
}

/// The excerpts of a finding's labels. A label whose file is not part of the scan is left out.
pub(crate) fn blocks<'a>(view: &'a View<'_>, labels: &[&'a Label]) -> Vec<Block<'a>> {
    let mut files = Vec::new();
    let primary = labels.iter().filter(|label| label.role == Role::Primary);
    for label in primary.chain(labels) {
        if !files.contains(&label.place.file) {
            files.push(label.place.file);
        }
    }
    let mut blocks = Vec::new();
    for file in files {
        let of_file: Vec<&Label> = labels
            .iter()
            .copied()
            .filter(|label| label.place.file == file)
            .collect();
        if let Some((path, index)) = of_file.first().and_then(|label| view.file(label.place)) {
            let targets = of_file.into_iter().map(|label| {
                let (start, end) = index.clamp_span(label.place.span);
                target(index, start, end, label.role == Role::Primary, &label.text)
            });
            blocks.extend(file_blocks(path, index, targets.collect()));
        }
    }
    blocks
}

/// The excerpt of one marked place of a text.
pub(crate) fn single<'a>(
    path: &'a str,
    index: &LineIndex<'a>,
    start: usize,
    end: usize,
    label: &'a str,
) -> Vec<Block<'a>> {
    file_blocks(path, index, vec![target(index, start, end, true, label)])
}

fn target<'a>(index: &LineIndex<'a>, start: usize, end: usize, primary: bool, label: &'a str) -> Target<'a> {
    let line = index.line(start);
    let (_, line_end) = index.line_bytes(line);
    let start = start.min(line_end);
    Target {
        line,
        start,
        end: end.clamp(start, line_end),
        primary,
        label,
    }
}

fn file_blocks<'a>(path: &'a str, index: &LineIndex<'a>, mut targets: Vec<Target<'a>>) -> Vec<Block<'a>> {
    // The sort is stable: labels of the same place keep the order in which the rule gave them.
    targets.sort_by_key(|target| (target.line, target.start));
    let has_primary = targets.iter().any(|target| target.primary);
    let mut blocks: Vec<Block<'a>> = targets
        .chunk_by(|a, b| b.line - a.line <= MAX_BLOCK_GAP)
        .map(|targets| block(path, index, targets))
        .collect();
    if has_primary {
        // The block of the primary mark comes first; the others stay in order.
        blocks.sort_by_key(|block| {
            !block
                .lines
                .iter()
                .any(|line| line.marks.iter().any(|mark| mark.primary))
        });
    }
    blocks
}

fn block<'a>(path: &'a str, index: &LineIndex<'a>, targets: &[Target<'a>]) -> Block<'a> {
    let head = targets.iter().find(|target| target.primary).or_else(|| targets.first());
    let at = index.position(head.map_or(0, |target| target.start));
    let mut lines: Vec<Line<'a>> = Vec::new();
    let mut previous: Option<usize> = None;
    for targets in targets.chunk_by(|a, b| a.line == b.line) {
        let Some(number) = targets.first().map(|target| target.line) else {
            continue;
        };
        if let Some(previous) = previous.filter(|previous| number - previous <= MAX_GAP + 1) {
            lines.extend((previous + 1..number).map(|between| line(index, between, &[])));
        }
        lines.push(line(index, number, targets));
        previous = Some(number);
    }
    Block { path, at, lines }
}

fn line<'a>(index: &LineIndex<'a>, number: usize, targets: &[Target<'a>]) -> Line<'a> {
    let (start, end) = index.line_bytes(number);
    let focus = targets.first().map_or(start, |target| target.start);
    let (from, to) = window(index, start, end, focus);
    let marks = targets
        .iter()
        .map(|target| Mark {
            start: target.start.clamp(from, to) - from,
            end: target.end.clamp(from, to) - from,
            primary: target.primary,
            label: target.label,
        })
        .collect();
    Line {
        number: from_zero(number),
        text: index.slice(from, to),
        cut_before: from > start,
        cut_after: to < end,
        marks,
    }
}

/// The part of a line that is shown: at most [`MAX_COLUMNS`] characters around the focus. Touches a bounded number of
/// characters, however long the line is.
fn window(index: &LineIndex<'_>, start: usize, end: usize, focus: usize) -> (usize, usize) {
    let fits = index.slice(start, end).chars().nth(MAX_COLUMNS).is_none();
    if fits {
        return (start, end);
    }
    let lead = index
        .slice(start, focus)
        .char_indices()
        .rev()
        .nth(LEAD - 1)
        .map_or(0, |(at, _)| at);
    let from = start + lead;
    let shown = index
        .slice(from, end)
        .char_indices()
        .nth(MAX_COLUMNS)
        .map_or(end - from, |(at, _)| at);
    (from, from + shown)
}

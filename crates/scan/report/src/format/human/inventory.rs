//! The table endpoint x protection, by file. Its cells are words: colour only repeats them.

use portcullis_model::{Coverage, Endpoint, EndpointId, Protection, Standing};
use unicode_width::UnicodeWidthStr as _;

use super::listed_name;
use crate::escape::terminal::escape;
use crate::push::PushFmt as _;
use crate::view::{FileGroup, View};
use crate::wording::{cell, count, short_heading};

/// With more endpoints than this, those that are covered are counted instead of listed.
const MAX_LISTED: usize = 60;
/// Columns of the widest cell.
const CELL_WIDTH: usize = 7;
/// Columns between two cells.
const GAP: usize = 2;
/// Columns before an endpoint's name.
const INDENT: usize = 2;
/// A name column is at least as wide as this.
const MIN_NAME_WIDTH: usize = 16;

/// How much of the inventory is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every endpoint.
    Complete,
    /// Covered ones are counted where there are many.
    Shortened,
}

/// The columns: which, how they are headed, how wide they are.
struct Columns {
    name: usize,
    cells: Vec<(Protection, &'static str, usize)>,
}

/// The table, and what its words mean; nothing if there are no endpoints.
pub(crate) fn table(view: &View<'_>, extent: Extent) -> String {
    if view.scan.endpoints.is_empty() {
        return String::new();
    }
    let shortened = extent == Extent::Shortened && view.scan.endpoints.len() > MAX_LISTED;
    let groups = view.groups();
    let columns = columns(view, &groups);
    let mut out = pad("endpoint", columns.name + INDENT);
    for (_, heading, width) in &columns.cells {
        out.push_str(&" ".repeat(GAP));
        out.push_str(&pad(heading, *width));
    }
    end_line(&mut out);
    for group in &groups {
        out.push_str(&file(view, group, &columns, shortened));
    }
    out.push_str(
        "yes: proven on every path; NO: a path without it exists; unknown: not decided; n/a: not needed here\n",
    );
    if shortened {
        out.push_str("`portcullis endpoints` shows all\n");
    }
    out.push('\n');
    out
}

fn columns(view: &View<'_>, groups: &[FileGroup<'_>]) -> Columns {
    let analysed = &view.tally.analysed;
    let longest = groups
        .iter()
        .flat_map(|group| {
            group
                .endpoints
                .iter()
                .map(|(_, endpoint)| listed_name(view, endpoint, group.path).width())
        })
        .max()
        .unwrap_or_default()
        .max(MIN_NAME_WIDTH);
    let full = |protection: &Protection| {
        (
            *protection,
            protection.name(),
            protection.name().width().max(CELL_WIDTH),
        )
    };
    let short = |protection: &Protection| (*protection, short_heading(*protection), CELL_WIDTH);
    let total = |cells: &[(Protection, &str, usize)]| cells.iter().map(|(_, _, width)| width + GAP).sum::<usize>();
    let mut cells: Vec<_> = analysed.iter().map(full).collect();
    if INDENT + longest + total(&cells) > view.options.width {
        cells = analysed.iter().map(short).collect();
    }
    let room = view
        .options
        .width
        .saturating_sub(INDENT + total(&cells))
        .max(MIN_NAME_WIDTH);
    Columns {
        name: longest.min(room),
        cells,
    }
}

fn file(view: &View<'_>, group: &FileGroup<'_>, columns: &Columns, shortened: bool) -> String {
    let is_covered = |id: EndpointId| view.tally.standing(id) == Standing::Covered;
    let covered = group.endpoints.iter().filter(|(id, _)| is_covered(*id)).count();
    if shortened && covered == group.endpoints.len() {
        return format!(
            "{}: {}, all covered\n",
            escape(group.path),
            count(covered, "endpoint", "endpoints")
        );
    }
    let mut out = format!("{}\n", escape(group.path));
    for (id, endpoint) in &group.endpoints {
        if !(shortened && is_covered(*id)) {
            out.push_str(&row(view, endpoint, group.path, columns));
        }
    }
    if shortened && covered > 0 {
        out.push_fmt(format_args!("  {covered} more, covered\n"));
    }
    out
}

fn row(view: &View<'_>, endpoint: &Endpoint, path: &str, columns: &Columns) -> String {
    let name = listed_name(view, endpoint, path);
    let mut out = format!("{}{name}", " ".repeat(INDENT));
    if name.width() > columns.name {
        // A name is never cut: it identifies. Its cells stand on the next line.
        out.push('\n');
        out.push_str(&" ".repeat(INDENT + columns.name));
    } else {
        out.push_str(&" ".repeat(columns.name - name.width()));
    }
    for (protection, _, width) in &columns.cells {
        out.push_str(&" ".repeat(GAP));
        let coverage = endpoint.coverage_of(*protection);
        let text = pad(cell(coverage), *width);
        out.push_str(&if view.options.color {
            paint(coverage, &text)
        } else {
            text
        });
    }
    end_line(&mut out);
    out
}

fn paint(coverage: &Coverage, text: &str) -> String {
    let code = match coverage {
        Coverage::Proven { .. } => "32",
        Coverage::Absent { .. } => "1;31",
        Coverage::Unknown { .. } => "33",
        Coverage::NotNeeded { .. } | Coverage::NotAnalysed => "2",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

fn end_line(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

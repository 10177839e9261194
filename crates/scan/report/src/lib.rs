//! Turns a finished scan into text: for people, for editors, for other programs, for a pull request.
//!
//! Nothing here decides what is a finding, and nothing reads a file, a clock or the environment: the same scan and the
//! same options give the same bytes. Everything that comes from the scanned project (source lines, but also file names,
//! labels, reasons and versions) is hostile when printed, so each sink has one escaping function, in `escape`.

mod config_error;
mod escape;
mod excerpt;
mod format;
mod options;
mod position;
mod push;
mod snippet;
mod tally;
mod verdict;
mod view;
mod wording;

pub use config_error::{ConfigError, render_error};
pub use options::{Format, Options};

use portcullis_model::{Edit, FileId, Json, RuleMeta, Scan};

use crate::view::View;

/// The report of a scan. The text ends with a line break, unless there is nothing to say.
pub fn render(scan: &Scan, rules: &[RuleMeta], format: Format, options: &Options) -> String {
    let view = View::new(scan, rules, options);
    match format {
        Format::Human => format::human::report(&view),
        Format::Concise => format::concise::report(&view),
        Format::Json => format::json::report(&view),
        Format::Sarif => format::sarif::report(&view),
        Format::Html => format::html::report(&view),
        Format::Markdown => format::markdown::report(&view),
        Format::Github => format::github::report(&view),
    }
}

/// A JSON document as text: indented, with sorted keys, harmless in a terminal. It ends with a line break.
pub fn render_json(document: &Json) -> String {
    format::json::write(&format::json::value(document))
}

/// The inventory alone: every endpoint and its protections. SARIF and workflow commands have no place for an
/// inventory ([`Format::lists_endpoints`]); asked for one of these, this gives the concise list.
pub fn render_endpoints(scan: &Scan, format: Format, options: &Options) -> String {
    let mut view = View::new(scan, &[], options);
    view.inventory_only = true;
    match format {
        Format::Human => format::human::endpoints(&view),
        Format::Json => format::json::endpoints(&view),
        Format::Html => format::html::endpoints(&view),
        Format::Markdown => format::markdown::endpoints(&view),
        Format::Concise | Format::Sarif | Format::Github => format::concise::endpoints(&view),
    }
}

/// Edits as a unified diff. Those of one file are sorted and do not overlap.
pub fn render_diff(scan: &Scan, edits: &[(FileId, Vec<Edit>)]) -> String {
    let mut out = String::new();
    for (id, edits) in edits {
        let file = usize::try_from(id.0).ok().and_then(|position| scan.files.get(position));
        if let Some(file) = file {
            format::diff::file(&mut out, file, edits);
        }
    }
    out
}

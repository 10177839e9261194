//! For a pull-request comment: verdict, the endpoints that need a look, the findings with their excerpts.
//!
//! Code hosts refuse comments above 65,536 characters, so the report stops before that and says what it left out.

use portcullis_model::{Coverage, Endpoint, EndpointId, Finding, Standing};

use crate::escape::markdown::{block, code, code_cell, escape, escape_sentence};
use crate::excerpt;
use crate::format::human::told;
use crate::push::PushFmt as _;
use crate::snippet::{Drawing, draw};
use crate::verdict;
use crate::view::View;
use crate::wording::{cell, count, cwe_number, owasp, severity_title, short_heading};

/// The report ends before this many bytes.
const MAX_BYTES: usize = 60_000;
/// Room that the table leaves for the findings.
const MAX_TABLE_BYTES: usize = 20_000;
/// Columns of an excerpt.
const WIDTH: usize = 120;

/// The whole report.
pub(crate) fn report(view: &View<'_>) -> String {
    let mut out = String::from("## Server Action audit\n\n");
    for line in verdict::lines(view) {
        out.push_fmt(format_args!("{line}  \n"));
    }
    let attention: Vec<_> = view
        .endpoints()
        .filter(|(id, _)| view.tally.standing(*id) != Standing::Covered)
        .collect();
    if !attention.is_empty() {
        out.push_str("\n### Endpoints that need a look\n\n");
        out.push_str(&table(view, &attention, MAX_TABLE_BYTES));
    }
    if !view.scan.findings.is_empty() {
        out.push_str("\n### Findings\n");
    }
    let findings = view.worst_first();
    let entries = findings.iter().map(|(_, finding)| self::finding(view, finding));
    push_while_room(&mut out, entries, findings.len(), "finding", "findings");
    let undecided: Vec<_> = view.scan.undecided().collect();
    if !undecided.is_empty() {
        out.push_str("\n### Undecided, and so not taken to be safe\n\n");
    }
    let entries = undecided.iter().map(|undecided| {
        let name = view
            .scan
            .endpoint(undecided.endpoint)
            .map_or("", |endpoint| &endpoint.name);
        format!(
            "- {}: {}: {}\n",
            code(name),
            undecided.protection.name(),
            escape_sentence(undecided.reason)
        )
    });
    push_while_room(
        &mut out,
        entries,
        undecided.len(),
        "undecided protection",
        "undecided protections",
    );
    let diagnostics = &view.scan.diagnostics;
    if !diagnostics.is_empty() {
        out.push_str("\n### Not analysed\n\n");
    }
    let entries = diagnostics.iter().map(|diagnostic| {
        format!(
            "- {}: {} ({})\n",
            code(&diagnostic.path),
            escape_sentence(&diagnostic.message),
            diagnostic.kind.name()
        )
    });
    push_while_room(&mut out, entries, diagnostics.len(), "place", "places");
    out
}

/// The inventory, complete.
pub(crate) fn endpoints(view: &View<'_>) -> String {
    let all: Vec<_> = view.endpoints().collect();
    format!("{}  \n\n{}", verdict::endpoints(view), table(view, &all, usize::MAX))
}

fn push_while_room(
    out: &mut String,
    entries: impl Iterator<Item = String>,
    total: usize,
    singular: &str,
    plural: &str,
) {
    for (index, entry) in entries.enumerate() {
        if out.len() + entry.len() > MAX_BYTES {
            let left = format!(
                "{} more {}",
                total - index,
                if total - index == 1 { singular } else { plural }
            );
            out.push_fmt(format_args!("\n{left} left out here: run `portcullis scan`\n"));
            return;
        }
        out.push_str(&entry);
    }
}

fn table(view: &View<'_>, endpoints: &[(EndpointId, &Endpoint)], limit: usize) -> String {
    let analysed = &view.tally.analysed;
    let mut out = String::from("| endpoint | place |");
    for protection in analysed {
        out.push_fmt(format_args!(" {} |", short_heading(*protection)));
    }
    out.push_str("\n| --- | --- |");
    out.push_str(&" :-: |".repeat(analysed.len()));
    out.push('\n');
    for (index, (_, endpoint)) in endpoints.iter().enumerate() {
        if out.len() > limit {
            let left = count(endpoints.len() - index, "more endpoint", "more endpoints");
            out.push_fmt(format_args!("\n{left} left out here: run `portcullis endpoints`\n"));
            break;
        }
        let place = view.location(endpoint.place).map_or_else(String::new, |location| {
            format!("{}:{}", location.path, location.start.line)
        });
        out.push_fmt(format_args!(
            "| {} | {} |",
            code_cell(&endpoint.short_name),
            code_cell(&place)
        ));
        for protection in analysed {
            let coverage = endpoint.coverage_of(*protection);
            let word = cell(coverage);
            let word = if matches!(coverage, Coverage::Absent { .. }) {
                format!("**{word}**")
            } else {
                word.to_owned()
            };
            out.push_fmt(format_args!(" {word} |"));
        }
        out.push('\n');
    }
    out
}

fn finding(view: &View<'_>, finding: &Finding) -> String {
    let mut out = format!(
        "\n**{}:** {}\n\n",
        severity_title(finding.severity),
        escape_sentence(&finding.message)
    );
    if !finding.consequence.is_empty() {
        out.push_fmt(format_args!("{}\n\n", escape_sentence(&finding.consequence)));
    }
    let blocks = excerpt::blocks(view, &told(finding));
    if !blocks.is_empty() {
        let drawing = Drawing {
            level: annotate_snippets::Level::ERROR,
            title: None,
            id: None,
            blocks: &blocks,
            notes: &[],
            help: &[],
        };
        out.push_str(&block(&draw(&drawing, false, WIDTH)));
        out.push('\n');
    }
    for help in &finding.help {
        out.push_fmt(format_args!("**Fix:** {}\n\n", escape_sentence(help)));
    }
    let mut classes: Vec<String> = vec![code(finding.rule), format!("confidence {}", finding.confidence.name())];
    classes.extend(
        owasp(finding.owasp)
            .iter()
            .map(|class| format!("OWASP {}", escape(class))),
    );
    classes.extend(finding.cwe.iter().map(|cwe| format!("CWE-{}", escape(cwe_number(cwe)))));
    out.push_fmt(format_args!("<sub>{}</sub>\n", classes.join(", ")));
    out
}

//! One finding: severity and title, what it means, annotated source over the files, fix, classification folded.

use portcullis_model::{Finding, Label};

use super::class;
use crate::escape::html::{escape, escape_sentence};
use crate::excerpt::{self, Block, Line};
use crate::push::PushFmt as _;
use crate::view::View;
use crate::wording::{cwe_number, owasp, severity_title};

/// The finding as an article with the anchor `f<index>`.
pub(crate) fn article(view: &View<'_>, index: usize, finding: &Finding) -> String {
    let class = class(finding.severity);
    let mut out = format!(
        "<article id=\"f{index}\" class=\"{class}\"><header><h3><span class=\"tag {class}\">{}</span>{}</h3></header>\n",
        severity_title(finding.severity),
        escape_sentence(&finding.message)
    );
    if !finding.consequence.is_empty() {
        out.push_fmt(format_args!("<p>{}</p>\n", escape_sentence(&finding.consequence)));
    }
    let labels: Vec<&Label> = finding.labels.iter().collect();
    let blocks = excerpt::blocks(view, &labels);
    if !blocks.is_empty() {
        let numbers = blocks
            .iter()
            .flat_map(|block| block.lines.iter().map(|line| line.number));
        let width = numbers.max().unwrap_or_default().to_string().len();
        out.push_fmt(format_args!(
            "<pre>{}</pre>\n",
            blocks
                .iter()
                .map(|shown| block(shown, width))
                .collect::<Vec<_>>()
                .join("\n\n")
        ));
    }
    for help in &finding.help {
        out.push_fmt(format_args!("<p><b>Fix.</b> {}</p>\n", escape_sentence(help)));
    }
    out.push_str(&classification(view, finding));
    out.push_str("</article>\n");
    out
}

fn block(block: &Block<'_>, width: usize) -> String {
    let mut out = format!(
        "<span class=\"g\">{}:{}:{}</span>",
        one_line(block.path),
        block.at.line,
        block.at.column
    );
    let mut previous: Option<u32> = None;
    for shown in &block.lines {
        if previous.is_some_and(|previous| previous + 1 < shown.number) {
            out.push_fmt(format_args!("\n<span class=\"g\">{:>width$} …</span>", ""));
        }
        previous = Some(shown.number);
        out.push_fmt(format_args!("\n<span class=\"g\">{:>width$} </span>", shown.number));
        out.push_str(&source(shown));
        for mark in shown.marks.iter().filter(|mark| !mark.label.is_empty()) {
            let class = if mark.primary { "l" } else { "k" };
            let label = one_line(mark.label);
            out.push_fmt(format_args!(
                "\n<span class=\"g\">{:>width$} </span><span class=\"{class}\">↳ {label}</span>",
                ""
            ));
        }
    }
    out
}

/// Within `pre` a line break of a name would pass for a line of source.
fn one_line(text: &str) -> String {
    escape(text).replace('\n', " ")
}

/// The line with its marks. Marks may overlap; each begins where the one before it ended.
fn source(line: &Line<'_>) -> String {
    let slice = |start: usize, end: usize| escape(line.text.get(start..end).unwrap_or_default());
    let mut out = String::new();
    if line.cut_before {
        out.push_str("<span class=\"g\">… </span>");
    }
    let mut at = 0;
    for mark in &line.marks {
        let start = mark.start.max(at);
        if mark.end <= start {
            continue;
        }
        let class = if mark.primary { " class=\"l\"" } else { "" };
        out.push_fmt(format_args!(
            "{}<mark{class}>{}</mark>",
            slice(at, start),
            slice(start, mark.end)
        ));
        at = mark.end;
    }
    out.push_str(&slice(at, line.text.len()));
    if line.cut_after {
        out.push_str("<span class=\"g\"> …</span>");
    }
    out
}

fn classification(view: &View<'_>, finding: &Finding) -> String {
    let mut out = String::from("<details><summary>Classification</summary><dl>");
    let mut entry = |term: &str, text: String| {
        if !text.is_empty() {
            out.push_fmt(format_args!("<dt>{term}</dt><dd>{text}</dd>"));
        }
    };
    entry("Rule", format!("<code>{}</code>", escape(finding.rule)));
    entry("Confidence", finding.confidence.name().to_owned());
    entry(
        "OWASP",
        owasp(finding.owasp)
            .iter()
            .map(|class| escape(class))
            .collect::<Vec<_>>()
            .join("<br>"),
    );
    entry(
        "CWE",
        finding
            .cwe
            .iter()
            .map(|cwe| escape(cwe_number(cwe)))
            .collect::<Vec<_>>()
            .join(", "),
    );
    let names = finding
        .endpoints
        .iter()
        .filter_map(|id| Some((id, view.scan.endpoint(*id)?)));
    let links =
        names.map(|(id, endpoint)| format!("<a href=\"#e{}\"><code>{}</code></a>", id.0, escape(&endpoint.name)));
    entry("Endpoints", links.collect::<Vec<_>>().join("<br>"));
    entry("Fingerprint", format!("<code>{}</code>", escape(&finding.fingerprint)));
    out.push_str("</dl></details>");
    out
}

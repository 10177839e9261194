//! What each format looks like, compared with `tests/golden/*`. `PORTCULLIS_BLESS=1 cargo test -p portcullis-report`
//! writes these files anew: read the difference before you commit it.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod sample;

use std::path::PathBuf;

use portcullis_model::{Scan, Span};
use portcullis_report::{ConfigError, Format, Options, render, render_endpoints, render_error};

use crate::sample::{RULES, scan};

fn options() -> Options {
    Options::new("acme-web", "0.1.0")
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own expectations")]
fn compare(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        std::fs::write(&path, actual).expect("the golden file can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == actual, "{name} differs; it is now:\n{actual}");
}

#[test]
fn reports() {
    for (format, name) in [
        (Format::Human, "report.human.txt"),
        (Format::Concise, "report.concise.txt"),
        (Format::Json, "report.json"),
        (Format::Sarif, "report.sarif"),
        (Format::Html, "report.html"),
        (Format::Markdown, "report.md"),
        (Format::Github, "report.github.txt"),
    ] {
        compare(name, &render(&scan(), RULES, format, &options()));
    }
}

#[test]
fn inventories() {
    for (format, name) in [
        (Format::Human, "endpoints.human.txt"),
        (Format::Concise, "endpoints.concise.txt"),
        (Format::Json, "endpoints.json"),
        (Format::Html, "endpoints.html"),
        (Format::Markdown, "endpoints.md"),
    ] {
        compare(name, &render_endpoints(&scan(), format, &options()));
    }
}

#[test]
fn the_human_report_in_colour_and_narrow() {
    let options = Options {
        color: true,
        width: 60,
        ..options()
    };
    compare("report.color.txt", &render(&scan(), RULES, Format::Human, &options));
}

#[test]
fn a_configuration_error() {
    let text = "[scan]\n\n[roles]\norder = [\"editor\"]\n\n[actions.\"a\"]\nroles = [\"admin\", \"editr\"]\n";
    let start = u32::try_from(text.find("\"editr\"").unwrap()).unwrap();
    let error = ConfigError {
        path: "portcullis.toml",
        text,
        span: Some(Span::new(start, start + 7)),
        message: "unknown role `editr`",
        label: "not declared in `[roles]`",
        help: &["did you mean `editor`?".to_owned()],
    };
    compare("error.txt", &render_error(&error, &options()));
}

#[test]
fn a_clean_run_is_one_line() {
    let mut scan = scan();
    scan.endpoints.truncate(1);
    scan.findings.clear();
    scan.diagnostics.clear();
    scan.suppressed.clear();
    scan.baselined = 0;
    assert_eq!(
        render(&scan, RULES, Format::Human, &options()),
        "1 endpoint, all covered\n"
    );
    scan.below_confidence = 3;
    assert_eq!(
        render(&scan, RULES, Format::Human, &options()),
        "1 endpoint, all covered (3 below the confidence asked for)\n"
    );
    assert_eq!(render(&scan, RULES, Format::Concise, &options()), "");
    assert_eq!(
        render(&Scan::default(), &[], Format::Human, &options()),
        "no endpoints in 0 files\n"
    );
}

#[test]
fn quiet_leaves_findings_and_verdict() {
    let options = Options {
        quiet: true,
        ..options()
    };
    let text = render(&scan(), RULES, Format::Human, &options);
    assert!(text.contains("error[missing-ownership-check]"));
    assert!(text.contains("2 findings: 1 critical, 1 medium (1 suppressed, 2 accepted in baseline)\n"));
    assert!(!text.contains("proven on every path"));
}

#[test]
fn the_tally_agrees_with_the_model() {
    let scan = scan();
    let standings: Vec<_> = (0..5)
        .map(|id| scan.standing(portcullis_model::EndpointId(id)))
        .collect();
    let count = |wanted| standings.iter().filter(|standing| **standing == wanted).count();
    let expected = format!(
        "5 endpoints: {} covered, {} with findings, {} undecided; a stranger can call 1\n",
        count(portcullis_model::Standing::Covered),
        count(portcullis_model::Standing::Finding),
        count(portcullis_model::Standing::Undecided)
    );
    assert!(
        render(&scan, RULES, Format::Human, &options()).contains(&expected),
        "{expected}"
    );
}

#[test]
fn many_covered_endpoints_are_counted_and_the_rest_is_listed() {
    let mut scan = scan();
    let covered = scan.endpoints[0].clone();
    for index in 0..70 {
        let mut endpoint = covered.clone();
        endpoint.name = format!("app/[tenant]/page.tsx#Page.save{index}");
        scan.endpoints.push(endpoint);
    }
    let text = render(&scan, RULES, Format::Human, &options());
    assert!(
        text.contains("app/[tenant]/page.tsx: 70 endpoints, all covered\n"),
        "{text}"
    );
    assert!(
        text.contains("\n  updateInvoice:8 ") && text.contains("\n  exportTeam:8 "),
        "{text}"
    );
    assert!(text.contains("\n`portcullis endpoints` shows all\n"), "{text}");
    assert!(!text.contains("Page.save69"), "{text}");
    assert!(render_endpoints(&scan, Format::Human, &options()).contains("Page.save69:2"));
}

//! Whatever a scanned project holds, no format lets it out of the place where it is shown, and nothing panics.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod sample;

use portcullis_model::{
    Coverage, Evidence, FileId, Finding, Label, OpaqueCall, Parameter, Place, Protection, Role, Scan, Span,
};
use portcullis_report::{ConfigError, Format, Options, render, render_endpoints, render_error};

use crate::sample::{RULES, endpoint, file, label, scan};

/// One of everything.
const PAYLOAD: &str = "::add-mask::p\u{1b}[2J\u{9b}31m\u{202e}evil\u{2066}\u{200b}\r\n::error file=x::pwned\n\
    ##[add-mask]a </code></pre><script>alert(1)</script>\"'><img src=x onerror=y> | ` ``` @octocat #1 \
    https://evil.example www.evil.example [l](http://e) %0A,\u{7f}\u{0}\u{e0041}\u{e000}0\u{e000}:1\n```\n# out\n";

fn options() -> Options {
    Options {
        stamp: Some(PAYLOAD.to_owned()),
        ..Options::new(PAYLOAD, "0.1.0")
    }
}

/// The sample with the payload in every text.
fn hostile() -> Scan {
    let mut scan = scan();
    let payload = || PAYLOAD.to_owned();
    scan.next_version = Some(payload());
    for (index, source) in scan.files.iter_mut().enumerate() {
        let text = source.text.replace("user", PAYLOAD);
        *source = file(&format!("{PAYLOAD}{index}"), &text);
    }
    let paths: Vec<_> = scan.files.iter().map(|file| file.path.to_string()).collect();
    for endpoint in &mut scan.endpoints {
        let path = &paths[usize::try_from(endpoint.place.file.0).unwrap()];
        endpoint.name = format!("{path}#{PAYLOAD}");
        endpoint.short_name = payload();
        endpoint.wrapper = Some(payload());
        endpoint.parameters = vec![Parameter {
            name: payload(),
            schema: None,
        }];
        for capture in &mut endpoint.captures {
            capture.name = payload();
        }
        for (_, coverage) in &mut endpoint.coverage {
            let evidence = vec![Evidence {
                place: endpoint.place,
                text: payload(),
            }];
            *coverage = match coverage {
                Coverage::Proven { .. } => Coverage::Proven { evidence },
                Coverage::Absent { .. } => Coverage::Absent {
                    evidence,
                    reason: payload(),
                },
                _ => Coverage::Unknown {
                    evidence,
                    reason: payload(),
                },
            };
        }
    }
    for finding in &mut scan.findings {
        finding.message = payload();
        finding.consequence = payload();
        finding.help = vec![payload(), payload()];
        finding.fingerprint = payload();
        for label in &mut finding.labels {
            label.text = payload();
        }
    }
    for diagnostic in &mut scan.diagnostics {
        diagnostic.path = payload();
        diagnostic.message = payload();
    }
    for suppression in &mut scan.suppressed {
        suppression.rule = payload();
        suppression.reason = payload();
    }
    scan.opaque_calls = vec![OpaqueCall {
        place: scan.endpoints[0].place,
        callee: payload(),
    }];
    scan
}

fn all(scan: &Scan, options: &Options) -> Vec<(Format, String)> {
    let reports = Format::ALL.map(|format| (format, render(scan, RULES, format, options)));
    let inventories = Format::ALL.map(|format| (format, render_endpoints(scan, format, options)));
    reports.into_iter().chain(inventories).collect()
}

#[test]
fn nothing_invisible_is_printed() {
    for (format, text) in all(&hostile(), &options()) {
        for character in text.chars() {
            let harmless = character == '\n' || !character.is_control();
            let visible = !matches!(
                u32::from(character),
                0x200b..=0x200f | 0x202a..=0x202e | 0x2066..=0x2069 | 0xe000..=0xf8ff | 0xe_0000..=0xe_0fff
            );
            assert!(harmless && visible, "{} prints {character:?}", format.name());
        }
    }
}

#[test]
fn colour_adds_only_colour() {
    for format in [Format::Human, Format::Concise] {
        let colored = render(
            &hostile(),
            RULES,
            format,
            &Options {
                color: true,
                ..options()
            },
        );
        let mut parts = colored.split('\u{1b}');
        let mut plain = parts.next().unwrap().to_owned();
        let mut codes = 0;
        for part in parts {
            let (code, rest) = part.split_once('m').expect("an escape sequence ends");
            let code = code.strip_prefix('[').expect("it is a control sequence");
            assert!(code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'), "{code}");
            plain.push_str(rest);
            codes += 1;
        }
        assert!(codes > 2, "there is colour");
        // Padding of cells stands inside the colour, so trailing blanks differ.
        let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!(lines(&plain), lines(&render(&hostile(), RULES, format, &options())));
    }
}

#[test]
fn the_log_of_a_build_server_takes_no_command() {
    for format in [Format::Human, Format::Concise] {
        let scan = hostile();
        for text in [
            render(&scan, RULES, format, &options()),
            render_endpoints(&scan, format, &options()),
        ] {
            assert!(!text.contains("##["), "{}", format.name());
            for line in text.lines() {
                let line = line.trim_start();
                // `:::` is the header of a second file.
                assert!(
                    !line.starts_with("::") || line.starts_with("::: "),
                    "{}: {line}",
                    format.name()
                );
            }
        }
    }
    let text = render(&hostile(), RULES, Format::Github, &options());
    assert_eq!(text.lines().count(), 3, "two findings and a diagnostic");
    for line in text.lines() {
        let known = ["::error file=", "::warning file="]
            .iter()
            .any(|prefix| line.starts_with(prefix));
        assert!(known && !line.contains("##["), "{line}");
        let (properties, _) = line.get(2..).unwrap().split_once("::").unwrap();
        assert!(
            properties.matches(',').count() <= 5,
            "a name adds no property: {properties}"
        );
    }
}

#[test]
fn html_is_well_formed_and_has_only_its_own_elements() {
    const ELEMENTS: &[&str] = &[
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "code", "br", "ul", "li", "b",
        "div", "table", "thead", "tbody", "tr", "th", "td", "a", "span", "article", "header", "pre", "mark", "details",
        "summary", "dl", "dt", "dd", "footer",
    ];
    let scan = hostile();
    for page in [
        render(&scan, RULES, Format::Html, &options()),
        render_endpoints(&scan, Format::Html, &options()),
    ] {
        let page = page.strip_prefix("<!doctype html>").unwrap();
        let mut open = Vec::new();
        let mut ids = Vec::new();
        let mut links = Vec::new();
        for piece in page.split('<').skip(1) {
            let (tag, _) = piece.split_once('>').expect("a tag ends");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name));
                continue;
            }
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            assert!(ELEMENTS.contains(&name), "<{tag}>");
            for (index, part) in attributes.split('"').enumerate() {
                let attribute = part.trim().trim_end_matches('=');
                if index % 2 == 0 && !attribute.is_empty() {
                    let known = [
                        "class",
                        "id",
                        "href",
                        "lang",
                        "charset",
                        "name",
                        "content",
                        "http-equiv",
                        "scope",
                        "colspan",
                    ];
                    assert!(known.contains(&attribute), "<{tag}>");
                }
            }
            let value = |key: &str| Some(tag.split_once(key)?.1.split_once('"')?.0.to_owned());
            ids.extend(value(" id=\""));
            links.extend(value(" href=\"#"));
            if !["meta", "br"].contains(&name) {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
        assert!(!page.contains("href=\"h"), "no link leaves the page");
        for link in links {
            assert!(ids.contains(&link), "#{link} is on the page");
        }
        for excerpt in page.split("<pre>").skip(1) {
            for line in excerpt.split("</pre>").next().unwrap().lines() {
                assert!(
                    line.is_empty() || line.starts_with("<span class=\"g\">"),
                    "a name adds no line: {line}"
                );
            }
        }
        let unique: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "ids are unique");
    }
}

/// What is left of Markdown without its code, as a reader of the specification takes it apart.
fn without_code(text: &str) -> String {
    let mut outside = String::new();
    let mut fence: Option<usize> = None;
    for line in text.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(length) if ticks >= length && line.trim_matches('`').is_empty() => fence = None,
            Some(_) => {}
            None if ticks >= 3 && !line[ticks..].contains('`') => fence = Some(ticks),
            None => outside.push_str(&without_spans(line)),
        }
    }
    assert_eq!(fence, None, "every fence ends");
    outside
}

fn without_spans(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let (before, after) = rest.split_at(start);
        outside.push_str(before);
        if before.ends_with('\\') {
            outside.push('`');
            rest = &after[1..];
            continue;
        }
        let ticks = after.len() - after.trim_start_matches('`').len();
        let mut search = &after[ticks..];
        loop {
            let Some(end) = search.find('`') else {
                panic!("a code span ends: {line}")
            };
            let run = search[end..].len() - search[end..].trim_start_matches('`').len();
            search = &search[end + run..];
            if run == ticks {
                break;
            }
        }
        rest = search;
    }
    outside.push_str(rest);
    outside.push('\n');
    outside
}

#[test]
fn markdown_mentions_nobody_and_links_nowhere() {
    let scan = hostile();
    for text in [
        render(&scan, RULES, Format::Markdown, &options()),
        render_endpoints(&scan, Format::Markdown, &options()),
    ] {
        let outside = without_code(&text);
        for unwanted in [
            "@octocat", "#1 ", "https://", "http://", "www.evil", "<script", "<img", "](", "\n# out",
        ] {
            assert!(!outside.contains(unwanted), "{unwanted} in\n{outside}");
        }
        for row in text.lines().filter(|line| line.starts_with("| ")) {
            let bars = row.matches('|').count();
            assert_eq!(bars, 9, "a name adds no cell: {row}");
        }
    }
}

#[test]
fn json_keeps_values_exactly() {
    let scan = hostile();
    let document: serde_json::Value = serde_json::from_str(&render(&scan, RULES, Format::Json, &options())).unwrap();
    assert_eq!(document["project"]["root"], PAYLOAD);
    assert_eq!(document["endpoints"][0]["name"], scan.endpoints[0].name);
    assert_eq!(document["findings"][0]["locations"][0]["label"], PAYLOAD);
    assert_eq!(document["findings"][0]["locations"][0]["file"], *scan.files[1].path);
    assert_eq!(
        document["undecided"].as_array().unwrap().len(),
        scan.undecided().count()
    );
}

#[test]
fn sarif_addresses_are_encoded_and_messages_hold_no_link() {
    let log: serde_json::Value = serde_json::from_str(&render(&hostile(), RULES, Format::Sarif, &options())).unwrap();
    let result = &log["runs"][0]["results"][0];
    let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        .as_str()
        .unwrap();
    assert!(
        uri.starts_with("%3A%3Aadd-mask%3A%3Ap%1B%5B2J%C2%9B31m%E2%80%AEevil"),
        "{uri}"
    );
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"%-._~/".contains(&byte);
    assert!(uri.bytes().all(allowed), "{uri}");
    let message = result["message"]["text"].as_str().unwrap();
    assert!(message.contains("\\[l\\](http://e)"), "{message}");
}

#[test]
fn a_configuration_file_is_hostile_too() {
    let error = ConfigError {
        path: PAYLOAD,
        text: PAYLOAD,
        span: Some(Span::new(3, 40)),
        message: PAYLOAD,
        label: PAYLOAD,
        help: &[PAYLOAD.to_owned()],
    };
    let text = render_error(&error, &options());
    assert!(
        !text.contains('\u{1b}') && !text.contains('\u{202e}') && !text.contains("##["),
        "{text}"
    );
    let whole = render_error(
        &ConfigError {
            span: None,
            path: "a\u{1b}.toml",
            ..error
        },
        &options(),
    );
    assert!(whole.contains("= note: in a\\u{1b}.toml"), "{whole}");
}

/// Small numbers without a pattern, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(below)).unwrap()
    }
}

fn random_finding(numbers: &mut Numbers, length: u32) -> Finding {
    let mut finding = scan().findings.remove(0);
    finding.labels = (0..numbers.next(9))
        .map(|index| Label {
            role: if numbers.next(4) == 0 {
                Role::Primary
            } else {
                Role::Related
            },
            place: Place::new(
                FileId(numbers.next(3)),
                Span::new(numbers.next(length + 4), numbers.next(length + 4)),
            ),
            text: ["", "step", "two\nlines", "\u{1b}"][usize::try_from(index % 4).unwrap()].to_owned(),
        })
        .collect();
    finding
}

#[test]
fn no_span_panics() {
    const PIECES: &[&str] = &[
        "a", "\t", "\n", "\r\n", "é", "漢", "😀", "\u{202e}", "\u{301}", " ", "\r", "##[", "::", "\u{0}",
    ];
    let mut numbers = Numbers(7);
    for round in 0..400 {
        let pieces = numbers.next(40);
        let text: String = (0..pieces)
            .map(|_| PIECES[usize::try_from(numbers.next(14)).unwrap()])
            .collect();
        let length = u32::try_from(text.len()).unwrap();
        let mut scan = Scan {
            files: vec![file("a.ts", &text), file("b.ts", "")],
            ..Scan::default()
        };
        // File 2 does not exist: a broken place is left out, not a crash.
        scan.findings = (0..3).map(|_| random_finding(&mut numbers, length)).collect();
        let mut endpoint = endpoint("a.ts#a", Place::new(FileId(numbers.next(3)), Span::new(length, 0)));
        let unknown = Coverage::Unknown {
            evidence: vec![Evidence {
                place: Place::new(FileId(9), Span::new(1, 9)),
                text: text.clone(),
            }],
            reason: text.clone(),
        };
        endpoint.coverage = vec![(Protection::Replay, unknown)];
        scan.endpoints = vec![endpoint];
        let width = usize::try_from(numbers.next(120)).unwrap();
        let options = Options {
            width,
            color: round % 2 == 0,
            ..Options::new(".", "0")
        };
        for (format, shown) in all(&scan, &options) {
            assert!(shown.ends_with('\n'), "{}", format.name());
        }
        let wrong = Some(Span::new(numbers.next(length + 3), numbers.next(length + 3)));
        let error = ConfigError {
            path: "p",
            text: &text,
            span: wrong,
            message: "m",
            label: "l",
            help: &[],
        };
        assert!(render_error(&error, &options).starts_with(if options.color { "\u{1b}" } else { "error: m\n" }));
    }
}

#[test]
fn a_huge_line_is_cut_around_its_mark() {
    let text = format!("{}NEEDLE{}\n", "é".repeat(100_000), "x".repeat(100_000));
    let mut scan = scan();
    scan.files = vec![file("dist/bundle.js", &text)];
    scan.endpoints.clear();
    scan.findings.truncate(1);
    let needle = Span::new(200_000, 200_006);
    let far = Span::new(290_000, 299_000);
    scan.findings[0].endpoints.clear();
    scan.findings[0].labels = vec![
        label(Role::Primary, Place::new(FileId(0), needle), "here"),
        label(Role::Related, Place::new(FileId(0), far), "far away"),
    ];
    for format in [Format::Human, Format::Html, Format::Markdown] {
        let out = render(&scan, RULES, format, &options());
        let longest = out.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(out.contains("NEEDLE") && out.contains("far away"), "{}", format.name());
        assert!(longest < 2_000, "{}: {longest}", format.name());
    }
    let human = render(&scan, RULES, Format::Human, &options());
    assert!(human.contains("dist/bundle.js:1:100001\n"), "{human}");
    let json = render(&scan, RULES, Format::Json, &options());
    assert!(json.contains("\"column\": 100001,") && json.len() < 10_000, "{json}");
}

#[test]
fn thousands_of_findings_fit_every_format() {
    let mut big = scan();
    // One line of megabytes: counting columns from its start each time would not end.
    big.files[2] = file(
        "app/team/actions.ts",
        &big.files[2].text.replace('\n', " ").repeat(4_000),
    );
    let last = u32::try_from(big.files[2].text.len()).unwrap();
    for index in 0..3_000_u32 {
        let start = last - index * 300 - 20;
        let mut one = endpoint(
            &format!("app/team/actions.ts#a{index}"),
            Place::new(FileId(2), Span::new(start, start + 9)),
        );
        one.coverage = big.endpoints[1].coverage.clone();
        let mut finding = big.findings[0].clone();
        finding.endpoints = vec![portcullis_model::EndpointId(
            u32::try_from(big.endpoints.len()).unwrap(),
        )];
        finding.labels[0].place = one.place;
        big.endpoints.push(one);
        big.findings.push(finding);
    }
    let options = Options::new(".", "0");
    for (format, text) in all(&big, &options) {
        assert!(text.len() > 1_000, "{}", format.name());
    }
    assert_eq!(render(&big, RULES, Format::Concise, &options).lines().count(), 3_002);
    let markdown = render(&big, RULES, Format::Markdown, &options);
    assert!(
        markdown.len() < 65_536 && markdown.contains("findings left out here"),
        "{}",
        markdown.len()
    );
}

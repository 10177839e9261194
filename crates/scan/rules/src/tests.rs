//! The pages' code blocks, run: each example is a small project, and its page says what the rule finds in it.
//!
//! A fence names its file: "ts file=app/actions.ts". Fences under one `###` heading are one project. Under `## Found`
//! the lines with `// found` are the primary places; under `## Fine` and `## Not detected` there must be none.

use std::collections::BTreeSet;
use std::path::Path;

use portcullis_catalog::Catalog;
use portcullis_model::{Edit, RuleMeta, SourceFile};
use portcullis_policy::ScanConfig;
use portcullis_source::Program;
use portcullis_source::project::{self, LoadOptions};

use crate::{Checked, Selection, all, check};

/// What a rule says about a project.
#[derive(Debug, Default)]
struct Said {
    /// The places of its findings: file and line.
    places: BTreeSet<(String, u32)>,
    /// How many of the findings have no remedy.
    without_fix: usize,
    /// The project after the remedies of the others.
    fixed: Vec<(String, String)>,
    /// What does not parse.
    broken: Vec<String>,
}

fn said_of(rule: &str, files: &[(String, String)]) -> Said {
    let files = files.to_vec();
    let rule = rule.to_owned();
    let run = move || {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in &files {
            write(&folder.path().join(path), text);
        }
        if !files.iter().any(|(path, _)| path == "package.json") {
            write(
                &folder.path().join("package.json"),
                r#"{ "name": "page", "dependencies": { "next": "16.0.0" } }"#,
            );
        }
        let project = project::load(folder.path(), &[], &LoadOptions::default(), &|_| {}).unwrap();
        let program = Program::build(project, &|_| {});
        let catalog = Catalog::with_entries(&[]).unwrap();
        let config = config_of(&files);
        let analysis = portcullis_analysis::analyse(&program, &catalog, &config, &|_| {});
        // `unused-allow` reads what the other rules leave, so these run too.
        let only = if rule == "unused-allow" {
            BTreeSet::new()
        } else {
            BTreeSet::from([rule.clone()])
        };
        let printable = &analysis.project.printable(program.project());
        let checked = check(
            &analysis,
            printable,
            &Selection {
                only,
                ..Selection::default()
            },
        );
        Said {
            places: places(&checked, &rule, printable),
            without_fix: checked.findings.iter().filter(|finding| finding.fix.is_none()).count(),
            fixed: fixed(&checked, files, printable),
            broken: program
                .diagnostics()
                .iter()
                .map(|problem| problem.message.clone())
                .collect(),
        }
    };
    std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap()
}

/// The files with the edits of every finding, from the last one to the first, so that places stay right.
fn fixed(checked: &Checked, files: Vec<(String, String)>, printable: &[SourceFile]) -> Vec<(String, String)> {
    let fixes = checked.findings.iter().filter_map(|finding| finding.fix.as_ref());
    let edits: BTreeSet<&Edit> = fixes.flat_map(|fix| &fix.edits).collect();
    let mut files = files;
    for edit in edits.into_iter().rev() {
        let path = &*printable[edit.place.file.0 as usize].path;
        let (_, text) = files.iter_mut().find(|(own, _)| own == path).unwrap();
        text.replace_range(edit.place.span.start as usize..edit.place.span.end as usize, &edit.text);
    }
    files
}

/// The configuration that an example brings along.
fn config_of(files: &[(String, String)]) -> ScanConfig {
    let text = files.iter().find(|(path, _)| path == portcullis_policy::FILE_NAME);
    text.map(|(_, text)| portcullis_policy::parse(text).unwrap().scan)
        .unwrap_or_default()
}

/// The messages of a rule's findings in a project, with what reports print beside them, and the files that they print.
pub(crate) fn printed(rule: &str, files: &[(&str, &str)]) -> (Vec<String>, Vec<SourceFile>) {
    let selection = Selection {
        only: BTreeSet::from([rule.to_owned()]),
        ..Selection::default()
    };
    let (checked, files) = scan_files(files, &selection);
    let messages = checked.findings.iter().map(|finding| {
        let labels: Vec<&str> = finding.labels.iter().map(|label| label.text.as_str()).collect();
        format!("{} {} {}", finding.message, labels.join(" "), finding.help.join(" "))
    });
    (messages.collect(), files)
}

fn places(checked: &Checked, rule: &str, files: &[SourceFile]) -> BTreeSet<(String, u32)> {
    checked
        .findings
        .iter()
        .filter(|finding| finding.rule == rule)
        .map(|finding| {
            let place = finding.primary().unwrap().place;
            let file = &files[place.file.0 as usize];
            (file.path.to_string(), file.position(place.span.start).line)
        })
        .collect()
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[derive(Debug)]
struct Example {
    section: String,
    name: String,
    files: Vec<(String, String)>,
}

fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut section = String::new();
    let mut fence: Option<(String, String)> = None;
    for line in page.lines() {
        if let Some((path, mut text)) = fence.take() {
            if line == "```" {
                examples
                    .last_mut()
                    .expect("a fence stands under a heading")
                    .files
                    .push((path, text));
            } else {
                text.push_str(line);
                text.push('\n');
                fence = Some((path, text));
            }
        } else if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut section);
        } else if let Some(name) = line.strip_prefix("### ") {
            examples.push(Example {
                section: section.clone(),
                name: name.to_owned(),
                files: Vec::new(),
            });
        } else if let Some(info) = line.strip_prefix("```")
            && let Some((_, path)) = info.split_once("file=")
        {
            fence = Some((path.to_owned(), String::new()));
        }
    }
    examples
}

/// Runs the examples of a rule's page. Every rule has a test `page` that calls it. Where findings have a remedy, the
/// remedied example has none of them left, and still parses.
pub(crate) fn check_page(meta: &RuleMeta) {
    let (rule, page) = (meta.id, meta.page);
    assert!(
        all().iter().any(|known| known.id == rule),
        "{rule}: it is not in the registry"
    );
    let examples = examples(page);
    for section in ["Found", "Fine", "Not detected"] {
        assert!(
            page.contains(&format!("\n## {section}\n")),
            "{rule}: the page lacks `## {section}`"
        );
    }
    for section in ["Found", "Fine"] {
        assert!(
            examples.iter().any(|example| example.section == section),
            "{rule}: no example under {section}"
        );
    }
    let mut wrong = Vec::new();
    for example in &examples {
        assert!(!example.files.is_empty(), "{rule}: `{}` has no code", example.name);
        let expected: BTreeSet<(String, u32)> = example
            .files
            .iter()
            .flat_map(|(path, text)| {
                (1_u32..)
                    .zip(text.lines())
                    .filter(|(_, line)| line.contains("// found"))
                    .map(|(line, _)| (path.clone(), line))
            })
            .collect();
        assert_eq!(
            expected.is_empty(),
            example.section != "Found",
            "{rule}: `{}` marks lines that do not fit its section",
            example.name
        );
        let said = said_of(rule, &example.files);
        if said.places != expected {
            wrong.push(format!("`{}`: {:?} instead of {expected:?}", example.name, said.places));
        }
        if said.without_fix < said.places.len() {
            let again = said_of(rule, &said.fixed);
            assert_eq!(
                again.places.len(),
                said.without_fix,
                "{rule}: `{}` fixed: {again:?}",
                example.name
            );
            assert_eq!(
                again.broken, said.broken,
                "{rule}: `{}` fixed: {:?}",
                example.name, said.fixed
            );
        }
    }
    assert!(wrong.is_empty(), "{rule}: {}", wrong.join("\n"));
}

pub(crate) fn scan(files: &[(&str, &str)], selection: &Selection) -> Checked {
    scan_files(files, selection).0
}

fn scan_files(files: &[(&str, &str)], selection: &Selection) -> (Checked, Vec<SourceFile>) {
    let files: Vec<(String, String)> = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    let selection = selection.clone();
    let run = move || {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in &files {
            write(&folder.path().join(path), text);
        }
        let project = project::load(folder.path(), &[], &LoadOptions::default(), &|_| {}).unwrap();
        let program = Program::build(project, &|_| {});
        let catalog = Catalog::with_entries(&[]).unwrap();
        let analysis = portcullis_analysis::analyse(&program, &catalog, &ScanConfig::default(), &|_| {});
        let files = analysis.project.printable(program.project());
        (check(&analysis, &files, &selection), files)
    };
    std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap()
}

/// The rule under test, and the one that looks at comments.
fn only_authentication() -> Selection {
    Selection {
        only: BTreeSet::from(["missing-authentication".to_owned(), "unused-allow".to_owned()]),
        ..Selection::default()
    }
}

const OPEN: &str = "'use server'\nimport { writeFile } from 'node:fs/promises'\nexport async function save(text: string) {\n  await writeFile('notes.txt', text)\n}\n";

#[test]
fn a_fingerprint_survives_moved_lines_and_renamed_files() {
    let before = scan(&[("app/actions.ts", OPEN)], &only_authentication());
    let moved = OPEN.replace("export async", "\n\n// a comment\nexport async");
    let after = scan(&[("app/notes/save.ts", &moved)], &only_authentication());
    assert_eq!(before.findings.len(), 1);
    assert_eq!(before.findings[0].fingerprint, after.findings[0].fingerprint);
    assert!(before.findings[0].fingerprint.starts_with("pc1:") && before.findings[0].fingerprint.len() == 20);
}

#[test]
fn two_findings_alike_have_two_fingerprints() {
    let checked = scan(&[("app/a.ts", OPEN), ("app/b.ts", OPEN)], &only_authentication());
    assert_eq!(checked.findings.len(), 2);
    assert_ne!(checked.findings[0].fingerprint, checked.findings[1].fingerprint);
}

#[test]
fn the_baseline_holds_back_what_it_names() {
    let first = scan(&[("app/actions.ts", OPEN)], &only_authentication());
    let baseline = first
        .findings
        .iter()
        .map(|finding| finding.fingerprint.clone())
        .collect();
    let second = scan(
        &[("app/actions.ts", OPEN)],
        &Selection {
            baseline,
            ..only_authentication()
        },
    );
    assert!(second.findings.is_empty());
    assert_eq!(second.baselined, 1);
}

#[test]
fn a_comment_with_a_reason_allows_and_one_without_does_not() {
    let allowed = OPEN.replace(
        "export",
        "// portcullis: allow(missing-authentication) reason=\"public notes\"\nexport",
    );
    let checked = scan(&[("app/actions.ts", &allowed)], &only_authentication());
    assert!(checked.findings.is_empty());
    assert_eq!(checked.suppressed[0].reason, "public notes");
    let all = scan(
        &[("app/actions.ts", &allowed)],
        &Selection {
            no_ignores: true,
            ..only_authentication()
        },
    );
    assert_eq!(all.findings.len(), 1);
    let bare = OPEN.replace("export", "// portcullis: allow(missing-authentication)\nexport");
    let checked = scan(&[("app/actions.ts", &bare)], &only_authentication());
    let rules: Vec<&str> = checked.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["unused-allow", "missing-authentication"]);
}

#[test]
fn the_configuration_sets_a_severity() {
    let severities = [("missing-authentication".to_owned(), portcullis_model::Severity::Low)].into();
    let checked = scan(
        &[("app/actions.ts", OPEN)],
        &Selection {
            severities,
            ..only_authentication()
        },
    );
    assert_eq!(checked.findings[0].severity, portcullis_model::Severity::Low);
}

//! `--fix`: which edits of the findings are made, and making them. A file is written only if it still is what was read.

use std::collections::BTreeMap;
use std::path::Path;

use portcullis_model::{Edit, FileId, Scan, SourceFile};

use crate::failure::Failure;
use crate::output;

/// The edits to make, by file.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Sorted, and those of one file do not overlap.
    pub(crate) files: Vec<(FileId, Vec<Edit>)>,
    /// How many findings they remedy.
    pub(crate) findings: usize,
}

/// What was done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// How many files were written.
    pub(crate) files: usize,
    /// Files that have changed since they were read, and were left alone.
    pub(crate) changed: Vec<String>,
}

/// Collects the edits of every finding. A remedy that would touch what another one changes waits for the next run.
pub(crate) fn plan(scan: &Scan) -> Plan {
    let mut chosen: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    let mut findings = 0;
    for fix in scan.findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        let is_new = |edit: &&Edit| !chosen.get(&edit.place.file).is_some_and(|own| own.contains(edit));
        let added: Vec<Edit> = fix.edits.iter().filter(is_new).cloned().collect();
        let clashes = added.iter().any(|edit| {
            let own = chosen.get(&edit.place.file);
            own.is_some_and(|own| own.iter().any(|other| overlaps(edit, other)))
        });
        if clashes {
            continue;
        }
        findings += 1;
        for edit in added {
            chosen.entry(edit.place.file).or_default().push(edit);
        }
    }
    let mut files: Vec<(FileId, Vec<Edit>)> = chosen.into_iter().collect();
    for (_, edits) in &mut files {
        edits.sort();
    }
    Plan { files, findings }
}

/// Two edits at one place have no order.
fn overlaps(one: &Edit, two: &Edit) -> bool {
    let (one, two) = (one.place.span, two.place.span);
    (one.start < two.end && two.start < one.end) || one.start == two.start
}

/// Makes the edits in the project at `root`.
pub(crate) fn apply(plan: &Plan, scan: &Scan, root: &Path) -> Result<Done, Failure> {
    let mut done = Done::default();
    for (id, edits) in &plan.files {
        let Some(file) = usize::try_from(id.0).ok().and_then(|position| scan.files.get(position)) else {
            continue;
        };
        let path = root.join(&*file.path);
        let current = text_of(&path)?;
        // The scan reads files without their byte order mark.
        let (mark, text) = match current.strip_prefix('\u{feff}') {
            Some(text) => ("\u{feff}", text),
            None => ("", current.as_str()),
        };
        let edited = is_same(file, text).then(|| edited(text, edits)).flatten();
        match edited {
            Some(edited) => {
                let rights = std::fs::metadata(&path).map(|data| data.permissions());
                output::write_in_project(&path, &format!("{mark}{edited}"))?;
                // The file was replaced; who may run it stays what it was, as far as that can be set.
                if let Ok(rights) = rights {
                    drop(std::fs::set_permissions(&path, rights));
                }
                done.files += 1;
            }
            None => done.changed.push(file.path.to_string()),
        }
    }
    Ok(done)
}

/// Whether a text is that of the scan, in which secrets are masked by `*`.
fn is_same(file: &SourceFile, text: &str) -> bool {
    file.text.len() == text.len()
        && file
            .text
            .bytes()
            .zip(text.bytes())
            .all(|(scanned, current)| scanned == current || scanned == b'*')
}

/// The text with edits that are sorted and do not overlap.
fn edited(text: &str, edits: &[Edit]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let start = usize::try_from(edit.place.span.start).ok()?;
        out.push_str(text.get(at..start)?);
        out.push_str(&edit.text);
        at = usize::try_from(edit.place.span.end).ok()?;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

fn text_of(path: &Path) -> Result<String, Failure> {
    #[expect(clippy::disallowed_methods, reason = "the command line writes these files")]
    std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))
}

#[cfg(test)]
mod tests {
    use portcullis_model::{Confidence, Finding, Fix, Place, Severity, Span};

    use super::*;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit {
            place: Place::new(FileId(0), Span::new(start, end)),
            text: text.to_owned(),
        }
    }

    fn finding(edits: &[Edit]) -> Finding {
        Finding {
            rule: "r",
            severity: Severity::Low,
            confidence: Confidence::High,
            endpoints: vec![],
            message: String::new(),
            consequence: String::new(),
            help: vec![],
            fix: Some(Fix {
                title: String::new(),
                edits: edits.to_vec(),
            }),
            labels: vec![],
            owasp: &[],
            cwe: &[],
            fingerprint: String::new(),
        }
    }

    fn scan(text: &str, findings: Vec<Finding>) -> Scan {
        Scan {
            files: vec![SourceFile {
                path: "a.ts".into(),
                text: text.into(),
            }],
            findings,
            ..Scan::default()
        }
    }

    #[test]
    fn the_same_edit_is_made_once_and_a_clash_waits() {
        let scan = scan(
            "abc",
            vec![
                finding(&[edit(1, 2, "B")]),
                finding(&[edit(1, 2, "B"), edit(3, 3, "d")]),
                finding(&[edit(0, 2, "x")]),
            ],
        );
        let plan = plan(&scan);
        assert_eq!(plan.files, [(FileId(0), vec![edit(1, 2, "B"), edit(3, 3, "d")])]);
        assert_eq!(plan.findings, 2);
    }

    #[test]
    fn a_file_that_has_changed_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ts");
        let write = |text: &str| output::write_in_project(&path, text).unwrap();
        let scan = scan("key = '****'", vec![finding(&[edit(0, 3, "name")])]);
        let plan = plan(&scan);
        write("\u{feff}key = 'abcd'");
        assert_eq!(apply(&plan, &scan, folder.path()).unwrap().files, 1);
        assert_eq!(text_of(&path).unwrap(), "\u{feff}name = 'abcd'");
        assert_eq!(apply(&plan, &scan, folder.path()).unwrap().changed, ["a.ts"]);
        assert_eq!(text_of(&path).unwrap(), "\u{feff}name = 'abcd'");
    }
}

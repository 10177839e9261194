//! A copy of a project, in which files can be replaced for one scan, and what that scan says.
//!
//! The original is only read. The copy has no links, no history and none of what other tools put there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use portcullis_model::{EndpointKind, Place, Protection, Scan};
use portcullis_source::project::{LoadOptions, Project, load};
use tempfile::TempDir;

/// Folders that no scan reads.
const SKIPPED: [&str; 6] = ["node_modules", ".git", ".next", "dist", ".turbo", "target"];
/// Larger files hold no code that somebody wrote.
const MAX_FILE_BYTES: u64 = 2_000_000;

/// A copied project.
#[derive(Debug)]
pub(super) struct Copy {
    folder: TempDir,
    /// Its files and what imports in them mean.
    pub(super) project: Project,
}

/// An endpoint of the unchanged project.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) is_module: bool,
    /// The function that built it, if a call did.
    pub(super) wrapper: Option<String>,
}

/// What a scan says, as far as it is compared.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// The state of each protection, by endpoint.
    pub(super) states: BTreeMap<(String, Protection), &'static str>,
    /// Rule and endpoint of each finding.
    pub(super) findings: BTreeSet<(&'static str, String)>,
    /// Files that did not parse.
    pub(super) broken: BTreeSet<String>,
}

impl Copy {
    /// Copies the project at `root`.
    pub(super) fn of(root: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        copy(root, folder.path()).with_context(|| format!("cannot copy `{}`", root.display()))?;
        let project = load(folder.path(), &[], &LoadOptions::default(), &|_| {})?;
        Ok(Self { folder, project })
    }

    /// Scans the copy as it is.
    pub(super) fn scan(&self) -> Result<(Answers, Vec<Door>)> {
        let scan = portcullis::scan(self.folder.path()).map_err(|reason| anyhow!(reason))?;
        let doors = scan.endpoints.iter().map(|endpoint| Door {
            name: endpoint.name.clone(),
            place: endpoint.place,
            is_module: endpoint.kind == EndpointKind::Module,
            wrapper: endpoint.wrapper.clone(),
        });
        Ok((Answers::of(&scan), doors.collect()))
    }

    /// Scans it with other texts in the place of some files; new ones may be among them.
    pub(super) fn scan_with(&self, texts: &BTreeMap<String, String>) -> Result<Answers> {
        for (path, text) in texts {
            std::fs::write(self.folder.path().join(path), text)?;
        }
        let scanned = self.scan();
        for path in texts.keys() {
            let place = self.folder.path().join(path);
            match self.text(path) {
                Some(text) => std::fs::write(place, text)?,
                None => std::fs::remove_file(place)?,
            }
        }
        scanned.map(|(answers, _)| answers)
    }

    /// The original text of a file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        let file = self.project.file(self.project.file_id(path)?)?;
        Some(&file.text)
    }
}

impl Answers {
    fn of(scan: &Scan) -> Self {
        let mut answers = Self::default();
        for endpoint in &scan.endpoints {
            for (protection, coverage) in &endpoint.coverage {
                let key = (endpoint.name.clone(), *protection);
                answers.states.insert(key, coverage.state());
            }
        }
        for finding in &scan.findings {
            for endpoint in finding.endpoints.iter().filter_map(|id| scan.endpoint(*id)) {
                answers.findings.insert((finding.rule, endpoint.name.clone()));
            }
        }
        let paths = scan.diagnostics.iter().map(|diagnostic| diagnostic.path.clone());
        answers.broken = paths.collect();
        answers
    }

    /// The state of a protection.
    pub(super) fn state(&self, endpoint: &str, protection: Protection) -> &'static str {
        let key = (endpoint.to_owned(), protection);
        self.states.get(&key).copied().unwrap_or("no endpoint")
    }

    /// The rules with a finding at an endpoint.
    pub(super) fn rules(&self, endpoint: &str) -> BTreeSet<&'static str> {
        let here = self.findings.iter().filter(|(_, name)| name == endpoint);
        here.map(|(rule, _)| *rule).collect()
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let kind = entry.file_type()?;
        let target = to.join(&name);
        if kind.is_dir() {
            if SKIPPED.iter().any(|skipped| name == *skipped) {
                continue;
            }
            std::fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else if kind.is_file() && entry.metadata()?.len() <= MAX_FILE_BYTES {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

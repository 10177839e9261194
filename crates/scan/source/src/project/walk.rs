//! Which files there are. Decides what is part of the project; reads none of it but the `.gitignore` files.
//!
//! Left out: what `.gitignore` files of the tree name, hidden files but `.env` and its kin, `node_modules`, and build
//! outputs. An `.env` file that `.gitignore` names is never opened. A build output
//! is a directory named `dist`, `build`, `out` or `coverage` that stands beside a `package.json`, has none of its own,
//! and holds no TypeScript or JSX. So `app/build/page.tsx` is source, and so is a whole `build/` of TypeScript.
//! Nothing outside of the root has a say: neither a `.gitignore` above it nor the user's global one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use ignore::{DirEntry, WalkBuilder, WalkState};
use portcullis_model::{Diagnostic, DiagnosticKind};

use super::kind::{self, Kind};
use super::path;

const OUTPUT_NAMES: [&str; 4] = ["build", "coverage", "dist", "out"];

/// A file that exists.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) path: String,
    pub(super) kind: Kind,
    pub(super) size: u64,
}

/// What the walk saw, sorted by path.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) files: Vec<Found>,
    /// Symbolic links that stay inside, from path to target.
    pub(super) links: BTreeMap<String, String>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

enum Event {
    File(Found),
    Link(String, String),
    Problem(Diagnostic),
}

/// Walks `root`, which is canonical.
pub(super) fn walk(root: &Path) -> Walk {
    let (sender, receiver) = mpsc::channel();
    let walker = WalkBuilder::new(root)
        .follow_links(false)
        .hidden(false)
        .parents(false)
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        .git_ignore(true)
        .require_git(false)
        .filter_entry(|entry| entry.depth() == 0 || is_wanted(entry))
        .build_parallel();
    walker.run(|| {
        let sender = sender.clone();
        Box::new(move |entry| {
            // The receiver outlives the walk, so that a failed send can only mean that nobody is interested any more.
            match event(root, entry).map(|event| sender.send(event)) {
                Some(Err(_)) => WalkState::Quit,
                _ => WalkState::Continue,
            }
        })
    });
    drop(sender);
    let mut walk = Walk::default();
    for event in receiver {
        match event {
            Event::File(found) => walk.files.push(found),
            Event::Link(from, to) => {
                walk.links.insert(from, to);
            }
            Event::Problem(diagnostic) => walk.diagnostics.push(diagnostic),
        }
    }
    walk.files.sort_unstable_by(|left, right| left.path.cmp(&right.path));
    remove_outputs(&mut walk.files);
    walk
}

fn is_wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_str().unwrap_or_default();
    let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
    if is_hidden {
        return kind::is_environment(name) && entry.file_type().is_some_and(|kind| kind.is_file());
    }
    name != "node_modules"
}

fn event(root: &Path, entry: Result<DirEntry, ignore::Error>) -> Option<Event> {
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => return Some(Event::Problem(unreadable(root, &error))),
    };
    let kind = entry.file_type()?;
    if kind.is_dir() || entry.depth() == 0 {
        return None;
    }
    let path = match relative(root, entry.path()) {
        Ok(path) => path,
        Err(path) => {
            return Some(Event::Problem(Diagnostic {
                path,
                place: None,
                kind: DiagnosticKind::NotUtf8,
                message: "the name of this file is not UTF-8, so it was not read".to_owned(),
            }));
        }
    };
    if kind.is_symlink() {
        return Some(link(root, entry.path(), path));
    }
    // A pipe or a device named like a source file would block the scan.
    if !kind.is_file() {
        return None;
    }
    let size = entry.metadata().map_or(0, |metadata| metadata.len());
    Some(Event::File(Found {
        kind: Kind::of(&path),
        path,
        size,
    }))
}

/// `path` seen from the root, with `/`; else what can be shown of it.
fn relative(root: &Path, path: &Path) -> Result<String, String> {
    let path = path.strip_prefix(root).unwrap_or(path);
    let mut text = String::new();
    for component in path.components() {
        let Some(part) = component.as_os_str().to_str() else {
            return Err(path.to_string_lossy().into_owned());
        };
        if !text.is_empty() {
            text.push('/');
        }
        text.push_str(part);
    }
    Ok(text)
}

/// A link is never followed. One that stays inside is remembered as another name of its target, which the walk visits
/// by itself; one that leaves is reported, as what it leads to may be part of the application.
fn link(root: &Path, absolute: &Path, path: String) -> Event {
    // A link to nowhere leads where its text says.
    let target = absolute.canonicalize().ok().or_else(|| lexical_target(absolute));
    let inside = target
        .as_deref()
        .and_then(|target| target.strip_prefix(root).ok())
        .and_then(|target| relative(Path::new(""), target).ok());
    match inside {
        Some(target) => Event::Link(path, target),
        None => Event::Problem(Diagnostic {
            path,
            place: None,
            kind: DiagnosticKind::Symlink,
            message: "this link leads out of the project and was not followed; scan from a directory that holds both"
                .to_owned(),
        }),
    }
}

fn lexical_target(link: &Path) -> Option<PathBuf> {
    let target = link.parent()?.join(link.read_link().ok()?);
    let mut path = PathBuf::new();
    for component in target.components() {
        match component {
            std::path::Component::ParentDir => {
                path.pop();
            }
            std::path::Component::CurDir => {}
            part => path.push(part),
        }
    }
    Some(path)
}

fn unreadable(root: &Path, error: &ignore::Error) -> Diagnostic {
    let path = error_path(error).map_or_else(String::new, |path| match relative(root, path) {
        Ok(path) | Err(path) => path,
    });
    let message = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    Diagnostic {
        path,
        place: None,
        kind: DiagnosticKind::Unreadable,
        message: format!("could not be read: {message}"),
    }
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        _ => None,
    }
}

fn remove_outputs(files: &mut Vec<Found>) {
    let packages: BTreeSet<&str> = files
        .iter()
        .filter(|file| file.kind == Kind::Package)
        .filter_map(|file| path::parent(&file.path))
        .collect();
    let mut written: BTreeMap<String, bool> = BTreeMap::new();
    for file in &*files {
        for directory in outputs(&file.path, &packages) {
            let hand_written = kind::is_hand_written(&file.path);
            if let Some(known) = written.get_mut(directory) {
                *known |= hand_written;
            } else {
                written.insert(directory.to_owned(), hand_written);
            }
        }
    }
    written.retain(|_, hand_written| !*hand_written);
    if !written.is_empty() {
        files.retain(|file| !path::ancestors(&file.path).any(|directory| written.contains_key(directory)));
    }
}

/// The directories above a file that would be build outputs.
fn outputs<'path>(file: &'path str, packages: &BTreeSet<&str>) -> impl Iterator<Item = &'path str> {
    path::ancestors(file).skip(1).filter(|directory| {
        OUTPUT_NAMES.contains(&path::name(directory))
            && !packages.contains(directory)
            && path::parent(directory).is_some_and(|parent| packages.contains(parent))
    })
}

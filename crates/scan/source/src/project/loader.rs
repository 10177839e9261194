//! Puts a project together: walk, read, then everything that resolution needs to know beforehand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use portcullis_model::{Diagnostic, DiagnosticKind, SourceFile};
use rayon::prelude::*;

use super::app::{self, Versions};
use super::kind::Kind;
use super::manifest::Manifest;
use super::packages::{Dependency, Packages};
use super::read::read;
use super::tree::{Entry, Tree};
use super::tsconfig;
use super::walk::{self, Found};
use super::workspace::{PnpmWorkspace, Workspace};
use super::{LoadError, LoadOptions, OtherFile, OtherKind, Project, path};

/// Manifests and configurations above this size are broken or hostile.
const MAX_MANIFEST_BYTES: u64 = 4_000_000;
/// Lock files are searched for one entry and dropped.
const MAX_LOCK_BYTES: u64 = 64_000_000;
/// What all source files, and all kept other files, may take up: a bound for hostile trees, far above real ones.
const MAX_SOURCE_BYTES: u64 = 2_000_000_000;
const MAX_OTHER_BYTES: u64 = 500_000_000;
/// How many files are read between two reports of progress.
const PROGRESS_STEP: usize = 64;

/// Loads the project in `root`. `only` are files and directories in it, absolute or relative to the root, that the user
/// asked about: the rest is loaded too, but not selected. `progress` is told now and then how many source files were read.
pub fn load(
    root: &Path,
    only: &[PathBuf],
    options: &LoadOptions,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Project, LoadError> {
    let root = canonical(root, root)?;
    if !root.is_dir() {
        return Err(LoadError::NotADirectory { path: root });
    }
    let exclude = globs(&options.exclude)?;
    let only = only
        .iter()
        .map(|path| below(&root, path))
        .collect::<Result<Vec<_>, _>>()?;

    let mut walk = walk::walk(&root);
    let mut diagnostics = std::mem::take(&mut walk.diagnostics);
    let mut sources: Vec<&Found> = walk
        .files
        .iter()
        .filter(|file| file.kind == Kind::Source && !exclude.is_match(&file.path))
        .collect();
    let limit = options.max_file_bytes.min(u64::from(u32::MAX));
    within(&mut sources, limit, MAX_SOURCE_BYTES, &mut diagnostics);
    let mut files = Vec::with_capacity(sources.len());
    for text in read_all(&root, &sources, limit, progress) {
        match text {
            Ok(file) => files.push(file),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let selected = (!only.is_empty()).then(|| {
        files
            .iter()
            .map(|file| only.iter().any(|only| path::is_below(&file.path, only)))
            .collect()
    });

    let others = others(&root, &walk.files, options.max_file_bytes, &mut diagnostics);
    let entries = walk.files.iter().map(|file| {
        (
            file.path.as_str(),
            if file.kind == Kind::Source {
                Entry::Unread
            } else {
                Entry::Other
            },
        )
    });
    let tree = Tree::new(&files, entries, walk.links);
    let (manifests, workspaces, pnpm) = manifests(&others, &mut diagnostics);
    let packages = Packages::new(manifests, &workspaces, &tree);
    let reader = |path: &str| match others.get(path) {
        Some(file) => Ok(Arc::clone(&file.text)),
        None => read(&root, path, 0, MAX_MANIFEST_BYTES),
    };
    let config_files = others
        .iter()
        .filter(|(_, file)| file.kind == OtherKind::Config)
        .map(|(path, _)| path.as_str());
    let (configs, config_problems) = tsconfig::Loader::new(&tree, &packages, &reader).load(config_files);
    diagnostics.extend(config_problems);
    let locks = locks(&root, &walk.files, &mut diagnostics);
    let versions = Versions {
        packages: &packages,
        locks: &locks,
        workspaces: &pnpm,
    };
    let (apps, next_version) = app::find(&files, &tree, &versions);
    let dependencies = app::dependencies(&versions);
    let texts = texts(&others, &dependencies);

    diagnostics.sort_unstable();
    diagnostics.dedup();
    Ok(Project {
        files,
        diagnostics,
        next_version,
        selected,
        others,
        texts,
        dependencies,
        apps,
        tree,
        packages,
        configs,
    })
}

fn canonical(path: &Path, given: &Path) -> Result<PathBuf, LoadError> {
    path.canonicalize().map_err(|source| LoadError::Open {
        path: given.to_owned(),
        source,
    })
}

/// `given` relative to the root, with `/`.
fn below(root: &Path, given: &Path) -> Result<String, LoadError> {
    let path = canonical(&root.join(given), given)?;
    let outside = || LoadError::OutsideRoot { path: given.to_owned() };
    let parts = path.strip_prefix(root).map_err(|_| outside())?.components();
    Ok(parts
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/"))
}

fn globs(patterns: &[String]) -> Result<GlobSet, LoadError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let invalid = |error: &globset::Error| LoadError::Glob {
            pattern: pattern.clone(),
            reason: error.kind().to_string(),
        };
        let path = pattern
            .trim_start_matches("./")
            .trim_start_matches('/')
            .trim_end_matches('/');
        let anywhere = if pattern.trim_end_matches('/').contains('/') {
            ""
        } else {
            "**/"
        };
        for glob in [format!("{anywhere}{path}"), format!("{anywhere}{path}/**")] {
            set.add(
                GlobBuilder::new(&glob)
                    .literal_separator(true)
                    .build()
                    .map_err(|error| invalid(&error))?,
            );
        }
    }
    set.build().map_err(|error| LoadError::Glob {
        pattern: patterns.join(", "),
        reason: error.kind().to_string(),
    })
}

/// Keeps the files that fit into the total. What is above the limit by itself is left for the reader to report.
fn within(files: &mut Vec<&Found>, limit: u64, total: u64, diagnostics: &mut Vec<Diagnostic>) {
    let mut sum = 0_u64;
    files.retain(|file| {
        if file.size > limit {
            return true;
        }
        sum = sum.saturating_add(file.size);
        if sum > total {
            diagnostics.push(Diagnostic {
                path: file.path.clone(),
                place: None,
                kind: DiagnosticKind::TooLarge,
                message: format!("the project is larger than {total} bytes and this file was not analysed"),
            });
        }
        sum <= total
    });
}

fn read_all(
    root: &Path,
    files: &[&Found],
    limit: u64,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Result<SourceFile, Diagnostic>> {
    let count = AtomicUsize::new(0);
    files
        .par_iter()
        .map(|file| {
            let text = read(root, &file.path, file.size, limit);
            let done = count.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            if done.is_multiple_of(PROGRESS_STEP) || done == files.len() {
                progress(done);
            }
            Ok(SourceFile {
                path: Arc::from(file.path.as_str()),
                text: text?,
            })
        })
        .collect()
}

/// The manifests and schemas, read.
fn others(
    root: &Path,
    files: &[Found],
    max_schema_bytes: u64,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, OtherFile> {
    let kind = |file: &Found| match file.kind {
        Kind::Package => Some((OtherKind::Package, MAX_MANIFEST_BYTES)),
        Kind::Config => Some((OtherKind::Config, MAX_MANIFEST_BYTES)),
        Kind::Workspace => Some((OtherKind::Workspace, MAX_MANIFEST_BYTES)),
        Kind::Sql => Some((OtherKind::Sql, max_schema_bytes)),
        Kind::Prisma => Some((OtherKind::Prisma, max_schema_bytes)),
        Kind::Environment => Some((OtherKind::Environment, MAX_MANIFEST_BYTES)),
        Kind::Hosting => Some((OtherKind::Hosting, MAX_MANIFEST_BYTES)),
        Kind::Source | Kind::Declaration | Kind::Lock | Kind::Asset => None,
    };
    let mut kept: Vec<&Found> = files.iter().filter(|file| kind(file).is_some()).collect();
    within(
        &mut kept,
        max_schema_bytes.max(MAX_MANIFEST_BYTES),
        MAX_OTHER_BYTES,
        diagnostics,
    );
    let read: Vec<_> = kept
        .par_iter()
        .filter_map(|file| kind(file).map(|(kind, limit)| (file, kind, read(root, &file.path, file.size, limit))))
        .collect();
    let mut others = BTreeMap::new();
    for (file, kind, text) in read {
        match text {
            Ok(text) => {
                others.insert(file.path.clone(), OtherFile { kind, text });
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    others
}

/// The files without code that a finding can point at.
fn texts(others: &BTreeMap<String, OtherFile>, dependencies: &[Dependency]) -> Vec<SourceFile> {
    let is_wanted = |path: &str, file: &OtherFile| match file.kind {
        OtherKind::Environment | OtherKind::Hosting => true,
        OtherKind::Package => dependencies.iter().any(|dependency| dependency.manifest == path),
        // Who may read which row of a table.
        OtherKind::Sql => decides_on_rows(&file.text),
        _ => false,
    };
    others
        .iter()
        .filter(|(path, file)| is_wanted(path, file))
        .map(|(path, file)| SourceFile {
            path: Arc::from(path.as_str()),
            text: Arc::clone(&file.text),
        })
        .collect()
}

/// Whether SQL speaks of row-level security, or of the tables of a project whose database has it: migrations that make
/// tables count too, since a table without a policy is everybody's.
fn decides_on_rows(text: &str) -> bool {
    let has = |needle: &str| {
        text.as_bytes()
            .windows(needle.len())
            .any(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
    };
    has("row level security") || has("create policy") || has("create table")
}

type Manifests = (Vec<(String, Manifest)>, Vec<Workspace>, BTreeMap<String, PnpmWorkspace>);

/// What the manifests say, by directory.
fn manifests(others: &BTreeMap<String, OtherFile>, diagnostics: &mut Vec<Diagnostic>) -> Manifests {
    let (mut manifests, mut workspaces, mut pnpm) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut broken = |path: &str, reason: &str| {
        diagnostics.push(Diagnostic {
            path: path.to_owned(),
            place: None,
            kind: DiagnosticKind::Manifest,
            message: format!("this manifest can't be used: {reason}; imports of its packages may stay unresolved"),
        });
    };
    let mut add_workspace = |path: &str, globs: &[String], broken: &mut dyn FnMut(&str, &str)| {
        if globs.is_empty() {
            return;
        }
        match Workspace::new(path::parent(path).unwrap_or_default(), globs) {
            Ok(workspace) => workspaces.push(workspace),
            Err(reason) => broken(path, &reason),
        }
    };
    for (path, file) in others {
        let directory = path::parent(path).unwrap_or_default();
        match file.kind {
            OtherKind::Package => match Manifest::parse(&file.text) {
                Ok(manifest) => {
                    add_workspace(path, &manifest.workspaces, &mut broken);
                    manifests.push((directory.to_owned(), manifest));
                }
                Err(reason) => {
                    broken(path, &reason);
                    // The directory stays a package: the one around it does not take its place.
                    manifests.push((directory.to_owned(), Manifest::default()));
                }
            },
            OtherKind::Workspace => {
                let workspace = PnpmWorkspace::parse(&file.text);
                add_workspace(path, &workspace.packages, &mut broken);
                pnpm.insert(directory.to_owned(), workspace);
            }
            _ => {}
        }
    }
    manifests.sort_by(|(left, _), (right, _)| left.cmp(right));
    (manifests, workspaces, pnpm)
}

fn locks(root: &Path, files: &[Found], diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<String, Arc<str>> {
    let mut locks = BTreeMap::new();
    let mut found: Vec<&Found> = files.iter().filter(|file| file.kind == Kind::Lock).collect();
    within(&mut found, MAX_LOCK_BYTES, MAX_OTHER_BYTES, diagnostics);
    for file in found {
        match read(root, &file.path, file.size, MAX_LOCK_BYTES) {
            Ok(text) => {
                locks.insert(file.path.clone(), text);
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    locks
}

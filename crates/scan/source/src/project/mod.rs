//! The project as it lies on disk: which files it has, and what an import specifier in one of them means.
//!
//! [`load`] is the only place of scan that touches the file system. What it returns answers every later question
//! from memory, without `node_modules`: which file a specifier resolves to, which Next.js application a file belongs
//! to, what the schema files say. It does not parse source text.

mod alias;
mod app;
mod builtin;
mod exports;
mod json;
mod kind;
mod loader;
mod locate;
mod lockfile;
mod manifest;
mod packages;
mod path;
mod read;
mod resolve;
mod tree;
mod tsconfig;
mod walk;
mod workspace;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use portcullis_model::{Diagnostic, FileId, SourceFile};

pub use app::NextApp;
pub use loader::load;
pub use packages::Dependency;

use alias::Configs;
use packages::Packages;
use tree::Tree;

/// What to load.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Source files above this size are reported and left out.
    pub max_file_bytes: u64,
    /// Globs over paths relative to the root. A match, and everything below it, is not loaded as source. A glob
    /// without `/` matches at every depth. Manifests are read even where a glob matches, so that imports still resolve.
    pub exclude: Vec<String>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            max_file_bytes: 5_000_000,
            exclude: Vec::new(),
        }
    }
}

/// Why nothing was loaded. Everything that concerns one file is a [`Diagnostic`] instead.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The root, or a path to report on, is not there or can't be opened.
    #[error("cannot open `{}`", path.display())]
    Open {
        /// The path as it was given.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The root is a file.
    #[error("`{}` is not a directory", path.display())]
    NotADirectory {
        /// The path as it was given.
        path: PathBuf,
    },
    /// A path to report on lies outside of the root.
    #[error("`{}` is outside of the project", path.display())]
    OutsideRoot {
        /// The path as it was given.
        path: PathBuf,
    },
    /// An exclude glob does not parse.
    #[error("`{pattern}` is not a valid glob: {reason}")]
    Glob {
        /// The glob as it was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What an import specifier means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// A loaded source file.
    File(FileId),
    /// A package that is not part of the project.
    Package {
        /// Its name, with the scope.
        name: String,
        /// What follows the name, without the slash; empty for the package itself.
        subpath: String,
    },
    /// A module of the runtime, without the `node:` prefix.
    Builtin(String),
    /// Something without code to analyse: a stylesheet, an image, JSON, a declaration file, a minified bundle.
    Asset,
    /// It points into the project, at nothing that was loaded. What it would have done is unknown, never safe.
    Missing,
}

/// What an [`OtherFile`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OtherKind {
    /// `package.json`.
    Package,
    /// `tsconfig.json`, `tsconfig.*.json`, `jsconfig.json`.
    Config,
    /// `*.sql`.
    Sql,
    /// `*.prisma`.
    Prisma,
    /// `pnpm-workspace.yaml`.
    Workspace,
    /// `.env`, `.env.production` and the like, unless `.gitignore` names it.
    Environment,
    /// `vercel.json`.
    Hosting,
}

/// A file that is not source but says something about the project.
#[derive(Debug, Clone)]
pub struct OtherFile {
    /// What it is.
    pub kind: OtherKind,
    /// Its text, without a byte order mark. Hostile when printed.
    pub text: Arc<str>,
}

/// A loaded project.
#[derive(Debug)]
pub struct Project {
    /// The source files, sorted by path; a [`FileId`] is an index into it.
    pub files: Vec<SourceFile>,
    /// What could not be read, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// The Next.js version of the first application that has routes, else of the first package that asks for one.
    pub next_version: Option<String>,
    selected: Option<Vec<bool>>,
    others: BTreeMap<String, OtherFile>,
    texts: Vec<SourceFile>,
    dependencies: Vec<Dependency>,
    apps: Vec<NextApp>,
    tree: Tree,
    packages: Packages,
    configs: Configs,
}

impl Project {
    /// The file at a path relative to the root, with `/`.
    pub fn file_id(&self, path: &str) -> Option<FileId> {
        self.tree.source(path)
    }

    /// A file by its id: a source file, or one of the [texts](Self::texts) that follow them.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        let position = usize::try_from(id.0).ok()?;
        let after = position.checked_sub(self.files.len());
        after.map_or_else(|| self.files.get(position), |position| self.texts.get(position))
    }

    /// Files without code that a finding can point at, sorted by path: manifests that name a framework, `.env` files,
    /// `vercel.json`. Their ids follow those of the source files.
    pub fn texts(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        let first = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        (first..).map(FileId).zip(&self.texts)
    }

    /// The packages with known advisories that the project's manifests ask for, sorted by manifest.
    pub fn dependencies(&self) -> &[Dependency] {
        &self.dependencies
    }

    /// The application that a path is part of: the one in the nearest directory above it.
    pub fn app_at(&self, path: &str) -> Option<&NextApp> {
        self.apps
            .iter()
            .filter(|app| path::is_below(path, &app.directory))
            .max_by_key(|app| app.directory.len())
    }

    /// Whether a file is one that the user asked about. Every file is, unless `load` was given paths.
    pub fn is_selected(&self, id: FileId) -> bool {
        let Some(selected) = &self.selected else {
            return true;
        };
        usize::try_from(id.0)
            .ok()
            .and_then(|index| selected.get(index))
            .copied()
            .unwrap_or(false)
    }

    /// The Next.js applications, sorted by directory.
    pub fn next_apps(&self) -> &[NextApp] {
        &self.apps
    }

    /// The application that a file is part of: the one in the nearest directory above it.
    pub fn app_of(&self, file: FileId) -> Option<&NextApp> {
        self.app_at(&self.file(file)?.path)
    }

    /// Manifests and schemas, by path.
    pub fn other_files(&self) -> &BTreeMap<String, OtherFile> {
        &self.others
    }

    /// What `specifier` means in the file `from`. Reads nothing from disk.
    pub fn resolve(&self, from: FileId, specifier: &str) -> Resolution {
        let Some(file) = self.file(from) else {
            return Resolution::Missing;
        };
        let locator = locate::Locator {
            tree: &self.tree,
            packages: &self.packages,
        };
        resolve::Resolver {
            locator,
            configs: &self.configs,
        }
        .resolve(&file.path, specifier)
    }
}

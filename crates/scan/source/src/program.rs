//! The program: every module of a project, and which definition a name in one of them means.
//!
//! All files are parsed once, for their errors; those that can hold an endpoint are lowered then and there, the
//! others when something reaches them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use portcullis_model::{Diagnostic, FileId, SourceFile};
use rayon::prelude::*;

use crate::ir::{ExportSource, Expression, Import, ImportName, Module, Symbol, Text};
use crate::outline::Outline;
use rustc_hash::FxHashSet;

use crate::parse::{Parsed, parse};
use crate::project::{Project, Resolution};

/// Every module of a project, linked.
#[derive(Debug)]
pub struct Program {
    project: Project,
    modules: Vec<OnceLock<Option<Box<Module>>>>,
    outlines: Vec<Outline>,
    /// Where the `export *` of each module lead: barrels have thousands, and are asked for every name.
    stars: Vec<OnceLock<Vec<Resolution>>>,
    diagnostics: Vec<Diagnostic>,
    candidates: Vec<FileId>,
}

/// What an imported or exported name means.
#[derive(Debug, Clone)]
pub enum Target {
    /// A symbol of a module.
    Symbol(FileId, Symbol),
    /// The value of an expression: a default export.
    Value(FileId, Arc<Expression>),
    /// All exports of a module.
    Namespace(FileId),
    /// An export of a package, or its namespace.
    Library {
        /// The specifier.
        module: Text,
        /// Which export; none for the namespace.
        name: Option<Text>,
    },
    /// Something that is neither code nor a package: a picture, a stylesheet.
    Asset,
    /// It should be there, and is not.
    Missing {
        /// The specifier, or the file that lacks the export.
        module: Text,
        /// Which export; none for the namespace.
        name: Option<Text>,
    },
}

/// How far `export * from` and re-exports are followed.
const LINK_LIMIT: u32 = 64;

impl Program {
    /// Parses every file, in parallel. `progress` is called with the number of files that are done.
    pub fn build(project: Project, progress: &(dyn Fn(usize) + Sync)) -> Self {
        let done = AtomicUsize::new(0);
        let parsed: Vec<Parsed> = project
            .files
            .par_iter()
            .enumerate()
            .map(|(position, file)| {
                let id = FileId(u32::try_from(position).unwrap_or(u32::MAX));
                let wanted = file.text.contains("use server");
                let parsed = parse(id, file, wanted, None);
                progress(done.fetch_add(1, Ordering::Relaxed));
                parsed
            })
            .collect();
        let mut diagnostics = project.diagnostics.clone();
        let mut candidates = Vec::new();
        let mut modules = Vec::with_capacity(parsed.len());
        let mut outlines = Vec::with_capacity(parsed.len());
        for (position, parsed) in (0_u32..).zip(parsed) {
            let slot = OnceLock::new();
            match parsed {
                Parsed::Module(outline, module) => {
                    outlines.push(outline);
                    if let Some(module) = module {
                        candidates.push(FileId(position));
                        drop(slot.set(Some(module)));
                    }
                }
                Parsed::Failed(diagnostic) => {
                    outlines.push(Outline::default());
                    diagnostics.push(diagnostic);
                    drop(slot.set(None));
                }
            }
            modules.push(slot);
        }
        let stars = modules.iter().map(|_| OnceLock::new()).collect();
        Self {
            project,
            modules,
            outlines,
            stars,
            diagnostics,
            candidates,
        }
    }

    /// The project as it was loaded.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// What could not be read or parsed.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The files whose text can hold an endpoint, in order.
    pub fn candidates(&self) -> &[FileId] {
        &self.candidates
    }

    /// A file by its id.
    pub fn file(&self, file: FileId) -> Option<&SourceFile> {
        self.project.file(file)
    }

    /// What a source file says of other modules; empty if it does not parse.
    pub fn outline(&self, file: FileId) -> Option<&Outline> {
        self.outlines.get(usize::try_from(file.0).ok()?)
    }

    /// A file's module; none if it does not parse.
    pub fn module(&self, file: FileId) -> Option<&Module> {
        let position = usize::try_from(file.0).ok()?;
        let source = self.project.files.get(position)?;
        self.modules
            .get(position)?
            .get_or_init(
                || match parse(file, source, true, self.outline(file).map(|outline| outline.levels)) {
                    Parsed::Module(_, module) => module,
                    Parsed::Failed(_) => None,
                },
            )
            .as_deref()
    }

    /// What an import means.
    pub fn import(&self, file: FileId, import: &Import) -> Target {
        self.target(file, &import.specifier, &import.name, 0)
    }

    /// What `name` of the module behind `specifier` means.
    pub fn resolve(&self, file: FileId, specifier: &str, name: &ImportName) -> Target {
        self.target(file, specifier, name, 0)
    }

    /// What a module exports under `name`.
    pub fn export(&self, file: FileId, name: &str) -> Option<Target> {
        self.export_at(file, name, 0, &mut FxHashSet::default())
    }

    /// Every name that a module exports, `export *` included, in the order of the source.
    pub fn export_names(&self, file: FileId) -> Vec<Text> {
        let mut names = Vec::new();
        let mut seen = Vec::new();
        self.collect_names(file, &mut names, &mut seen, true);
        names
    }

    fn collect_names(&self, file: FileId, names: &mut Vec<Text>, seen: &mut Vec<FileId>, with_default: bool) {
        if seen.contains(&file) {
            return;
        }
        seen.push(file);
        let Some(module) = self.module(file) else { return };
        for export in &module.exports {
            if (with_default || &*export.name != "default") && !names.contains(&export.name) {
                names.push(Text::clone(&export.name));
            }
        }
        for specifier in &module.star_exports {
            if let Resolution::File(next) = self.project.resolve(file, specifier) {
                self.collect_names(next, names, seen, false);
            }
        }
    }

    fn target(&self, file: FileId, specifier: &str, name: &ImportName, depth: u32) -> Target {
        let export_name = match name {
            ImportName::Named(name) => Some(Text::clone(name)),
            ImportName::Namespace => None,
        };
        let library = |module: &str| Target::Library {
            module: Text::from(module),
            name: export_name.clone(),
        };
        match self.project.resolve(file, specifier) {
            Resolution::File(target) => match &export_name {
                None => Target::Namespace(target),
                Some(name) => self
                    .export_at(target, name, depth + 1, &mut FxHashSet::default())
                    .unwrap_or_else(|| Target::Missing {
                        module: self
                            .file(target)
                            .map_or_else(|| Text::from(specifier), |file| Text::clone(&file.path)),
                        name: Some(Text::clone(name)),
                    }),
            },
            Resolution::Package { .. } | Resolution::Builtin(_) => library(specifier),
            Resolution::Asset => Target::Asset,
            Resolution::Missing => Target::Missing {
                module: Text::from(specifier),
                name: export_name,
            },
        }
    }

    fn export_at(&self, file: FileId, name: &str, depth: u32, seen: &mut FxHashSet<FileId>) -> Option<Target> {
        if depth > LINK_LIMIT || !seen.insert(file) {
            return None;
        }
        let module = self.module(file)?;
        // TypeScript merges a type and a value of one name; the value is what runs.
        if let Some(export) = module.exports.iter().find(|export| &*export.name == name) {
            return Some(match &export.source {
                ExportSource::Local(symbol) => self.symbol(file, module, *symbol, depth),
                ExportSource::Value(value) => Target::Value(file, Arc::clone(value)),
                ExportSource::From { specifier, name } => self.target(file, specifier, name, depth + 1),
            });
        }
        if name == "default" {
            return None;
        }
        let mut elsewhere = None;
        let position = usize::try_from(file.0).unwrap_or(usize::MAX);
        let resolve = || {
            let specifiers = module.star_exports.iter();
            specifiers
                .map(|specifier| self.project.resolve(file, specifier))
                .collect()
        };
        let stars = self.stars.get(position)?.get_or_init(resolve);
        for (specifier, star) in module.star_exports.iter().zip(stars) {
            match star {
                Resolution::File(next) => {
                    if let Some(target) = self.export_at(*next, name, depth + 1, seen) {
                        return Some(target);
                    }
                }
                Resolution::Package { .. } | Resolution::Builtin(_) => {
                    elsewhere = Some(Target::Library {
                        module: Text::clone(specifier),
                        name: Some(Text::from(name)),
                    });
                }
                Resolution::Missing => {
                    elsewhere = Some(Target::Missing {
                        module: Text::clone(specifier),
                        name: Some(Text::from(name)),
                    });
                }
                Resolution::Asset => {}
            }
        }
        elsewhere
    }

    /// A re-exported import is what it imports.
    fn symbol(&self, file: FileId, module: &Module, symbol: Symbol, depth: u32) -> Target {
        let info = module.symbols.get(usize::try_from(symbol.0).unwrap_or(usize::MAX));
        if let Some(crate::ir::SymbolKind::Import(position)) = info.map(|info| info.kind)
            && let Some(import) = module.imports.get(usize::try_from(position).unwrap_or(usize::MAX))
        {
            return self.target(file, &import.specifier, &import.name, depth + 1);
        }
        Target::Symbol(file, symbol)
    }
}

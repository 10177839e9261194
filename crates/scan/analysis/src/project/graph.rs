//! Which file imports which, as the outlines say; and, for single imports, whether anything is left of them at run time
//! and which file the imported name comes from.

use std::cell::RefCell;
use std::collections::BTreeMap;

use portcullis_model::FileId;
use portcullis_source::ir::{ExportSource, ExpressionKind, ImportName, Symbol, Text};
use portcullis_source::project::Resolution;
use portcullis_source::{Outline, Program, Request, Requested, Target};
use rayon::prelude::*;

use super::visit;

/// One import of a file of the project.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) from: FileId,
    pub(super) to: FileId,
    /// Its position in [`Outline::requests`] of the importing file.
    request: usize,
}

/// The imports between the files of a project.
#[derive(Debug)]
pub(crate) struct Graph<'program> {
    program: &'program Program,
    /// By importing file.
    out: Vec<Vec<Edge>>,
    /// By imported file.
    into: Vec<Vec<Edge>>,
    /// Last parts of specifiers that point into the project at nothing.
    unresolved: Vec<String>,
    /// The symbols that a module uses, sorted.
    used: RefCell<BTreeMap<FileId, Vec<Symbol>>>,
}

impl<'program> Graph<'program> {
    pub(super) fn of(program: &'program Program) -> Self {
        let count = program.project().files.len();
        let ids: Vec<FileId> = (0..u32::try_from(count).unwrap_or(u32::MAX)).map(FileId).collect();
        let resolved: Vec<(Vec<Edge>, Vec<String>)> = ids.par_iter().map(|id| edges(program, *id)).collect();
        let mut graph = Self {
            program,
            out: Vec::with_capacity(count),
            into: vec![Vec::new(); count],
            unresolved: Vec::new(),
            used: RefCell::default(),
        };
        for (edges, unresolved) in resolved {
            for edge in &edges {
                if let Some(into) = slot(&mut graph.into, edge.to) {
                    into.push(*edge);
                }
            }
            graph.out.push(edges);
            graph.unresolved.extend(unresolved);
        }
        graph.unresolved.sort_unstable();
        graph.unresolved.dedup();
        graph
    }

    /// What a file imports, in the order of the source.
    pub(super) fn imports(&self, file: FileId) -> &[Edge] {
        position(file)
            .and_then(|at| self.out.get(at))
            .map_or(&[], Vec::as_slice)
    }

    /// Who imports a file, in the order of files.
    pub(super) fn importers(&self, file: FileId) -> &[Edge] {
        position(file)
            .and_then(|at| self.into.get(at))
            .map_or(&[], Vec::as_slice)
    }

    /// The import behind an edge.
    pub(super) fn request(&self, edge: Edge) -> Option<&'program Request> {
        self.program.outline(edge.from)?.requests.get(edge.request)
    }

    pub(super) fn outline(&self, file: FileId) -> Option<&'program Outline> {
        self.program.outline(file)
    }

    /// Whether an import that can't be resolved may mean a file of this name.
    pub(super) fn may_be_unresolved(&self, stem: &str) -> bool {
        self.unresolved
            .binary_search_by(|other| other.as_str().cmp(stem))
            .is_ok()
    }

    /// Whether the import is left at run time: it is no type, and the module uses what it binds as a value.
    pub(super) fn is_left(&self, edge: Edge) -> bool {
        let Some(request) = self.request(edge) else {
            return false;
        };
        if request.is_type {
            return false;
        }
        let Some(local) = &request.local else { return true };
        let Some(module) = self.program.module(edge.from) else {
            return true;
        };
        let symbol = module.imports.iter().map(|import| import.symbol).find(|symbol| {
            module
                .symbols
                .get(usize::try_from(symbol.0).unwrap_or(usize::MAX))
                .is_some_and(|info| info.name == *local)
        });
        symbol.is_some_and(|symbol| self.uses(edge.from, symbol))
    }

    fn uses(&self, file: FileId, symbol: Symbol) -> bool {
        let mut used = self.used.borrow_mut();
        let symbols = used.entry(file).or_insert_with(|| {
            let Some(module) = self.program.module(file) else {
                return Vec::new();
            };
            let mut symbols = Vec::new();
            visit::expressions(module, &mut |expression, _| {
                if let ExpressionKind::Symbol(symbol) = expression.kind {
                    symbols.push(symbol);
                }
            });
            symbols.extend(module.exports.iter().filter_map(|export| match export.source {
                ExportSource::Local(symbol) => Some(symbol),
                _ => None,
            }));
            symbols.sort_unstable();
            symbols.dedup();
            symbols
        });
        symbols.binary_search(&symbol).is_ok()
    }

    /// The file that an imported name comes from, behind files that only hand it on, and its name there; none for all
    /// of the file's names.
    pub(super) fn origin(&self, edge: Edge) -> (FileId, Option<String>) {
        let Some(request) = self.request(edge) else {
            return (edge.to, None);
        };
        let Requested::Named(name) = &request.name else {
            return (edge.to, None);
        };
        // What is imported and then exported counts as handed on, for the parser as for the language.
        let hands_on = self.outline(edge.to).is_some_and(|outline| {
            outline
                .requests
                .iter()
                .any(|request| request.local.is_none() && !request.is_type)
        });
        if !hands_on {
            return (edge.to, Some(name.to_string()));
        }
        let target = self
            .program
            .resolve(edge.from, &request.specifier, &ImportName::Named(Text::clone(name)));
        self.exported_as(target)
            .unwrap_or_else(|| (edge.to, Some(name.to_string())))
    }

    /// The export that a target is.
    pub(super) fn exported_as(&self, target: Target) -> Option<(FileId, Option<String>)> {
        match target {
            Target::Symbol(file, symbol) => {
                let module = self.program.module(file)?;
                let export = module
                    .exports
                    .iter()
                    .find(|export| matches!(export.source, ExportSource::Local(own) if own == symbol))?;
                Some((file, Some(export.name.to_string())))
            }
            Target::Value(file, _) => Some((file, Some("default".to_owned()))),
            Target::Namespace(file) => Some((file, None)),
            _ => None,
        }
    }
}

fn position(file: FileId) -> Option<usize> {
    usize::try_from(file.0).ok()
}

fn slot(lists: &mut [Vec<Edge>], file: FileId) -> Option<&mut Vec<Edge>> {
    lists.get_mut(position(file)?)
}

fn edges(program: &Program, from: FileId) -> (Vec<Edge>, Vec<String>) {
    let mut edges = Vec::new();
    let mut unresolved = Vec::new();
    let requests = program.outline(from).map_or(&[][..], |outline| &outline.requests);
    let mut last: Option<(&str, Resolution)> = None;
    for (request, asked) in requests.iter().enumerate() {
        // The names of one statement follow each other.
        let resolution = match &last {
            Some((specifier, resolution)) if *specifier == &*asked.specifier => resolution.clone(),
            _ => program.project().resolve(from, &asked.specifier),
        };
        match &resolution {
            Resolution::File(to) => edges.push(Edge { from, to: *to, request }),
            Resolution::Missing => {
                let name = asked.specifier.rsplit('/').next().unwrap_or_default();
                unresolved.push(name.split('.').next().unwrap_or_default().to_owned());
            }
            _ => {}
        }
        last = Some((&asked.specifier, resolution));
    }
    (edges, unresolved)
}

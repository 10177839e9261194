//! The line between server and client: which modules that belong on the server, or which secrets, the import graph of a
//! client component reaches.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use portcullis_model::{Evidence, FileId, Place, Span};
use portcullis_source::Program;
use portcullis_source::ir::{ExportSource, ExpressionKind, Module, StatementKind, Symbol, SymbolKind};
use rayon::prelude::*;

use super::graph::{Edge, Graph};
use super::search::Hits;
use super::secret::{self, Secret};
use super::server::{self, Reason, is_kept};
use super::unguarded::{self, Unguarded};
use super::{name, visit};

/// A module of the server that a client component's imports reach.
#[derive(Debug, Clone)]
pub struct Bundled {
    /// What must not be in the browser.
    pub place: Place,
    /// What it is, in words.
    pub what: String,
    /// It is a secret itself, and not only a variable that holds one on the server.
    pub is_literal: bool,
    /// The way there, from the directive of the client component.
    pub path: Vec<Evidence>,
}

/// Both sides of the line.
#[derive(Debug, Default)]
pub(super) struct Boundary {
    pub(super) bundled: Vec<Bundled>,
    pub(super) unguarded: Vec<Unguarded>,
}

pub(super) const CLIENT: &str = "use client";
pub(super) const SERVER: &str = "use server";
/// How many files a way through the imports is followed over.
const PATH_LIMIT: usize = 6;

/// Looks at both sides. `secrets` are the literals that were found.
pub(super) fn find(program: &Program, graph: &Graph<'_>, hits: &Hits, secrets: &[Secret]) -> Boundary {
    let reasons = server::reasons(program, hits, secrets);
    let reach = client_reach(program, graph, &reasons);
    let mut boundary = Boundary::default();
    for (file, reasons) in &reasons {
        if let Some(path) = reach.path(program, *file) {
            boundary.bundled.extend(bundled(program, &reach, *file, reasons, &path));
        }
    }
    let reached: BTreeSet<FileId> = boundary.bundled.iter().map(|bundled| bundled.place.file).collect();
    let candidates: Vec<Unguarded> = reasons
        .iter()
        .filter(|(file, _)| !reached.contains(file))
        .filter_map(|(file, reasons)| {
            unguarded::unguarded(program, graph, |file| reach.by.contains_key(&file), *file, reasons)
        })
        .collect();
    boundary.unguarded = unguarded::exceptions(program, graph, candidates);
    boundary
}

/// What the imports of client components reach, as far as it leads to modules of the server.
struct Reach<'run> {
    graph: &'run Graph<'run>,
    /// How each file was reached first; client components themselves have none.
    by: BTreeMap<FileId, Option<Edge>>,
    /// Which names of each file are asked for; none stands for all.
    names: BTreeMap<FileId, BTreeSet<Option<String>>>,
}

fn client_reach<'run>(
    program: &Program,
    graph: &'run Graph<'run>,
    reasons: &BTreeMap<FileId, Vec<Reason>>,
) -> Reach<'run> {
    let leads_there = leads_to(graph, reasons.keys().copied());
    let count = u32::try_from(program.project().files.len()).unwrap_or(u32::MAX);
    let mut reach = Reach {
        graph,
        by: BTreeMap::new(),
        names: BTreeMap::new(),
    };
    let mut queue = VecDeque::new();
    for file in (0..count).map(FileId).filter(|file| leads_there.contains(file)) {
        let is_client = graph.outline(file).is_some_and(|outline| outline.has_directive(CLIENT));
        if is_client && !program.file(file).is_none_or(|file| secret::is_for_show(&file.path)) {
            reach.by.insert(file, None);
            reach.names.entry(file).or_default().insert(None);
            queue.push_back(file);
        }
    }
    while !queue.is_empty() {
        // Asking what is left of an import parses the file that has it; a wave of them is parsed side by side.
        let wave: Vec<FileId> = queue.drain(..).collect();
        let asked = wave
            .iter()
            .filter(|file| graph.imports(**file).iter().any(|edge| leads_there.contains(&edge.to)));
        let asked: Vec<FileId> = asked.copied().collect();
        asked.par_iter().for_each(|file| {
            let _ = program.module(*file);
        });
        for file in wave {
            for edge in graph.imports(file) {
                if !leads_there.contains(&edge.to) || !graph.is_left(*edge) {
                    continue;
                }
                let (to, name) = graph.origin(*edge);
                if graph
                    .outline(to)
                    .is_some_and(|outline| outline.has_directive(SERVER) || is_kept(outline))
                {
                    continue;
                }
                reach.names.entry(to).or_default().insert(name);
                if let std::collections::btree_map::Entry::Vacant(entry) = reach.by.entry(to) {
                    entry.insert(Some(*edge));
                    queue.push_back(to);
                }
            }
        }
    }
    reach
}

/// The files from which imports lead to one of `targets`, without regard to types. Modules of actions end the way:
/// the client gets references to them, and nothing of what they import.
fn leads_to(graph: &Graph<'_>, targets: impl Iterator<Item = FileId>) -> BTreeSet<FileId> {
    let mut seen: BTreeSet<FileId> = targets.collect();
    let mut queue: VecDeque<FileId> = seen.iter().copied().collect();
    while let Some(file) = queue.pop_front() {
        if graph
            .outline(file)
            .is_some_and(|outline| outline.has_directive(SERVER) || is_kept(outline))
        {
            continue;
        }
        for edge in graph.importers(file) {
            if seen.insert(edge.from) {
                queue.push_back(edge.from);
            }
        }
    }
    seen
}

impl Reach<'_> {
    /// The way from a client component to a file, if it is reached.
    fn path(&self, program: &Program, file: FileId) -> Option<Vec<Evidence>> {
        let mut steps = Vec::new();
        let mut at = file;
        for _ in 0..64 {
            match self.by.get(&at)? {
                None => {
                    let directive = self
                        .graph
                        .outline(at)?
                        .directives
                        .iter()
                        .find(|directive| &*directive.text == CLIENT)?;
                    steps.push(Evidence {
                        place: Place::new(at, directive.span),
                        text: "this module and what it imports is sent to the browser".to_owned(),
                    });
                    steps.reverse();
                    steps.truncate(PATH_LIMIT);
                    return Some(steps);
                }
                Some(edge) => {
                    let path = program.file(at).map_or("", |file| &*file.path);
                    steps.push(Evidence {
                        place: Place::new(edge.from, self.graph.request(*edge)?.span),
                        text: format!("imports from `{path}`"),
                    });
                    at = edge.from;
                }
            }
        }
        None
    }
}

/// The reasons of a module that what the client asks of it reaches.
fn bundled(program: &Program, reach: &Reach<'_>, file: FileId, reasons: &[Reason], path: &[Evidence]) -> Vec<Bundled> {
    let Some(module) = program.module(file) else {
        return Vec::new();
    };
    let Some(names) = reach.names.get(&file) else {
        return Vec::new();
    };
    let used = used_spans(module, names);
    reasons
        .iter()
        .filter(|reason| used.iter().any(|span| span.contains(reason.place.span)))
        .take(1)
        .map(|reason| Bundled {
            place: reason.place,
            what: reason.what.clone(),
            is_literal: reason.is_literal,
            path: path.to_vec(),
        })
        .collect()
}

/// The declarations of a module that are left when these exports are asked for: theirs, those that they use, and every
/// statement that does something.
fn used_spans(module: &Module, names: &BTreeSet<Option<String>>) -> Vec<Span> {
    if names.contains(&None) {
        return vec![Span::new(0, u32::MAX)];
    }
    let mut uses: Vec<(Symbol, Span)> = Vec::new();
    visit::expressions(module, &mut |expression, _| {
        if let ExpressionKind::Symbol(symbol) = expression.kind {
            uses.push((symbol, expression.span));
        }
    });
    let mut spans: Vec<Span> = module
        .body
        .iter()
        .filter(|statement| !matches!(statement.kind, StatementKind::Declare(..) | StatementKind::Class(..)))
        .map(|statement| statement.span)
        .collect();
    for export in &module.exports {
        if !names.contains(&Some(export.name.to_string())) {
            continue;
        }
        match &export.source {
            ExportSource::Local(symbol) => spans.extend(declaration(module, *symbol)),
            ExportSource::Value(value) => spans.push(value.span),
            ExportSource::From { .. } => {}
        }
    }
    let mut done = 0;
    while let Some(span) = spans.get(done).copied() {
        done += 1;
        for (symbol, at) in &uses {
            if span.contains(*at)
                && let Some(next) = declaration(module, *symbol)
                && !spans.contains(&next)
            {
                spans.push(next);
            }
        }
    }
    spans
}

/// All of the top-level declaration of a symbol.
fn declaration(module: &Module, symbol: Symbol) -> Option<Span> {
    match name::symbol_kind(module, symbol)? {
        SymbolKind::Function(id) => name::function(module, id).map(|function| function.span),
        _ => name::declaration(module, symbol).map(|(statement, _)| statement.span),
    }
}

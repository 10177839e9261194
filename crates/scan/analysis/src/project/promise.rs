//! Promises of asynchronous functions that nobody waits for, in endpoints and in what they call.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_catalog::Catalog;
use portcullis_model::{Edit, FileId, Place, Span};
use portcullis_source::Program;
use portcullis_source::ir::{
    Expression, ExpressionKind, Function, FunctionId, Module, Statement, StatementKind, SymbolKind,
};

use super::name::{self, Callee};
use super::{visit, words};
use crate::endpoints::{Entry, Found};

/// A call whose promise is dropped.
#[derive(Debug, Clone)]
pub struct Floating {
    /// The call.
    pub place: Place,
    /// What is called.
    pub callee: String,
    /// It asks who calls and stops the request; without `await` it stops nothing.
    pub is_guard: bool,
    /// What is called, where it is part of the project.
    pub target: Option<Place>,
    /// Waits for it, where the function around it is asynchronous.
    pub edits: Vec<Edit>,
}

/// How many functions are looked at in a project.
const FUNCTION_LIMIT: usize = 20_000;

/// Every dropped promise in what the endpoints run, in the order of files.
pub(super) fn find(program: &Program, catalog: &Catalog, found: &[Found]) -> Vec<Floating> {
    let mut search = Search {
        program,
        catalog,
        endpoints: found.iter().map(|found| found.place).collect(),
        seen: BTreeSet::new(),
        queue: Vec::new(),
        floating: Vec::new(),
    };
    let mut exports: BTreeMap<FileId, BTreeSet<&str>> = BTreeMap::new();
    for endpoint in found {
        match &endpoint.entry {
            Entry::Function(file, function) => search.push(*file, *function),
            Entry::Export(file, name) => {
                exports.entry(*file).or_default().insert(name);
            }
        }
    }
    for (file, names) in exports {
        search.exports(file, &names);
    }
    while let Some((file, function)) = search.queue.pop() {
        search.function(file, function);
    }
    search.floating.sort_by_key(|floating| floating.place);
    search.floating.dedup_by_key(|floating| floating.place);
    search.floating
}

struct Search<'run> {
    program: &'run Program,
    catalog: &'run Catalog,
    endpoints: BTreeSet<Place>,
    seen: BTreeSet<(FileId, FunctionId)>,
    queue: Vec<(FileId, FunctionId)>,
    floating: Vec<Floating>,
}

impl Search<'_> {
    fn push(&mut self, file: FileId, function: FunctionId) {
        if self.seen.len() < FUNCTION_LIMIT && self.seen.insert((file, function)) {
            self.queue.push((file, function));
        }
    }

    /// The functions behind some exports: themselves, or those that are handed to what wraps them.
    fn exports(&mut self, file: FileId, names: &BTreeSet<&str>) {
        let Some(module) = self.program.module(file) else {
            return;
        };
        for own in module.exports.iter().filter(|own| names.contains(&*own.name)) {
            match &own.source {
                portcullis_source::ir::ExportSource::Local(symbol) => match name::symbol_kind(module, *symbol) {
                    Some(SymbolKind::Function(function)) => self.push(file, function),
                    Some(SymbolKind::Constant | SymbolKind::Variable) => {
                        if let Some((_, Some(value))) = name::declaration(module, *symbol) {
                            self.functions_in(file, value);
                        }
                    }
                    _ => {}
                },
                portcullis_source::ir::ExportSource::Value(value) => self.functions_in(file, value),
                portcullis_source::ir::ExportSource::From { .. } => {}
            }
        }
    }

    fn functions_in(&mut self, file: FileId, value: &Expression) {
        let mut inner = Vec::new();
        visit::expressions_of(value, &mut |expression| {
            if let ExpressionKind::Function(function) = expression.kind {
                inner.push(function);
            }
        });
        inner.into_iter().for_each(|function| self.push(file, function));
    }

    fn function(&mut self, file: FileId, id: FunctionId) {
        let program = self.program;
        let Some(module) = program.module(file) else { return };
        let Some(function) = name::function(module, id) else {
            return;
        };
        visit::statements_in(&function.body, &mut |statement| {
            if let StatementKind::Expression(expression) = &statement.kind {
                self.dropped(file, function, statement, expression);
            }
        });
        let mut next = Vec::new();
        visit::expressions_in(&function.body, &mut |expression| match &expression.kind {
            ExpressionKind::Function(inner) => next.push((file, *inner)),
            ExpressionKind::Call { callee, .. } => {
                if let Callee::Function(file, id, _) = name::callee(program, file, callee) {
                    next.push((file, id));
                }
            }
            _ => {}
        });
        next.into_iter().for_each(|(file, function)| self.push(file, function));
    }

    /// An expression whose value nobody takes.
    fn dropped(&mut self, file: FileId, around: &Function, statement: &Statement, expression: &Expression) {
        match &expression.kind {
            ExpressionKind::Chain(inner) => self.dropped(file, around, statement, inner),
            ExpressionKind::Logical(_, _, right) => self.dropped(file, around, statement, right),
            ExpressionKind::Conditional(_, consequent, alternate) => {
                self.dropped(file, around, statement, consequent);
                self.dropped(file, around, statement, alternate);
            }
            ExpressionKind::Call { callee, .. } => {
                // A function that is called where it is written is left alone on purpose.
                if matches!(callee.kind, ExpressionKind::Function(_)) {
                    return;
                }
                let called = match name::callee(self.program, file, callee) {
                    Callee::Function(target, _, function) if function.is_async && !function.is_generator => {
                        let place = Place::new(target, function.name_span);
                        // Another action asks for itself: it is an effect here.
                        let is_guard =
                            !self.endpoints.contains(&place) && is_guard(self.program, self.catalog, target, function);
                        Some((is_guard, Some(place)))
                    }
                    Callee::Library(module, _) if matches!(&*module, "fs/promises" | "node:fs/promises") => {
                        Some((false, None))
                    }
                    _ if is_combinator(callee) => Some((false, None)),
                    _ => None,
                };
                let Some((is_guard, target)) = called else { return };
                let start = Span::new(expression.span.start, expression.span.start);
                let is_whole = statement.span.start == expression.span.start;
                self.floating.push(Floating {
                    place: Place::new(file, expression.span),
                    callee: self.written(file, callee),
                    is_guard,
                    target,
                    edits: if is_guard && around.is_async && is_whole {
                        vec![Edit {
                            place: Place::new(file, start),
                            text: "await ".to_owned(),
                        }]
                    } else {
                        Vec::new()
                    },
                });
            }
            _ => {}
        }
    }

    fn written(&self, file: FileId, expression: &Expression) -> String {
        let range = usize::try_from(expression.span.start)
            .ok()
            .zip(usize::try_from(expression.span.end).ok());
        let text = self
            .program
            .file(file)
            .zip(range)
            .and_then(|(file, (start, end))| file.text.get(start..end));
        let text = text.unwrap_or_default();
        text.chars()
            .take_while(|character| *character != '\n')
            .take(60)
            .collect()
    }
}

/// `Promise.all(...)` and its kin.
fn is_combinator(callee: &Expression) -> bool {
    let ExpressionKind::Member { object, property, .. } = &callee.kind else {
        return false;
    };
    matches!(&object.kind, ExpressionKind::Global(global) if &**global == "Promise")
        && matches!(&**property, "all" | "allSettled" | "any" | "race")
}

/// Whether a function asks who calls, or is named after it, and stops the request by an error or a redirect.
pub(super) fn is_guard(program: &Program, catalog: &Catalog, file: FileId, function: &Function) -> bool {
    let Some(module) = program.module(file) else {
        return false;
    };
    stops(module, function) && (asks(program, catalog, file, function, 0) || has_guard_name(function))
}

/// Whether a function's own body throws or redirects.
pub(super) fn stops(module: &Module, function: &Function) -> bool {
    let mut stops = false;
    visit::statements_in(&function.body, &mut |statement| {
        stops |= matches!(statement.kind, StatementKind::Throw(_));
    });
    visit::expressions_in(&function.body, &mut |expression| {
        if let ExpressionKind::Call { callee, .. } = &expression.kind
            && let ExpressionKind::Symbol(symbol) = &callee.kind
            && let Some(SymbolKind::Import(position)) = name::symbol_kind(module, *symbol)
        {
            stops |= name::import(module, position).is_some_and(|import| {
                &*import.specifier == "next/navigation"
                    && matches!(&import.name, portcullis_source::ir::ImportName::Named(name)
                        if matches!(&**name, "redirect" | "permanentRedirect" | "notFound" | "forbidden" | "unauthorized"))
            });
        }
    });
    stops
}

/// Whether a function asks a library who calls, by itself or through functions of the project.
pub(super) fn asks(program: &Program, catalog: &Catalog, file: FileId, function: &Function, depth: u32) -> bool {
    if depth > 3 {
        return false;
    }
    let mut asks = false;
    visit::expressions_in(&function.body, &mut |expression| {
        if asks {
            return;
        }
        if let ExpressionKind::Call { callee, .. } = &expression.kind {
            asks = asks_call(program, catalog, file, callee, depth);
        }
    });
    asks
}

/// Whether a call asks who calls.
pub(super) fn asks_call(program: &Program, catalog: &Catalog, file: FileId, callee: &Expression, depth: u32) -> bool {
    match name::callee(program, file, callee) {
        Callee::Function(target, _, inner) => asks(program, catalog, target, inner, depth + 1),
        Callee::Library(module, export) => catalog
            .export(&module, &export)
            .and_then(|member| catalog.member(member))
            .is_some_and(|member| member.identity),
        // `auth` of `export const { auth } = NextAuth(...)`, `auth.api.getSession` of Better Auth.
        Callee::Unknown => is_session_call(program, file, callee),
    }
}

fn is_session_call(program: &Program, file: FileId, callee: &Expression) -> bool {
    match &callee.kind {
        ExpressionKind::Symbol(symbol) => {
            let info = program
                .module(file)
                .and_then(|module| module.symbols.get(usize::try_from(symbol.0).ok()?));
            info.is_some_and(|info| matches!(&*info.name, "auth" | "getSession" | "getServerSession" | "currentUser"))
        }
        ExpressionKind::Member { property, .. } => matches!(&**property, "getSession" | "getUser"),
        _ => false,
    }
}

fn has_guard_name(function: &Function) -> bool {
    const VERBS: [&str; 10] = [
        "require",
        "ensure",
        "assert",
        "check",
        "verify",
        "must",
        "protect",
        "guard",
        "authorize",
        "enforce",
    ];
    const OBJECTS: [&str; 14] = [
        "auth",
        "session",
        "user",
        "admin",
        "permission",
        "permissions",
        "role",
        "login",
        "access",
        "owner",
        "member",
        "signed",
        "authenticated",
        "authorized",
    ];
    let words = function
        .name
        .as_ref()
        .map(|name| words::words(name))
        .unwrap_or_default();
    let is_verb = words.first().is_some_and(|first| VERBS.contains(&first.as_str()));
    is_verb && (words.len() == 1 || words.iter().any(|word| OBJECTS.contains(&word.as_str())))
}

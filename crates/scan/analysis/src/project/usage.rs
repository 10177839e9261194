//! Which endpoints nothing in the project asks for, and which were not built by a wrapper that the configuration
//! demands.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{EndpointId, EndpointKind, FileId, Span};
use portcullis_policy::{Entry as Named, ScanConfig};
use portcullis_source::ir::{ExportSource, Expression, ExpressionKind, ImportName, Module, Symbol, SymbolKind};
use portcullis_source::{Program, Requested, Target};

use super::graph::Graph;
use super::{name, visit};
use crate::endpoints::{Entry, Found, framework_role};

/// The exported actions that no other file of the project imports.
pub(super) fn unused(program: &Program, graph: &Graph<'_>, found: &[Found]) -> Vec<EndpointId> {
    let files: BTreeSet<FileId> = found.iter().map(|found| found.place.file).collect();
    let used = used_names(program, graph, &files);
    let at_home: BTreeMap<FileId, BTreeSet<&str>> = files
        .iter()
        .filter_map(|file| Some((*file, used_at_home(program.module(*file)?))))
        .collect();
    (0_u32..)
        .zip(found)
        .filter(|(_, endpoint)| {
            let Entry::Export(file, name) = &endpoint.entry else {
                return false;
            };
            let path = program.file(*file).map_or("", |file| &*file.path);
            endpoint.kind == EndpointKind::Module
                && framework_role(path).is_none()
                && program.project().app_of(*file).is_some()
                && !used.contains(&(*file, None))
                && !used.contains(&(*file, Some(name.to_string())))
                && !at_home.get(file).is_none_or(|names| names.contains(&**name))
                && !graph.may_be_unresolved(stem(program, *file))
        })
        .map(|(position, _)| EndpointId(position))
        .collect()
}

fn stem(program: &Program, file: FileId) -> &str {
    let path = program.file(file).map_or("", |file| &*file.path);
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    // `actions/index.ts` is imported as `actions`.
    if stem == "index" {
        return path.rsplit('/').nth(1).unwrap_or(stem);
    }
    stem
}

/// The exports that some file imports; no name stands for all.
fn used_names(program: &Program, graph: &Graph<'_>, wanted: &BTreeSet<FileId>) -> BTreeSet<(FileId, Option<String>)> {
    let mut used = BTreeSet::new();
    let leads_there = leads_to(graph, wanted);
    let count = u32::try_from(program.project().files.len()).unwrap_or(u32::MAX);
    for file in (0..count).map(FileId) {
        for edge in graph.imports(file) {
            let Some(request) = graph.request(*edge) else { continue };
            // What is only handed on is used by who imports it there.
            if request.is_type || request.local.is_none() && matches!(request.name, Requested::Named(_)) {
                continue;
            }
            match &request.name {
                Requested::Named(name) if wanted.contains(&edge.to) => {
                    used.insert((edge.to, Some(name.to_string())));
                    used.insert(graph.origin(*edge));
                }
                Requested::Named(_) if leads_there.contains(&edge.to) => {
                    used.insert(graph.origin(*edge));
                }
                Requested::Named(_) => {}
                Requested::Everything if request.local.is_none() => {}
                Requested::Everything | Requested::Dynamic => {
                    used.insert((edge.to, None));
                    let hands_on = graph
                        .outline(edge.to)
                        .is_some_and(|outline| outline.requests.iter().any(|request| request.local.is_none()));
                    if !hands_on || !leads_there.contains(&edge.to) {
                        continue;
                    }
                    for name in program.export_names(edge.to) {
                        let target = program.export(edge.to, &name);
                        used.extend(target.and_then(|target| graph.exported_as(target)));
                    }
                }
                Requested::Nothing => {}
            }
        }
    }
    used
}

/// The files that may hand on something of these, and these: what is imported from any other is none of theirs.
fn leads_to(graph: &Graph<'_>, wanted: &BTreeSet<FileId>) -> BTreeSet<FileId> {
    let mut seen = wanted.clone();
    let mut open: Vec<FileId> = wanted.iter().copied().collect();
    while let Some(file) = open.pop() {
        for edge in graph.importers(file) {
            if seen.insert(edge.from) {
                open.push(edge.from);
            }
        }
    }
    seen
}

/// The exports of a module that other code of the module uses.
fn used_at_home(module: &Module) -> BTreeSet<&str> {
    let mut uses: BTreeMap<Symbol, Vec<Span>> = BTreeMap::new();
    visit::expressions(module, &mut |expression, _| {
        if let ExpressionKind::Symbol(symbol) = expression.kind {
            uses.entry(symbol).or_default().push(expression.span);
        }
    });
    let is_used = |symbol: Symbol| {
        let own = match name::symbol_kind(module, symbol) {
            Some(SymbolKind::Function(id)) => name::function(module, id).map(|function| function.span),
            _ => None,
        };
        uses.get(&symbol)
            .is_some_and(|spans| spans.iter().any(|span| !own.is_some_and(|own| own.contains(*span))))
    };
    let exports = module.exports.iter().filter(|export| match export.source {
        ExportSource::Local(symbol) => is_used(symbol),
        _ => false,
    });
    exports.map(|export| &*export.name).collect()
}

/// The exported actions that no declared wrapper built; none if the configuration does not demand it.
pub(super) fn unwrapped(program: &Program, config: &ScanConfig, found: &[Found]) -> Vec<EndpointId> {
    if !config.auth.require_wrapper {
        return Vec::new();
    }
    let wrappers = &config.auth.wrappers;
    (0_u32..)
        .zip(found)
        .filter(|(_, endpoint)| match &endpoint.entry {
            Entry::Export(file, name) if endpoint.kind == EndpointKind::Module => {
                !is_wrapped_export(program, wrappers, *file, name, 0)
            }
            _ => false,
        })
        .map(|(position, _)| EndpointId(position))
        .collect()
}

/// How many constants a chain of builders is followed through.
const DEPTH_LIMIT: u32 = 12;

/// Whether a wrapper that the configuration declares built an export.
pub(crate) fn is_declared(program: &Program, config: &ScanConfig, file: FileId, name: &str) -> bool {
    !config.auth.wrappers.is_empty() && is_wrapped_export(program, &config.auth.wrappers, file, name, 0)
}

fn is_wrapped_export(program: &Program, wrappers: &[Named], file: FileId, name: &str, depth: u32) -> bool {
    match program.export(file, name) {
        Some(target) => is_wrapped(program, wrappers, target, depth),
        None => false,
    }
}

fn is_wrapped(program: &Program, wrappers: &[Named], target: Target, depth: u32) -> bool {
    match target {
        Target::Value(file, value) => built_by(program, wrappers, file, &value, depth),
        Target::Symbol(file, symbol) => {
            let Some(module) = program.module(file) else {
                return false;
            };
            let value = name::declaration(module, symbol).and_then(|(_, value)| value);
            value.is_some_and(|value| built_by(program, wrappers, file, value, depth))
        }
        _ => false,
    }
}

/// Whether a value is the result of calling a wrapper, or of a chain that begins with one.
fn built_by(program: &Program, wrappers: &[Named], file: FileId, value: &Expression, depth: u32) -> bool {
    if depth > DEPTH_LIMIT {
        return false;
    }
    let mut is_called = false;
    let mut at = value;
    loop {
        match &at.kind {
            ExpressionKind::Call { callee, .. } => {
                is_called = true;
                at = callee;
            }
            ExpressionKind::Member { object, .. } | ExpressionKind::Index { object, .. } => at = object,
            ExpressionKind::Chain(inner) | ExpressionKind::Await(inner) => at = inner,
            ExpressionKind::Symbol(symbol) => {
                return is_called && is_wrapper(program, wrappers, file, *symbol, value, depth);
            }
            _ => return false,
        }
    }
}

/// Whether a name is a wrapper, or a constant that one built.
fn is_wrapper(
    program: &Program,
    wrappers: &[Named],
    file: FileId,
    symbol: Symbol,
    value: &Expression,
    depth: u32,
) -> bool {
    let Some(module) = program.module(file) else {
        return false;
    };
    let target = match name::symbol_kind(module, symbol) {
        Some(SymbolKind::Import(position)) => match name::import(module, position) {
            Some(import) => {
                let asked = match &import.name {
                    ImportName::Named(name) => Some(&**name),
                    ImportName::Namespace => first_member(value),
                };
                if wrappers
                    .iter()
                    .any(|wrapper| wrapper.file_or_module == *import.specifier && Some(root(&wrapper.export)) == asked)
                {
                    return true;
                }
                program.import(file, import)
            }
            None => return false,
        },
        _ => Target::Symbol(file, symbol),
    };
    let (target_file, export) = match &target {
        Target::Symbol(file, symbol) => (*file, exported_name(program, *file, *symbol)),
        Target::Value(file, _) => (*file, Some("default".to_owned())),
        Target::Namespace(file) => (*file, first_member(value).map(ToOwned::to_owned)),
        Target::Library { module, name } => {
            return wrappers
                .iter()
                .any(|wrapper| wrapper.file_or_module == **module && Some(root(&wrapper.export)) == name.as_deref());
        }
        _ => return false,
    };
    let path = program.file(target_file).map_or("", |file| &*file.path);
    if wrappers
        .iter()
        .any(|wrapper| wrapper.file_or_module == path && export.as_deref() == Some(root(&wrapper.export)))
    {
        return true;
    }
    is_wrapped(program, wrappers, target, depth + 1)
}

/// `auth` of `auth.action`: the export itself.
fn root(export: &str) -> &str {
    export.split('.').next().unwrap_or(export)
}

/// The first member that a chain takes of its root: `secure` of `safe.secure.action()`.
fn first_member(value: &Expression) -> Option<&str> {
    let mut at = value;
    let mut last = None;
    loop {
        match &at.kind {
            ExpressionKind::Call { callee, .. } => at = callee,
            ExpressionKind::Member { object, property, .. } => {
                last = Some(&**property);
                at = object;
            }
            _ => return last,
        }
    }
}

fn exported_name(program: &Program, file: FileId, symbol: Symbol) -> Option<String> {
    program
        .module(file)?
        .exports
        .iter()
        .find_map(|export| match export.source {
            ExportSource::Local(own) if own == symbol => Some(export.name.to_string()),
            _ => None,
        })
}

//! What a name means: constants and imports followed to the expression behind them, across files.
//!
//! It follows names that are never assigned again, and nothing else: no calls are run, no branches decided.

use std::sync::Arc;

use portcullis_model::FileId;
use portcullis_source::ir::{
    Argument, ExportSource, Expression, ExpressionKind, Function, FunctionId, Import, Key, Module, Pattern, Property,
    Statement, StatementKind, Symbol, SymbolKind, Text,
};
use portcullis_source::{Program, Target};

use super::visit;

/// How many names are followed.
const STEP_LIMIT: usize = 8;

/// An expression and the file in which it stands.
pub(super) type Found<'program> = (FileId, &'program Expression);

/// What a callee is.
#[derive(Debug, Clone)]
pub(super) enum Callee<'program> {
    /// A function of the project.
    Function(FileId, FunctionId, &'program Function),
    /// An export of a package.
    Library(Text, Text),
    /// Something else.
    Unknown,
}

/// The expression behind one: constants, imports, members of literal objects, `await` and optional chains followed.
pub(super) fn follow<'program>(
    program: &'program Program,
    file: FileId,
    expression: &'program Expression,
) -> Found<'program> {
    let mut at = (file, expression);
    for _ in 0..STEP_LIMIT {
        let Some(next) = step(program, at.0, at.1) else { break };
        at = next;
    }
    at
}

fn step<'program>(
    program: &'program Program,
    file: FileId,
    expression: &'program Expression,
) -> Option<Found<'program>> {
    match &expression.kind {
        ExpressionKind::Await(inner) | ExpressionKind::Chain(inner) => Some((file, inner)),
        ExpressionKind::Symbol(symbol) => value_of(program, file, *symbol),
        ExpressionKind::Member { object, property, .. } => {
            let (file, object) = match &object.kind {
                ExpressionKind::Symbol(symbol) => value_of(program, file, *symbol)?,
                ExpressionKind::Object(_) => (file, &**object),
                _ => return None,
            };
            Some((file, property_of(object, property)?))
        }
        _ => None,
    }
}

/// The value of a symbol that is never assigned again.
fn value_of(program: &Program, file: FileId, symbol: Symbol) -> Option<Found<'_>> {
    let module = program.module(file)?;
    match symbol_kind(module, symbol)? {
        SymbolKind::Import(position) => target_value(program, program.import(file, import(module, position)?)),
        SymbolKind::Constant => Some((file, declared(module, symbol)?)),
        _ => None,
    }
}

fn target_value(program: &Program, target: Target) -> Option<Found<'_>> {
    match target {
        Target::Symbol(file, symbol) => {
            let module = program.module(file)?;
            matches!(symbol_kind(module, symbol)?, SymbolKind::Constant)
                .then(|| declared(module, symbol))
                .flatten()
                .map(|value| (file, value))
        }
        Target::Value(file, value) => exported_value(program.module(file)?, &value).map(|value| (file, value)),
        _ => None,
    }
}

/// The expression of an export, with the lifetime of its module.
fn exported_value<'module>(module: &'module Module, value: &Arc<Expression>) -> Option<&'module Expression> {
    module.exports.iter().find_map(|export| match &export.source {
        ExportSource::Value(own) if Arc::ptr_eq(own, value) => Some(&**own),
        _ => None,
    })
}

pub(super) fn symbol_kind(module: &Module, symbol: Symbol) -> Option<SymbolKind> {
    module
        .symbols
        .get(usize::try_from(symbol.0).ok()?)
        .map(|info| info.kind)
}

pub(super) fn import(module: &Module, position: u32) -> Option<&Import> {
    module.imports.get(usize::try_from(position).ok()?)
}

/// The value that a declaration gives a symbol.
fn declared(module: &Module, symbol: Symbol) -> Option<&Expression> {
    let info = module.symbols.get(usize::try_from(symbol.0).ok()?)?;
    let owner = info.owner.and_then(|owner| function(module, owner));
    let body: &[Statement] = owner.map_or(&module.body, |owner| &owner.body);
    let mut found = None;
    visit::statements_in(statements_at(body, info.span.start), &mut |statement| {
        if let StatementKind::Declare(Pattern::Symbol(own, _), Some(value)) = &statement.kind
            && *own == symbol
        {
            found = Some(value);
        }
    });
    found
}

/// The statements of a body in which a byte lies: one, or several that one line of the source became. They stand in the
/// order of the source, so that a module with ten thousand of them is no work.
fn statements_at(body: &[Statement], at: u32) -> &[Statement] {
    let first = body.partition_point(|statement| statement.span.end <= at);
    let rest = body.get(first..).unwrap_or_default();
    let count = rest.iter().take_while(|statement| statement.span.start <= at).count();
    rest.get(..count).unwrap_or_default()
}

/// The top-level statement that declares a symbol, by any pattern, and the value that it takes apart.
pub(super) fn declaration(module: &Module, symbol: Symbol) -> Option<(&Statement, Option<&Expression>)> {
    let info = module.symbols.get(usize::try_from(symbol.0).ok()?)?;
    statements_at(&module.body, info.span.start)
        .iter()
        .find_map(|statement| match &statement.kind {
            StatementKind::Declare(pattern, value) => {
                let mut bound = Vec::new();
                portcullis_source::bound_symbols(pattern, &mut bound);
                bound.contains(&symbol).then_some((statement, value.as_ref()))
            }
            StatementKind::Class(own, _) | StatementKind::Enum(own, _) => (*own == symbol).then_some((statement, None)),
            _ => None,
        })
}

/// A function of a module.
pub(super) fn function(module: &Module, id: FunctionId) -> Option<&Function> {
    module.functions.get(usize::try_from(id.0).ok()?)
}

/// What is called: a function of the project or a package's export, through constants and imports.
pub(super) fn callee<'program>(
    program: &'program Program,
    file: FileId,
    expression: &'program Expression,
) -> Callee<'program> {
    let mut at = (file, expression);
    for _ in 0..STEP_LIMIT {
        let Some(module) = program.module(at.0) else { break };
        match &at.1.kind {
            ExpressionKind::Function(id) => {
                return function(module, *id).map_or(Callee::Unknown, |own| Callee::Function(at.0, *id, own));
            }
            ExpressionKind::Symbol(symbol) => match symbol_kind(module, *symbol) {
                Some(SymbolKind::Function(id)) => {
                    return function(module, id).map_or(Callee::Unknown, |own| Callee::Function(at.0, id, own));
                }
                Some(SymbolKind::Import(position)) => {
                    let Some(import) = import(module, position) else { break };
                    match program.import(at.0, import) {
                        Target::Symbol(file, symbol) => {
                            let Some(module) = program.module(file) else { break };
                            match symbol_kind(module, symbol) {
                                Some(SymbolKind::Function(id)) => {
                                    return function(module, id)
                                        .map_or(Callee::Unknown, |own| Callee::Function(file, id, own));
                                }
                                Some(SymbolKind::Constant) => {
                                    let Some(value) = declared(module, symbol) else { break };
                                    at = (file, value);
                                }
                                _ => break,
                            }
                        }
                        Target::Value(file, value) => {
                            let Some(value) = program.module(file).and_then(|module| exported_value(module, &value))
                            else {
                                break;
                            };
                            at = (file, value);
                        }
                        Target::Library {
                            module,
                            name: Some(name),
                        } => return Callee::Library(module, name),
                        _ => break,
                    }
                }
                Some(SymbolKind::Constant) => {
                    let Some(value) = declared(module, *symbol) else { break };
                    at = (at.0, value);
                }
                _ => break,
            },
            ExpressionKind::Chain(inner) => at = (at.0, inner),
            ExpressionKind::Member { object, property, .. } => {
                return match namespace(program, at.0, object) {
                    Some(module) => Callee::Library(module, Text::clone(property)),
                    None => Callee::Unknown,
                };
            }
            // `cache(async () => ...)` and the like: the function behind it is what runs.
            ExpressionKind::Call { callee, arguments, .. } if is_passing(program, at.0, callee) => {
                let Some(Argument::Value(inner)) = arguments.first() else {
                    break;
                };
                at = (at.0, inner);
            }
            _ => break,
        }
    }
    Callee::Unknown
}

/// Whether a call gives back a function that does what its first argument does: React's `cache`.
fn is_passing(program: &Program, file: FileId, callee: &Expression) -> bool {
    let ExpressionKind::Symbol(symbol) = &callee.kind else {
        return false;
    };
    let Some(module) = program.module(file) else {
        return false;
    };
    let Some(SymbolKind::Import(position)) = symbol_kind(module, *symbol) else {
        return false;
    };
    import(module, position).is_some_and(|import| {
        &*import.specifier == "react"
            && matches!(&import.name, portcullis_source::ir::ImportName::Named(name) if &**name == "cache")
    })
}

/// The module behind a symbol that is a package's namespace or default export: `jwt` of `import jwt from 'jsonwebtoken'`.
fn namespace(program: &Program, file: FileId, object: &Expression) -> Option<Text> {
    let ExpressionKind::Symbol(symbol) = &object.kind else {
        return None;
    };
    let module = program.module(file)?;
    let SymbolKind::Import(position) = symbol_kind(module, *symbol)? else {
        return None;
    };
    match program.import(file, import(module, position)?) {
        Target::Library { module, .. } => Some(module),
        _ => None,
    }
}

/// The value of an object literal's property; the last one wins.
pub(super) fn property_of<'expression>(object: &'expression Expression, name: &str) -> Option<&'expression Expression> {
    let ExpressionKind::Object(properties) = &object.kind else {
        return None;
    };
    properties.iter().rev().find_map(|property| match property {
        Property::Value(Key::Name(key), value) if &**key == name => Some(value),
        _ => None,
    })
}

/// Whether an object literal takes over another object.
pub(super) fn has_spread(object: &Expression) -> bool {
    matches!(&object.kind, ExpressionKind::Object(properties)
        if properties.iter().any(|property| matches!(property, Property::Spread(_))))
}

/// The text of a string literal, or of a template without values.
pub(super) fn text_of(expression: &Expression) -> Option<&str> {
    match &expression.kind {
        ExpressionKind::String(text) => Some(text),
        ExpressionKind::Template(pieces, values) if values.is_empty() => pieces.first().map(|piece| &**piece),
        _ => None,
    }
}

/// The arguments of a call that are single values.
pub(super) fn argument(arguments: &[Argument], position: usize) -> Option<&Expression> {
    match arguments.get(position)? {
        Argument::Value(value) => Some(value),
        Argument::Spread(_) => None,
    }
}

/// `NAME` of `process.env.NAME` or `process.env['NAME']`.
pub(super) fn environment_variable(expression: &Expression) -> Option<&str> {
    let (object, name) = match &expression.kind {
        ExpressionKind::Member { object, property, .. } => (object, &**property),
        ExpressionKind::Index { object, index, .. } => (object, text_of(index)?),
        ExpressionKind::Chain(inner) => return environment_variable(inner),
        _ => return None,
    };
    let ExpressionKind::Member {
        object: root, property, ..
    } = &object.kind
    else {
        return None;
    };
    let is_process = matches!(&root.kind, ExpressionKind::Global(global) if &**global == "process");
    (is_process && &**property == "env").then_some(name)
}

//! Small questions about statements and expressions: do they end the call, do they only compute, do they only log.

use portcullis_source::ir::{Argument, Expression, ExpressionKind, Statement, StatementKind};

use super::walk;

/// Functions that make a value out of values, and do nothing else.
const MAKERS: &[&str] = &[
    "Number",
    "String",
    "Boolean",
    "BigInt",
    "parseInt",
    "parseFloat",
    "isNaN",
];

/// Objects of the language whose functions do nothing else either.
const MAKER_OBJECTS: &[&str] = &["Object", "JSON", "Array", "Number", "Math", "String"];

/// Methods that read.
const READERS: &[&str] = &[
    "get",
    "getAll",
    "has",
    "entries",
    "keys",
    "values",
    "toString",
    "trim",
    "toLowerCase",
    "toUpperCase",
    "split",
    "includes",
    "startsWith",
    "endsWith",
];

/// Objects that write logs.
const LOGS: &[&str] = &["console", "logger", "log"];

/// Whether statements end the call on every way.
pub(crate) fn exits(body: &[Statement]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StatementKind::Return(_) | StatementKind::Throw(_) => true,
        StatementKind::If {
            consequent, alternate, ..
        } => exits(consequent) && exits(alternate),
        StatementKind::Block(body) => exits(body),
        StatementKind::Try { body, handler, .. } => {
            exits(body) && handler.as_ref().is_none_or(|(_, handler)| exits(handler))
        }
        _ => false,
    })
}

/// Whether statements end the call and do nothing before that could matter: no `await`, no assignment.
pub(crate) fn only_exits(body: &[Statement]) -> bool {
    let mut acts = false;
    walk::statements(body, &mut |value| {
        acts |= matches!(
            value.kind,
            ExpressionKind::Await(_) | ExpressionKind::Assign(..) | ExpressionKind::Yield(_)
        );
    });
    !acts && exits(body)
}

/// Whether an expression computes a value and does nothing else.
pub(crate) fn is_pure(value: &Expression) -> bool {
    let mut is_pure = true;
    walk::expression(value, &mut |value| {
        is_pure &= match &value.kind {
            ExpressionKind::Call { callee, arguments, .. } => {
                is_pure_callee(callee)
                    && arguments.iter().all(|argument| match argument {
                        Argument::Value(value) | Argument::Spread(value) => {
                            !matches!(value.kind, ExpressionKind::Function(_))
                        }
                    })
            }
            ExpressionKind::New { callee, .. } => {
                matches!(&callee.kind, ExpressionKind::Global(name) if matches!(&**name, "Date" | "Map" | "Set" | "URL"))
            }
            ExpressionKind::Await(_)
            | ExpressionKind::Yield(_)
            | ExpressionKind::Assign(..)
            | ExpressionKind::Update(..)
            | ExpressionKind::LogicalAssign(..)
            | ExpressionKind::Import(_)
            | ExpressionKind::Tagged { .. }
            | ExpressionKind::Jsx(_) => false,
            _ => true,
        };
    });
    is_pure
}

fn is_pure_callee(callee: &Expression) -> bool {
    match &callee.kind {
        ExpressionKind::Global(name) => MAKERS.contains(&&**name),
        ExpressionKind::Member { object, property, .. } => match &object.kind {
            ExpressionKind::Global(name) => MAKER_OBJECTS.contains(&&**name),
            _ => READERS.contains(&&**property),
        },
        ExpressionKind::Chain(inner) => is_pure_callee(inner),
        _ => false,
    }
}

/// Whether an expression only writes to a log.
pub(crate) fn is_log(value: &Expression) -> bool {
    match &value.kind {
        ExpressionKind::Await(inner) | ExpressionKind::Chain(inner) => is_log(inner),
        ExpressionKind::Call { callee, .. } => match &callee.kind {
            ExpressionKind::Member { object, .. } => {
                matches!(&object.kind, ExpressionKind::Global(name) if LOGS.contains(&&**name))
            }
            _ => false,
        },
        _ => false,
    }
}

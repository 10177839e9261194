//! Walks over the intermediate representation: every expression, every statement. Nothing is decided here.
//!
//! The depth is bounded, since hostile code nests as deep as it likes; what lies below is not looked at.

use portcullis_source::ir::{
    Argument, Expression, ExpressionKind, FunctionId, Key, Loop, MemberKind, Module, Pattern, Property, Statement,
    StatementKind,
};

/// Deeper code is not looked at.
const DEPTH_LIMIT: u32 = 300;

/// Calls `see` for every expression of a module, outer ones first, with the function that it stands in.
pub(super) fn expressions<'module>(
    module: &'module Module,
    see: &mut dyn FnMut(&'module Expression, Option<FunctionId>),
) {
    for statement in &module.body {
        in_statement(statement, 0, &mut |expression| see(expression, None));
    }
    for export in &module.exports {
        if let portcullis_source::ir::ExportSource::Value(value) = &export.source {
            in_expression(value, 0, &mut |expression| see(expression, None));
        }
    }
    for class in &module.classes {
        if let Some(parent) = &class.parent {
            in_expression(parent, 0, &mut |expression| see(expression, None));
        }
        for member in &class.members {
            if let MemberKind::Field(Some(value)) = &member.kind {
                in_expression(value, 0, &mut |expression| see(expression, None));
            }
        }
    }
    for (position, function) in (0_u32..).zip(&module.functions) {
        let id = Some(FunctionId(position));
        for pattern in function.parameters.iter().chain(&function.rest) {
            in_pattern(pattern, 0, &mut |expression| see(expression, id));
        }
        for statement in &function.body {
            in_statement(statement, 0, &mut |expression| see(expression, id));
        }
    }
}

/// Calls `see` for every expression in some statements, without the functions that they define.
pub(super) fn expressions_in<'module>(body: &'module [Statement], see: &mut dyn FnMut(&'module Expression)) {
    for statement in body {
        in_statement(statement, 0, see);
    }
}

/// Calls `see` for an expression and every one in it, without the functions that it defines.
pub(super) fn expressions_of<'module>(expression: &'module Expression, see: &mut dyn FnMut(&'module Expression)) {
    in_expression(expression, 0, see);
}

/// Calls `see` for every statement in some statements, nested ones too.
pub(super) fn statements_in<'module>(body: &'module [Statement], see: &mut dyn FnMut(&'module Statement)) {
    statements(body, 0, see);
}

fn statements<'module>(body: &'module [Statement], depth: u32, see: &mut dyn FnMut(&'module Statement)) {
    if depth > DEPTH_LIMIT {
        return;
    }
    for statement in body {
        see(statement);
        inner_blocks(statement, &mut |body| statements(body, depth + 1, see));
    }
}

/// The blocks of a statement.
fn inner_blocks<'module>(statement: &'module Statement, see: &mut dyn FnMut(&'module [Statement])) {
    match &statement.kind {
        StatementKind::If {
            consequent, alternate, ..
        } => {
            see(consequent);
            see(alternate);
        }
        StatementKind::Loop(inner) => match &**inner {
            Loop::For { init, body, .. } => {
                see(init);
                see(body);
            }
            Loop::Of { body, .. } | Loop::In { body, .. } | Loop::While { body, .. } | Loop::DoWhile { body, .. } => {
                see(body);
            }
        },
        StatementKind::Switch { cases, .. } => cases.iter().for_each(|(_, body)| see(body)),
        StatementKind::Try {
            body,
            handler,
            finalizer,
        } => {
            see(body);
            if let Some((_, handler)) = handler {
                see(handler);
            }
            see(finalizer);
        }
        StatementKind::Block(body) | StatementKind::Labelled(_, body) => see(body),
        _ => {}
    }
}

fn in_statement<'module>(statement: &'module Statement, depth: u32, see: &mut dyn FnMut(&'module Expression)) {
    if depth > DEPTH_LIMIT {
        return;
    }
    own_expressions(statement, depth, see);
    inner_blocks(statement, &mut |body| {
        for statement in body {
            in_statement(statement, depth + 1, see);
        }
    });
}

/// The expressions of a statement itself, without its blocks.
fn own_expressions<'module>(statement: &'module Statement, depth: u32, see: &mut dyn FnMut(&'module Expression)) {
    let mut go = |expression: &'module Expression| in_expression(expression, depth + 1, see);
    match &statement.kind {
        StatementKind::Expression(value) | StatementKind::Throw(value) | StatementKind::Return(Some(value)) => {
            go(value);
        }
        StatementKind::Declare(pattern, value) => {
            if let Some(value) = value {
                go(value);
            }
            in_pattern(pattern, depth + 1, see);
        }
        StatementKind::Enum(_, members) => members.iter().filter_map(|(_, value)| value.as_ref()).for_each(go),
        StatementKind::If { test, .. } => go(test),
        StatementKind::Loop(inner) => match &**inner {
            Loop::For { test, update, .. } => test.iter().chain(update).for_each(go),
            Loop::Of { pattern, iterable, .. } => {
                go(iterable);
                in_pattern(pattern, depth + 1, see);
            }
            Loop::In { pattern, object, .. } => {
                go(object);
                in_pattern(pattern, depth + 1, see);
            }
            Loop::While { test, .. } | Loop::DoWhile { test, .. } => go(test),
        },
        StatementKind::Switch { discriminant, cases } => {
            go(discriminant);
            cases.iter().filter_map(|(test, _)| test.as_ref()).for_each(go);
        }
        StatementKind::Try {
            handler: Some((Some(pattern), _)),
            ..
        } => in_pattern(pattern, depth + 1, see),
        _ => {}
    }
}

fn in_pattern<'module>(pattern: &'module Pattern, depth: u32, see: &mut dyn FnMut(&'module Expression)) {
    if depth > DEPTH_LIMIT {
        return;
    }
    match pattern {
        Pattern::Symbol(..) => {}
        Pattern::Place(place) => in_expression(place, depth + 1, see),
        Pattern::Object { properties, rest } => {
            for (key, pattern) in properties {
                in_key(key, depth + 1, see);
                in_pattern(pattern, depth + 1, see);
            }
            if let Some(rest) = rest {
                in_pattern(rest, depth + 1, see);
            }
        }
        Pattern::Array { elements, rest } => {
            for pattern in elements.iter().flatten() {
                in_pattern(pattern, depth + 1, see);
            }
            if let Some(rest) = rest {
                in_pattern(rest, depth + 1, see);
            }
        }
        Pattern::Default(pattern, value) => {
            in_pattern(pattern, depth + 1, see);
            in_expression(value, depth + 1, see);
        }
    }
}

fn in_key<'module>(key: &'module Key, depth: u32, see: &mut dyn FnMut(&'module Expression)) {
    if let Key::Computed(key) = key {
        in_expression(key, depth, see);
    }
}

fn in_arguments<'module>(arguments: &'module [Argument], depth: u32, see: &mut dyn FnMut(&'module Expression)) {
    for argument in arguments {
        let (Argument::Value(value) | Argument::Spread(value)) = argument;
        in_expression(value, depth, see);
    }
}

fn in_expression<'module>(expression: &'module Expression, depth: u32, see: &mut dyn FnMut(&'module Expression)) {
    if depth > DEPTH_LIMIT {
        return;
    }
    see(expression);
    let depth = depth + 1;
    let mut go = |expression: &'module Expression| in_expression(expression, depth, see);
    match &expression.kind {
        ExpressionKind::Template(_, values) | ExpressionKind::Sequence(values) => values.iter().for_each(go),
        ExpressionKind::Member { object, .. } => go(object),
        ExpressionKind::Index { object, index, .. } => {
            go(object);
            go(index);
        }
        ExpressionKind::Chain(inner)
        | ExpressionKind::Import(inner)
        | ExpressionKind::Unary(_, inner)
        | ExpressionKind::Await(inner)
        | ExpressionKind::Yield(Some(inner)) => go(inner),
        ExpressionKind::Call { callee, arguments, .. } | ExpressionKind::New { callee, arguments } => {
            go(callee);
            in_arguments(arguments, depth, see);
        }
        ExpressionKind::Tagged { tag, values, .. } => {
            go(tag);
            values.iter().for_each(go);
        }
        ExpressionKind::Object(properties) => {
            for property in properties {
                match property {
                    Property::Value(key, value) => {
                        in_key(key, depth, see);
                        in_expression(value, depth, see);
                    }
                    Property::Getter(key, _) => in_key(key, depth, see),
                    Property::Spread(value) => in_expression(value, depth, see),
                }
            }
        }
        ExpressionKind::Array(elements) => in_arguments(elements, depth, see),
        ExpressionKind::Binary(_, left, right)
        | ExpressionKind::Logical(_, left, right)
        | ExpressionKind::Update(_, left, right)
        | ExpressionKind::LogicalAssign(_, left, right) => {
            go(left);
            go(right);
        }
        ExpressionKind::Conditional(test, consequent, alternate) => {
            go(test);
            go(consequent);
            go(alternate);
        }
        ExpressionKind::Assign(pattern, value) => {
            go(value);
            in_pattern(pattern, depth, see);
        }
        ExpressionKind::Jsx(jsx) => {
            jsx.component.iter().for_each(&mut go);
            jsx.attributes.iter().for_each(|(_, value)| go(value));
            jsx.children.iter().for_each(go);
        }
        _ => {}
    }
}

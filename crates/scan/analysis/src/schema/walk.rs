//! Visits the expressions of statements, those within expressions too. Functions are visited on their own.

use portcullis_source::ir::{
    Argument, Expression, ExpressionKind, Jsx, Key, Loop, Pattern, Property, Statement, StatementKind,
};

/// Calls `visit` for every expression in these statements, outer ones first.
pub(crate) fn statements<'body>(body: &'body [Statement], visit: &mut dyn FnMut(&'body Expression)) {
    for statement in body {
        self::statement(&statement.kind, visit);
    }
}

/// Calls `visit` for every expression in this statement.
pub(crate) fn statement<'body>(kind: &'body StatementKind, visit: &mut dyn FnMut(&'body Expression)) {
    match kind {
        StatementKind::Expression(value) | StatementKind::Throw(value) => expression(value, visit),
        StatementKind::Declare(target, value) => {
            pattern(target, visit);
            optional(value.as_ref(), visit);
        }
        StatementKind::Return(value) => optional(value.as_ref(), visit),
        StatementKind::Enum(_, members) => {
            for (_, value) in members {
                optional(value.as_ref(), visit);
            }
        }
        StatementKind::If {
            test,
            consequent,
            alternate,
        } => {
            expression(test, visit);
            statements(consequent, visit);
            statements(alternate, visit);
        }
        StatementKind::Loop(kind) => repeat(kind, visit),
        StatementKind::Switch { discriminant, cases } => {
            expression(discriminant, visit);
            for (test, body) in cases {
                optional(test.as_ref(), visit);
                statements(body, visit);
            }
        }
        StatementKind::Try {
            body,
            handler,
            finalizer,
        } => {
            statements(body, visit);
            if let Some((_, handler)) = handler {
                statements(handler, visit);
            }
            statements(finalizer, visit);
        }
        StatementKind::Block(body) | StatementKind::Labelled(_, body) => statements(body, visit),
        StatementKind::Class(..) | StatementKind::Break(_) | StatementKind::Continue(_) => {}
    }
}

fn repeat<'body>(kind: &'body Loop, visit: &mut dyn FnMut(&'body Expression)) {
    match kind {
        Loop::For {
            init,
            test,
            update,
            body,
        } => {
            statements(init, visit);
            optional(test.as_ref(), visit);
            optional(update.as_ref(), visit);
            statements(body, visit);
        }
        Loop::Of {
            pattern: target,
            iterable: value,
            body,
            ..
        }
        | Loop::In {
            pattern: target,
            object: value,
            body,
        } => {
            pattern(target, visit);
            expression(value, visit);
            statements(body, visit);
        }
        Loop::While { test, body } | Loop::DoWhile { body, test } => {
            expression(test, visit);
            statements(body, visit);
        }
    }
}

fn optional<'body>(value: Option<&'body Expression>, visit: &mut dyn FnMut(&'body Expression)) {
    if let Some(value) = value {
        expression(value, visit);
    }
}

fn pattern<'body>(target: &'body Pattern, visit: &mut dyn FnMut(&'body Expression)) {
    match target {
        Pattern::Symbol(..) => {}
        Pattern::Place(place) => expression(place, visit),
        Pattern::Object { properties, rest } => {
            for (name, inner) in properties {
                key(name, visit);
                pattern(inner, visit);
            }
            if let Some(rest) = rest {
                pattern(rest, visit);
            }
        }
        Pattern::Array { elements, rest } => {
            for inner in elements.iter().flatten() {
                pattern(inner, visit);
            }
            if let Some(rest) = rest {
                pattern(rest, visit);
            }
        }
        Pattern::Default(inner, default) => {
            pattern(inner, visit);
            expression(default, visit);
        }
    }
}

fn key<'body>(name: &'body Key, visit: &mut dyn FnMut(&'body Expression)) {
    if let Key::Computed(value) = name {
        expression(value, visit);
    }
}

fn arguments<'body>(values: &'body [Argument], visit: &mut dyn FnMut(&'body Expression)) {
    for value in values {
        match value {
            Argument::Value(value) | Argument::Spread(value) => expression(value, visit),
        }
    }
}

/// Calls `visit` for this expression and every one in it.
pub(crate) fn expression<'body>(value: &'body Expression, visit: &mut dyn FnMut(&'body Expression)) {
    visit(value);
    match &value.kind {
        ExpressionKind::Template(_, values) | ExpressionKind::Sequence(values) => {
            for value in values {
                expression(value, visit);
            }
        }
        ExpressionKind::Member { object, .. } => expression(object, visit),
        ExpressionKind::Index { object, index, .. } => {
            expression(object, visit);
            expression(index, visit);
        }
        ExpressionKind::Chain(inner)
        | ExpressionKind::Await(inner)
        | ExpressionKind::Import(inner)
        | ExpressionKind::Unary(_, inner) => expression(inner, visit),
        ExpressionKind::Call {
            callee,
            arguments: values,
            ..
        }
        | ExpressionKind::New {
            callee,
            arguments: values,
        } => {
            expression(callee, visit);
            arguments(values, visit);
        }
        ExpressionKind::Tagged { tag, values, .. } => {
            expression(tag, visit);
            for value in values {
                expression(value, visit);
            }
        }
        ExpressionKind::Object(properties) => {
            for property in properties {
                match property {
                    Property::Value(name, value) => {
                        key(name, visit);
                        expression(value, visit);
                    }
                    Property::Getter(name, _) => key(name, visit),
                    Property::Spread(value) => expression(value, visit),
                }
            }
        }
        ExpressionKind::Array(items) => arguments(items, visit),
        ExpressionKind::Binary(_, left, right)
        | ExpressionKind::Logical(_, left, right)
        | ExpressionKind::Update(_, left, right)
        | ExpressionKind::LogicalAssign(_, left, right) => {
            expression(left, visit);
            expression(right, visit);
        }
        ExpressionKind::Conditional(test, consequent, alternate) => {
            expression(test, visit);
            expression(consequent, visit);
            expression(alternate, visit);
        }
        ExpressionKind::Assign(target, value) => {
            pattern(target, visit);
            expression(value, visit);
        }
        ExpressionKind::Yield(inner) => {
            if let Some(inner) = inner {
                expression(inner, visit);
            }
        }
        ExpressionKind::Jsx(element) => jsx(element, visit),
        ExpressionKind::Undefined
        | ExpressionKind::Null
        | ExpressionKind::Boolean(_)
        | ExpressionKind::Number(_)
        | ExpressionKind::String(_)
        | ExpressionKind::Opaque
        | ExpressionKind::Symbol(_)
        | ExpressionKind::Global(_)
        | ExpressionKind::This
        | ExpressionKind::Super
        | ExpressionKind::Function(_)
        | ExpressionKind::Class(_) => {}
    }
}

fn jsx<'body>(element: &'body Jsx, visit: &mut dyn FnMut(&'body Expression)) {
    let attributes = element.attributes.iter().map(|(_, value)| value);
    for value in element.component.iter().chain(attributes).chain(&element.children) {
        expression(value, visit);
    }
}

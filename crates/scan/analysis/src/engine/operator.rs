//! Operators on values.

use portcullis_source::ir::{BinaryOperator, UnaryOperator};

use crate::value::{ClassOf, Origin, Value};

/// Longer texts are taken to be unknown.
pub(super) const TEXT_LIMIT: usize = 4_096;

pub(super) fn unary(operator: UnaryOperator, value: &Value) -> Value {
    match operator {
        UnaryOperator::Not => match value.truth() {
            Some(truth) => Value::Boolean(!truth),
            None => Value::present(value.origin().partial(), None),
        },
        UnaryOperator::Minus => match value {
            Value::Number(number) => Value::Number(-number),
            other => Value::present(other.origin(), None),
        },
        UnaryOperator::Number => match value {
            Value::Number(_) => value.clone(),
            other => Value::present(other.origin().partial().without(Origin::RAW | Origin::TEXT), None),
        },
        UnaryOperator::Typeof => {
            type_name(value).map_or_else(|| Value::present(value.origin(), Some(true)), Value::text)
        }
        UnaryOperator::Void => Value::Undefined,
        UnaryOperator::Delete => Value::Boolean(true),
    }
}

/// Whether a text that begins like this may still lead wherever what follows says: `https://` does, `/posts/` does not.
pub(super) fn leaves_lead(beginning: &str) -> bool {
    match beginning.split_once("://") {
        Some((_, rest)) => !rest.contains('/'),
        None => beginning.is_empty() || beginning == "/",
    }
}

fn type_name(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Undefined => "undefined",
        Value::Null
        | Value::Object(_)
        | Value::Array(_)
        | Value::Promise(_)
        | Value::Namespace(_)
        | Value::Model(_) => "object",
        Value::Boolean(_) => "boolean",
        Value::Number(_) => "number",
        Value::Text(_) => "string",
        Value::Function(_) | Value::Class(_) | Value::Member(_) | Value::Built(_) => "function",
        Value::Native(_) | Value::Abstract(_) | Value::Union(_) => return None,
    })
}

pub(super) fn binary(operator: BinaryOperator, left: &Value, right: &Value) -> Value {
    let decided = match operator {
        BinaryOperator::StrictEqual => strictly_equal(left, right),
        BinaryOperator::StrictNotEqual => strictly_equal(left, right).map(|equal| !equal),
        BinaryOperator::Equal => loosely_equal(left, right),
        BinaryOperator::NotEqual => loosely_equal(left, right).map(|equal| !equal),
        BinaryOperator::In => match (left, right) {
            (Value::Text(name), Value::Object(object)) if object.open.is_none() && object.class.is_none() => {
                Some(object.fields.iter().any(|(key, _)| key == name))
            }
            _ => None,
        },
        BinaryOperator::Instanceof => instance_of(left, right),
        BinaryOperator::Less | BinaryOperator::Greater => match (left, right) {
            // Equal numbers are not told apart: `<` and `<=` are one here.
            (Value::Number(a), Value::Number(b)) if a < b => Some(operator == BinaryOperator::Less),
            (Value::Number(a), Value::Number(b)) if a > b => Some(operator == BinaryOperator::Greater),
            // Comparing with `undefined` is false, whatever the operator.
            (Value::Undefined, _) | (_, Value::Undefined) => Some(false),
            _ => None,
        },
        BinaryOperator::Add => {
            return match (left, right) {
                (Value::Text(a), Value::Text(b)) if a.len() + b.len() <= TEXT_LIMIT => Value::text(&format!("{a}{b}")),
                (Value::Text(_), Value::Text(_)) => Value::present(Origin::default(), Some(true)),
                (Value::Number(a), Value::Number(b)) => Value::Number(a + b),
                (Value::Text(a), other) if !leaves_lead(a) => {
                    Value::present(other.origin().put_into_text().without(Origin::LEAD), Some(true))
                }
                (Value::Text(a), other) | (other, Value::Text(a)) => {
                    Value::present(other.origin().put_into_text(), (!a.is_empty()).then_some(true))
                }
                _ => {
                    let origin = left.origin().plus(&right.origin()).put_into_text();
                    // Where a text leads is said by its beginning.
                    let leads = left.origin().has(Origin::LEAD);
                    Value::present(if leads { origin } else { origin.without(Origin::LEAD) }, None)
                }
            };
        }
        BinaryOperator::Arithmetic => return Value::present(left.origin().plus(&right.origin()).partial(), None),
    };
    match decided {
        Some(truth) => Value::Boolean(truth),
        None => Value::present(
            left.origin().plus(&right.origin()).partial().with(Origin::CHECKED),
            None,
        ),
    }
}

fn strictly_equal(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Union(options), other) | (other, Value::Union(options)) => {
            let mut answers = options.iter().map(|option| strictly_equal(option, other));
            let first = answers.next().flatten();
            if answers.all(|answer| answer == first) {
                first
            } else {
                None
            }
        }
        (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => Some(true),
        (Value::Undefined, Value::Null) | (Value::Null, Value::Undefined) => Some(false),
        (nothing @ (Value::Undefined | Value::Null), other) | (other, nothing @ (Value::Undefined | Value::Null)) => {
            match other.nullish() {
                Some(false) => Some(false),
                // What a database or a schema gives is never `undefined`: an absent identity is no match for it.
                None if *nothing == Value::Undefined
                    && other.origin().has(Origin::ROW | Origin::PARSED)
                    && matches!(other, Value::Abstract(inner) if inner.label.is_none()) =>
                {
                    is_a_field(other).then_some(false)
                }
                _ => None,
            }
        }
        (Value::Boolean(a), Value::Boolean(b)) => Some(a == b),
        #[expect(clippy::float_cmp, reason = "this is what `===` does")]
        (Value::Number(a), Value::Number(b)) => Some(a == b),
        (Value::Text(a), Value::Text(b)) => Some(a == b),
        (Value::Abstract(_), constant) | (constant, Value::Abstract(_)) => {
            // A truthy constant is no match for a falsy value.
            let other = if matches!(left, Value::Abstract(_)) {
                left
            } else {
                right
            };
            match (other.truth(), constant.truth()) {
                (Some(a), Some(b)) if a != b => Some(false),
                _ => None,
            }
        }
        (
            Value::Boolean(_) | Value::Number(_) | Value::Text(_),
            Value::Boolean(_) | Value::Number(_) | Value::Text(_),
        ) => Some(false),
        _ => None,
    }
}

/// Whether the value can be taken for a field of a row, and not for the row that was not found.
fn is_a_field(value: &Value) -> bool {
    matches!(value, Value::Abstract(inner) if inner.origin.has(Origin::PARSED) || inner.label.is_none())
}

fn loosely_equal(left: &Value, right: &Value) -> Option<bool> {
    match (left.nullish(), right.nullish()) {
        (Some(true), Some(true)) => Some(true),
        (Some(true), Some(false)) | (Some(false), Some(true)) => Some(false),
        (Some(true), None) | (None, Some(true)) => None,
        _ => match (left, right) {
            (Value::Text(_), Value::Number(_)) | (Value::Number(_), Value::Text(_)) => None,
            _ => strictly_equal(left, right),
        },
    }
}

pub(super) fn instance_of(left: &Value, right: &Value) -> Option<bool> {
    if left.nullish() == Some(true) || matches!(left, Value::Text(_) | Value::Number(_) | Value::Boolean(_)) {
        return Some(false);
    }
    let Value::Object(object) = left else { return None };
    let mut class = object.class.clone();
    let is_error = |name: &str| name == "Error";
    for _ in 0..16 {
        match (&class, right) {
            (Some(ClassOf::Builtin(name)), Value::Native(native)) => {
                return Some(*name == native.name || (is_error(&native.name) && name.ends_with("Error")));
            }
            (Some(ClassOf::Builtin(_)), _) => return Some(false),
            (Some(ClassOf::Project(own)), other) => {
                if let Value::Class(wanted) = other
                    && wanted.file == own.file
                    && wanted.class == own.class
                {
                    return Some(true);
                }
                class = match &own.parent {
                    Some(Value::Class(parent)) => Some(ClassOf::Project(std::sync::Arc::clone(parent))),
                    Some(Value::Native(native)) => Some(ClassOf::Builtin(std::sync::Arc::clone(&native.name))),
                    Some(_) => return None,
                    None => return Some(false),
                };
            }
            (None, _) => return if object.open.is_some() { None } else { Some(false) },
        }
    }
    None
}

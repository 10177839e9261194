//! What a schema leaves of a value that it accepted.
//!
//! A schema that accepts anything vouches for nothing; a number holds no text; unknown fields are gone, unless the
//! schema lets them through.

use std::sync::Arc;

use crate::value::{Abstract, Field, Model, Object, Origin, Value};

/// How deep schemas are followed.
const DEPTH_LIMIT: u32 = 6;
/// Larger shapes are taken as one value.
const SHAPE_LIMIT: usize = 64;

/// What is left of a value that a schema accepted: the receiver, or the first argument.
pub(super) fn accepted(value: &Value, this: Option<&Arc<Model>>, arguments: &[Value]) -> Value {
    let by_argument = arguments.iter().find_map(|argument| match argument {
        Value::Model(model) if *argument != *value => Some(model),
        _ => None,
    });
    accept(value, by_argument.or(this).map(|model| &**model), 0)
}

/// What is left of a value that this schema accepted.
pub(super) fn accepted_by(value: &Value, schema: &Value) -> Value {
    match schema {
        Value::Model(model) => accept(value, Some(model), 0),
        Value::Object(object) if !object.fields.is_empty() => shape(value, object, 0),
        _ => accept(value, None, 0),
    }
}

fn accept(value: &Value, schema: Option<&Model>, depth: u32) -> Value {
    let Some(schema) = schema.filter(|_| depth <= DEPTH_LIMIT) else {
        return vouched(value, Origin::RAW);
    };
    // That it is a form says nothing about what is in it.
    let is_form = matches!(&schema.options, Some(Value::Native(native)) if &*native.name == "FormData");
    if is_form && has_step(&schema.label, "instanceof") {
        return value.clone();
    }
    match Kind::of(&schema.label) {
        Kind::Anything => value.clone(),
        Kind::Scalar => vouched(value, Origin::RAW | Origin::TEXT | Origin::LEAD),
        Kind::Object => match &schema.options {
            Some(Value::Object(fields))
                if fields.fields.len() <= SHAPE_LIMIT && (is_sent(value) || is_put_together(value)) =>
            {
                let mut object = match shape(value, fields, depth) {
                    Value::Object(object) => Object::clone(&object),
                    other => return other,
                };
                let steps = &schema.label;
                if ["passthrough", "loose", "catchall", "looseObject"]
                    .iter()
                    .any(|step| has_step(steps, step))
                {
                    object.open = Some(value.clone());
                } else if ["extend", "merge", "and", "safeExtend", "augment", "or"]
                    .iter()
                    .any(|step| has_step(steps, step))
                {
                    object.open = Some(vouched(value, Origin::RAW));
                }
                Value::Object(Arc::new(object))
            }
            _ => vouched(value, Origin::RAW),
        },
        Kind::List => match (&schema.options, value) {
            (Some(Value::Model(element)), Value::Abstract(inner)) => {
                let item = Value::of(inner.origin.clone().partial());
                Value::list_of(accept(&item, Some(element), depth + 1))
            }
            _ => vouched(value, Origin::RAW),
        },
        Kind::Other => vouched(value, Origin::RAW),
    }
}

/// Only what comes from outside as one piece is taken apart by the schema's shape.
fn is_sent(value: &Value) -> bool {
    matches!(value, Value::Abstract(inner) if inner.origin.has(Origin::CLIENT) && inner.label.is_none())
}

/// `{ title: form.get('title') }`: an object whose every field is known.
fn is_put_together(value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            object.open.is_none() && object.fields.iter().all(|(_, field)| matches!(field, Field::Value(_)))
        }
        _ => false,
    }
}

fn shape(value: &Value, fields: &Object, depth: u32) -> Value {
    let mut object = Object::default();
    for (name, field) in &fields.fields {
        let Field::Value(schema) = field else { continue };
        let part = match value {
            Value::Abstract(inner) => Value::of(inner.origin.clone().partial().with(Origin::PARSED)),
            Value::Object(sent) if is_put_together(value) => sent.field(name).cloned().unwrap_or(Value::Undefined),
            other => return vouched(other, Origin::RAW),
        };
        let accepted = match schema {
            Value::Model(model) => {
                let accepted = accept(&part, Some(model), depth + 1);
                let may_miss = ["optional", "nullable", "nullish", "catch"]
                    .iter()
                    .any(|step| has_step(&model.label, step));
                if may_miss { accepted } else { present(accepted) }
            }
            _ => vouched(&part, Origin::RAW),
        };
        object.fields.push((Arc::clone(name), Field::Value(accepted)));
    }
    Value::Object(Arc::new(object))
}

fn present(value: Value) -> Value {
    match value {
        Value::Abstract(inner) if !inner.present => {
            let mut inner = Abstract::clone(&inner);
            inner.present = true;
            Value::Abstract(Arc::new(inner))
        }
        other => other,
    }
}

/// The value, with the schema's word for it.
fn vouched(value: &Value, without: u32) -> Value {
    value.map_origin(&|origin| {
        if origin.has(Origin::CLIENT) {
            origin.without(without).with(Origin::PARSED)
        } else {
            origin
        }
    })
}

/// What a schema is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It accepts whatever comes.
    Anything,
    /// A number, a choice, an identifier: no free text.
    Scalar,
    Object,
    List,
    Other,
}

impl Kind {
    /// By the calls that made the schema: `z.string.uuid`.
    fn of(label: &str) -> Self {
        let mut kind = Self::Other;
        for step in label.split('.') {
            match step {
                "any" | "unknown" if kind == Self::Other => return Self::Anything,
                "number" | "int" | "int32" | "uint32" | "float32" | "float64" | "bigint" | "int64" | "boolean"
                | "stringbool" | "date" | "enum" | "nativeEnum" | "literal" | "picklist" | "void" | "undefined"
                | "null" | "never" | "uuid" | "uuidv4" | "guid" | "cuid" | "cuid2" | "ulid" | "nanoid" | "datetime"
                | "time" | "duration" | "ipv4" | "ipv6" | "integer" | "isoDate"
                    if matches!(kind, Self::Other) =>
                {
                    kind = Self::Scalar;
                }
                "object" | "strictObject" | "looseObject" if kind == Self::Other => kind = Self::Object,
                "array" => kind = if kind == Self::Other { Self::List } else { Self::Other },
                "transform" | "preprocess" | "pipe" => return Self::Other,
                _ => {}
            }
        }
        kind
    }
}

fn has_step(label: &str, step: &str) -> bool {
    label.split('.').any(|own| own == step)
}

//! Where an object, or the name of one, is dangerous if the client chooses it: operators in filters, names that are
//! looked up, `__proto__`.

use std::sync::Arc;

use portcullis_catalog::{Part, parts};
use portcullis_model::Place;
use portcullis_source::ir::{Expression, ExpressionKind, Text};

use super::effect::{Signal, Sink};
use super::{Here, Run};
use crate::state::State;
use crate::value::{Abstract, Field, Model, Object, Origin, Value};

/// How deep filters are searched.
const DEPTH_LIMIT: u32 = 6;

/// What a library takes an object in a filter for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filters {
    /// Any object among the values is an operator: `{ $ne: null }`.
    Documents,
    /// Objects are operators too, and types stand in the way of most: `{ not: '' }`.
    Records,
}

impl Run<'_> {
    /// Records an object of the client where a filter is expected, and code of the client in one.
    pub(super) fn look_for_filters(
        &mut self,
        this: Option<&Arc<Model>>,
        name: &str,
        label: &str,
        arguments: &[Value],
        place: Place,
    ) {
        let library = this
            .map(|model| self.shared.catalog.type_name(model.type_id))
            .unwrap_or_default();
        let filters = match library.split('/').next() {
            Some("mongodb" | "mongoose") => Filters::Documents,
            Some("prisma") => Filters::Records,
            _ => return,
        };
        let is_found = match filters {
            Filters::Documents => filter_arguments(name)
                .and_then(|count| arguments.get(..count.min(arguments.len())))
                .is_some_and(|filters| filters.iter().any(|filter| holds_operator(filter, 0))),
            Filters::Records => takes_operators(name) && arguments.first().is_some_and(is_open_filter),
        };
        if is_found {
            self.signal(Signal::Sink(place, Sink::Filter, Text::from(label)));
        }
    }

    /// A name that the client chooses picks what is called, or which table is used.
    pub(super) fn look_for_lookup(&mut self, object: &Value, key: &Value, place: Place) {
        if !is_name(key) {
            return;
        }
        let what = match object {
            Value::Namespace(_) => "a module",
            Value::Class(_) => "a class",
            Value::Model(model) if self.is_database(model) => "the database client",
            Value::Native(native) if &*native.name == "process.env" => "the environment",
            Value::Native(native) if super::member::is_global_object(&native.name) => "the global object",
            Value::Object(object) if is_table_of_functions(object) => "a table of functions",
            _ => return,
        };
        self.signal(Signal::Sink(place, Sink::Lookup, Text::from(what)));
    }

    fn is_database(&self, model: &Model) -> bool {
        let catalog = self.shared.catalog;
        catalog
            .member_of(model.type_id, "*")
            .and_then(|member| catalog.member(member))
            .is_some_and(|member| member.is_database)
    }

    /// `object[first][second] = value`, where the first key may be `__proto__`.
    pub(super) fn look_for_pollution(&mut self, object: &Value, key: &Value, value: &Value, place: Place) {
        if is_reached(object) && is_name(key) && value.origin().has(Origin::CLIENT) {
            self.signal(Signal::Sink(place, Sink::Property, Text::from("an object")));
        }
    }

    /// `key === '__proto__'`, which this path has excluded, and lists with it.
    pub(super) fn excludes_prototype(&mut self, here: Here, list: &Expression, state: &State) -> bool {
        if !matches!(list.kind, ExpressionKind::Array(_) | ExpressionKind::Symbol(_)) {
            return false;
        }
        let flows = self.expression(here, list, Box::new(state.clone()));
        flows.into_iter().any(|(_, outcome)| match outcome {
            Ok(Value::Array(array)) => array
                .items
                .iter()
                .any(|item| matches!(item, Value::Text(text) if names_prototype(text))),
            _ => false,
        })
    }
}

/// What a key of the client reaches on an object of the server.
pub(super) fn reached(value: Value, key: &Value) -> Value {
    let origin = key.origin();
    if !matches!(key, Value::Abstract(_)) || !origin.has(Origin::TEXT) || !origin.has(Origin::KEY) {
        return value;
    }
    mark(value)
}

fn mark(value: Value) -> Value {
    match value {
        Value::Abstract(inner) if !inner.origin.has(Origin::CLIENT) || inner.origin.has(Origin::ROW) => {
            let mut inner = Abstract::clone(&inner);
            inner.origin = inner.origin.with(Origin::REACHED);
            Value::Abstract(Arc::new(inner))
        }
        Value::Object(object) if object.class.is_none() => {
            let mut object = Object::clone(&object);
            object.open = Some(match object.open.take() {
                Some(open) => open.map_origin(&|origin| origin.with(Origin::REACHED)),
                None => Value::of(Origin::of(Origin::REACHED)),
            });
            Value::Object(Arc::new(object))
        }
        Value::Union(options) => options
            .iter()
            .cloned()
            .map(mark)
            .reduce(Value::or)
            .unwrap_or(Value::Undefined),
        other => other,
    }
}

fn is_reached(value: &Value) -> bool {
    match value {
        Value::Abstract(inner) => inner.origin.has(Origin::REACHED),
        Value::Object(object) => object.open.as_ref().is_some_and(is_reached),
        Value::Union(options) => options.iter().any(is_reached),
        _ => false,
    }
}

/// Whether a key is text that the client wrote freely.
fn is_name(key: &Value) -> bool {
    let origin = key.origin();
    origin.has(Origin::CLIENT) && origin.has(Origin::TEXT) && origin.has(Origin::KEY)
}

/// Names that lead from an object to what all objects share.
pub(super) fn names_prototype(name: &str) -> bool {
    matches!(name, "__proto__" | "constructor" | "prototype")
}

/// Whether an object is there to look functions up in.
fn is_table_of_functions(object: &Object) -> bool {
    !object.fields.is_empty()
        && object.class.is_none()
        && object
            .fields
            .iter()
            .all(|(_, field)| matches!(field, Field::Value(value) if value.is_function()))
}

/// How many of the first arguments of a document database's method are filters. Ids are cast, and refuse objects.
fn filter_arguments(name: &str) -> Option<usize> {
    let begins = ["find", "update", "delete", "count", "replace", "exists", "remove"]
        .iter()
        .any(|word| name.starts_with(word));
    let takes_filter = begins && !name.contains("ById") && !name.contains("ByPk");
    match name {
        "where" | "aggregate" | "match" => Some(1),
        "distinct" => Some(2),
        _ => takes_filter.then_some(1),
    }
}

/// Whether a method of an object mapper takes operators for any field. Those that want one record want plain values.
fn takes_operators(name: &str) -> bool {
    name.starts_with("findFirst")
        || matches!(
            name,
            "findMany" | "count" | "updateMany" | "deleteMany" | "aggregate" | "groupBy"
        )
}

/// Whether the client may have sent an object where the filter wants a value, or writes code of it.
fn holds_operator(value: &Value, depth: u32) -> bool {
    if depth > DEPTH_LIMIT {
        return false;
    }
    match value {
        Value::Object(object) => {
            object.fields.iter().any(|(name, field)| match field {
                Field::Value(value) if matches!(&**name, "$where" | "$function" | "$accumulator") => {
                    let origin = value.origin();
                    origin.has(Origin::CLIENT) && origin.has(Origin::TEXT)
                }
                Field::Value(value) => holds_operator(value, depth + 1),
                Field::Getter(_) => false,
            }) || object.open.as_ref().is_some_and(|open| holds_operator(open, depth + 1))
        }
        Value::Array(array) => array
            .items
            .iter()
            .chain(&array.rest)
            .any(|item| holds_operator(item, depth + 1)),
        Value::Union(options) => options.iter().any(|option| holds_operator(option, depth + 1)),
        Value::Abstract(inner) => may_be_object(&inner.origin),
        _ => false,
    }
}

/// Whether the client writes the filter of an object mapper, or the check of a secret in it.
fn is_open_filter(options: &Value) -> bool {
    let Value::Object(options) = options else {
        return false;
    };
    options.fields.iter().any(|(name, field)| {
        let Field::Value(value) = field else { return false };
        parts::of_field(name) == Part::Where
            && &**name == "where"
            && match value {
                Value::Abstract(inner) => may_be_object(&inner.origin),
                Value::Object(filter) => filter.fields.iter().any(|(name, field)| {
                    matches!(field, Field::Value(Value::Abstract(inner))
                        if super::names::names_secret(name) && may_be_object(&inner.origin))
                }),
                _ => false,
            }
    })
}

fn may_be_object(origin: &Origin) -> bool {
    origin.has(Origin::CLIENT)
        && origin.has(Origin::RAW)
        && origin.has(Origin::SHAPED)
        && !origin.has(Origin::ROW | Origin::COOKIE | Origin::HEADER)
}

//! Reading properties of values.

use std::sync::Arc;

use portcullis_model::{FileId, Place};
use portcullis_source::ir::{Symbol, Text};

use super::{Flows, Run, one, thrown};
use crate::state::State;
use crate::value::{Abstract, BoundMember, ClassOf, Field, Native, Origin, Value};

/// The file under which the properties of the global object are kept among the variables of modules.
pub(super) const GLOBAL_FILE: FileId = FileId(u32::MAX);

pub(super) fn is_global_object(name: &str) -> bool {
    matches!(name, "globalThis" | "global")
}

/// A number for a property of the global object.
pub(super) fn global_symbol(name: &str) -> Symbol {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    Symbol(hash)
}

/// Where a proxy keeps its handler and its target: names that no code can write.
pub(super) const PROXY_GET: &str = "[[get]]";
pub(super) const PROXY_TARGET: &str = "[[target]]";

impl Run<'_> {
    /// `object.name`
    pub(super) fn property(
        &mut self,
        mut state: Box<State>,
        object: &Value,
        name: &str,
        optional: bool,
        place: Place,
    ) -> Flows {
        let value = match object {
            Value::Undefined | Value::Null => {
                if optional {
                    return one(state, Value::Undefined);
                }
                state.exit = Some((place, "reads a property of nothing here, which throws"));
                let error = self.type_error("a property of nothing is read");
                return thrown(state, error);
            }
            Value::Union(options) => {
                let mut out = Flows::new();
                for option in options.iter() {
                    out.extend(self.property(state.clone(), option, name, optional, place));
                }
                return self.merge(out);
            }
            Value::Object(inner) if inner.field(PROXY_GET).is_some() => {
                let get = inner.field(PROXY_GET).cloned().unwrap_or(Value::Undefined);
                let target = inner.field(PROXY_TARGET).cloned().unwrap_or(Value::Undefined);
                let arguments = vec![target, Value::text(name), object.clone()];
                return self.call_value(state, &get, Value::Undefined, arguments, place, "get", None);
            }
            Value::Object(inner) => {
                if let Some((_, field)) = inner.fields.iter().find(|(key, _)| &**key == name) {
                    match field {
                        Field::Value(value) => value.clone(),
                        Field::Getter(getter) => {
                            return self.call_closure(state, getter, object.clone(), Vec::new(), place);
                        }
                    }
                } else {
                    match &inner.class {
                        Some(ClassOf::Project(class)) => match self.class_member(class, name) {
                            Some(Field::Value(value)) => value,
                            Some(Field::Getter(getter)) => {
                                return self.call_closure(state, &getter, object.clone(), Vec::new(), place);
                            }
                            None => self.open_field(inner.open.as_ref(), object, name),
                        },
                        _ => match &inner.open {
                            // What a model or an unknown object was spread from answers for itself.
                            Some(open @ (Value::Model(_) | Value::Abstract(_))) => {
                                return self.property(state, &open.clone(), name, optional, place);
                            }
                            open => self.open_field(open.as_ref(), object, name),
                        },
                    }
                }
            }
            Value::Array(array) => match name {
                "length" if array.rest.is_none() => {
                    Value::Number(f64::from(u32::try_from(array.items.len()).unwrap_or(u32::MAX)))
                }
                "length" => {
                    let origin = object.origin();
                    // Rows since some time, counted.
                    let is_dated = origin.has(Origin::ROW) && origin.has(Origin::CLOCK);
                    Value::present(if is_dated { origin.with(Origin::COUNT) } else { origin }, None)
                }
                _ => Native::method(name, object),
            },
            Value::Text(text) => match name {
                "length" => Value::Number(f64::from(
                    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX),
                )),
                _ => Native::method(name, object),
            },
            Value::Number(_) | Value::Boolean(_) => Native::method(name, object),
            Value::Function(_) | Value::Built(_) => match name {
                "bind" | "call" | "apply" | "toString" => Native::method(name, object),
                _ => Value::Undefined,
            },
            Value::Class(class) => {
                let mut at = Some(Arc::clone(class));
                let mut found = None;
                while let Some(class) = at {
                    if let Some((_, value)) = class.statics.iter().find(|(key, _)| &**key == name) {
                        found = Some(value.clone());
                        break;
                    }
                    at = match &class.parent {
                        Some(Value::Class(parent)) => Some(Arc::clone(parent)),
                        Some(other @ (Value::Abstract(_) | Value::Model(_))) => {
                            return self.property(state, &other.clone(), name, optional, place);
                        }
                        _ => None,
                    };
                }
                found.unwrap_or(Value::Undefined)
            }
            Value::Namespace(file) => self.export_value(*file, name).unwrap_or(Value::Undefined),
            Value::Promise(_) => Native::method(name, object),
            Value::Native(native) if is_global_object(&native.name) => {
                match state.module_variable(GLOBAL_FILE, global_symbol(name)) {
                    Some(value) => value.clone(),
                    None => self.native_property(native, name),
                }
            }
            Value::Native(native) => self.native_property(native, name),
            Value::Member(bound) => return self.member_property(state, bound, name, place),
            Value::Model(model) => return self.model_property(state, model, name, place),
            Value::Abstract(inner) => self.abstract_property(inner, object, name),
        };
        let value = if is_of_caller(&value) && super::query::names_role(name) && self.has_no_role() {
            self.role_of(value, name, place)
        } else {
            value
        };
        if self.keeps_ranks() && matches!((object, &value), (Value::Object(_), Value::Number(_))) {
            self.last_rank = Some(Text::from(name));
        }
        let value = self.confided(value, name);
        one(state, value)
    }

    /// A field whose name says that it holds a password, a key or a token.
    pub(super) fn confided(&mut self, value: Value, name: &str) -> Value {
        match &value {
            Value::Abstract(inner) if inner.module.is_none() && super::names::names_secret(name) => {
                if inner.origin.has(Origin::CLIENT) && !inner.origin.has(Origin::COOKIE | Origin::HEADER) {
                    self.signal(super::Signal::Confided);
                }
                value.map_origin(&|origin| origin.with(Origin::SENSITIVE))
            }
            _ => value,
        }
    }

    /// The role of a caller who has none.
    fn role_of(&mut self, value: Value, name: &str, place: Place) -> Value {
        self.role_in(&value.origin());
        let is_flag = name.starts_with("is") || matches!(name, "admin" | "superadmin" | "staff" | "superuser");
        if is_flag {
            self.role(place, &format!("`{name}`"));
            return Value::Boolean(false);
        }
        value.map_origin(&|origin| origin.with(Origin::ROLE))
    }

    fn open_field(&mut self, open: Option<&Value>, object: &Value, name: &str) -> Value {
        match open {
            Some(open) => match open {
                Value::Abstract(inner) => self.abstract_property(inner, open, name),
                other => Value::of(other.origin()),
            },
            None if matches!(name, "toString" | "hasOwnProperty" | "valueOf") => Native::method(name, object),
            None => Value::Undefined,
        }
    }

    /// A property of a value about which only the origin is known.
    fn abstract_property(&mut self, inner: &Abstract, object: &Value, name: &str) -> Value {
        if let Some(outside) = &inner.module {
            if inner.label.is_none() {
                return self.outside_export(outside, name);
            }
            if !matches!(name, "then" | "catch" | "finally") {
                let label = match &inner.label {
                    Some(label) => Text::from(format!("{label}.{name}").as_str()),
                    None => Text::from(name),
                };
                return Value::Abstract(Arc::new(Abstract {
                    origin: inner.origin.clone(),
                    label: Some(label),
                    module: inner.module.clone(),
                    wrapped: inner.wrapped.clone(),
                    ..Abstract::default()
                }));
            }
        }
        if super::native::is_method_with_callback(name)
            || inner.origin.has(Origin::ROW) && super::native::writes_row(name)
        {
            return Native::method(name, object);
        }
        // How often something happened, where nothing says that it counts something else.
        let is_dated_row = inner.origin.has(Origin::ROW) && inner.origin.has(Origin::CLOCK);
        let counts = matches!(
            name,
            "count" | "hits" | "attempts" | "requests" | "tries" | "length" | "totalHits"
        ) && (inner.origin == Origin::default() || is_dated_row);
        if counts {
            return Value::of(inner.origin.clone().partial().with(Origin::COUNT));
        }
        // A field of a signed-in caller is there, as far as the entitled caller goes.
        let truth = (inner.origin.has(Origin::IDENTITY)
            && !inner.origin.has(Origin::ROW)
            && matches!(name, "user" | "id" | "userId" | "sub" | "email" | "session" | "uid"))
        .then_some(true);
        let mut origin = inner.origin.clone().partial();
        if super::names::is_of_text(name) {
            origin = origin.without(Origin::SHAPED);
            if super::names::keeps_text(name) && inner.origin.has(Origin::SENSITIVE) {
                origin = origin.with(Origin::SENSITIVE);
            }
        }
        Value::Abstract(Arc::new(Abstract {
            origin,
            truth,
            present: truth == Some(true),
            wrapped: inner.wrapped.clone(),
            ..Abstract::default()
        }))
    }

    /// `object[key]`
    pub(super) fn index(
        &mut self,
        state: Box<State>,
        object: &Value,
        key: &Value,
        optional: bool,
        place: Place,
    ) -> Flows {
        if matches!(object, Value::Object(_)) && key.bits().has(Origin::ROLE) && self.has_no_role() {
            return one(state, Value::of(key.origin()));
        }
        self.look_for_lookup(object, key, place);
        match (object, key) {
            (Value::Array(array), Value::Number(number)) => {
                let value = array_item(array, *number);
                one(state, value)
            }
            (_, Value::Text(name)) => self.property(state, object, name, optional, place),
            (_, Value::Number(number)) if !matches!(object, Value::Abstract(_)) => {
                self.property(state, object, &number.to_string(), optional, place)
            }
            // A key that is not there finds nothing.
            (Value::Array(_) | Value::Object(_), Value::Undefined | Value::Null) if !matches!(object, Value::Object(inner) if inner.open.is_some()) => {
                one(state, Value::Undefined)
            }
            (Value::Array(array), _) => {
                let value = chosen(array.element(), &key.origin());
                one(state, value)
            }
            (Value::Object(inner), _) => {
                let mut values: Vec<Value> = inner
                    .fields
                    .iter()
                    .filter_map(|(_, field)| match field {
                        Field::Value(value) => Some(value.clone()),
                        Field::Getter(_) => None,
                    })
                    .collect();
                values.push(inner.open.clone().unwrap_or(Value::Undefined));
                let value = values.into_iter().reduce(Value::or).unwrap_or(Value::Undefined);
                let value = super::injection::reached(chosen(value, &key.origin()), key);
                one(state, value)
            }
            (Value::Undefined | Value::Null, _) => self.property(state, object, "", optional, place),
            (Value::Model(_) | Value::Namespace(_) | Value::Class(_), _) => {
                self.property(state, object, "*", optional, place)
            }
            (Value::Union(options), _) => {
                let mut out = Flows::new();
                for option in options.iter() {
                    out.extend(self.index(state.clone(), option, key, optional, place));
                }
                self.merge(out)
            }
            (other, key) => {
                let value = Value::of(other.origin().plus(&key.origin()));
                let is_of_server = !other.origin().has(Origin::CLIENT) && matches!(other, Value::Abstract(_));
                let value = match value {
                    Value::Abstract(inner) if is_of_server && key.origin().has(Origin::KEY) => {
                        let mut inner = Abstract::clone(&inner);
                        inner.origin = inner.origin.with(Origin::REACHED);
                        Value::Abstract(Arc::new(inner))
                    }
                    value => value,
                };
                one(state, value)
            }
        }
    }

    fn member_property(&mut self, state: Box<State>, bound: &BoundMember, name: &str, place: Place) -> Flows {
        let Some(member) = self.shared.catalog.member(bound.member) else {
            return one(state, Value::unknown());
        };
        match &member.value {
            Some(value) => {
                let flows = self.yielded(state, value, bound, &[], place);
                self.each(flows, |run, state, object| {
                    run.property(state, &object, name, false, place)
                })
            }
            None if matches!(name, "bind" | "call" | "apply") => {
                one(state, Native::method(name, &Value::Member(Arc::new(bound.clone()))))
            }
            None => one(state, Value::unknown()),
        }
    }
}

/// Something of the signed-in caller, and of nobody else.
fn is_of_caller(value: &Value) -> bool {
    matches!(value, Value::Abstract(inner) if inner.origin.has(Origin::IDENTITY) && !inner.origin.has(Origin::FOREIGN))
}

fn array_item(array: &crate::value::Array, number: f64) -> Value {
    let known = array
        .items
        .iter()
        .zip(0_u32..)
        .find(|(_, at)| (f64::from(*at) - number).abs() < 0.5);
    match known {
        Some((item, _)) => item.clone(),
        None => array
            .rest
            .clone()
            .map_or(Value::Undefined, |rest| rest.or(Value::Undefined)),
    }
}

/// What a key of unknown value picks: a constant picked by something is made from what picked it.
fn chosen(value: Value, key: &Origin) -> Value {
    let is_constant = |value: &Value| matches!(value, Value::Text(_) | Value::Number(_) | Value::Boolean(_));
    match &value {
        Value::Text(_) | Value::Number(_) | Value::Boolean(_) => Value::present(key.clone(), None),
        Value::Union(options) if options.iter().all(is_constant) => Value::present(key.clone(), None),
        Value::Abstract(_) => add_origin(value, key),
        _ => value,
    }
}

fn add_origin(value: Value, origin: &Origin) -> Value {
    match value {
        Value::Abstract(inner) => {
            let mut inner = Abstract::clone(&inner);
            inner.origin.add(origin);
            Value::Abstract(Arc::new(inner))
        }
        other => other,
    }
}

//! JavaScript's own functions and methods, as far as they carry values on or call functions.
//!
//! Long because the functions of JavaScript are many.

use std::sync::Arc;

use portcullis_catalog::{EffectKind, NativeEntry};
use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::effect::Signal;
use super::{Flows, Run, one, thrown};
use crate::state::State;
use crate::value::{Abstract, ClassOf, Closure, Field, Native, Object, Origin, Value};

/// Methods of lists and promises that call what they are given.
const WITH_CALLBACK: [&str; 17] = [
    "map",
    "filter",
    "forEach",
    "find",
    "findIndex",
    "findLast",
    "some",
    "every",
    "reduce",
    "reduceRight",
    "flatMap",
    "then",
    "catch",
    "finally",
    "sort",
    "toSorted",
    "bind",
];

pub(super) fn is_method_with_callback(name: &str) -> bool {
    WITH_CALLBACK.contains(&name)
}

/// Classes of JavaScript and the platform whose methods only carry values on.
const BUILT_IN: [&str; 21] = [
    "TextEncoder",
    "TextDecoder",
    "URLSearchParams",
    "Map",
    "WeakMap",
    "Set",
    "WeakSet",
    "Date",
    "RegExp",
    "Uint8Array",
    "Uint16Array",
    "Uint32Array",
    "ArrayBuffer",
    "DataView",
    "Headers",
    "FormData",
    "Blob",
    "File",
    "AbortController",
    "Request",
    "Intl.DateTimeFormat",
];

/// The parts of an address.
const URL_PARTS: [&str; 6] = ["href", "origin", "host", "hostname", "pathname", "search"];

/// Methods of a row that an object mapper loaded.
pub(super) fn writes_row(name: &str) -> bool {
    matches!(
        name,
        "save" | "deleteOne" | "remove" | "destroy" | "updateOne" | "replaceOne"
    )
}

impl Run<'_> {
    pub(super) fn native_property(&mut self, native: &Native, name: &str) -> Value {
        match &*native.name {
            "process.env" => environment(name),
            "globalThis" | "global" | "window" | "self" => match name {
                "fetch" | "crypto" | "process" | "console" | "JSON" | "Object" | "Array" | "Promise" | "Math"
                | "Date" | "setTimeout" | "URL" | "structuredClone" | "Buffer" => self.global(name),
                // What modules keep there across reloads is not there yet: `globalThis.db ?? new Db()`.
                _ => Value::Abstract(Arc::new(Abstract {
                    truth: Some(false),
                    ..Abstract::default()
                })),
            },
            own if native.this.is_none() => Value::native(&format!("{own}.{name}")),
            _ => Native::method(name, &Value::Native(Arc::new(native.clone()))),
        }
    }

    pub(super) fn call_native(
        &mut self,
        state: Box<State>,
        native: &Native,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        match &native.this {
            Some(this) => self.call_method(state, &native.name, this, arguments, place),
            None => self.call_static(state, native, arguments, place),
        }
    }

    fn call_static(&mut self, state: Box<State>, native: &Native, arguments: Vec<Value>, place: Place) -> Flows {
        let first = arguments.first().cloned().unwrap_or(Value::Undefined);
        let mut origin = Origin::default();
        arguments.iter().for_each(|argument| origin.add(&argument.origin()));
        let value = match &*native.name {
            "constant" => native.extra.first().cloned().unwrap_or(Value::Undefined),
            "next" => return self.call_next(state, native, arguments, place),
            "JSON.parse" => {
                if origin.has(Origin::CREDENTIAL | Origin::COOKIE) {
                    self.signal(Signal::Unverified(
                        place,
                        Text::from("JSON.parse: the content of a cookie is taken for who calls, and nobody signed it"),
                    ));
                    Value::of(
                        origin
                            .without(Origin::CREDENTIAL)
                            .with(Origin::CLIENT | Origin::UNVERIFIED),
                    )
                } else {
                    match first {
                        Value::Object(_) | Value::Array(_) => first,
                        _ => Value::of(origin),
                    }
                }
            }
            "JSON.stringify" => Value::present(origin, Some(true)),
            "Object.keys" => Value::list_of(Value::present(origin, None)),
            "Object.values" => Value::list_of(object_values(&first, &origin)),
            "Object.entries" => {
                let pair = Value::list(vec![
                    Value::present(origin.clone(), None),
                    object_values(&first, &origin),
                ]);
                Value::list_of(pair)
            }
            // The fields of a form are texts and files.
            "Object.fromEntries" => Value::present(origin.without(Origin::SHAPED), Some(true)),
            "Object.assign" => {
                let mut target = first;
                for source in arguments.iter().skip(1) {
                    target = super::expression::spread_into(&target, source);
                }
                target
            }
            "Object.freeze" | "Object.seal" | "Object.create" | "structuredClone" | "Object" | "Promise.resolve"
                if native.name.starts_with("Promise") =>
            {
                first.fulfilled()
            }
            "Object.freeze" | "Object.seal" | "structuredClone" | "Object" | "Proxy" => first,
            "Reflect.get" => {
                let key = arguments.get(1).cloned().unwrap_or(Value::Undefined);
                return self.index(state, &first, &key, false, place);
            }
            "Reflect.apply" => {
                let list = match arguments.get(2) {
                    Some(Value::Array(array)) => array.items.clone(),
                    _ => Vec::new(),
                };
                let this = arguments.get(1).cloned().unwrap_or(Value::Undefined);
                return self.call_value(state, &first, this, list, place, "apply", None);
            }
            "Promise.reject" => first.rejected(),
            "Promise.all" => return self.promise_all(state, &first, place, false),
            "Promise.allSettled" => return self.promise_all(state, &first, place, true),
            "Promise.race" | "Promise.any" => {
                let element = match &first {
                    Value::Array(array) => array.element(),
                    other => Value::of(other.origin()),
                };
                let flows = self.wait(state, element, place);
                return flows
                    .into_iter()
                    .map(|(state, outcome)| (state, Ok(Value::Promise(Arc::new(outcome)))))
                    .collect();
            }
            "Array.isArray" => match &first {
                Value::Array(_) => Value::Boolean(true),
                Value::Abstract(_) | Value::Union(_) => Value::present(origin, None),
                _ => Value::Boolean(false),
            },
            "Array.from" | "Array.of" | "Array" => {
                let list = match &first {
                    Value::Array(_) => first.clone(),
                    other => Value::list_of(Value::of(other.origin())),
                };
                match arguments.get(1) {
                    Some(function) if function.is_function() => {
                        return self.call_method(state, "map", &list, vec![function.clone()], place);
                    }
                    _ => list,
                }
            }
            "Boolean" => match first.truth() {
                Some(truth) => Value::Boolean(truth),
                None => Value::present(origin.partial().without(Origin::RAW | Origin::TEXT), None),
            },
            "String" => match first {
                Value::Text(_) => first,
                Value::Undefined => Value::text("undefined"),
                Value::Null => Value::text("null"),
                _ => Value::present(origin.without(Origin::SHAPED), None),
            },
            // A number is all that is left of what the client sent.
            "Number" | "parseInt" | "parseFloat" | "Number.parseInt" | "Number.parseFloat" | "BigInt" => match first {
                Value::Number(_) => first,
                _ => Value::present(origin.without(Origin::RAW | Origin::TEXT), None),
            },
            "Date.now" => Value::present(Origin::of(Origin::CLOCK), Some(true)),
            "Symbol" | "Symbol.for" | "Math.random" => Value::present(Origin::default(), Some(true)),
            "setTimeout" | "setImmediate" | "queueMicrotask" | "setInterval" | "process.nextTick" => {
                let flows = self.call_back(state, &first, Vec::new(), place);
                return flows
                    .into_iter()
                    .map(|(state, _)| (state, Ok(Value::unknown())))
                    .collect();
            }
            "require" => match &first {
                Value::Text(specifier) => {
                    let specifier = Text::clone(specifier);
                    self.namespace_of(place.file, &specifier)
                }
                _ => Value::unknown(),
            },
            "process.exit" => {
                let mut state = state;
                state.exit = Some((place, "the process ends here"));
                return thrown(state, super::library::control_flow());
            }
            name if name.starts_with("console.") => {
                self.look_for_logs(&arguments, name, place);
                Value::Undefined
            }
            name if name.ends_with("Error") => self.error(name, &arguments),
            _ => {
                let callee = Abstract {
                    origin,
                    truth: Some(true),
                    present: true,
                    ..Abstract::default()
                };
                return self.call_unknown(state, &callee, arguments, place, &native.name);
            }
        };
        one(state, value)
    }

    fn error(&self, name: &str, arguments: &[Value]) -> Value {
        let mut error = Object {
            class: Some(ClassOf::Builtin(Text::from(name))),
            ..Object::default()
        };
        error.set("message", arguments.first().cloned().unwrap_or_else(|| Value::text("")));
        error.set("name", Value::text(name));
        error.open = Some(Value::of(Origin::of(Origin::ERROR)));
        Value::Object(Arc::new(error))
    }

    pub(super) fn construct_native(
        &mut self,
        state: Box<State>,
        name: &str,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        let mut origin = Origin::default();
        arguments.iter().for_each(|argument| origin.add(&argument.origin()));
        let first = arguments.first().cloned().unwrap_or(Value::Undefined);
        match name {
            name if name.ends_with("Error") || name == "DOMException" => {
                let error = self.error(name, &arguments);
                one(state, error)
            }
            "Promise" => {
                let settle = Value::native("noop");
                let flows = self.call_back(state, &first, vec![settle.clone(), settle], place);
                flows
                    .into_iter()
                    .map(|(state, _)| (state, Ok(Value::of(origin.clone()).fulfilled())))
                    .collect()
            }
            // Reading a property of it runs the handler's `get`.
            "Proxy" => {
                let get = arguments.get(1).and_then(|handler| handler.own_field("get")).cloned();
                let value = match get {
                    Some(get) if get.is_function() => Value::object(vec![
                        (super::member::PROXY_GET, get),
                        (super::member::PROXY_TARGET, first),
                    ]),
                    _ => first,
                };
                one(state, value)
            }
            "Array" => one(state, Value::list_of(Value::Undefined)),
            "URL" => {
                let part = || Value::present(origin.clone(), Some(true));
                let mut url = Object {
                    class: Some(ClassOf::Builtin(Text::from(name))),
                    open: Some(part()),
                    ..Object::default()
                };
                for field in URL_PARTS {
                    url.set(field, part());
                }
                one(state, Value::Object(Arc::new(url)))
            }
            "Date" if arguments.is_empty() => {
                let now = Value::present(Origin::of(Origin::CLOCK), Some(true));
                one(state, Native::method(name, &now))
            }
            _ if BUILT_IN.contains(&name) => {
                let content = Value::present(origin, Some(true));
                one(state, Native::method(name, &content))
            }
            _ => one(state, Value::present(origin, Some(true))),
        }
    }

    fn call_method(
        &mut self,
        state: Box<State>,
        name: &str,
        this: &Value,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        let first = arguments.first().cloned().unwrap_or(Value::Undefined);
        if matches!(name, "includes" | "has" | "contains")
            && let Some(holds) = self.outsider_holds(this, &first, place)
        {
            return one(state, Value::Boolean(holds));
        }
        match (this, name) {
            (Value::Function(_) | Value::Built(_) | Value::Member(_), "bind") => {
                let bound = match this {
                    Value::Function(closure) => {
                        let mut closure = Closure::clone(closure);
                        if first != Value::Null && first != Value::Undefined {
                            closure.this = Some(first);
                        }
                        closure.bound.extend(arguments.into_iter().skip(1));
                        Value::Function(Arc::new(closure))
                    }
                    other => other.clone(),
                };
                one(state, bound)
            }
            (Value::Function(_) | Value::Built(_) | Value::Member(_), "call") => {
                let rest = arguments.into_iter().skip(1).collect();
                self.call_value(state, this, first, rest, place, "call", None)
            }
            (Value::Function(_) | Value::Built(_) | Value::Member(_), "apply") => {
                let list = match arguments.get(1) {
                    Some(Value::Array(array)) => array.items.clone(),
                    Some(other) => vec![Value::of(other.origin())],
                    None => Vec::new(),
                };
                self.call_value(state, this, first, list, place, "apply", None)
            }
            (_, "then" | "catch" | "finally") => self.promise_method(state, name, this, &arguments, place),
            // A session that is kept in memory: who has no session has no key of one either.
            (Value::Native(own), "get" | "has")
                if matches!(&*own.name, "Map" | "WeakMap" | "Set") && first.origin().has(Origin::CREDENTIAL) =>
            {
                let mut state = state;
                self.asked(place, "sessions in memory are looked up by what the caller sent");
                state.asked = true;
                let value = match (self.stranger(), name) {
                    (true, "get") => Value::Undefined,
                    (true, _) => Value::Boolean(false),
                    (false, _) => Value::present(Origin::of(Origin::IDENTITY), Some(true)),
                };
                one(state, value)
            }
            (Value::Array(_) | Value::Abstract(_) | Value::Object(_) | Value::Native(_), name)
                if is_method_with_callback(name) =>
            {
                self.list_method(state, name, this, arguments, place)
            }
            (Value::Array(array), name) => {
                if self.keeps_ranks()
                    && let ("indexOf", Value::Text(rank)) = (name, &first)
                {
                    self.last_rank = Some(Text::clone(rank));
                }
                self.array_method(state, name, array, this, arguments)
            }
            (Value::Text(text), name) => one(state, text_method(text, name, &arguments)),
            (Value::Native(own), "set" | "add" | "append") if own.this.is_some() => {
                let mut content = own.this.as_ref().map(Value::origin).unwrap_or_default();
                arguments.iter().for_each(|argument| content.add(&argument.origin()));
                let mut own = Native::clone(own);
                own.this = Some(Value::present(content, Some(true)));
                let changed = Value::Native(Arc::new(own));
                let mut state = state;
                state.changed_this = Some(changed.clone());
                one(state, changed)
            }
            (Value::Abstract(inner), name) if inner.origin.has(Origin::ROW) && writes_row(name) => {
                let mut state = state;
                let details = super::effect::Details {
                    picked: inner.origin.has(Origin::FOREIGN),
                    ..super::effect::Details::default()
                };
                self.effect(
                    &mut state,
                    EffectKind::Write,
                    place,
                    name,
                    &inner.origin,
                    false,
                    &details,
                );
                one(state, Value::of(inner.origin.clone()).fulfilled())
            }
            (this, _) => {
                let mut origin = this.origin();
                let keeps = super::names::keeps_text(name) && origin.has(Origin::SENSITIVE);
                arguments.iter().for_each(|argument| origin.add(&argument.origin()));
                let origin = origin.partial().without(Origin::SHAPED);
                let origin = if keeps { origin.with(Origin::SENSITIVE) } else { origin };
                let value = Value::present(origin, None);
                let value = match arguments.first() {
                    Some(Value::Text(field)) if matches!(name, "get" | "getAll") => self.confided(value, field),
                    _ => value,
                };
                one(state, value)
            }
        }
    }

    fn promise_method(
        &mut self,
        state: Box<State>,
        name: &str,
        this: &Value,
        arguments: &[Value],
        place: Place,
    ) -> Flows {
        let mut out = Flows::new();
        for (state, outcome) in self.wait(state, this.clone(), place) {
            let (handler, values) = match (&outcome, name) {
                (Ok(value), "then") => (arguments.first(), vec![value.clone()]),
                (Err(error), "then") => (arguments.get(1), vec![error.clone()]),
                (Err(error), "catch") => (arguments.first(), vec![error.clone()]),
                (_, "finally") => (arguments.first(), Vec::new()),
                _ => (None, Vec::new()),
            };
            let Some(handler) = handler.filter(|handler| !handler.is_nullish()) else {
                out.push((state, Ok(Value::Promise(Arc::new(outcome)))));
                continue;
            };
            let flows = self.call_back(state, handler, values, place);
            let flows = self.each(flows, |run, state, value| run.wait(state, value, place));
            for (state, handled) in flows {
                let settled = match (name, handled) {
                    ("finally", Ok(_)) => outcome.clone(),
                    (_, handled) => handled,
                };
                out.push((state, Ok(Value::Promise(Arc::new(settled)))));
            }
        }
        self.merge(out)
    }

    /// Functions of the catalog whose meaning needs code.
    pub(super) fn call_catalog_native(
        &mut self,
        mut state: Box<State>,
        native: NativeEntry,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        let first = arguments.first().cloned().unwrap_or(Value::Undefined);
        match native {
            NativeEntry::CookieGet => {
                let is_credential = match &first {
                    Value::Text(name) => names_credential(name),
                    _ => true,
                };
                let bits = if is_credential {
                    Origin::CLIENT | Origin::COOKIE | Origin::CREDENTIAL
                } else {
                    Origin::CLIENT | Origin::COOKIE
                };
                let cookie = Value::object(vec![
                    ("name", first),
                    // It may be missing: whoever has no session can send one all the same.
                    ("value", Value::of(Origin::of(bits))),
                ]);
                one(state, cookie)
            }
            NativeEntry::CookieAll => {
                let cookie = Value::object(vec![
                    ("name", Value::present(Origin::of(Origin::CLIENT), Some(true))),
                    (
                        "value",
                        Value::present(Origin::of(Origin::CLIENT | Origin::CREDENTIAL), Some(true)),
                    ),
                ]);
                one(state, Value::list_of(cookie))
            }
            NativeEntry::HeaderGet => {
                let is_credential = matches!(&first, Value::Text(name) if names_credential(name) || name.eq_ignore_ascii_case("cookie"));
                let bits = Origin::CLIENT | Origin::HEADER | if is_credential { Origin::CREDENTIAL } else { 0 };
                one(state, Value::of(Origin::of(bits)))
            }
            NativeEntry::Rethrow => match super::library::is_control_flow(&first) {
                Some(true) => thrown(state, first),
                _ => one(state, Value::Undefined),
            },
            NativeEntry::IsControlFlow => match super::library::is_control_flow(&first) {
                Some(truth) => one(state, Value::Boolean(truth)),
                None => one(state, Value::present(first.origin(), None)),
            },
            NativeEntry::Assert => match first.truth() {
                Some(true) => one(state, Value::Undefined),
                Some(false) => {
                    state.exit = Some((place, "the assertion fails here"));
                    let error = self.error("AssertionError", &arguments.into_iter().skip(1).collect::<Vec<_>>());
                    thrown(state, error)
                }
                None => {
                    let error = self.error("AssertionError", &[]);
                    let mut flows = thrown(state.clone(), error);
                    flows.push((state, Ok(Value::Undefined)));
                    flows
                }
            },
        }
    }
}

fn object_values(value: &Value, origin: &Origin) -> Value {
    match value {
        Value::Object(object) => object
            .fields
            .iter()
            .filter_map(|(_, field)| match field {
                Field::Value(value) => Some(value.clone()),
                Field::Getter(_) => None,
            })
            .chain(object.open.iter().map(|open| Value::of(open.origin())))
            .reduce(Value::or)
            .unwrap_or(Value::Undefined),
        _ => Value::of(origin.clone()),
    }
}

/// Whether a cookie or header of this name carries something that nobody can guess.
fn names_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["sess", "auth", "token", "jwt", "sid", "login", "access", "refresh", "secret", "credential", "api-key", "apikey"]
        .iter()
        .any(|word| name.contains(word))
        // Everybody gets one of these, signed in or not.
        && !["cart", "basket", "guest", "visitor", "anon", "currency", "locale", "theme", "csrf", "xsrf"]
            .iter()
            .any(|word| name.contains(word))
}

fn text_method(text: &str, name: &str, arguments: &[Value]) -> Value {
    let argument = match arguments.first() {
        Some(Value::Text(argument)) => Some(&**argument),
        _ => None,
    };
    match (name, argument) {
        ("startsWith", Some(argument)) => Value::Boolean(text.starts_with(argument)),
        ("endsWith", Some(argument)) => Value::Boolean(text.ends_with(argument)),
        ("includes", Some(argument)) => Value::Boolean(text.contains(argument)),
        ("toLowerCase" | "toLocaleLowerCase", _) => Value::text(&text.to_lowercase()),
        ("toUpperCase" | "toLocaleUpperCase", _) => Value::text(&text.to_uppercase()),
        ("trim", _) => Value::text(text.trim()),
        ("toString" | "valueOf", _) => Value::text(text),
        ("split", Some(separator)) if !separator.is_empty() => {
            Value::list(text.split(separator).map(Value::text).collect())
        }
        _ => {
            let mut origin = Origin::default();
            arguments.iter().for_each(|argument| origin.add(&argument.origin()));
            Value::present(origin, None)
        }
    }
}

/// A variable of the environment: taken to be set, except for switches that turn protections off.
pub(super) fn environment(name: &str) -> Value {
    let upper = name.to_ascii_uppercase();
    if upper == "NODE_ENV" || upper == "VERCEL_ENV" {
        return Value::text("production");
    }
    let disables = [
        "SKIP",
        "DISABLE",
        "MOCK",
        "DEMO",
        "BYPASS",
        "TEST",
        "DEBUG",
        "E2E",
        "MAINTENANCE",
    ];
    if upper == "CI" || disables.iter().any(|word| upper.contains(word)) {
        return Value::Undefined;
    }
    // A switch may stand either way.
    if ["ENABLE", "REQUIRE", "ALLOW", "FEATURE", "USE_", "IS_"]
        .iter()
        .any(|word| upper.contains(word))
    {
        return Value::unknown();
    }
    let is_public = upper.starts_with("NEXT_PUBLIC_");
    let is_secret = !is_public
        && [
            "SECRET",
            "KEY",
            "TOKEN",
            "PASSWORD",
            "PASS",
            "CREDENTIAL",
            "SALT",
            "PRIVATE",
        ]
        .iter()
        .any(|word| upper.contains(word));
    let is_service = ["SERVICE_ROLE", "SERVICE_KEY", "SERVICE_SECRET", "SUPABASE_SECRET"]
        .iter()
        .any(|word| upper.contains(word));
    let mut bits = Origin::CONFIGURED;
    if is_secret {
        bits |= Origin::SECRET | Origin::SENSITIVE;
    }
    if is_service {
        bits |= Origin::SERVICE;
    }
    Value::present(Origin::of(bits), Some(true))
}

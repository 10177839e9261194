//! Calls: of functions of the project, and the way to everything else that can be called.
//!
//! Long because every way to call meets here.

use std::sync::Arc;

use portcullis_model::Place;
use portcullis_source::ir::{Argument, Expression, ExpressionKind, Text};

use super::expression::{cut, is_cut, is_spread_marker, spread_element};
use super::statement::Completion;
use super::{DEPTH_LIMIT, Flows, Here, RECURSION_LIMIT, Run, one, thrown};
use crate::state::{Frame, State};
use crate::value::{Abstract, Closure, Native, Opaque, Origin, Source, Value};

impl Run<'_> {
    pub(super) fn call_expression(
        &mut self,
        here: Here,
        whole: &Expression,
        callee: &Expression,
        arguments: &[Argument],
        optional: bool,
        state: Box<State>,
    ) -> Flows {
        if matches!(callee.kind, ExpressionKind::Super) {
            return self.super_call(here, arguments, state, here.at(whole.span));
        }
        let flows = self.callee(here, callee, state);
        let place = here.at(whole.span);
        let receiver_place = match &callee.kind {
            ExpressionKind::Member { object, .. } | ExpressionKind::Index { object, .. } => Some(&**object),
            _ => None,
        };
        self.each_callee(flows, |run, state, function, this, receiver| {
            if is_cut(&function) || optional && function.nullish() == Some(true) {
                return one(state, cut());
            }
            let flows = run.arguments(here, arguments, state);
            run.each_list(flows, |run, mut state, values| {
                if let (ExpressionKind::Member { object, property, .. }, Some(bound)) = (&callee.kind, &receiver)
                    && &**property == "bind"
                {
                    run.look_for_bound(here, object, bound, arguments, &values);
                }
                state.changed_this = None;
                // Nobody else asks for it.
                let is_named = matches!(function, Value::Abstract(_) | Value::Union(_) | Value::Namespace(_));
                let label = if is_named { label_of(callee) } else { String::new() };
                let flows = run.call_value(state, &function, this.clone(), values, place, &label, receiver.as_ref());
                let asserted = run.vouched(&function, arguments);
                run.each(flows, |run, mut state, result| {
                    if let Some(path) = asserted.filter(|_| result == Value::Undefined) {
                        run.assert_path(here, path, &mut state);
                    }
                    // A method that changed its object: the change goes back where the object came from.
                    match (state.changed_this.take(), receiver_place) {
                        (Some(changed), Some(object)) => {
                            let flows = run.write_back(here, object, changed, state);
                            run.each(flows, |_, state, _| one(state, result.clone()))
                        }
                        _ => one(state, result),
                    }
                })
            })
        })
    }

    /// Evaluates what is called, together with its receiver: a list of function, `this`, and the receiver.
    pub(super) fn callee(&mut self, here: Here, callee: &Expression, state: Box<State>) -> Flows {
        let pack = |state, function: Value, this: Value, receiver: Value| {
            one(state, Value::list(vec![function, this, receiver]))
        };
        match &callee.kind {
            ExpressionKind::Member {
                object,
                property,
                optional,
                property_span,
            } => {
                if matches!(object.kind, ExpressionKind::Super) {
                    let this = here
                        .frame
                        .and_then(|frame| self.frame(&state, frame))
                        .map_or(Value::Undefined, |frame| frame.this.clone());
                    let flows = self.super_member(here, property, state);
                    return self.each(flows, |_, state, function| {
                        pack(state, function, this.clone(), Value::Undefined)
                    });
                }
                let place = here.at(*property_span);
                let flows = self.evaluate(here, object, state);
                self.each(flows, |run, state, object| {
                    if is_cut(&object) || *optional && object.nullish() == Some(true) {
                        return pack(state, cut(), Value::Undefined, Value::Undefined);
                    }
                    let flows = run.property(state, &object, property, *optional, place);
                    run.each(flows, |_, state, function| {
                        pack(state, function, object.clone(), object.clone())
                    })
                })
            }
            ExpressionKind::Index {
                object,
                index,
                optional,
            } => {
                let flows = self.evaluate(here, object, state);
                self.each(flows, |run, state, object| {
                    if is_cut(&object) || *optional && object.nullish() == Some(true) {
                        return pack(state, cut(), Value::Undefined, Value::Undefined);
                    }
                    let flows = run.expression(here, index, state);
                    run.each(flows, |run, state, key| {
                        let flows = run.index(state, &object, &key, *optional, here.at(index.span));
                        run.each(flows, |_, state, function| {
                            pack(state, function, object.clone(), object.clone())
                        })
                    })
                })
            }
            ExpressionKind::Chain(inner) => {
                // A chain in parentheses ends there: what is called is then `undefined`.
                let flows = self.callee(here, inner, state);
                self.each_callee(flows, |_, state, function, this, receiver| {
                    let function = if is_cut(&function) { Value::Undefined } else { function };
                    pack(state, function, this, receiver.unwrap_or(Value::Undefined))
                })
            }
            _ => {
                let flows = self.evaluate(here, callee, state);
                self.each(flows, |_, state, function| {
                    pack(state, function, Value::Undefined, Value::Undefined)
                })
            }
        }
    }

    pub(super) fn each_callee(
        &mut self,
        flows: Flows,
        mut go: impl FnMut(&mut Self, Box<State>, Value, Value, Option<Value>) -> Flows,
    ) -> Flows {
        self.each(flows, |run, state, packed| {
            let Value::Array(parts) = packed else {
                return one(state, Value::unknown());
            };
            let mut parts = Arc::unwrap_or_clone(parts).items.into_iter();
            let mut part = || parts.next().unwrap_or(Value::Undefined);
            let (function, this, receiver) = (part(), part(), part());
            let receiver = Some(receiver).filter(|receiver| !matches!(receiver, Value::Undefined));
            go(run, state, function, this, receiver)
        })
    }

    /// Calls any value.
    pub(crate) fn call_value(
        &mut self,
        state: Box<State>,
        function: &Value,
        this: Value,
        arguments: Vec<Value>,
        place: Place,
        label: &str,
        receiver: Option<&Value>,
    ) -> Flows {
        if !self.step() {
            return Flows::new();
        }
        match function {
            Value::Function(closure) => self.call_closure(state, closure, this, arguments, place),
            Value::Native(native) => self.call_native(state, native, arguments, place),
            Value::Member(bound) => self.call_member(state, bound, arguments, place),
            Value::Model(model) => self.call_model(state, model, arguments, place),
            Value::Built(built) => self.call_built(state, built, arguments, place),
            Value::Abstract(inner) => {
                let is_question = matches!(label.rsplit('.').next(), Some("includes" | "has" | "contains"));
                if is_question
                    && let (Some(holder), Some(wanted)) = (receiver, arguments.first())
                    && let Some(holds) = self.outsider_holds(holder, wanted, place)
                {
                    return one(state, Value::Boolean(holds));
                }
                self.call_unknown(state, inner, arguments, place, label)
            }
            Value::Union(options) => {
                let mut out = Flows::new();
                for option in options.iter() {
                    let flows = self.call_value(
                        state.clone(),
                        option,
                        this.clone(),
                        arguments.clone(),
                        place,
                        label,
                        receiver,
                    );
                    out.extend(flows);
                }
                self.merge(out)
            }
            Value::Class(_) => self.construct(state, function, arguments, place),
            Value::Namespace(file) => match self.export_value(*file, "default") {
                Some(default) => self.call_value(state, &default, this, arguments, place, label, receiver),
                None => one(state, Value::unknown()),
            },
            _ => {
                let error = self.type_error("something that is not a function is called");
                thrown(state, error)
            }
        }
    }

    /// Runs a function of the project with these arguments.
    pub(super) fn run_closure(
        &mut self,
        mut state: Box<State>,
        closure: &Arc<Closure>,
        function: &portcullis_source::ir::Function,
        this: Value,
        mut arguments: Vec<Value>,
    ) -> Flows {
        if !closure.bound.is_empty() {
            arguments = closure.bound.iter().cloned().chain(arguments).collect();
        }
        let key = (closure.file, closure.function);
        let active = self.stack.iter().filter(|active| **active == key).count();
        if active >= RECURSION_LIMIT || self.stack.len() >= DEPTH_LIMIT {
            let first = self
                .stack
                .iter()
                .position(|active| *active == key)
                .filter(|_| active >= RECURSION_LIMIT);
            self.lowest_touched = self.lowest_touched.min(first.unwrap_or(0));
            let mut functions = Vec::new();
            arguments
                .iter()
                .for_each(|argument| collect_functions(argument, &mut functions, 0));
            // What a function that is not called any more would have done is not known.
            if first.is_none() || !functions.is_empty() {
                self.exhausted = Some("calls nest deeper than one run follows");
            }
            let mut origin = Origin::default();
            arguments.iter().for_each(|argument| origin.add(&argument.origin()));
            return one(state, Value::of(origin));
        }
        let id = self.shared.new_frame();
        let own_this = match (&closure.this, function.is_arrow) {
            (Some(bound), _) => bound.clone(),
            (None, true) => Value::Undefined,
            (None, false) => this,
        };
        let mut frame = Frame::new(closure.file, Some(closure.function), closure.scope, own_this.clone());
        frame.home.clone_from(&closure.home);
        let arguments = Arc::new(arguments);
        frame.arguments = Arc::clone(&arguments);
        state.put_frame(id, Arc::new(frame));
        let here = Here {
            file: closure.file,
            frame: Some(id),
        };
        if let Some(own) = function.own_symbol {
            self.write_symbol(here, own, Value::Function(Arc::clone(closure)), &mut state);
        }
        // What another function read last must not show here, whether that one ran or was known.
        self.last_rank = None;
        self.stack.push(key);
        self.visited.add(key);
        self.height = self.height.max(self.stack.len());
        let mut flows = one(state, Value::Undefined);
        // A spread of unknown length may fill every later parameter.
        let spread = arguments.iter().position(is_spread_marker);
        for (position, parameter) in function.parameters.iter().enumerate() {
            let value = match spread {
                Some(at) if position >= at => spread_element(arguments.get(at).cloned().unwrap_or(Value::Undefined)),
                _ => arguments.get(position).cloned().unwrap_or(Value::Undefined),
            };
            flows = self.each(flows, |run, state, _| run.bind(here, parameter, value.clone(), state));
        }
        if let Some(rest) = &function.rest {
            let mut items: Vec<Value> = arguments.iter().skip(function.parameters.len()).cloned().collect();
            let unknown = items.iter().position(is_spread_marker).map(|at| {
                items
                    .split_off(at)
                    .into_iter()
                    .map(spread_element)
                    .reduce(Value::or)
                    .unwrap_or(Value::Undefined)
            });
            let list = Value::Array(Arc::new(crate::value::Array { items, rest: unknown }));
            flows = self.each(flows, |run, state, _| run.bind(here, rest, list.clone(), state));
        }
        let mut out = Flows::new();
        for (state, outcome) in flows {
            let exits = match outcome {
                Ok(_) => self.statements(here, &function.body, state),
                Err(error) => {
                    let mut exits = super::statement::Exits::new();
                    exits.push((state, Completion::Throw(error)));
                    exits
                }
            };
            for (mut state, completion) in exits {
                if let Some(frame) = state.frame(id) {
                    if !function.is_arrow && frame.this != own_this {
                        state.changed_this = Some(frame.this.clone());
                    } else {
                        state.changed_this = None;
                    }
                }
                if state.frame(id).is_some_and(|frame| !frame.captured) {
                    state.drop_frame(id);
                } else {
                    // What closures do not use ends here, however the function was left.
                    state.forget(id, function.last_uses.iter().map(|last| last.symbol));
                }
                let outcome = match completion {
                    Completion::Return(value) => Ok(value),
                    Completion::Throw(error) => Err(error),
                    _ => Ok(Value::Undefined),
                };
                if function.is_generator {
                    let origin = outcome.unwrap_or_else(|error| error).origin();
                    out.push((state, Ok(Value::present(origin, Some(true)))));
                } else if function.is_async {
                    // An async function never throws: what it throws is in its promise.
                    match outcome {
                        Ok(value) => {
                            let place = state
                                .exit
                                .map_or(Place::new(closure.file, function.name_span), |(place, _)| place);
                            for (state, outcome) in self.wait(state, value, place) {
                                out.push((
                                    state,
                                    Ok(match outcome {
                                        Ok(value) => value.fulfilled(),
                                        Err(error) => error.rejected(),
                                    }),
                                ));
                            }
                        }
                        Err(error) => out.push((state, Ok(error.rejected()))),
                    }
                } else {
                    out.push((state, outcome));
                }
            }
        }
        self.stack.pop();
        self.last_rank = None;
        self.merge(out)
    }

    /// A function that the configuration declares to be a guard: it ends a stranger's path.
    pub(super) fn declared_guard(
        &mut self,
        state: &mut Box<State>,
        closure: &Closure,
        function: &portcullis_source::ir::Function,
        place: Place,
    ) -> Option<Flows> {
        let guards = &self.shared.config.auth.guards;
        if guards.is_empty() || function.parent.is_some() {
            return None;
        }
        let name = function.name.as_ref()?;
        let path = &self.shared.program.file(closure.file)?.path;
        let is_declared = guards
            .iter()
            .any(|guard| path_matches(path, &guard.file_or_module) && *guard.export == **name);
        if !is_declared {
            return None;
        }
        self.asked(place, "a guard that the configuration declares");
        state.asked = true;
        let outcome = if self.stranger() {
            state.exit = Some((place, "the declared guard ends the action here"));
            Err(self.type_error("not signed in"))
        } else {
            Ok(Value::present(Origin::of(Origin::IDENTITY), Some(true)))
        };
        let mut flows = Flows::new();
        let state = std::mem::take(state);
        if function.is_async {
            let promise = match outcome {
                Ok(value) => value.fulfilled(),
                Err(error) => error.rejected(),
            };
            flows.push((state, Ok(promise)));
        } else {
            flows.push((state, outcome));
        }
        Some(flows)
    }

    /// Calls something that could not be looked into.
    pub(super) fn call_unknown(
        &mut self,
        mut state: Box<State>,
        callee: &Abstract,
        arguments: Vec<Value>,
        place: Place,
        label: &str,
    ) -> Flows {
        let mut origin = callee.origin.clone();
        let mut given = Origin::default();
        let mut functions = callee.wrapped.clone();
        for argument in &arguments {
            given.add(&argument.origin());
            collect_functions(argument, &mut functions, 0);
        }
        origin.add(&given);
        let full = callee
            .label
            .as_ref()
            .map_or_else(|| label.to_owned(), ToString::to_string);
        let opaque = callee.module.as_ref().map(|outside| Opaque {
            place,
            label: Text::from(full.as_str()),
            module: Text::clone(&outside.module),
            concerns: concerns_caller(&full, outside, &given),
        });
        // What is done with a credential where nobody can look may be its verification.
        let opaque = opaque.or_else(|| {
            (given.has(Origin::CREDENTIAL) && !callee.origin.has(Origin::CREDENTIAL | Origin::CLIENT)).then(|| Opaque {
                place,
                label: Text::from(full.as_str()),
                module: Text::from("code that is not known"),
                concerns: true,
            })
        });
        if let Some(opaque) = &opaque {
            if opaque.concerns {
                if !self.opaque.contains(opaque) {
                    self.opaque.push(opaque.clone());
                }
                state.doubt(opaque);
            }
            if !opaque.concerns && given.has(Origin::CLIENT | Origin::SECRET) && !self.outside.contains(opaque) {
                self.outside.push(opaque.clone());
            }
            origin.add(&Origin::from_source(0, Source::Opaque(opaque.clone())));
            self.effect_by_name(&mut state, opaque, &mut origin);
        }
        // What unknown code makes of a secret is something else.
        let kept = if callee.module.is_some() { 0 } else { Origin::SENSITIVE };
        let keeps = callee.origin.has(kept);
        origin = origin.without(Origin::SENSITIVE | Origin::BODY);
        if keeps {
            origin = origin.with(Origin::SENSITIVE);
        }
        // `form.get('password')`: a text or a file, never an object with fields of its own.
        if callee.module.is_none()
            && matches!(label.rsplit('.').next(), Some("get" | "getAll"))
            && let Some(Value::Text(field)) = arguments.first()
        {
            origin = origin.without(Origin::SHAPED);
            if super::names::names_secret(field) && origin.has(Origin::CLIENT) {
                self.signal(super::Signal::Confided);
                origin = origin.with(Origin::SENSITIVE);
            }
        }
        let wrapper = Abstract {
            origin: origin.clone(),
            label: callee
                .module
                .is_some()
                .then(|| Text::from(format!("{full}()").as_str())),
            module: callee.module.clone(),
            wrapped: functions
                .iter()
                .filter(|function| !callee.wrapped.contains(function))
                .cloned()
                .collect(),
            ..Abstract::default()
        };
        let result = Value::Abstract(Arc::new(wrapper));
        // It may call the functions that it was given: with anything, once.
        let mut flows = one(state, Value::Undefined);
        for function in functions.into_iter().take(4) {
            flows = self.each(flows, |run, state, _| {
                let any = Value::of(origin.clone());
                let arguments = if callee.wrapped.is_empty() {
                    vec![any.clone(), any.clone(), any]
                } else {
                    arguments.clone()
                };
                let called = run.call_value(state, &function, Value::Undefined, arguments, place, "callback", None);
                // What the callback throws, or returns, is the unknown function's business.
                called
                    .into_iter()
                    .map(|(state, outcome)| (state, Ok(outcome.unwrap_or(Value::Undefined))))
                    .collect()
            });
        }
        self.each(flows, |_, state, returned| {
            let mut result = result.clone();
            if let Value::Abstract(inner) = &mut result {
                Arc::make_mut(inner).origin.add(&returned.origin());
            }
            one(state, result)
        })
    }

    /// Waits for a promise, or for an object of a library that behaves like one.
    pub(super) fn wait(&mut self, state: Box<State>, value: Value, place: Place) -> Flows {
        match value {
            Value::Promise(settled) => {
                let settled = Arc::try_unwrap(settled).unwrap_or_else(|shared| Result::clone(&shared));
                match settled {
                    Ok(value @ Value::Model(_)) => self.wait(state, value, place),
                    Ok(value) => one(state, value),
                    Err(error) => thrown(state, error),
                }
            }
            Value::Model(model) => self.wait_model(state, &model, place),
            Value::Union(options) => {
                let mut out = Flows::new();
                for option in options.iter() {
                    out.extend(self.wait(state.clone(), option.clone(), place));
                }
                self.merge(out)
            }
            value => one(state, value),
        }
    }

    /// What an endpoint gives back, once its promise is settled.
    pub(crate) fn settle_result(&mut self, state: Box<State>, value: Value, place: Place) -> Flows {
        self.wait(state, value, place)
    }

    /// Runs a function that somebody else calls later, or with values that are not known.
    pub(super) fn call_back(
        &mut self,
        state: Box<State>,
        function: &Value,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        if function.is_function() || matches!(function, Value::Abstract(_) | Value::Union(_)) {
            self.call_value(state, function, Value::Undefined, arguments, place, "callback", None)
        } else {
            one(state, Value::Undefined)
        }
    }
}

/// The functions among an argument: itself, or in the fields of an options object.
pub(super) fn collect_functions(value: &Value, functions: &mut Vec<Value>, depth: u32) {
    if depth > 2 || functions.len() >= 6 {
        return;
    }
    match value {
        Value::Function(_) | Value::Built(_) => functions.push(value.clone()),
        Value::Object(object) => {
            for (_, field) in &object.fields {
                if let crate::value::Field::Value(value) = field {
                    collect_functions(value, functions, depth + 1);
                }
            }
        }
        Value::Array(array) => array
            .items
            .iter()
            .for_each(|item| collect_functions(item, functions, depth + 1)),
        Value::Abstract(inner) => functions.extend(inner.wrapped.iter().cloned()),
        _ => {}
    }
}

/// Words in the name of something unknown that speak of who calls; the last ones count for the project's own code only.
const WORDS: [&str; 22] = [
    "auth",
    "session",
    "currentuser",
    "getuser",
    "permission",
    "guard",
    "access",
    "jwt",
    "token",
    "signedin",
    "loggedin",
    "authoriz",
    "role",
    "tenant",
    "verify",
    "protect",
    "require",
    "viewer",
    "identity",
    "secure",
    "safe-action",
    "safeaction",
];

/// Whether a call out of the project may depend on who calls.
fn concerns_caller(label: &str, outside: &crate::value::Outside, given: &Origin) -> bool {
    if given.has(Origin::IDENTITY | Origin::CREDENTIAL | Origin::HEADER) {
        return true;
    }
    let text = format!("{}/{label}", outside.module).to_ascii_lowercase();
    if outside.is_missing {
        return WORDS.iter().any(|word| text.contains(word)) || text.contains("action");
    }
    WORDS.iter().take(13).any(|word| text.contains(word))
}

pub(super) fn path_matches(path: &str, wanted: &str) -> bool {
    let wanted = wanted.trim_start_matches("./");
    path == wanted || path.strip_suffix(wanted).is_some_and(|rest| rest.ends_with('/'))
}

/// How the source names what is called, for messages.
fn label_of(callee: &Expression) -> String {
    match &callee.kind {
        ExpressionKind::Member { object, property, .. } => {
            let object = label_of(object);
            if object.is_empty() {
                property.to_string()
            } else {
                format!("{object}.{property}")
            }
        }
        ExpressionKind::Global(name) => name.to_string(),
        ExpressionKind::This => "this".to_owned(),
        ExpressionKind::Chain(inner) => label_of(inner),
        ExpressionKind::Call { callee, .. } => {
            let callee = label_of(callee);
            if callee.is_empty() {
                callee
            } else {
                format!("{callee}()")
            }
        }
        _ => String::new(),
    }
}

impl Native {
    pub(crate) fn method(name: &str, this: &Value) -> Value {
        Value::Native(Arc::new(Self {
            name: Text::from(name),
            this: Some(this.clone()),
            extra: Vec::new(),
        }))
    }
}

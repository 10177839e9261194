//! Patterns: destructuring, assignment to variables and to members.

use std::sync::Arc;

use portcullis_source::ir::{Expression, ExpressionKind, Pattern, Symbol, Text};

use super::expression::with_property;
use super::member::{GLOBAL_FILE, global_symbol, is_global_object};
use super::{Flows, Here, Run, one};
use crate::state::State;
use crate::value::{Abstract, Array, Value};

/// How many parts a variable of a function holds.
const SIZE_LIMIT: usize = 4_000;

impl Run<'_> {
    /// Gives `value` to a pattern.
    pub(super) fn bind(&mut self, here: Here, pattern: &Pattern, value: Value, mut state: Box<State>) -> Flows {
        match pattern {
            Pattern::Symbol(symbol, _) => {
                self.write_symbol(here, *symbol, value, &mut state);
                one(state, Value::Undefined)
            }
            Pattern::Place(place) => self.assign_place(here, place, value, state),
            Pattern::Default(inner, default) => match &value {
                Value::Undefined => {
                    let flows = self.expression(here, default, state);
                    self.each(flows, |run, state, value| run.bind(here, inner, value, state))
                }
                // An unknown value that may be missing takes its origin along with the default's.
                _ => self.bind(here, inner, value, state),
            },
            Pattern::Object { properties, rest } => {
                if value.nullish() == Some(true) {
                    let error = self.type_error("a property of nothing is read");
                    return super::thrown(state, error);
                }
                let mut flows = one(state, Value::Undefined);
                let mut known = Vec::new();
                for (key, inner) in properties {
                    if let portcullis_source::ir::Key::Name(name) = key {
                        known.push(Text::clone(name));
                    }
                    flows = self.each(flows, |run, state, _| {
                        let flows = run.key(here, key, state);
                        run.each(flows, |run, state, key| {
                            let place = here.at(portcullis_model::Span::default());
                            let flows = run.index(state, &value, &key, false, place);
                            run.each(flows, |run, state, field| run.bind(here, inner, field, state))
                        })
                    });
                }
                if let Some(rest) = rest {
                    flows = self.each(flows, |run, state, _| {
                        run.bind(here, rest, without(&value, &known), state)
                    });
                }
                flows
            }
            Pattern::Array { elements, rest } => {
                if value.nullish() == Some(true) {
                    let error = self.type_error("nothing is iterated");
                    return super::thrown(state, error);
                }
                let mut flows = one(state, Value::Undefined);
                for (position, element) in elements.iter().enumerate() {
                    let Some(element) = element else { continue };
                    flows = self.each(flows, |run, state, _| {
                        let item = item_at(&value, position);
                        run.bind(here, element, item, state)
                    });
                }
                if let Some(rest) = rest {
                    let remaining = match &value {
                        Value::Array(array) => Value::Array(Arc::new(Array {
                            items: array.items.iter().skip(elements.len()).cloned().collect(),
                            rest: array.rest.clone(),
                        })),
                        other => Value::list_of(Value::of(other.origin())),
                    };
                    flows = self.each(flows, |run, state, _| run.bind(here, rest, remaining.clone(), state));
                }
                flows
            }
        }
    }

    pub(super) fn write_symbol(&mut self, here: Here, symbol: Symbol, value: Value, state: &mut State) {
        let owner = self
            .shared
            .program
            .module(here.file)
            .and_then(|module| module.symbols.get(usize::try_from(symbol.0).unwrap_or(usize::MAX)))
            .and_then(|info| info.owner);
        let Some(owner) = owner else {
            state.set_module_variable(here.file, symbol, value);
            return;
        };
        // What grows with every round of a loop becomes one value of the same origin.
        let value = if value.is_larger_than(SIZE_LIMIT) {
            Value::of(value.origin())
        } else {
            value
        };
        let mut at = here.frame;
        while let Some(id) = at {
            let Some((function, parent)) = self.frame_head(state, id) else {
                return;
            };
            if function == Some(owner) {
                if let Some(frame) = self.frame_mut(state, id) {
                    frame.set(symbol, value);
                }
                return;
            }
            at = parent;
        }
    }

    /// Assigns to the place that an expression names: the changed object goes back where it was read from.
    pub(super) fn assign_place(
        &mut self,
        here: Here,
        place: &Expression,
        value: Value,
        mut state: Box<State>,
    ) -> Flows {
        match &place.kind {
            ExpressionKind::Symbol(symbol) => {
                self.write_symbol(here, *symbol, value.clone(), &mut state);
                one(state, value)
            }
            ExpressionKind::This => {
                if let Some(frame) = here.frame.and_then(|frame| self.frame_mut(&mut state, frame)) {
                    frame.this = value.clone();
                }
                one(state, value)
            }
            ExpressionKind::Chain(inner) => self.assign_place(here, inner, value, state),
            ExpressionKind::Member { object, property, .. } => {
                let key = Value::Text(Text::clone(property));
                self.assign_member(here, object, &key, value, state)
            }
            ExpressionKind::Index { object, index, .. } => {
                let flows = self.expression(here, index, state);
                self.each(flows, |run, state, key| {
                    run.assign_member(here, object, &key, value.clone(), state)
                })
            }
            _ => one(state, value),
        }
    }

    fn assign_member(
        &mut self,
        here: Here,
        object: &Expression,
        key: &Value,
        value: Value,
        state: Box<State>,
    ) -> Flows {
        let flows = self.expression(here, object, state);
        self.each(flows, |run, state, old| {
            if old.nullish() == Some(true) {
                let error = run.type_error("a property of nothing is set");
                return super::thrown(state, error);
            }
            if let (Value::Native(native), Value::Text(name)) = (&old, key)
                && is_global_object(&native.name)
            {
                let mut state = state;
                state.set_module_variable(GLOBAL_FILE, global_symbol(name), value.clone());
                return one(state, value.clone());
            }
            run.look_for_pollution(&old, key, &value, here.at(object.span));
            let new = match &old {
                Value::Class(class) => {
                    let mut class = crate::value::ClassValue::clone(class);
                    if let Value::Text(name) = key {
                        class.statics.retain(|(own, _)| own != name);
                        class.statics.push((Text::clone(name), value.clone()));
                    }
                    let flows = run.write_back(here, object, Value::Class(Arc::new(class)), state);
                    return run.each(flows, |_, state, _| one(state, value.clone()));
                }
                Value::Object(_) => with_property(&old, key, value.clone()),
                // What the code puts onto an object of a library wins over what the library says of it.
                Value::Model(_) => {
                    let own = crate::value::Object {
                        open: Some(old.clone()),
                        ..Default::default()
                    };
                    with_property(&Value::Object(Arc::new(own)), key, value.clone())
                }
                Value::Array(array) => {
                    let mut array = Array::clone(array);
                    array.rest = Some(
                        array
                            .rest
                            .take()
                            .map_or_else(|| value.clone(), |rest| rest.or(value.clone())),
                    );
                    Value::Array(Arc::new(array))
                }
                Value::Abstract(inner) => {
                    let mut inner = Abstract::clone(inner);
                    inner.origin.add(&value.origin());
                    Value::Abstract(Arc::new(inner))
                }
                other => other.clone(),
            };
            if new == old {
                return one(state, value.clone());
            }
            let flows = run.write_back(here, object, new, state);
            run.each(flows, |_, state, _| one(state, value.clone()))
        })
    }

    /// Puts a changed object back into the variable, member or `this` that it was read from.
    pub(super) fn write_back(&mut self, here: Here, place: &Expression, value: Value, state: Box<State>) -> Flows {
        match &place.kind {
            ExpressionKind::Symbol(_)
            | ExpressionKind::This
            | ExpressionKind::Member { .. }
            | ExpressionKind::Index { .. }
            | ExpressionKind::Chain(_) => self.assign_place(here, place, value, state),
            _ => one(state, value),
        }
    }
}

fn item_at(value: &Value, position: usize) -> Value {
    match value {
        Value::Array(array) => match array.items.get(position) {
            Some(item) => item.clone(),
            // A list of unknown length may end before.
            None => array
                .rest
                .clone()
                .map_or(Value::Undefined, |rest| rest.or(Value::Undefined)),
        },
        Value::Union(options) => options
            .iter()
            .map(|option| item_at(option, position))
            .reduce(Value::or)
            .unwrap_or(Value::Undefined),
        other => Value::of(other.origin()),
    }
}

/// An object without some of its fields.
pub(super) fn without(value: &Value, known: &[Text]) -> Value {
    match value {
        Value::Object(object) => {
            let mut object = crate::value::Object::clone(object);
            object.fields.retain(|(name, _)| !known.contains(name));
            object.class = None;
            Value::Object(Arc::new(object))
        }
        // What is left is not all any more.
        other if known.is_empty() => Value::present(other.origin(), Some(true)),
        other => Value::present(other.origin().without(crate::value::Origin::BODY), Some(true)),
    }
}

//! Expressions.
//!
//! Long because one arm an expression.

use std::sync::Arc;

use portcullis_source::ir::{
    Argument, BinaryOperator, Expression, ExpressionKind, Key, LogicalOperator, Pattern, Property, Symbol, SymbolKind,
    Text, UnaryOperator,
};

use super::{Flows, Here, Run, one};
use crate::state::State;
use crate::value::{Array, Bits, Closure, Field, Object, Origin, Value};

impl Run<'_> {
    pub(crate) fn expression(&mut self, here: Here, expression: &Expression, state: Box<State>) -> Flows {
        let flows = self.evaluate(here, expression, state);
        uncut(flows)
    }

    /// Inside an optional chain the value may be the mark of a chain that ended early.
    pub(super) fn evaluate(&mut self, here: Here, expression: &Expression, state: Box<State>) -> Flows {
        let flows = if self.enter() && self.step() {
            self.evaluate_kind(here, expression, state)
        } else {
            Flows::new()
        };
        self.nesting -= 1;
        flows
    }

    fn evaluate_kind(&mut self, here: Here, expression: &Expression, mut state: Box<State>) -> Flows {
        match &expression.kind {
            ExpressionKind::Undefined => one(state, Value::Undefined),
            ExpressionKind::Null => one(state, Value::Null),
            ExpressionKind::Boolean(value) => one(state, Value::Boolean(*value)),
            ExpressionKind::Number(value) => one(state, Value::Number(*value)),
            ExpressionKind::String(text) => one(state, Value::Text(Text::clone(text))),
            ExpressionKind::Opaque => one(state, Value::present(Origin::default(), Some(true))),
            ExpressionKind::Template(pieces, values) => self.template(here, pieces, values, state),
            ExpressionKind::Symbol(symbol) => self.read_symbol(here, *symbol, state),
            ExpressionKind::Global(name) => {
                let value = self.global(name);
                one(state, value)
            }
            ExpressionKind::This => {
                let value = self.this(here, &state);
                one(state, value)
            }
            ExpressionKind::Super => one(state, Value::unknown()),
            ExpressionKind::Member {
                object,
                property,
                optional,
                property_span,
            } => {
                if matches!(object.kind, ExpressionKind::Super) {
                    return self.super_member(here, property, state);
                }
                let flows = self.evaluate(here, object, state);
                let place = here.at(*property_span);
                self.each(flows, |run, state, object| {
                    if is_cut(&object) || *optional && object.nullish() == Some(true) {
                        return one(state, cut());
                    }
                    run.property(state, &object, property, *optional, place)
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
                        return one(state, cut());
                    }
                    let flows = run.expression(here, index, state);
                    run.each(flows, |run, state, index_value| {
                        run.index(state, &object, &index_value, *optional, here.at(index.span))
                    })
                })
            }
            ExpressionKind::Chain(inner) => self.expression(here, inner, state),
            ExpressionKind::Call {
                callee,
                arguments,
                optional,
            } => self.call_expression(here, expression, callee, arguments, *optional, state),
            ExpressionKind::New { callee, arguments } => {
                let flows = self.expression(here, callee, state);
                let place = here.at(expression.span);
                self.each(flows, |run, state, class| {
                    let flows = run.arguments(here, arguments, state);
                    run.each_list(flows, |run, state, values| run.construct(state, &class, values, place))
                })
            }
            ExpressionKind::Import(specifier) => {
                let flows = self.expression(here, specifier, state);
                self.each(flows, |run, state, specifier| {
                    let value = match &specifier {
                        Value::Text(text) => run.namespace_of(here.file, text),
                        other => Value::of(other.origin()),
                    };
                    one(state, value.fulfilled())
                })
            }
            ExpressionKind::Tagged { tag, pieces, values } => {
                let text: String = pieces.join("?");
                let flows = self.callee(here, tag, state);
                let place = here.at(expression.span);
                self.each_callee(flows, |run, state, function, this, receiver| {
                    let flows = run.list(here, values, state);
                    let first = Value::text(&text);
                    run.each_list(flows, |run, state, mut arguments| {
                        arguments.insert(0, first.clone());
                        let label = tag_label(tag);
                        run.call_value(
                            state,
                            &function,
                            this.clone(),
                            arguments,
                            place,
                            &label,
                            receiver.as_ref(),
                        )
                    })
                })
            }
            ExpressionKind::Function(id) => {
                let value = self.closure(here, *id, &mut state);
                one(state, value)
            }
            ExpressionKind::Class(id) => self.class_value(here, *id, state),
            ExpressionKind::Object(properties) => self.object(here, properties, state),
            ExpressionKind::Array(elements) => {
                let flows = self.arguments(here, elements, state);
                self.each_list(flows, |_, state, mut items| {
                    // A spread of unknown length is marked by its own element.
                    let rest = items.iter().position(is_spread_marker).map(|at| {
                        let rest = items.split_off(at);
                        rest.into_iter().map(spread_element).fold(Value::Undefined, |all, one| {
                            if all == Value::Undefined { one } else { all.or(one) }
                        })
                    });
                    one(state, Value::Array(Arc::new(Array { items, rest })))
                })
            }
            ExpressionKind::Unary(operator, operand) => {
                if *operator == UnaryOperator::Delete {
                    return self.delete(here, operand, state);
                }
                let flows = self.expression(here, operand, state);
                self.each(flows, |_, state, value| {
                    one(state, super::operator::unary(*operator, &value))
                })
            }
            ExpressionKind::Binary(operator, left, right) => {
                let flows = self.expression(here, left, state);
                self.each(flows, |run, state, left_value| {
                    let flows = run.expression(here, right, state);
                    run.each(flows, |run, state, right_value| {
                        let value = run.binary(*operator, &left_value, &right_value, here.at(expression.span));
                        one(state, value)
                    })
                })
            }
            ExpressionKind::Logical(operator, left, right) => self.logical(here, *operator, left, right, state),
            ExpressionKind::Conditional(test, yes, no) => {
                let mut out = Flows::new();
                for (state, truth) in self.branch(here, test, state, &mut out) {
                    let chosen = if truth { yes } else { no };
                    out.extend(self.expression(here, chosen, state));
                }
                self.merge(out)
            }
            ExpressionKind::Assign(target, value) => {
                let flows = self.expression(here, value, state);
                self.each(flows, |run, state, value| run.assign(here, target, value, state))
            }
            ExpressionKind::Update(operator, place, value) => {
                let flows = self.expression(here, place, state);
                self.each(flows, |run, state, old| {
                    let flows = run.expression(here, value, state);
                    run.each(flows, |run, state, operand| {
                        let mut new = run.binary(*operator, &old, &operand, here.at(expression.span));
                        // A counter that outlives the call: how often something happened.
                        if matches!(place.kind, ExpressionKind::Member { .. } | ExpressionKind::Index { .. })
                            && matches!(operator, BinaryOperator::Add | BinaryOperator::Arithmetic)
                            && operand == Value::Number(1.0)
                        {
                            new = Value::present(new.origin().with(Origin::COUNT), None);
                        }
                        run.assign_place(here, place, new, state)
                    })
                })
            }
            ExpressionKind::LogicalAssign(operator, place, value) => {
                let flows = self.expression(here, place, state);
                self.each(flows, |run, state, old| match short_circuits(*operator, &old) {
                    Some(true) => one(state, old),
                    decided => {
                        let mut out = Flows::new();
                        if decided.is_none() {
                            out.push((state.clone(), Ok(old)));
                        }
                        let flows = run.expression(here, value, state);
                        out.extend(run.each(flows, |run, state, value| run.assign_place(here, place, value, state)));
                        out
                    }
                })
            }
            ExpressionKind::Await(operand) => {
                let flows = self.expression(here, operand, state);
                let place = here.at(expression.span);
                self.each(flows, |run, state, value| run.wait(state, value, place))
            }
            ExpressionKind::Yield(operand) => match operand {
                Some(operand) => {
                    let flows = self.expression(here, operand, state);
                    self.each(flows, |_, state, value| one(state, Value::of(value.origin())))
                }
                None => one(state, Value::unknown()),
            },
            ExpressionKind::Sequence(parts) => {
                let mut flows = one(state, Value::Undefined);
                for part in parts {
                    flows = self.each(flows, |run, state, _| run.expression(here, part, state));
                }
                flows
            }
            ExpressionKind::Jsx(jsx) => self.jsx(here, jsx, expression, state),
        }
    }

    fn template(&mut self, here: Here, pieces: &[Text], values: &[Expression], state: Box<State>) -> Flows {
        let flows = self.list(here, values, state);
        self.each_list(flows, |_, state, values| {
            let mut text = String::new();
            let mut origin = Origin::default();
            let mut is_known = true;
            for (position, piece) in pieces.iter().enumerate() {
                text.push_str(piece);
                match values.get(position) {
                    Some(Value::Text(value)) if text.len() + value.len() <= super::operator::TEXT_LIMIT => {
                        text.push_str(value);
                    }
                    Some(Value::Number(value)) => text.push_str(&value.to_string()),
                    Some(other) => {
                        origin.add(&other.origin());
                        is_known = false;
                    }
                    None => {}
                }
            }
            let is_filled = pieces.iter().any(|piece| !piece.is_empty());
            one(
                state,
                if is_known {
                    Value::text(&text)
                } else {
                    let origin = origin.put_into_text();
                    let leads = pieces.first().is_some_and(|piece| super::operator::leaves_lead(piece))
                        && values.first().is_none_or(|first| {
                            pieces.first().is_some_and(|piece| !piece.is_empty()) || first.origin().has(Origin::LEAD)
                        });
                    let origin = if leads { origin } else { origin.without(Origin::LEAD) };
                    Value::present(origin, is_filled.then_some(true))
                },
            )
        })
    }

    fn logical(
        &mut self,
        here: Here,
        operator: LogicalOperator,
        left: &Expression,
        right: &Expression,
        state: Box<State>,
    ) -> Flows {
        let flows = self.expression(here, left, state);
        self.each(flows, |run, state, value| match short_circuits(operator, &value) {
            Some(true) => one(state, value),
            Some(false) => run.expression(here, right, state),
            None => {
                let mut out = Flows::new();
                // For `??` nothing is learned about truth; `&&` stays on false, `||` on true.
                let stays = match operator {
                    LogicalOperator::And => Some(false),
                    LogicalOperator::Or => Some(true),
                    LogicalOperator::Coalesce => None,
                };
                if let Some(truth) = stays {
                    let mut kept = state.clone();
                    if run.refine(here, left, truth, &mut kept) {
                        let narrowed = super::condition::narrow(&value, truth).unwrap_or(value);
                        out.push((kept, Ok(narrowed)));
                    }
                    let mut goes_on = state;
                    if run.refine(here, left, !truth, &mut goes_on) {
                        out.extend(run.expression(here, right, goes_on));
                    }
                } else {
                    out.push((state.clone(), Ok(super::condition::narrow_present(&value))));
                    out.extend(run.expression(here, right, state));
                }
                out
            }
        })
    }

    fn object(&mut self, here: Here, properties: &[Property], state: Box<State>) -> Flows {
        let mut object = Object::default();
        let mut state = state;
        let mut remaining = properties;
        let mut flows = loop {
            let Some((Property::Value(Key::Name(name), expression), rest)) = remaining.split_first() else {
                break one(state, Value::Object(Arc::new(object)));
            };
            let mut results = self.expression(here, expression, state);
            if results.len() != 1 || results.iter().any(|(_, outcome)| outcome.is_err()) {
                remaining = rest;
                let known = Value::Object(Arc::new(object));
                let key = Value::Text(Text::clone(name));
                break self.each(results, |_, state, value| {
                    one(state, with_property(&known, &key, value))
                });
            }
            let Some((next, Ok(value))) = results.pop() else {
                return Flows::new();
            };
            // Names are looked up only while that is cheap; the last of two equal ones is rare in long literals.
            if object.fields.len() < 64 {
                object.set(name, value);
            } else {
                object.fields.push((Text::clone(name), Field::Value(value)));
            }
            state = next;
            remaining = rest;
        };
        for property in remaining {
            flows = self.each(flows, |run, mut state, so_far| match property {
                Property::Value(key, value) => {
                    let flows = run.key(here, key, state);
                    run.each(flows, |run, state, key| {
                        let flows = run.expression(here, value, state);
                        run.each(flows, |_, state, value| one(state, with_property(&so_far, &key, value)))
                    })
                }
                Property::Getter(key, function) => {
                    let Value::Function(closure) = run.closure(here, *function, &mut state) else {
                        return one(state, so_far);
                    };
                    let Key::Name(name) = key else {
                        return one(state, so_far);
                    };
                    let Value::Object(mut object) = so_far.clone() else {
                        return one(state, so_far);
                    };
                    Arc::make_mut(&mut object)
                        .fields
                        .push((Text::clone(name), Field::Getter(closure)));
                    one(state, Value::Object(object))
                }
                Property::Spread(expression) => {
                    let flows = run.expression(here, expression, state);
                    run.each(flows, |_, state, value| one(state, spread_into(&so_far, &value)))
                }
            });
        }
        flows
    }

    pub(super) fn key(&mut self, here: Here, key: &Key, state: Box<State>) -> Flows {
        match key {
            Key::Name(name) => one(state, Value::Text(Text::clone(name))),
            Key::Computed(expression) => self.expression(here, expression, state),
        }
    }

    /// A function value; the frame that it was made in lives on.
    pub(super) fn closure(
        &mut self,
        here: Here,
        function: portcullis_source::ir::FunctionId,
        state: &mut State,
    ) -> Value {
        let mut home = None;
        let mut this = None;
        if let Some(id) = here.frame
            && let Some(frame) = self.frame_mut(state, id)
        {
            frame.captured = true;
            home.clone_from(&frame.home);
            let is_arrow = self
                .shared
                .program
                .module(here.file)
                .and_then(|module| module.functions.get(usize::try_from(function.0).unwrap_or(usize::MAX)))
                .is_some_and(|function| function.is_arrow);
            if is_arrow && frame.this != Value::Undefined {
                this = Some(frame.this.clone());
            }
        }
        Value::Function(Arc::new(Closure {
            file: here.file,
            function,
            scope: here.frame,
            this,
            home,
            bound: Vec::new(),
        }))
    }

    fn this(&self, here: Here, state: &State) -> Value {
        here.frame
            .and_then(|frame| self.frame(state, frame))
            .map_or(Value::Undefined, |frame| frame.this.clone())
    }

    /// Reads a variable: from the frames around, or from the module.
    pub(super) fn read_symbol(&mut self, here: Here, symbol: Symbol, mut state: Box<State>) -> Flows {
        let program = self.shared.program;
        let Some(module) = program.module(here.file) else {
            return one(state, Value::unknown());
        };
        let Some(info) = module.symbols.get(usize::try_from(symbol.0).unwrap_or(usize::MAX)) else {
            return one(state, Value::unknown());
        };
        let Some(owner) = info.owner else {
            if let Some(value) = state.module_variable(here.file, symbol) {
                let value = value.clone();
                return one(state, value);
            }
            let value = self.module_symbol(here.file, symbol);
            return one(state, value);
        };
        let mut at = here.frame;
        while let Some(id) = at {
            let Some((function, parent)) = self.frame_head(&state, id) else {
                break;
            };
            if function == Some(owner) {
                let known = match state.frame(id) {
                    Some(frame) => frame.get(symbol).cloned(),
                    None => self.frame(&state, id).and_then(|frame| frame.get(symbol).cloned()),
                };
                if let Some(value) = known {
                    return one(state, value);
                }
                // A declaration is hoisted: it is there before its statement runs.
                let value = match info.kind {
                    SymbolKind::Function(function) => self.closure(
                        Here {
                            file: here.file,
                            frame: Some(id),
                        },
                        function,
                        &mut state,
                    ),
                    _ => Value::Undefined,
                };
                return one(state, value);
            }
            at = parent;
        }
        one(state, Value::unknown())
    }

    /// Runs expressions from left to right, and gives their values.
    pub(super) fn list(&mut self, here: Here, expressions: &[Expression], state: Box<State>) -> Flows {
        let mut flows = one(state, Value::list(Vec::new()));
        for expression in expressions {
            flows = self.each(flows, |run, state, so_far| {
                let flows = run.expression(here, expression, state);
                run.each(flows, |_, state, value| one(state, pushed(&so_far, value)))
            });
        }
        flows
    }

    /// Runs arguments; a spread of unknown length becomes one marked element.
    pub(super) fn arguments(&mut self, here: Here, arguments: &[Argument], state: Box<State>) -> Flows {
        // Nearly always there is one way: then the list is filled in place.
        let mut items = Vec::with_capacity(arguments.len());
        let mut state = state;
        let mut remaining = arguments;
        let mut flows = loop {
            let Some((Argument::Value(expression), rest)) = remaining.split_first() else {
                break one(state, Value::list(items));
            };
            let mut results = self.expression(here, expression, state);
            if results.len() != 1 || results.iter().any(|(_, outcome)| outcome.is_err()) {
                remaining = rest;
                let known = Value::list(items);
                break self.each(results, |_, state, value| one(state, pushed(&known, value)));
            }
            let Some((next, Ok(value))) = results.pop() else {
                return Flows::new();
            };
            items.push(value);
            state = next;
            remaining = rest;
        };
        for argument in remaining {
            flows = self.each(flows, |run, state, so_far| match argument {
                Argument::Value(expression) => {
                    let flows = run.expression(here, expression, state);
                    run.each(flows, |_, state, value| one(state, pushed(&so_far, value)))
                }
                Argument::Spread(expression) => {
                    let flows = run.expression(here, expression, state);
                    run.each(flows, |_, state, value| {
                        let mut list = so_far.clone();
                        match &value {
                            Value::Array(array) => {
                                for item in &array.items {
                                    list = pushed(&list, item.clone());
                                }
                                if let Some(rest) = &array.rest {
                                    list = pushed(&list, spread_marker(rest.clone()));
                                }
                            }
                            other => {
                                list = pushed(&list, spread_marker(Value::of(other.origin())));
                            }
                        }
                        one(state, list)
                    })
                }
            });
        }
        flows
    }

    /// Goes on with each list of values.
    pub(super) fn each_list(
        &mut self,
        flows: Flows,
        mut go: impl FnMut(&mut Self, Box<State>, Vec<Value>) -> Flows,
    ) -> Flows {
        self.each(flows, |run, state, list| {
            let Value::Array(array) = list else {
                return one(state, Value::unknown());
            };
            let array = Arc::unwrap_or_clone(array);
            let mut items = array.items;
            items.extend(array.rest.map(spread_marker));
            go(run, state, items)
        })
    }

    fn delete(&mut self, here: Here, operand: &Expression, state: Box<State>) -> Flows {
        let flows = match &operand.kind {
            ExpressionKind::Member { .. } | ExpressionKind::Index { .. } => {
                self.assign_place(here, operand, Value::Undefined, state)
            }
            _ => one(state, Value::Undefined),
        };
        self.each(flows, |_, state, _| one(state, Value::Boolean(true)))
    }

    /// Assigns to a pattern; the value of the whole is the assigned value.
    fn assign(&mut self, here: Here, target: &Pattern, value: Value, state: Box<State>) -> Flows {
        let flows = self.bind(here, target, value.clone(), state);
        self.each(flows, |_, state, _| one(state, value.clone()))
    }
}

fn pushed(list: &Value, value: Value) -> Value {
    match list {
        Value::Array(array) => {
            let mut array = Array::clone(array);
            array.items.push(value);
            Value::Array(Arc::new(array))
        }
        other => other.clone(),
    }
}

const CUT: &str = "?.";

/// The mark of an optional chain that ended early.
pub(super) fn cut() -> Value {
    Value::native(CUT)
}

pub(super) fn is_cut(value: &Value) -> bool {
    matches!(value, Value::Native(native) if &*native.name == CUT)
}

/// The end of an optional chain: what was given up is `undefined`.
fn uncut(mut flows: Flows) -> Flows {
    for (_, outcome) in &mut flows {
        if let Ok(value) = outcome
            && is_cut(value)
        {
            *value = Value::Undefined;
        }
    }
    flows
}

const SPREAD: &str = "...";

/// Marks an argument that stands for any number of values.
fn spread_marker(element: Value) -> Value {
    Value::Native(Arc::new(crate::value::Native {
        name: Text::from(SPREAD),
        this: None,
        extra: vec![element],
    }))
}

pub(super) fn is_spread_marker(value: &Value) -> bool {
    matches!(value, Value::Native(native) if &*native.name == SPREAD)
}

pub(super) fn spread_element(value: Value) -> Value {
    match &value {
        Value::Native(native) if &*native.name == SPREAD => native.extra.first().cloned().unwrap_or(Value::Undefined),
        _ => value,
    }
}

/// Whether the left side decides: true if the right side does not run.
pub(super) fn short_circuits(operator: LogicalOperator, left: &Value) -> Option<bool> {
    match operator {
        LogicalOperator::And => left.truth().map(|truth| !truth),
        LogicalOperator::Or => left.truth(),
        LogicalOperator::Coalesce => left.nullish().map(|nullish| !nullish),
    }
}

pub(super) fn with_property(object: &Value, key: &Value, value: Value) -> Value {
    let Value::Object(object) = object else {
        return object.clone();
    };
    let mut object = Object::clone(object);
    match key {
        Value::Text(name) => object.set(name, value),
        Value::Number(number) => object.set(&number.to_string(), value),
        _ => {
            weaken(&mut object, &value);
            object.open = Some(object.open.take().map_or(value.clone(), |open| open.or(value)));
        }
    }
    Value::Object(Arc::new(object))
}

/// Any of the fields may have been replaced by such a value.
fn weaken(object: &mut Object, value: &Value) {
    for (_, field) in &mut object.fields {
        if let Field::Value(known) = field {
            *known = std::mem::replace(known, Value::Undefined).or(value.clone());
        }
    }
}

/// `{ ...object, ...value }`
pub(super) fn spread_into(object: &Value, value: &Value) -> Value {
    let Value::Object(into) = object else {
        return object.clone();
    };
    let mut into = Object::clone(into);
    match value {
        Value::Object(from) => {
            for (name, field) in &from.fields {
                match field {
                    Field::Value(value) => into.set(name, value.clone()),
                    Field::Getter(_) => into.fields.push((Text::clone(name), field.clone())),
                }
            }
            if let Some(open) = &from.open {
                into.open = Some(
                    into.open
                        .take()
                        .map_or_else(|| open.clone(), |old| old.or(open.clone())),
                );
            }
        }
        Value::Undefined | Value::Null | Value::Boolean(_) | Value::Number(_) => {}
        other => {
            // What the client sends may hold any of the fields that stand before it.
            if other.origin().has(Origin::CLIENT) {
                weaken(&mut into, &Value::of(other.origin()));
            }
            into.open = Some(
                into.open
                    .take()
                    .map_or_else(|| other.clone(), |old| old.or(other.clone())),
            );
        }
    }
    Value::Object(Arc::new(into))
}

fn tag_label(tag: &Expression) -> String {
    match &tag.kind {
        ExpressionKind::Member { property, .. } => property.to_string(),
        ExpressionKind::Global(name) => name.to_string(),
        _ => String::new(),
    }
}

impl Run<'_> {
    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
        place: portcullis_model::Place,
    ) -> Value {
        if self.proves_by_comparison(operator, left, right, place) {
            // The stranger does not know the secret, so equality fails.
            return Value::Boolean(matches!(
                operator,
                BinaryOperator::NotEqual | BinaryOperator::StrictNotEqual
            ));
        }
        if let Some(truth) = self.supposed(operator, left, right, place) {
            return Value::Boolean(truth);
        }
        super::operator::binary(operator, left, right)
    }

    /// Comparing what the client sent with a secret of the server, or with a digest made with one, is a proof.
    fn proves_by_comparison(
        &mut self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
        place: portcullis_model::Place,
    ) -> bool {
        let is_equality = matches!(
            operator,
            BinaryOperator::Equal
                | BinaryOperator::StrictEqual
                | BinaryOperator::NotEqual
                | BinaryOperator::StrictNotEqual
        );
        if !is_equality {
            return false;
        }
        // `difference === 0`, where the difference was made from a secret and from what was sent.
        let is_constant = |value: &Value| matches!(value, Value::Number(_) | Value::Boolean(true));
        if is_constant(right) && self.mixes_secret(left) || is_constant(left) && self.mixes_secret(right) {
            self.asked(place, "what the caller sent is checked against a secret of the server");
            return true;
        }
        let (left, right) = (left.bits(), right.bits());
        let from_outside = Origin::CLIENT | Origin::HEADER | Origin::CREDENTIAL;
        let is_proof = |secret: Bits, sent: Bits| {
            secret.has(Origin::SECRET) && sent.has(from_outside) && !sent.has(Origin::SECRET)
        };
        let proves = (is_proof(left, right) || is_proof(right, left)) && (self.stranger() || self.has_no_role());
        if proves {
            self.asked(place, "what the caller sent is compared with a secret of the server");
        }
        proves
    }
}

//! Lists, and promises of several values: their methods call functions with each element.

use std::sync::Arc;

use portcullis_model::Place;

use super::{Flows, Run, one};
use crate::state::State;
use crate::value::{Array, Value};

/// Lists up to this length are mapped item by item.
const UNROLL_LIMIT: usize = 4;

impl Run<'_> {
    /// `Promise.all` and `Promise.allSettled`.
    pub(super) fn promise_all(&mut self, state: Box<State>, list: &Value, place: Place, settled: bool) -> Flows {
        let (items, rest) = match list {
            Value::Array(array) => (array.items.clone(), array.rest.clone()),
            other => (Vec::new(), Some(Value::of(other.origin()))),
        };
        let mut flows = one(state, Value::list(Vec::new()));
        let count = items.len();
        for (position, item) in items.into_iter().chain(rest).enumerate() {
            flows = self.each(flows, |run, state, list| {
                let waited = run.wait(state, item.clone(), place);
                waited
                    .into_iter()
                    .map(|(state, outcome)| {
                        let outcome = if settled {
                            Ok(match outcome {
                                Ok(value) => {
                                    Value::object(vec![("status", Value::text("fulfilled")), ("value", value)])
                                }
                                Err(error) => {
                                    Value::object(vec![("status", Value::text("rejected")), ("reason", error)])
                                }
                            })
                        } else {
                            outcome
                        };
                        let outcome = outcome.map(|value| {
                            let mut array = match &list {
                                Value::Array(array) => Array::clone(array),
                                _ => Array::default(),
                            };
                            if position < count {
                                array.items.push(value);
                            } else {
                                array.rest = Some(value);
                            }
                            Value::Array(Arc::new(array))
                        });
                        (state, outcome)
                    })
                    .collect()
            });
        }
        flows
            .into_iter()
            .map(|(state, outcome)| (state, Ok(Value::Promise(Arc::new(outcome)))))
            .collect()
    }

    /// Methods of lists that call a function with each element.
    pub(super) fn list_method(
        &mut self,
        state: Box<State>,
        name: &str,
        this: &Value,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        let (items, rest) = match this {
            Value::Array(array) if array.items.len() <= UNROLL_LIMIT => (array.items.clone(), array.rest.clone()),
            Value::Array(array) => (Vec::new(), Some(array.element())),
            Value::Object(object) => (Vec::new(), object.open.as_ref().map(|open| Value::of(open.origin()))),
            other => (Vec::new(), Some(Value::of(other.origin()))),
        };
        let Some(function) = arguments.first().cloned() else {
            return one(state, this.clone());
        };
        let mut origin = this.origin();
        arguments
            .iter()
            .skip(1)
            .for_each(|argument| origin.add(&argument.origin()));
        if name == "sort" || name == "toSorted" {
            return one(state, this.clone());
        }
        let folds = name == "reduce" || name == "reduceRight";
        let start = if folds {
            arguments
                .get(1)
                .cloned()
                .unwrap_or_else(|| items.first().cloned().unwrap_or(Value::Undefined))
        } else {
            Value::list(Vec::new())
        };
        let count = items.len();
        let mut flows = one(state, start);
        for (position, item) in items.iter().cloned().chain(rest.clone()).enumerate() {
            let is_unknown = position >= count;
            flows = self.each(flows, |run, state, so_far| {
                let mut out = Flows::new();
                // A list of unknown length may be empty.
                if is_unknown {
                    out.push((state.clone(), Ok(so_far.clone())));
                }
                let index = Value::Number(f64::from(u32::try_from(position).unwrap_or(u32::MAX)));
                let values = if folds {
                    vec![so_far.clone(), item.clone(), index]
                } else {
                    vec![item.clone(), index, this.clone()]
                };
                let called = run.call_back(state, &function, values, place);
                out.extend(run.each(called, |_, state, value| {
                    if folds {
                        return one(state, value);
                    }
                    let mut array = match &so_far {
                        Value::Array(array) => Array::clone(array),
                        _ => Array::default(),
                    };
                    if is_unknown {
                        array.rest = Some(value);
                    } else {
                        array.items.push(value);
                    }
                    one(state, Value::Array(Arc::new(array)))
                }));
                out
            });
        }
        self.each(flows, |_, state, results| {
            let element = || {
                items
                    .iter()
                    .cloned()
                    .chain(rest.clone())
                    .reduce(Value::or)
                    .unwrap_or(Value::Undefined)
            };
            let known = match &results {
                Value::Array(array) if array.rest.is_none() => {
                    array.items.iter().map(Value::truth).collect::<Option<Vec<bool>>>()
                }
                _ => None,
            };
            let is_known_list = rest.is_none();
            // On this path: no element at all, or none for which the function gives something truthy.
            let none_holds = match &results {
                Value::Array(array) => array
                    .items
                    .iter()
                    .chain(&array.rest)
                    .all(|result| result.truth() == Some(false)),
                _ => false,
            };
            let value = match name {
                "forEach" => Value::Undefined,
                "find" | "findLast" if none_holds => Value::Undefined,
                "filter" if none_holds => Value::list(Vec::new()),
                "some" if none_holds => Value::Boolean(false),
                "filter" => match (&known, is_known_list) {
                    (Some(truths), true) => Value::list(
                        items
                            .iter()
                            .zip(truths)
                            .filter(|(_, keep)| **keep)
                            .map(|(item, _)| item.clone())
                            .collect(),
                    ),
                    _ => Value::list_of(element()),
                },
                "find" | "findLast" => match (&known, is_known_list) {
                    (Some(truths), true) => items
                        .iter()
                        .zip(truths)
                        .find(|(_, found)| **found)
                        .map_or(Value::Undefined, |(item, _)| item.clone()),
                    _ => match element() {
                        Value::Abstract(inner) => Value::of(inner.origin.clone()),
                        element => element.or(Value::Undefined),
                    },
                },
                "some" | "every" if decides(&results, name) => Value::Boolean(name == "some"),
                "some" => match (&known, is_known_list) {
                    (Some(truths), true) => Value::Boolean(truths.iter().any(|truth| *truth)),
                    _ => Value::present(origin.clone().plus(&results.origin()), None),
                },
                "every" => match (&known, is_known_list) {
                    (Some(truths), true) => Value::Boolean(truths.iter().all(|truth| *truth)),
                    _ => Value::present(origin.clone().plus(&results.origin()), None),
                },
                "findIndex" => Value::present(origin.clone(), None),
                "flatMap" => match &results {
                    Value::Array(array) => match array.element() {
                        Value::Array(inner) => Value::list_of(inner.element()),
                        other => Value::list_of(other),
                    },
                    _ => results,
                },
                _ => results,
            };
            one(state, value)
        })
    }

    pub(super) fn array_method(
        &mut self,
        mut state: Box<State>,
        name: &str,
        array: &Array,
        this: &Value,
        arguments: Vec<Value>,
    ) -> Flows {
        let mut origin = this.origin();
        arguments.iter().for_each(|argument| origin.add(&argument.origin()));
        let value = match name {
            "push" | "unshift" => {
                let mut array = array.clone();
                if array.rest.is_some() || array.items.len() + arguments.len() > 16 {
                    let added = arguments.into_iter().reduce(Value::or).unwrap_or(Value::Undefined);
                    array.rest = Some(array.rest.take().map_or(added.clone(), |rest| rest.or(added)));
                } else {
                    array.items.extend(arguments);
                }
                state.changed_this = Some(Value::Array(Arc::new(array)));
                Value::present(origin, Some(true))
            }
            "pop" | "shift" | "at" => match (array.items.as_slice(), &array.rest) {
                ([], None) => Value::Undefined,
                ([only], None) => only.clone(),
                _ => array.element().or(Value::Undefined),
            },
            "slice" | "reverse" | "toReversed" | "splice" | "values" => this.clone(),
            "concat" => {
                let mut array = array.clone();
                for argument in arguments {
                    match argument {
                        Value::Array(other) => {
                            array.items.extend(other.items.iter().cloned());
                            if let Some(rest) = &other.rest {
                                array.rest = Some(
                                    array
                                        .rest
                                        .take()
                                        .map_or_else(|| rest.clone(), |old| old.or(rest.clone())),
                                );
                            }
                        }
                        other => array.items.push(other),
                    }
                }
                Value::Array(Arc::new(array))
            }
            "flat" => match array.element() {
                Value::Array(inner) => Value::list_of(inner.element()),
                other => Value::list_of(other),
            },
            "includes" => {
                let wanted = arguments.first().cloned().unwrap_or(Value::Undefined);
                let answers: Vec<Option<bool>> = array
                    .items
                    .iter()
                    .map(|item| {
                        super::operator::binary(portcullis_source::ir::BinaryOperator::StrictEqual, item, &wanted)
                            .truth()
                    })
                    .collect();
                if answers.contains(&Some(true)) {
                    Value::Boolean(true)
                } else if array.rest.is_none() && answers.iter().all(|answer| *answer == Some(false)) {
                    Value::Boolean(false)
                } else {
                    Value::present(origin, None)
                }
            }
            _ => Value::present(origin, None),
        };
        one(state, value)
    }
}

/// One known answer is enough: a true one for `some`, a false one for `every`.
fn decides(results: &Value, name: &str) -> bool {
    match results {
        Value::Array(array) => array.items.iter().any(|item| item.truth() == Some(name == "some")),
        _ => false,
    }
}

//! Results of calls, kept: what makes thousands of endpoints cheap.
//!
//! A call of a module's function depends on its arguments, on `this`, and on the module variables that the path
//! changed; nothing else. So it is run once, in a state of its own, and what came of it is put onto the caller's state.
//! A call that gets a closure over live variables is run in place instead.
//!
//! INVARIANT: what a call gives does not depend on whether it was kept: it has a budget of its own, and its caller is
//! charged the same either way.

use std::sync::Arc;

use portcullis_model::{FileId, Place};
use portcullis_source::ir::{FunctionId, Symbol};

use super::{Flows, Observation, Outcome, Run, Signal};
use crate::state::{State, Step};
use crate::value::{Abstract, Closure, Field, Opaque, Value};

/// What a call depends on.
#[derive(Debug, PartialEq)]
struct Key {
    scope: Option<crate::value::FrameId>,
    this: Value,
    arguments: Vec<Value>,
    bound: Vec<Value>,
    bound_this: Option<Value>,
    modules: Vec<((FileId, Symbol), Value)>,
}

/// What came of a call.
#[derive(Debug)]
pub(super) struct Entry {
    key: Key,
    flows: Vec<(State, Outcome)>,
    observations: Vec<Observation>,
    signals: Vec<Signal>,
    opaque: Vec<Opaque>,
    outside: Vec<Opaque>,
    exhausted: Option<&'static str>,
    steps: u32,
}

/// How many results are kept for one function.
const ENTRY_LIMIT: usize = 24;
/// What one kept call may cost.
const CALL_STEP_LIMIT: u32 = 300_000;

impl Run<'_> {
    /// Calls a function of the project.
    pub(crate) fn call_closure(
        &mut self,
        mut state: Box<State>,
        closure: &Arc<Closure>,
        this: Value,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        let position = usize::try_from(closure.function.0).unwrap_or(usize::MAX);
        let program = self.shared.program;
        let Some(definition) = program
            .module(closure.file)
            .and_then(|module| module.functions.get(position))
        else {
            return super::one(state, Value::unknown());
        };
        if let Some(flows) = self.declared_guard(&mut state, closure, definition, place) {
            return flows;
        }
        if let Some(name) = &definition.name
            && place.file != closure.file
        {
            state.note(Place::new(closure.file, definition.name_span), format!("`{name}` runs"));
        }
        let is_portable = closure.scope.is_none_or(|scope| state.frame(scope).is_none())
            && portable(&state, &this, 0)
            && arguments
                .iter()
                .chain(&closure.bound)
                .chain(&closure.this)
                .all(|value| portable(&state, value, 0));
        if !is_portable {
            return self.run_closure(state, closure, definition, this, arguments);
        }
        let key = Key {
            scope: closure.scope,
            this,
            arguments,
            bound: closure.bound.clone(),
            bound_this: closure.this.clone(),
            modules: state.modules().to_vec(),
        };
        let function = (closure.file, closure.function);
        if let Some(entry) = self.known(function, &key) {
            return self.replay(&state, &entry);
        }
        let mut own = State::default();
        own.set_modules(key.modules.clone());
        let observations = std::mem::take(&mut self.observations);
        let signals = std::mem::take(&mut self.signals);
        let opaque = std::mem::take(&mut self.opaque);
        let outside = std::mem::take(&mut self.outside);
        let exhausted = self.exhausted.take();
        let steps = std::mem::replace(&mut self.steps, 0);
        let limit = std::mem::replace(&mut self.step_limit, CALL_STEP_LIMIT);
        let touched = std::mem::replace(&mut self.lowest_touched, usize::MAX);
        let floor = std::mem::replace(&mut self.cycle_floor, usize::MAX);
        let flows = self.run_closure(
            Box::new(own),
            closure,
            definition,
            key.this.clone(),
            key.arguments.clone(),
        );
        let entry = Arc::new(Entry {
            key,
            flows: flows.into_iter().map(|(state, outcome)| (*state, outcome)).collect(),
            observations: std::mem::replace(&mut self.observations, observations),
            signals: std::mem::replace(&mut self.signals, signals),
            opaque: std::mem::replace(&mut self.opaque, opaque),
            outside: std::mem::replace(&mut self.outside, outside),
            exhausted: std::mem::replace(&mut self.exhausted, exhausted),
            steps: std::mem::replace(&mut self.steps, steps),
        });
        self.step_limit = limit;
        // A limit on recursion that depends on the callers makes the result theirs alone.
        let is_own = self.lowest_touched >= self.stack.len() && self.cycle_floor >= self.evaluating.len();
        self.lowest_touched = self.lowest_touched.min(touched);
        self.cycle_floor = self.cycle_floor.min(floor);
        if is_own && let Ok(mut memo) = self.shared.memo.write() {
            let entries = memo.entry(function).or_default();
            if entries.len() < ENTRY_LIMIT && !entries.iter().any(|known| known.key == entry.key) {
                entries.push(Arc::clone(&entry));
            }
        }
        self.replay(&state, &entry)
    }

    fn known(&self, function: (FileId, FunctionId), key: &Key) -> Option<Arc<Entry>> {
        let memo = self.shared.memo.read().ok()?;
        memo.get(&function)?
            .iter()
            .find(|entry| entry.key == *key)
            .map(Arc::clone)
    }

    /// Puts what came of a call onto the caller's state.
    fn replay(&mut self, state: &State, entry: &Entry) -> Flows {
        self.steps = self.steps.saturating_add(entry.steps + 1);
        if let Some(reason) = entry.exhausted {
            self.exhausted = Some(reason);
        }
        for observation in &entry.observations {
            let mut observation = observation.clone();
            let mut at = state.clone();
            at.append(observation.trace.as_ref());
            observation.trace = at.trace.take();
            for doubt in &state.doubts {
                if !observation.doubts.contains(doubt) {
                    observation.doubts.push(doubt.clone());
                }
            }
            observation.asked |= state.asked;
            observation.incidental |= super::effect::may_be_incidental(observation.kind) && self.is_logging();
            self.record(observation);
        }
        entry.signals.iter().for_each(|signal| self.signal(signal.clone()));
        for opaque in &entry.opaque {
            if !self.opaque.contains(opaque) {
                self.opaque.push(opaque.clone());
            }
        }
        for outside in &entry.outside {
            if !self.outside.contains(outside) {
                self.outside.push(outside.clone());
            }
        }
        let mut out = Flows::new();
        for (result, outcome) in &entry.flows {
            let mut state = state.clone();
            state.append(result.trace.as_ref());
            state.take_over(result);
            out.push((Box::new(state), outcome.clone()));
        }
        out
    }
}

/// Whether a value means the same in every state: it holds no closure over variables of this one.
fn portable(state: &State, value: &Value, depth: u32) -> bool {
    if depth > 8 {
        return false;
    }
    let all = |values: &[Value]| values.iter().all(|value| portable(state, value, depth + 1));
    match value {
        Value::Function(closure) => {
            closure.scope.is_none_or(|scope| state.frame(scope).is_none())
                && closure
                    .this
                    .iter()
                    .chain(&closure.bound)
                    .all(|value| portable(state, value, depth + 1))
        }
        Value::Class(class) => class.scope.is_none_or(|scope| state.frame(scope).is_none()),
        Value::Object(object) => {
            object.fields.iter().all(|(_, field)| match field {
                Field::Value(value) => portable(state, value, depth + 1),
                Field::Getter(closure) => closure.scope.is_none_or(|scope| state.frame(scope).is_none()),
            }) && object.open.iter().all(|open| portable(state, open, depth + 1))
        }
        Value::Array(array) => all(&array.items) && array.rest.iter().all(|rest| portable(state, rest, depth + 1)),
        Value::Promise(settled) => match &**settled {
            Ok(value) | Err(value) => portable(state, value, depth + 1),
        },
        Value::Native(native) => all(&native.extra) && native.this.iter().all(|this| portable(state, this, depth + 1)),
        Value::Union(options) => all(options),
        Value::Abstract(inner) => {
            let Abstract { wrapped, .. } = &**inner;
            all(wrapped)
        }
        Value::Member(bound) => bound.this.as_ref().is_none_or(|model| model.chain.is_none()),
        // What builders hold is made once, by modules; elsewhere it is rare.
        Value::Model(model) => {
            model.chain.is_none() && model.options.iter().all(|options| portable(state, options, depth + 1))
        }
        Value::Built(_) => false,
        _ => true,
    }
}

impl State {
    /// Goes on with another way after this one.
    fn append(&mut self, steps: Option<&Arc<Step>>) {
        let mut list = Vec::new();
        let mut at = steps;
        while let Some(step) = at {
            list.push(step);
            at = step.previous.as_ref();
        }
        for step in list.into_iter().rev() {
            self.note(step.place, &step.text);
        }
    }
}

//! Results of calls, kept: what makes thousands of endpoints cheap.
//!
//! A call of a module's function depends on its arguments, on `this`, and on the module variables that the path
//! changed; nothing else. So it is run once, in a state of its own, and what came of it is put onto the caller's state.
//! A call that gets a closure over live variables is run in place instead.
//!
//! INVARIANT: what a call gives does not depend on whether it was kept: it has a budget of its own, and its caller is
//! charged the same either way: in full for the first call of its kind, and a step for each that repeats it.

use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use portcullis_model::{FileId, Place};
use portcullis_source::ir::{FunctionId, Symbol};
use rustc_hash::FxHasher;

use super::supposition::Questions;
use super::{Flows, Observation, Outcome, Run, Signal};
use crate::state::{State, Step};
use crate::value::{Abstract, Closure, Field, Opaque, Origin, Value};

/// What a call depends on.
#[derive(Debug, PartialEq)]
struct Key {
    /// Different keys mostly have different ones; equal keys always have equal ones. Compared first.
    fingerprint: u64,
    scope: Option<crate::value::FrameId>,
    this: Value,
    arguments: Vec<Value>,
    bound: Vec<Value>,
    bound_this: Option<Value>,
    modules: Vec<((FileId, Symbol), Value)>,
    /// Its first effect fails too.
    may_fail: bool,
}

impl Key {
    fn marked(mut self) -> Self {
        let mut hasher = FxHasher::default();
        self.scope.hash(&mut hasher);
        self.this.fingerprint(&mut hasher, 0);
        let values = self.arguments.iter().chain(&self.bound).chain(&self.bound_this);
        values.for_each(|value| value.fingerprint(&mut hasher, 0));
        for (variable, value) in &self.modules {
            variable.hash(&mut hasher);
            value.fingerprint(&mut hasher, 1);
        }
        self.fingerprint = hasher.finish();
        self
    }
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
    /// An effect failed in it, if one may.
    failed: bool,
    /// What was asked about the hypothesis.
    asked: Questions,
    /// The functions that ran in it, sorted: with one of them on the stack already, limits on recursion cut elsewhere.
    visited: Arc<[(FileId, FunctionId)]>,
    /// How many calls were on the stack in it, at most.
    height: usize,
    /// How many expressions and statements were being run within each other in it, at most.
    nesting: usize,
}

impl Entry {
    /// Whether it is what comes of a call. Where nothing failed, nothing else would have come if nothing could fail.
    fn is_of(&self, key: &Key) -> bool {
        let own = &self.key;
        own.fingerprint == key.fingerprint
            && (own.may_fail == key.may_fail || own.may_fail && !self.failed)
            && own.scope == key.scope
            && own.this == key.this
            && own.arguments == key.arguments
            && own.bound == key.bound
            && own.bound_this == key.bound_this
            && own.modules == key.modules
    }
}

/// Which functions ran.
#[derive(Debug, Default)]
pub(super) struct Visited {
    own: Vec<(FileId, FunctionId)>,
    kept: Vec<Arc<[(FileId, FunctionId)]>>,
}

impl Visited {
    pub(super) fn add(&mut self, function: (FileId, FunctionId)) {
        self.own.push(function);
    }

    fn add_all(&mut self, functions: &Arc<[(FileId, FunctionId)]>) {
        if !self.kept.iter().any(|known| Arc::ptr_eq(known, functions)) {
            self.kept.push(Arc::clone(functions));
        }
    }

    fn sorted(self) -> Arc<[(FileId, FunctionId)]> {
        let mut all = self.own;
        for kept in &self.kept {
            all.extend_from_slice(kept);
        }
        all.sort_unstable();
        all.dedup();
        all.into()
    }
}

/// How many results are kept for one function.
const ENTRY_LIMIT: usize = 300;
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
        if self.only_logs(closure, &arguments) {
            self.look_for_logs(&arguments, definition.name.as_deref().unwrap_or("log"), place);
            let mut origin = Origin::default();
            arguments.iter().for_each(|argument| origin.add(&argument.origin()));
            return super::one(state, Value::present(origin, Some(true)));
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
            fingerprint: 0,
            scope: closure.scope,
            this,
            arguments,
            bound: closure.bound.clone(),
            bound_this: closure.this.clone(),
            modules: state.modules().to_vec(),
            may_fail: self.may_fail,
        }
        .marked();
        let function = (closure.file, closure.function);
        if let Some(entry) = self.known(function, &key) {
            return self.replay(state, &entry);
        }
        if let Some(entry) = self.known_earlier(function, &key) {
            // As if it had run.
            self.last_rank = None;
            return self.replay(state, &entry);
        }
        let mut own = State::default();
        own.set_modules(key.modules.clone());
        let observations = std::mem::take(&mut self.observations);
        let signals = std::mem::take(&mut self.signals);
        let opaque = std::mem::take(&mut self.opaque);
        let outside = std::mem::take(&mut self.outside);
        let exhausted = self.exhausted.take();
        let asked = self.asked_of_hypothesis.take();
        let steps = std::mem::replace(&mut self.steps, 0);
        let limit = std::mem::replace(&mut self.step_limit, CALL_STEP_LIMIT);
        let touched = std::mem::replace(&mut self.lowest_touched, usize::MAX);
        let floor = std::mem::replace(&mut self.cycle_floor, usize::MAX);
        let visited = std::mem::take(&mut self.visited);
        let charged = std::mem::take(&mut self.charged);
        let height = std::mem::replace(&mut self.height, self.stack.len());
        let deepest = std::mem::replace(&mut self.deepest, self.nesting);
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
            failed: !self.may_fail,
            asked: self.asked_of_hypothesis.replace(asked),
            visited: std::mem::replace(&mut self.visited, visited).sorted(),
            height: std::mem::replace(&mut self.height, height).saturating_sub(self.stack.len()),
            nesting: std::mem::replace(&mut self.deepest, deepest).saturating_sub(self.nesting),
        });
        self.step_limit = limit;
        self.charged = charged;
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
        self.replay(state, &entry)
    }

    /// Whether the function is there to log, and runs nothing that it is given.
    fn only_logs(&self, closure: &Closure, arguments: &[Value]) -> bool {
        let own = self.stack.first().is_some_and(|(file, _)| *file == closure.file);
        let at = usize::try_from(closure.file.0).unwrap_or(usize::MAX);
        if own || self.stack.is_empty() && self.evaluating.is_empty() || self.shared.loggers.get(at) != Some(&true) {
            return false;
        }
        let mut functions = Vec::new();
        arguments
            .iter()
            .for_each(|argument| super::call::collect_functions(argument, &mut functions, 0));
        functions.is_empty()
    }

    fn known(&self, function: (FileId, FunctionId), key: &Key) -> Option<Arc<Entry>> {
        let memo = self.shared.memo.read().ok()?;
        memo.get(&function)?
            .iter()
            .find(|entry| entry.key == *key)
            .filter(|entry| self.fits(entry))
            .map(Arc::clone)
    }

    /// A call that was run under another hypothesis, and gives the same here.
    fn known_earlier(&self, function: (FileId, FunctionId), key: &Key) -> Option<Arc<Entry>> {
        self.shared.earlier.iter().find_map(|shared| {
            let memo = shared.memo.read().ok()?;
            memo.get(&function)?
                .iter()
                .find(|entry| entry.is_of(key) && self.shared.agrees(shared, entry.asked) && self.fits(entry))
                .map(Arc::clone)
        })
    }

    /// Whether running the call here would give what was kept: no limit that depends on the callers would cut it.
    fn fits(&self, entry: &Entry) -> bool {
        self.stack.len() + entry.height <= super::DEPTH_LIMIT
            && self.nesting + entry.nesting <= super::NESTING_LIMIT
            && !self
                .stack
                .iter()
                .any(|function| entry.visited.binary_search(function).is_ok())
    }

    /// Puts what came of a call onto the caller's state.
    fn replay(&mut self, state: Box<State>, entry: &Arc<Entry>) -> Flows {
        let is_new = self
            .charged
            .insert(Arc::as_ptr(entry).addr(), Arc::clone(entry))
            .is_none();
        self.steps = self.steps.saturating_add(if is_new { entry.steps + 1 } else { 1 });
        self.may_fail &= !entry.failed;
        self.depends_on(entry.asked);
        self.visited.add_all(&entry.visited);
        self.height = self.height.max(self.stack.len() + entry.height);
        self.deepest = self.deepest.max(self.nesting + entry.nesting);
        if let Some(reason) = entry.exhausted {
            self.exhausted = Some(reason);
        }
        for observation in &entry.observations {
            let mut observation = observation.clone();
            observation.trace = Step::joined(state.trace.as_ref(), observation.trace.as_ref());
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
        let mut out = Flows::with_capacity(entry.flows.len());
        let mut rest = Some(state);
        for (position, (result, outcome)) in entry.flows.iter().enumerate() {
            let own = if position + 1 == entry.flows.len() {
                rest.take()
            } else {
                rest.clone()
            };
            let Some(mut state) = own else { break };
            state.trace = Step::joined(state.trace.as_ref(), result.trace.as_ref());
            state.take_over(result);
            out.push((state, outcome.clone()));
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

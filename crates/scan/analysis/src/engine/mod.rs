//! The abstract machine: runs the intermediate representation under a hypothesis about the caller.
//!
//! Every function takes a state and gives the states in which it can end. A condition whose value is known takes one
//! branch; any other takes both. What is observed on the way (effects, questions about the caller, calls that lead
//! out of the project) is collected in the [`Run`], for the verdict.

mod allow_list;
mod builder;
mod call;
mod class;
mod collection;
mod condition;
mod effect;
mod exposure;
mod expression;
mod injection;
mod library;
mod member;
mod memo;
mod module;
mod names;
mod native;
mod operator;
mod outsider;
mod pattern;
mod query;
mod relation;
mod sinks;
mod statement;
mod supposition;
mod validation;
mod written;

use std::sync::Arc;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU32, Ordering};

use portcullis_catalog::Catalog;
use portcullis_model::{FileId, Place, Span};
use portcullis_policy::ScanConfig;
use portcullis_source::Program;
use portcullis_source::ir::{FunctionId, Symbol, Text};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

pub(crate) use effect::{Details, EffectWords, LimitKey, Observation, Signal, loggers, words_of};
pub use effect::{Exposed, Sink};
pub(crate) use library::is_control_flow;

use crate::state::{Frame, State};
use crate::value::{FrameId, Opaque, Value};

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hypothesis {
    /// There is no session.
    Stranger,
    /// There is no session, and what nobody verifies says whatever the caller likes.
    Forger,
    /// Somebody who is signed in and entitled.
    Caller,
    /// Somebody who is signed in, has no role or permission, and names what belongs to others.
    Outsider,
    /// Somebody who is signed in and belongs to whatever the payload names, and has no role or permission in it.
    Colleague,
    /// Somebody who is signed in and entitled, and called too often.
    Limited,
}

/// What is the same for all runs under one hypothesis.
#[derive(Debug)]
pub(crate) struct Shared<'scan> {
    pub(crate) program: &'scan Program,
    pub(crate) catalog: &'scan Catalog,
    pub(crate) config: &'scan ScanConfig,
    supposition: supposition::Supposition,
    /// Finished runs under other hypotheses: what does not depend on theirs holds here too.
    earlier: Vec<&'scan Self>,
    /// Files that only write logs, by number.
    loggers: &'scan [bool],
    /// Pages are run, and the components that they show.
    renders: bool,
    /// The values of module-level variables, computed when first read.
    values: RwLock<FxHashMap<(FileId, Symbol), Known>>,
    defaults: RwLock<FxHashMap<(FileId, Span), Known>>,
    /// The frames that closures of modules keep alive.
    frames: RwLock<FxHashMap<FrameId, Arc<Frame>>>,
    next_frame: AtomicU32,
    /// What came of calls.
    memo: RwLock<Memo>,
}

/// The value of a module's variable.
#[derive(Debug, Clone)]
struct Known {
    value: Value,
    /// What was asked about the hypothesis on the way to it.
    asked: supposition::Questions,
}

/// What came of calls, by function.
type Memo = FxHashMap<(FileId, FunctionId), Vec<Arc<memo::Entry>>>;

impl<'scan> Shared<'scan> {
    pub(crate) fn new(
        program: &'scan Program,
        catalog: &'scan Catalog,
        config: &'scan ScanConfig,
        hypothesis: Hypothesis,
        anonymous: bool,
        loggers: &'scan [bool],
    ) -> Self {
        Self {
            program,
            catalog,
            config,
            supposition: supposition::Supposition::new(hypothesis, anonymous),
            earlier: Vec::new(),
            loggers,
            renders: false,
            values: RwLock::default(),
            defaults: RwLock::default(),
            frames: RwLock::default(),
            next_frame: AtomicU32::new(0),
            memo: RwLock::default(),
        }
    }

    /// Runs pages, and the components that they show.
    pub(crate) const fn rendering(mut self) -> Self {
        self.renders = true;
        self
    }

    /// Takes what holds here too from finished runs under other hypotheses.
    pub(crate) fn after(mut self, earlier: &[&'scan Self]) -> Self {
        let frames = earlier.iter().map(|shared| shared.next_frame.load(Ordering::Relaxed));
        self.next_frame = AtomicU32::new(frames.max().unwrap_or(0));
        self.earlier = earlier.to_vec();
        self
    }

    /// Numbers its frames apart from those of runs at the same time, so that a later one can take from both.
    pub(crate) fn apart(mut self) -> Self {
        self.next_frame = AtomicU32::new(u32::MAX / 2);
        self
    }

    /// A frame that a closure of a module keeps alive.
    fn module_frame(&self, id: FrameId) -> Option<Arc<Frame>> {
        std::iter::once(self)
            .chain(self.earlier.iter().copied())
            .find_map(|shared| shared.frames.read().ok()?.get(&id).map(Arc::clone))
    }

    fn new_frame(&self) -> FrameId {
        FrameId(self.next_frame.fetch_add(1, Ordering::Relaxed))
    }
}

/// How much one run may do before its answer is "unknown".
const STEP_LIMIT: u32 = 600_000;
/// How deep calls nest.
const DEPTH_LIMIT: usize = 48;
/// How deep expressions and statements nest, those of all calls on the stack together.
const NESTING_LIMIT: usize = 1_500;
/// How often one function may be on the stack.
const RECURSION_LIMIT: usize = 2;
/// How many states a join keeps apart until so many steps were spent; after that it is two. Paths that are joined lose
/// what went together on one of them, which is still more than an answer of "unknown" would say.
const STATE_LIMITS: [(u32, usize); 2] = [(10_000, 6), (40_000, 3)];
/// How many branches one condition keeps apart.
const BRANCH_LIMIT: usize = 10;

/// One run of one endpoint, or of one module's variable.
#[derive(Debug)]
pub(crate) struct Run<'run> {
    pub(crate) shared: &'run Shared<'run>,
    pub(crate) steps: u32,
    step_limit: u32,
    /// The lowest function on the stack that a limit on recursion looked at.
    lowest_touched: usize,
    /// Why the run was cut short.
    pub(crate) exhausted: Option<&'static str>,
    pub(crate) observations: Vec<Observation>,
    pub(crate) signals: Vec<Signal>,
    /// Calls that could not be looked into, in the order in which they were met.
    pub(crate) opaque: Vec<Opaque>,
    /// Other calls out of the project that got what the client sent: what they do with it is not known.
    pub(crate) outside: Vec<Opaque>,
    stack: Vec<(FileId, FunctionId)>,
    /// The functions that ran.
    visited: memo::Visited,
    /// Calls whose steps were counted, by address; they are held, so that no other gets it.
    charged: FxHashMap<usize, Arc<memo::Entry>>,
    /// How many calls were on the stack, at most.
    height: usize,
    /// How many expressions and statements were being run within each other, at most.
    deepest: usize,
    /// How many expressions and statements are being run within each other.
    nesting: usize,
    /// The name of the rank that this function read last: `RANKS.owner`.
    last_rank: Option<Text>,
    /// Whether the next effect fails too: once in what a handler catches is enough to see what it does.
    may_fail: bool,
    /// Module variables whose value is being computed.
    evaluating: Vec<(FileId, Symbol)>,
    /// The outermost module variable at which a cycle was cut: what is computed inside of it is not final.
    cycle_floor: usize,
    /// What was asked about the hypothesis since the call began whose result is kept next.
    asked_of_hypothesis: std::cell::Cell<supposition::Questions>,
}

/// What an expression comes to: a value, or something thrown.
pub(crate) type Outcome = Result<Value, Value>;
/// The states in which an expression can end.
pub(crate) type Flows = SmallVec<[(Box<State>, Outcome); 1]>;

/// Where code stands: the frame that its names are looked up in, and the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Here {
    pub(crate) file: FileId,
    pub(crate) frame: Option<FrameId>,
}

impl Here {
    pub(crate) const fn at(self, span: Span) -> Place {
        Place::new(self.file, span)
    }
}

pub(crate) fn one(state: Box<State>, value: Value) -> Flows {
    let mut flows = Flows::new();
    flows.push((state, Ok(value)));
    flows
}

pub(crate) fn thrown(state: Box<State>, error: Value) -> Flows {
    let mut flows = Flows::new();
    flows.push((state, Err(error)));
    flows
}

impl<'run> Run<'run> {
    pub(crate) fn new(shared: &'run Shared<'run>) -> Self {
        Self {
            shared,
            steps: 0,
            step_limit: STEP_LIMIT,
            lowest_touched: usize::MAX,
            exhausted: None,
            observations: Vec::new(),
            signals: Vec::new(),
            opaque: Vec::new(),
            outside: Vec::new(),
            stack: Vec::new(),
            visited: memo::Visited::default(),
            charged: FxHashMap::default(),
            height: 0,
            deepest: 0,
            nesting: 0,
            last_rank: None,
            may_fail: false,
            evaluating: Vec::new(),
            cycle_floor: usize::MAX,
            asked_of_hypothesis: std::cell::Cell::default(),
        }
    }

    /// A run that may do no more than this.
    pub(crate) fn with_limit(shared: &'run Shared<'run>, step_limit: u32) -> Self {
        Self {
            step_limit,
            ..Self::new(shared)
        }
    }

    /// How many states a join keeps apart: fewer, the more was spent.
    fn state_limit(&self) -> usize {
        STATE_LIMITS
            .iter()
            .find(|(steps, _)| self.steps < *steps)
            .map_or(2, |(_, limit)| *limit)
    }

    /// Counts a step. False if the budget is spent: the path ends there, and the answer becomes "unknown".
    fn step(&mut self) -> bool {
        self.steps = self.steps.saturating_add(1);
        if self.steps > self.step_limit {
            self.exhausted = Some("the action has more paths than the budget of one run allows");
            return false;
        }
        true
    }

    /// Runs something that nests. False, and the answer becomes "unknown", where the stack might not hold it.
    fn enter(&mut self) -> bool {
        self.nesting += 1;
        self.deepest = self.deepest.max(self.nesting);
        if self.nesting > NESTING_LIMIT {
            // How deep it is depends on the callers too, so what came of it is theirs alone.
            self.lowest_touched = 0;
            self.exhausted = Some("the code nests deeper than one run follows");
            return false;
        }
        true
    }

    /// Goes on with each value; what was thrown stays thrown.
    fn each(&mut self, flows: Flows, mut go: impl FnMut(&mut Self, Box<State>, Value) -> Flows) -> Flows {
        if flows.len() <= 1 {
            // Nearly always there is one way.
            return match flows.into_iter().next() {
                Some((state, Ok(value))) => {
                    let out = go(self, state, value);
                    self.merge(out)
                }
                Some((state, Err(error))) => thrown(state, error),
                None => Flows::new(),
            };
        }
        let mut out = Flows::new();
        for (state, outcome) in flows {
            match outcome {
                Ok(value) => out.extend(go(self, state, value)),
                Err(error) => out.push((state, Err(error))),
            }
        }
        self.merge(out)
    }

    /// Keeps the number of states within bounds: equal ones become one, and too many are joined.
    fn merge(&mut self, mut flows: Flows) -> Flows {
        if flows.len() <= 1 {
            return flows;
        }
        let mut kept: Flows = Flows::new();
        for (state, outcome) in flows.drain(..) {
            let is_known = kept
                .iter()
                .any(|(other, known)| *known == outcome && other.same_future(&state));
            if !is_known {
                kept.push((state, outcome));
            }
        }
        if kept.len() <= self.state_limit() {
            return kept;
        }
        let mut normal: Option<(Box<State>, Value)> = None;
        let mut failed: Option<(Box<State>, Value)> = None;
        for (state, outcome) in kept {
            let (slot, value) = match outcome {
                Ok(value) => (&mut normal, value),
                Err(error) => (&mut failed, error),
            };
            match slot {
                Some((joined, joined_value)) => {
                    joined.join(&state);
                    let old = std::mem::replace(joined_value, Value::Undefined);
                    *joined_value = old.or(value);
                }
                None => *slot = Some((state, value)),
            }
        }
        let mut flows = Flows::new();
        flows.extend(normal.map(|(state, value)| (state, Ok(value))));
        flows.extend(failed.map(|(state, value)| (state, Err(value))));
        flows
    }

    fn frame(&self, state: &State, id: FrameId) -> Option<Arc<Frame>> {
        if let Some(frame) = state.frame(id) {
            return Some(Arc::clone(frame));
        }
        self.shared.module_frame(id)
    }

    /// The function of a frame, and the frame around it. Whoever holds a frame makes the next write to it a copy.
    fn frame_head(&self, state: &State, id: FrameId) -> Option<(Option<FunctionId>, Option<FrameId>)> {
        if let Some(frame) = state.frame(id) {
            return Some((frame.function, frame.parent));
        }
        let frame = self.shared.module_frame(id)?;
        Some((frame.function, frame.parent))
    }

    /// The frame for writing; one that belongs to a module is copied into the state first.
    fn frame_mut<'state>(&self, state: &'state mut State, id: FrameId) -> Option<&'state mut Frame> {
        if state.frame(id).is_none() {
            let frame = self.shared.module_frame(id)?;
            state.put_frame(id, frame);
        }
        state.frame_mut(id)
    }
}

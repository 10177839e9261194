//! What is true on one path of one run: the variables, the way that led here, the doubts about it.

use std::sync::Arc;

use portcullis_model::{FileId, Place};
use portcullis_source::ir::{FunctionId, Symbol, Text};

use crate::value::{FrameId, Opaque, Value};

/// The variables of one call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) file: FileId,
    pub(crate) function: Option<FunctionId>,
    pub(crate) parent: Option<FrameId>,
    pub(crate) this: Value,
    /// A closure was made in it, so it outlives its call.
    pub(crate) captured: bool,
    pub(crate) arguments: Arc<Vec<Value>>,
    pub(crate) home: Option<Arc<crate::value::ClassValue>>,
    variables: Vec<(Symbol, Value)>,
}

impl Frame {
    pub(crate) fn new(file: FileId, function: Option<FunctionId>, parent: Option<FrameId>, this: Value) -> Self {
        Self {
            file,
            function,
            parent,
            this,
            captured: false,
            arguments: Arc::default(),
            home: None,
            variables: Vec::new(),
        }
    }

    pub(crate) fn get(&self, symbol: Symbol) -> Option<&Value> {
        let at = self.variables.binary_search_by_key(&symbol, |(key, _)| *key).ok()?;
        self.variables.get(at).map(|(_, value)| value)
    }

    pub(crate) fn set(&mut self, symbol: Symbol, value: Value) {
        match self.variables.binary_search_by_key(&symbol, |(key, _)| *key) {
            Ok(at) => {
                if let Some((_, old)) = self.variables.get_mut(at) {
                    *old = value;
                }
            }
            Err(at) => self.variables.insert(at, (symbol, value)),
        }
    }

    fn join(&mut self, other: &Self) {
        let mut at = 0;
        for (symbol, value) in &other.variables {
            while self.variables.get(at).is_some_and(|(own, _)| own < symbol) {
                at += 1;
            }
            match self.variables.get_mut(at) {
                Some((own, mine)) if own == symbol => {
                    if mine != value {
                        *mine = std::mem::replace(mine, Value::Undefined).or(value.clone());
                    }
                }
                _ => self.variables.insert(at, (*symbol, value.clone())),
            }
        }
        if self.this != other.this {
            self.this = std::mem::replace(&mut self.this, Value::Undefined).or(other.this.clone());
        }
        self.captured |= other.captured;
    }
}

/// A step of the way that led to a state.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) place: Place,
    pub(crate) text: Text,
    pub(crate) previous: Option<Arc<Self>>,
    pub(crate) length: u32,
}

impl Step {
    fn after(previous: Option<Arc<Self>>, place: Place, text: Text) -> Arc<Self> {
        Arc::new(Self {
            place,
            text,
            length: length(previous.as_ref()) + 1,
            previous,
        })
    }

    /// The way that goes on with another one after `before`.
    pub(crate) fn joined(before: Option<&Arc<Self>>, after: Option<&Arc<Self>>) -> Option<Arc<Self>> {
        let Some(before) = before else {
            return after.map(Arc::clone);
        };
        let mut steps = Vec::new();
        let mut at = after;
        while let Some(step) = at {
            steps.push(step);
            at = step.previous.as_ref();
        }
        let mut joined = Arc::clone(before);
        for step in steps.into_iter().rev() {
            if joined.length >= TRACE_LIMIT {
                break;
            }
            joined = Self::after(Some(joined), step.place, Text::clone(&step.text));
        }
        Some(joined)
    }
}

fn length(trace: Option<&Arc<Step>>) -> u32 {
    trace.map_or(0, |step| step.length)
}

impl Drop for Step {
    /// Long ways must not overflow the stack when they are dropped.
    fn drop(&mut self) {
        let mut next = self.previous.take();
        while let Some(step) = next {
            match Arc::try_unwrap(step) {
                Ok(mut step) => next = step.previous.take(),
                Err(_) => break,
            }
        }
    }
}

/// What is true on one path.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    frames: Vec<(FrameId, Arc<Frame>)>,
    modules: Vec<((FileId, Symbol), Value)>,
    pub(crate) trace: Option<Arc<Step>>,
    /// Calls that may have ended this path already, had they been looked into.
    pub(crate) doubts: Vec<Opaque>,
    /// Where this path last left a function, or threw.
    pub(crate) exit: Option<(Place, &'static str)>,
    /// `this` of the method that returned last, if it changed.
    pub(crate) changed_this: Option<Value>,
    /// Somebody asked who calls, on this path.
    pub(crate) asked: bool,
}

/// The longest way that is recorded.
const TRACE_LIMIT: u32 = 60;

impl State {
    pub(crate) fn frame(&self, id: FrameId) -> Option<&Arc<Frame>> {
        let at = self.frames.binary_search_by_key(&id, |(key, _)| *key).ok()?;
        self.frames.get(at).map(|(_, frame)| frame)
    }

    pub(crate) fn put_frame(&mut self, id: FrameId, frame: Arc<Frame>) {
        match self.frames.binary_search_by_key(&id, |(key, _)| *key) {
            Ok(at) => {
                if let Some((_, old)) = self.frames.get_mut(at) {
                    *old = frame;
                }
            }
            Err(at) => self.frames.insert(at, (id, frame)),
        }
    }

    pub(crate) fn frame_mut(&mut self, id: FrameId) -> Option<&mut Frame> {
        let at = self.frames.binary_search_by_key(&id, |(key, _)| *key).ok()?;
        self.frames.get_mut(at).map(|(_, frame)| Arc::make_mut(frame))
    }

    pub(crate) fn drop_frame(&mut self, id: FrameId) {
        if let Ok(at) = self.frames.binary_search_by_key(&id, |(key, _)| *key) {
            self.frames.remove(at);
        }
    }

    /// Drops variables that nobody asks for any more.
    pub(crate) fn forget(&mut self, id: FrameId, symbols: impl Iterator<Item = Symbol>) {
        let Ok(at) = self.frames.binary_search_by_key(&id, |(key, _)| *key) else {
            return;
        };
        let Some((_, frame)) = self.frames.get_mut(at) else {
            return;
        };
        for symbol in symbols {
            if frame.get(symbol).is_some() {
                Arc::make_mut(frame).variables.retain(|(other, _)| *other != symbol);
            }
        }
    }

    pub(crate) fn take_frames(&mut self) -> Vec<(FrameId, Arc<Frame>)> {
        std::mem::take(&mut self.frames)
    }

    pub(crate) fn module_variable(&self, file: FileId, symbol: Symbol) -> Option<&Value> {
        self.modules
            .iter()
            .find(|(key, _)| *key == (file, symbol))
            .map(|(_, value)| value)
    }

    pub(crate) fn set_module_variable(&mut self, file: FileId, symbol: Symbol, value: Value) {
        match self.modules.iter_mut().find(|(key, _)| *key == (file, symbol)) {
            Some((_, old)) => *old = value,
            None => self.modules.push(((file, symbol), value)),
        }
    }

    pub(crate) fn modules(&self) -> &[((FileId, Symbol), Value)] {
        &self.modules
    }

    pub(crate) fn set_modules(&mut self, modules: Vec<((FileId, Symbol), Value)>) {
        self.modules = modules;
    }

    /// Takes over what a call changed: its frames that live on, module variables, doubts.
    pub(crate) fn take_over(&mut self, result: &Self) {
        for (id, frame) in &result.frames {
            self.put_frame(*id, Arc::clone(frame));
        }
        self.modules.clone_from(&result.modules);
        result.doubts.iter().for_each(|doubt| self.doubt(doubt));
        self.asked |= result.asked;
        self.exit = result.exit.or(self.exit);
        self.changed_this.clone_from(&result.changed_this);
    }

    pub(crate) fn note(&mut self, place: Place, text: impl AsRef<str>) {
        if length(self.trace.as_ref()) < TRACE_LIMIT {
            self.trace = Some(Step::after(self.trace.take(), place, Text::from(text.as_ref())));
        }
    }

    pub(crate) fn doubt(&mut self, opaque: &Opaque) {
        if !self.doubts.contains(opaque) && self.doubts.len() < 8 {
            self.doubts.push(opaque.clone());
        }
    }

    /// Whether both allow the same future.
    pub(crate) fn same_future(&self, other: &Self) -> bool {
        self.asked == other.asked
            && self.doubts == other.doubts
            && self.modules == other.modules
            && self.frames.len() == other.frames.len()
            && self
                .frames
                .iter()
                .zip(&other.frames)
                .all(|((a, left), (b, right))| a == b && (Arc::ptr_eq(left, right) || left == right))
    }

    /// Makes this state stand for both.
    pub(crate) fn join(&mut self, other: &Self) {
        for (id, frame) in &other.frames {
            match self.frames.binary_search_by_key(id, |(key, _)| *key) {
                Ok(at) => {
                    if let Some((_, mine)) = self.frames.get_mut(at)
                        && !Arc::ptr_eq(mine, frame)
                    {
                        Arc::make_mut(mine).join(frame);
                    }
                }
                Err(at) => self.frames.insert(at, (*id, Arc::clone(frame))),
            }
        }
        for (variable, value) in &other.modules {
            match self.modules.iter_mut().find(|(key, _)| key == variable) {
                Some((_, mine)) => {
                    if mine != value {
                        *mine = std::mem::replace(mine, Value::Undefined).or(value.clone());
                    }
                }
                None => self.modules.push((*variable, value.clone())),
            }
        }
        // A doubt that only one of them has is no reason to doubt what both reach.
        self.doubts.retain(|doubt| other.doubts.contains(doubt));
        self.asked &= other.asked;
    }
}

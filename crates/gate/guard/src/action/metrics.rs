//! What was decided, counted and recently: for whoever operates this. Names come from policies and builds, never from
//! callers, so that nobody can fill the memory with them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use portcullis_funnel::{Denial, Stage, Timestamp, Trail};

/// Decisions that are kept.
const RECENT: usize = 256;
/// Upper ends of the classes of latency, in milliseconds.
const CLASSES: [u64; 10] = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 5_000];

/// What became of calls, by what decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CounterKey {
    /// `allowed`, `observed`, `denied`, `unavailable`, `lost` (a record that could not be written), `output`, `arity`.
    pub decision: &'static str,
    /// The gate.
    pub gate: &'static str,
    /// The code; empty for calls that nothing refused.
    pub code: &'static str,
    /// The endpoint, if it was known.
    pub action: String,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// What, by which gate, why, about which endpoint.
    pub key: CounterKey,
    /// The id that the caller has.
    pub request_id: String,
    /// How long it took.
    pub took: Duration,
}

/// How calls ended that went to the application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// With a whole answer.
    pub answered: u64,
    /// With an answer that broke off, or that nobody waited for.
    pub cut: u64,
    /// Without an answer.
    pub unanswered: u64,
    /// Before the application got them.
    pub not_sent: u64,
}

/// Everything at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Counters, sorted.
    pub decisions: Vec<(CounterKey, u64)>,
    /// Calls by how long judging them took: the upper end of each class in milliseconds, and how many were at most so
    /// long. All calls are in the last one, which has no end.
    pub latency: Vec<(Option<u64>, u64)>,
    /// The sum of these times.
    pub latency_sum: Duration,
    /// How calls ended that went on.
    pub outcomes: Outcomes,
    /// The latest decisions, the newest first.
    pub recent: Vec<Decision>,
}

#[derive(Debug, Default)]
struct State {
    decisions: BTreeMap<CounterKey, u64>,
    classes: [u64; CLASSES.len() + 1],
    latency_sum: Duration,
    outcomes: Outcomes,
    recent: VecDeque<Decision>,
}

/// Counts. It outlives reloads.
#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<State>);

impl Recorder {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts something beside decisions.
    pub(crate) fn note(&self, decision: &'static str, gate: &'static str, code: &'static str, action: &str) {
        let action = action.to_owned();
        let key = CounterKey {
            decision,
            gate,
            code,
            action,
        };
        let mut state = self.state();
        let count = state.decisions.entry(key).or_default();
        *count = count.saturating_add(1);
    }

    /// Counts what a trail came to, and writes the event.
    pub(crate) fn decided(&self, trail: &Trail, denial: Option<&Denial>, started: Timestamp, now: Timestamp) {
        let action = trail.action().unwrap_or_default();
        let request_id = trail.request_id();
        let took = now.since(started);
        let (decision, gate, code) = match denial {
            Some(denial @ (Denial::Unavailable(_) | Denial::Deadline)) => ("unavailable", trail.stage(), denial.code()),
            Some(denial) => ("denied", trail.stage(), denial.code()),
            None => match trail.observed().first() {
                Some((stage, denial)) => ("observed", *stage, denial.code()),
                None => ("allowed", Stage::Handler, ""),
            },
        };
        let gate = gate.name();
        if decision == "allowed" {
            tracing::debug!(gate, action, request_id, "allowed");
        } else {
            let backend = match denial {
                Some(Denial::Unavailable(unavailable)) => unavailable.backend,
                _ => "",
            };
            tracing::info!(
                decision,
                gate,
                denial = code,
                action,
                request_id,
                backend,
                "a call was not plainly allowed"
            );
        }
        let key = CounterKey {
            decision,
            gate,
            code,
            action: action.to_owned(),
        };
        for (stage, denial) in trail.observed().iter().skip(1) {
            self.note("observed", stage.name(), denial.code(), action);
        }
        let mut state = self.state();
        let count = state.decisions.entry(key.clone()).or_default();
        *count = count.saturating_add(1);
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let class = CLASSES.iter().position(|end| millis <= *end).unwrap_or(CLASSES.len());
        if let Some(count) = state.classes.get_mut(class) {
            *count = count.saturating_add(1);
        }
        state.latency_sum = state.latency_sum.saturating_add(took);
        if state.recent.len() >= RECENT {
            state.recent.pop_back();
        }
        let request_id = request_id.to_owned();
        state.recent.push_front(Decision {
            at: now,
            key,
            request_id,
            took,
        });
    }

    /// Counts how a call ended that went on.
    pub(crate) fn ended(&self, outcome: super::Outcome) {
        let mut state = self.state();
        let outcomes = &mut state.outcomes;
        let count = match outcome {
            super::Outcome::Answered => &mut outcomes.answered,
            super::Outcome::Cut => &mut outcomes.cut,
            super::Outcome::NoAnswer => &mut outcomes.unanswered,
            super::Outcome::NotSent => &mut outcomes.not_sent,
        };
        *count = count.saturating_add(1);
    }

    /// Everything as it is now.
    pub(crate) fn metrics(&self) -> Metrics {
        let state = self.state();
        let mut so_far: u64 = 0;
        let ends = CLASSES.iter().copied().map(Some).chain([None]);
        let latency = ends.zip(state.classes).map(|(end, count)| {
            so_far = so_far.saturating_add(count);
            (end, so_far)
        });
        Metrics {
            decisions: state
                .decisions
                .iter()
                .map(|(key, count)| (key.clone(), *count))
                .collect(),
            latency: latency.collect(),
            latency_sum: state.latency_sum,
            outcomes: state.outcomes,
            recent: state.recent.iter().cloned().collect(),
        }
    }
}

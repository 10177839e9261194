//! What guard counts, in the text format of Prometheus, and the latest refusals for the page of operators.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use portcullis_funnel::{Clock as _, Timestamp};
use portcullis_store::SystemClock;
use tokio::time::Instant;

use crate::edge::Refusal;

/// Upper ends of the histogram's buckets, in microseconds, and as Prometheus writes them.
const BUCKETS: &[(u64, &str)] = &[
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (5_000_000, "5"),
    (10_000_000, "10"),
];

/// Events that are remembered for the page.
const MOST_EVENTS: usize = 200;
/// Letters of a path that are remembered.
const MOST_LETTERS: usize = 200;

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    refused: BTreeMap<Refusal, Pair>,
    statuses: [AtomicU64; 6],
    buckets: Vec<AtomicU64>,
    latency_sum: AtomicU64,
    requests: AtomicU64,
    in_progress: AtomicUsize,
    turned_away: AtomicU64,
    reloads: AtomicU64,
    failed_reloads: AtomicU64,
    events: Mutex<VecDeque<Event>>,
}

#[derive(Debug, Default)]
struct Pair {
    enforced: AtomicU64,
    observed: AtomicU64,
}

/// Something that was refused, or would have been.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) at: Timestamp,
    pub(crate) code: String,
    pub(crate) what: String,
    pub(crate) is_observed: bool,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            refused: Refusal::ALL.iter().map(|refusal| (*refusal, Pair::default())).collect(),
            statuses: Default::default(),
            buckets: BUCKETS.iter().map(|_| AtomicU64::new(0)).collect(),
            latency_sum: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            in_progress: AtomicUsize::new(0),
            turned_away: AtomicU64::new(0),
            reloads: AtomicU64::new(0),
            failed_reloads: AtomicU64::new(0),
            events: Mutex::default(),
        }
    }

    /// A request begins; it ends when the observation is dropped.
    pub(crate) fn observe(self: &Arc<Self>, started: Instant) -> Observation {
        self.in_progress.fetch_add(1, Ordering::Relaxed);
        Observation {
            metrics: Arc::clone(self),
            started,
            status: None,
        }
    }

    /// A request was refused at the edge.
    pub(crate) fn refused(&self, refusal: Refusal, path: &str) {
        if let Some(pair) = self.refused.get(&refusal) {
            pair.enforced.fetch_add(1, Ordering::Relaxed);
        }
        self.event(refusal.code(), path, false);
    }

    /// A request would have been refused at the edge.
    pub(crate) fn observed(&self, refusal: Refusal, path: &str) {
        if let Some(pair) = self.refused.get(&refusal) {
            pair.observed.fetch_add(1, Ordering::Relaxed);
        }
        self.event(refusal.code(), path, true);
    }

    fn event(&self, code: &str, what: &str, is_observed: bool) {
        let event = Event {
            at: SystemClock.now(),
            code: code.to_owned(),
            what: what.chars().take(MOST_LETTERS).collect(),
            is_observed,
        };
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() >= MOST_EVENTS {
            events.pop_front();
        }
        events.push_back(event);
    }

    /// The latest events, newest first.
    pub(crate) fn events(&self) -> Vec<Event> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().rev().cloned().collect()
    }

    /// A connection found no place.
    pub(crate) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    /// The policy was read again.
    pub(crate) fn reloaded(&self, is_in_force: bool) {
        let counter = if is_in_force {
            &self.reloads
        } else {
            &self.failed_reloads
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// How often each code refused, enforced and observed; only those that did.
    pub(crate) fn refusals(&self) -> Vec<(&'static str, u64, u64)> {
        let counts = self.refused.iter().map(|(refusal, pair)| {
            let enforced = pair.enforced.load(Ordering::Relaxed);
            (refusal.code(), enforced, pair.observed.load(Ordering::Relaxed))
        });
        counts
            .filter(|(_, enforced, observed)| enforced + observed > 0)
            .collect()
    }

    /// Requests that have been answered.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The text for Prometheus, with what was decided about actions.
    pub(crate) fn text(&self, connections: usize, actions: &crate::action::Metrics) -> String {
        let mut text = String::new();
        family(
            &mut text,
            "portcullis_requests_total",
            "counter",
            "Answered requests by class of status.",
        );
        for (class, count) in self.statuses.iter().enumerate() {
            let name = if class == 0 {
                "cut".to_owned()
            } else {
                format!("{class}xx")
            };
            sample(
                &mut text,
                "portcullis_requests_total",
                &[("status", &name)],
                count.load(Ordering::Relaxed),
            );
        }
        let name = "portcullis_decisions_total";
        family(&mut text, name, "counter", "Decisions by gate, code and action.");
        for (code, enforced, observed) in self.refusals() {
            for (decision, count) in [("denied", enforced), ("observed", observed)] {
                let labels = [("decision", decision), ("gate", "edge"), ("code", code), ("action", "")];
                sample(&mut text, name, &labels, count);
            }
        }
        for (key, count) in &actions.decisions {
            let labels = [
                ("decision", key.decision),
                ("gate", key.gate),
                ("code", key.code),
                ("action", key.action.as_str()),
            ];
            sample(&mut text, name, &labels, *count);
        }
        self.latency(&mut text);
        judging(&mut text, actions);
        for (name, kind, about, value) in [
            (
                "portcullis_connections",
                "gauge",
                "Open connections.",
                connections as u64,
            ),
            (
                "portcullis_requests_in_progress",
                "gauge",
                "Requests whose answer is not complete.",
                self.in_progress.load(Ordering::Relaxed) as u64,
            ),
            (
                "portcullis_connections_turned_away_total",
                "counter",
                "Connections over the limit.",
                self.turned_away.load(Ordering::Relaxed),
            ),
            (
                "portcullis_reloads_total",
                "counter",
                "Policies that were put in force.",
                self.reloads.load(Ordering::Relaxed),
            ),
            (
                "portcullis_failed_reloads_total",
                "counter",
                "Policies that were not, because of a mistake in them.",
                self.failed_reloads.load(Ordering::Relaxed),
            ),
        ] {
            family(&mut text, name, kind, about);
            sample(&mut text, name, &[], value);
        }
        text
    }

    fn latency(&self, text: &mut String) {
        let name = "portcullis_request_seconds";
        family(
            text,
            name,
            "histogram",
            "Time from the head of a request to the end of its answer.",
        );
        let mut sum = 0;
        for ((_, end), count) in BUCKETS.iter().zip(&self.buckets) {
            sum += count.load(Ordering::Relaxed);
            sample(text, "portcullis_request_seconds_bucket", &[("le", end)], sum);
        }
        let requests = self.requests();
        sample(text, "portcullis_request_seconds_bucket", &[("le", "+Inf")], requests);
        let micros = self.latency_sum.load(Ordering::Relaxed);
        writeln!(
            text,
            "portcullis_request_seconds_sum {}.{:06}",
            micros / 1_000_000,
            micros % 1_000_000
        )
        .unwrap_or_default();
        sample(text, "portcullis_request_seconds_count", &[], requests);
    }
}

/// How long judging calls of actions took, and how those ended that went on.
fn judging(text: &mut String, actions: &crate::action::Metrics) {
    family(
        text,
        "portcullis_judging_seconds",
        "histogram",
        "Time that the gates took for a call of an action.",
    );
    let mut calls = 0;
    for (end, count) in &actions.latency {
        let end = end.map_or("+Inf".to_owned(), |millis| {
            format!("{}.{:03}", millis / 1000, millis % 1000)
        });
        sample(text, "portcullis_judging_seconds_bucket", &[("le", &end)], *count);
        calls = *count;
    }
    let sum = actions.latency_sum;
    writeln!(
        text,
        "portcullis_judging_seconds_sum {}.{:06}",
        sum.as_secs(),
        sum.subsec_micros()
    )
    .unwrap_or_default();
    sample(text, "portcullis_judging_seconds_count", &[], calls);
    let name = "portcullis_calls_total";
    family(
        text,
        name,
        "counter",
        "Calls of actions that went to the application, by how they ended.",
    );
    let outcomes = actions.outcomes;
    for (ended, count) in [
        ("answered", outcomes.answered),
        ("cut", outcomes.cut),
        ("unanswered", outcomes.unanswered),
        ("not-sent", outcomes.not_sent),
    ] {
        sample(text, name, &[("ended", ended)], count);
    }
}

/// The head of a family of samples.
pub(crate) fn family(text: &mut String, name: &str, kind: &str, about: &str) {
    writeln!(text, "# HELP {name} {about}\n# TYPE {name} {kind}").unwrap_or_default();
}

/// One sample. Values of labels are escaped.
pub(crate) fn sample(text: &mut String, name: &str, labels: &[(&str, &str)], value: u64) {
    let labels: Vec<String> = labels
        .iter()
        .map(|(name, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{name}=\"{value}\"")
        })
        .collect();
    let labels = if labels.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", labels.join(","))
    };
    writeln!(text, "{name}{labels} {value}").unwrap_or_default();
}

/// One request that is being answered.
#[derive(Debug)]
pub(crate) struct Observation {
    metrics: Arc<Metrics>,
    started: Instant,
    status: Option<StatusCode>,
}

impl Observation {
    /// The answer begins with this status.
    pub(crate) const fn status(&mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        let metrics = &self.metrics;
        metrics.in_progress.fetch_sub(1, Ordering::Relaxed);
        metrics.requests.fetch_add(1, Ordering::Relaxed);
        // Without a status the client went before there was one.
        let class = self.status.map_or(0, |status| usize::from(status.as_u16() / 100));
        if let Some(count) = metrics.statuses.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        metrics.latency_sum.fetch_add(micros, Ordering::Relaxed);
        let bucket = BUCKETS.iter().position(|(end, _)| micros <= *end);
        if let Some(count) = bucket.and_then(|bucket| metrics.buckets.get(bucket)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::StatusCode;
    use tokio::time::Instant;

    use super::{Metrics, sample};
    use crate::edge::Refusal;

    #[test]
    fn what_happened_is_counted_where_it_belongs() {
        let metrics = Arc::new(Metrics::new());
        let mut answered = metrics.observe(Instant::now());
        answered.status(StatusCode::NOT_FOUND);
        drop(answered);
        drop(metrics.observe(Instant::now()));
        metrics.refused(Refusal::Rate, "/a");
        metrics.observed(Refusal::Rate, "/b");
        let text = metrics.text(7, &crate::action::Metrics::default());
        for line in [
            "portcullis_requests_total{status=\"4xx\"} 1",
            "portcullis_requests_total{status=\"cut\"} 1",
            "portcullis_decisions_total{decision=\"denied\",gate=\"edge\",code=\"edge.rate\",action=\"\"} 1",
            "portcullis_decisions_total{decision=\"observed\",gate=\"edge\",code=\"edge.rate\",action=\"\"} 1",
            "portcullis_request_seconds_count 2",
            "portcullis_connections 7",
            "portcullis_requests_in_progress 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
        let events: Vec<_> = metrics
            .events()
            .into_iter()
            .map(|event| (event.what, event.is_observed))
            .collect();
        assert_eq!(events, [("/b".to_owned(), true), ("/a".to_owned(), false)]);
    }

    #[test]
    fn events_do_not_pile_up() {
        let metrics = Metrics::new();
        for _ in 0..1000 {
            metrics.refused(Refusal::Rate, &"x".repeat(100_000));
        }
        let events = metrics.events();
        assert_eq!((events.len(), events[0].what.len()), (200, 200));
    }

    #[test]
    fn labels_are_escaped() {
        let mut text = String::new();
        sample(&mut text, "a", &[("b", "c\"d\\e\nf")], 1);
        assert_eq!(text, "a{b=\"c\\\"d\\\\e\\nf\"} 1\n");
    }
}

//! Every rate-limit sequence is decided as it expects, by every store. `PORTCULLIS_VECTORS` names another folder with
//! the same layout.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use portcullis_funnel::{Counting, Limit, RateStore};
use portcullis_store::EphemeralBlock;
use serde_json::Value;

use crate::stores::{Opened, TestClock};

fn sequences(file: &str) -> Vec<Value> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
    let root = std::env::var("PORTCULLIS_VECTORS").unwrap_or_else(|_| own.to_owned());
    let path = format!("{root}/{file}");
    let Ok(text) = fs::read_to_string(&path) else {
        assert!(std::env::var_os("PORTCULLIS_VECTORS").is_some(), "no {path}");
        println!("no {path}");
        return Vec::new();
    };
    let document: Value = serde_json::from_str(&text).unwrap();
    document["sequences"].as_array().unwrap().clone()
}

fn limit(sequence: &Value) -> Limit {
    let tokens = u32::try_from(sequence["tokens"].as_u64().unwrap()).unwrap();
    let counting = match sequence["kind"].as_str() {
        None => Counting::Exact,
        Some("slidingWindow") => Counting::Upstash,
        Some("fixedWindow") => Counting::UpstashFixed,
        Some("tokenBucket") => Counting::UpstashBucket {
            refill: u32::try_from(sequence["refill"].as_u64().unwrap()).unwrap(),
        },
        Some(other) => panic!("no counting for {other}"),
    };
    Limit::counted(tokens, window(sequence["window"].as_str().unwrap()), counting).unwrap()
}

fn window(text: &str) -> Duration {
    let (count, unit) = text.split_once(' ').unwrap();
    let count: u64 = count.parse().unwrap();
    match unit {
        "ms" => Duration::from_millis(count),
        "s" => Duration::from_secs(count),
        "m" => Duration::from_mins(count),
        "h" => Duration::from_hours(count),
        "d" => Duration::from_hours(24 * count),
        other => panic!("no unit {other}"),
    }
}

/// Runs one sequence on a store of its own namespace.
async fn run(sequence: &Value, opened: &Opened, failures: &mut Vec<String>) -> usize {
    let clock: &Arc<TestClock> = &opened.clock;
    let limit = limit(sequence);
    let mut store: Arc<dyn RateStore> = Arc::clone(&opened.store) as Arc<dyn RateStore>;
    if sequence["ephemeral_cache"] == true {
        store = Arc::new(EphemeralBlock::new(
            store,
            Arc::clone(clock) as Arc<dyn portcullis_funnel::Clock>,
            100,
        ));
    }
    let start = sequence["start_ms"].as_i64().unwrap();
    let steps = sequence["steps"].as_array().unwrap();
    for (number, step) in steps.iter().enumerate() {
        clock.set(start + step["dt_ms"].as_i64().unwrap());
        let cost = u32::try_from(step["rate"].as_u64().unwrap_or(1)).unwrap();
        let key = format!("{} {}", sequence["name"], step["key"].as_str().unwrap());
        let decision = store.take(&key, &limit, cost).await.unwrap();
        let retry = step["retry_after_ms"].as_u64().map(Duration::from_millis);
        let reset = step["reset_ms"].as_i64();
        let is_right = step["success"] == decision.admitted
            && step["remaining"] == decision.remaining
            && retry.is_none_or(|retry| retry == decision.retry_after)
            && reset.is_none_or(|reset| reset == decision.reset_at.millis());
        if !is_right {
            failures.push(format!(
                "{} step {number}: {decision:?}, expected {step}",
                sequence["name"]
            ));
        }
    }
    steps.len()
}

async fn check(file: &str, store: &str, opened: Option<Opened>) {
    let Some(opened) = opened else {
        return;
    };
    let mut failures = Vec::new();
    let mut decisions = 0;
    let sequences = sequences(file);
    for sequence in &sequences {
        decisions += run(sequence, &opened, &mut failures).await;
    }
    println!(
        "{file} on {store}: {} sequences, {} of {decisions} decisions as expected",
        sequences.len(),
        decisions - failures.len()
    );
    assert!(failures.is_empty(), "{file} on {store}\n{}", failures.join("\n"));
}

macro_rules! stores {
    ($($name:ident),* $(,)?) => { $(
        mod $name {
            #[tokio::test]
            async fn exact() {
                super::check("ratelimit-exact-log.json", stringify!($name), crate::stores::$name().await).await;
            }

            #[tokio::test]
            async fn upstash() {
                super::check("ratelimit-upstash.json", stringify!($name), crate::stores::$name().await).await;
            }
        }
    )* };
}

stores!(memory, embedded, shared);

//! Random calls at random times: no window holds more than its limit, and every store decides alike.

use std::time::Duration;

use portcullis_funnel::{Counting, Limit};
use proptest::collection::vec;
use proptest::prelude::{Strategy, proptest};
use proptest::test_runner::{Config, TestRunner};

use crate::stores::{Opened, START, memory};

/// Milliseconds that pass, and the cost of the call.
fn calls() -> impl Strategy<Value = Vec<(i64, u32)>> {
    let pause = proptest::prop_oneof![0..3_i64, 0..400_i64, 900..1_100_i64, 0..5_000_i64];
    vec((pause, 1..3_u32), 1..80)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// The times at which calls were admitted, once for each token.
async fn admitted(opened: &Opened, key: &str, limit: &Limit, calls: &[(i64, u32)]) -> Vec<i64> {
    let mut now = START;
    let mut times = Vec::new();
    for (pause, cost) in calls {
        now += pause;
        opened.clock.set(now);
        if opened.store.take(key, limit, *cost).await.unwrap().admitted {
            times.extend(std::iter::repeat_n(now, *cost as usize));
        }
    }
    times
}

/// What the exact window admits, worked out from all admissions instead of the last few.
fn expected(limit: &Limit, calls: &[(i64, u32)]) -> Vec<i64> {
    let mut now = START;
    let mut times: Vec<i64> = Vec::new();
    for (pause, cost) in calls {
        now += pause;
        let used = times.iter().filter(|time| now - **time < limit.window_millis()).count();
        if used + *cost as usize <= limit.tokens() as usize {
            times.extend(std::iter::repeat_n(now, *cost as usize));
        }
    }
    times
}

proptest! {
    #[test]
    fn the_exact_window_is_exact(tokens in 2..8_u32, calls in calls()) {
        let limit = Limit::new(tokens, Duration::from_secs(1)).unwrap();
        let times = runtime().block_on(async { admitted(&memory().await.unwrap(), "k", &limit, &calls).await });
        assert_eq!(times, expected(&limit, &calls));
        for start in &times {
            let held = times.iter().filter(|time| (*start..start + 1_000).contains(*time)).count();
            assert!(held <= tokens as usize);
        }
    }

    #[test]
    fn spaced_cells_admit_at_most_twice_the_limit(tokens in 2..8_u32, calls in calls()) {
        let limit = Limit::counted(tokens, Duration::from_secs(1), Counting::Gcra).unwrap();
        let times = runtime().block_on(async { admitted(&memory().await.unwrap(), "k", &limit, &calls).await });
        for start in &times {
            let held = times.iter().filter(|time| (*start..start + 1_000).contains(*time)).count();
            assert!(held <= 2 * tokens as usize);
        }
    }
}

/// Compares a store with the one in memory on the same calls.
fn check_alike(other: Opened, countings: &[Counting], runtime: &tokio::runtime::Runtime) {
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    });
    let round = std::cell::Cell::new(0);
    runner
        .run(&calls(), |calls| {
            round.set(round.get() + 1);
            for counting in countings {
                let limit = Limit::counted(4, Duration::from_secs(1), *counting).unwrap();
                let key = format!("round {} {counting:?}", round.get());
                let (left, right) = runtime.block_on(async {
                    let memory = memory().await.unwrap();
                    (
                        admitted(&memory, &key, &limit, &calls).await,
                        admitted(&other, &key, &limit, &calls).await,
                    )
                });
                assert_eq!(left, right, "{counting:?}");
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_file_decides_as_the_memory_does() {
    let runtime = runtime();
    let opened = runtime.block_on(crate::stores::embedded()).unwrap();
    let countings = [
        Counting::Exact,
        Counting::Upstash,
        Counting::UpstashFixed,
        Counting::UpstashBucket { refill: 2 },
        Counting::Gcra,
    ];
    check_alike(opened, &countings, &runtime);
}

#[test]
fn redis_decides_as_the_memory_does() {
    let runtime = runtime();
    if let Some(opened) = runtime.block_on(crate::stores::shared()) {
        // Not the bucket: how its intervals lie depends on when Redis forgets it, by a clock that no test sets.
        let countings = [
            Counting::Exact,
            Counting::Upstash,
            Counting::UpstashFixed,
            Counting::Gcra,
        ];
        check_alike(opened, &countings, &runtime);
    }
}

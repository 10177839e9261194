//! One record for each decision, whatever happens to the call; and none of it says what it must not.

use portcullis_funnel::Denial;
use portcullis_guard::action::Verdict;

use crate::world::{BUILD_KEY, LIST, PAY, POLICY, Request, UPDATE, World};

#[tokio::test]
async fn every_decision_leaves_a_record_and_a_count() {
    let world = World::new().await;
    world.forward(Request::fetch(LIST, "[]")).await;
    world.refusal(Request::fetch(UPDATE, "[]")).await;
    world.refusal(Request::fetch("x", "[]")).await;
    let headers = Request::fetch(LIST, "").headers;
    let large = world.actions.refuse(&headers, &Denial::TooLarge, "r9");
    assert_eq!(large.status(), 413);
    let decisions: Vec<_> = world.audit().iter().map(|record| record["decision"].clone()).collect();
    assert_eq!(decisions, ["allowed", "denied", "denied", "denied"]);
    let metrics = world.actions.metrics();
    assert_eq!(metrics.decisions.iter().map(|(_, count)| count).sum::<u64>(), 4);
    assert_eq!(metrics.recent.len(), 4);
    assert_eq!(metrics.recent[0].key.code, "edge.too-large");
    assert_eq!(metrics.latency.last().unwrap().1, 4);
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_leaves_a_record() {
    // A database that takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://app@{}/app", silent.local_addr().unwrap());
    let world = World::with(&POLICY.replace("sqlite:app.db", &url)).await;
    let cookie = world.cookie("ada", &["editor"]);
    let request = Request::fetch(UPDATE, r#"[{"id":7,"amount":1}]"#).header("cookie", &cookie);
    let mut judging = Box::pin(world.judge(request));
    let waker = std::task::Waker::noop();
    let mut context = std::task::Context::from_waker(waker);
    let polled = judging.as_mut().poll(&mut context);
    assert!(polled.is_pending(), "{polled:?}");
    drop(judging);
    assert_eq!(world.last().0, "aborted");
    assert_eq!(world.last().1, "ownership");
}

/// A clock that panics once, when it is told to.
struct Broken(std::sync::atomic::AtomicUsize);

impl portcullis_funnel::Clock for Broken {
    fn now(&self) -> portcullis_funnel::Timestamp {
        use std::sync::atomic::Ordering;
        let left = self.0.fetch_sub(1, Ordering::SeqCst);
        assert!(left != 1, "the clock breaks");
        portcullis_funnel::Timestamp::from_millis(1_800_000_000_000)
    }
}

/// Wherever in the gates the handling of a call panics, the call has a record, and so has the next one.
#[tokio::test]
async fn a_call_whose_handling_panics_leaves_a_record() {
    let mut broken = 0;
    for reading in 3..20 {
        let world = World::new().await;
        let policy = POLICY.replace("audit.jsonl", "broken.jsonl");
        let config = portcullis_policy::parse(&policy).unwrap();
        let clock = std::sync::Arc::new(Broken(std::sync::atomic::AtomicUsize::new(usize::MAX)));
        let actions = portcullis_guard::action::Actions::load_with_clock(
            &config,
            world.folder.path(),
            &crate::world::secrets,
            std::sync::Arc::clone(&clock) as std::sync::Arc<dyn portcullis_funnel::Clock>,
        )
        .await
        .unwrap();
        let actions = std::sync::Arc::new(actions);
        let judge = async |peer| {
            let (actions, request) = (std::sync::Arc::clone(&actions), Request::fetch(PAY, "[1]").from(peer));
            tokio::spawn(async move { actions.judge(request.received(), "r1").await }).await
        };
        clock.0.store(reading, std::sync::atomic::Ordering::SeqCst);
        let first = judge("192.0.2.1").await;
        clock.0.store(usize::MAX, std::sync::atomic::Ordering::SeqCst);
        let second = judge("192.0.2.2").await;
        assert!(matches!(second, Ok(Verdict::Forward(_))), "{second:?}");
        drop((first.is_err(), second));
        let path = world.folder.path().join("broken.jsonl");
        let text = std::io::read_to_string(std::fs::File::open(path).unwrap()).unwrap();
        portcullis_funnel::verify(text.lines(), None).unwrap();
        let decisions: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(decisions.len(), 2, "{text}");
        assert_eq!(decisions[1]["decision"], "allowed");
        if first.is_err() {
            broken += 1;
            assert_eq!(decisions[0]["decision"], "aborted", "{text}");
        }
    }
    assert!(broken >= 3, "{broken} calls panicked");
}

#[tokio::test]
async fn a_forwarded_call_that_is_dropped_is_counted() {
    let world = World::new().await;
    drop(world.forward(Request::fetch(LIST, "[]")).await);
    assert_eq!(world.actions.metrics().outcomes.cut, 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_log_that_cannot_be_written_stops_calls_unless_the_policy_says_else() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let full = POLICY.replace("audit.jsonl", "/dev/full");
    let world = World::with(&full).await;
    assert_eq!(
        world.refusal(Request::fetch(LIST, "[]")).await,
        (503, "unavailable".to_owned())
    );
    let lost = |world: &World| {
        world
            .actions
            .metrics()
            .decisions
            .iter()
            .any(|(key, _)| key.decision == "lost")
    };
    assert!(lost(&world));
    let world = World::with(&full.replace("[audit]\n", "[audit]\nfull = \"allow\"\n")).await;
    assert!(matches!(
        world.judge(Request::fetch(LIST, "[]")).await,
        Verdict::Forward(_)
    ));
    assert!(lost(&world));
}

#[tokio::test]
async fn no_secret_is_printed() {
    let world = World::new().await;
    let cookie = world.cookie("ada", &["editor"]);
    let verdict = world
        .judge(Request::fetch(UPDATE, r#"[{"id":7,"amount":1}]"#).header("cookie", &cookie))
        .await;
    let printed = format!("{:?}{:?}{verdict:?}", world.actions, world.actions.metrics());
    let audit = format!("{:?}", world.audit());
    for secret in [BUILD_KEY, &cookie, "test-only-secret"] {
        assert!(!printed.contains(secret) && !audit.contains(secret), "{secret}");
    }
}

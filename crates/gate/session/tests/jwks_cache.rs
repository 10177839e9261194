//! When keys are fetched, and what happens while they cannot be.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::Future as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portcullis_funnel::{Answer, Clock, Timestamp, Unavailable};
use portcullis_session::{Background, FetchKeys, Fetched, JwksCache, KeyFormat, KeySet, KeyUrl, max_age};

const KEYS: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"KID","x":"5GbKjZ_5hsYk-GWx2yi9ZABS3b7jP92rhPp2kegnmAA"}]}"#;

/// Everything around the cache, shared with it.
#[derive(Default)]
struct World {
    now: AtomicI64,
    fetches: AtomicI64,
    /// The key id that is published; nothing when the server is down.
    published: Mutex<Option<String>>,
    max_age: Mutex<Option<Duration>>,
    tasks: Mutex<Vec<Answer<'static, ()>>>,
    /// Fetches wait while a test holds it.
    gate: tokio::sync::Mutex<()>,
}

struct Handle(Arc<World>);

impl Clock for Handle {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.now.load(Ordering::SeqCst))
    }
}

impl FetchKeys for Handle {
    fn fetch<'a>(&'a self, _url: &'a KeyUrl) -> Answer<'a, Result<Fetched, Unavailable>> {
        Box::pin(async {
            self.0.fetches.fetch_add(1, Ordering::SeqCst);
            let _open = self.0.gate.lock().await;
            let published = self.0.published.lock().unwrap().clone();
            let id = published.ok_or(Unavailable::new("keys", "down"))?;
            Ok(Fetched {
                body: KEYS.replace("KID", &id).into_bytes(),
                max_age: *self.0.max_age.lock().unwrap(),
            })
        })
    }
}

impl Background for Handle {
    fn start(&self, task: Answer<'static, ()>) {
        self.0.tasks.lock().unwrap().push(task);
    }
}

fn world() -> (Arc<World>, JwksCache) {
    let world = Arc::new(World::default());
    world.now.store(1_000_000, Ordering::SeqCst);
    *world.published.lock().unwrap() = Some("a".to_owned());
    let handle = || Handle(Arc::clone(&world));
    let cache = JwksCache::new(
        KeyUrl::parse("https://idp.example/jwks").unwrap(),
        KeyFormat::Jwks,
        KeySet::default(),
        Box::new(handle()),
        Box::new(handle()),
        Arc::new(handle()),
    );
    (world, cache)
}

impl World {
    fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    fn publish(&self, id: Option<&str>) {
        *self.published.lock().unwrap() = id.map(str::to_owned);
    }

    fn fetches(&self) -> i64 {
        self.fetches.load(Ordering::SeqCst)
    }

    async fn run_background(&self) -> usize {
        let tasks: Vec<_> = std::mem::take(&mut *self.tasks.lock().unwrap());
        let count = tasks.len();
        for task in tasks {
            task.await;
        }
        count
    }
}

#[tokio::test]
async fn keys_are_fetched_once_and_kept() {
    let (world, cache) = world();
    for _ in 0..3 {
        assert!(cache.keys().await.unwrap().knows("a"));
    }
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn ageing_keys_are_fetched_in_the_background_and_nobody_waits() {
    let (world, cache) = world();
    cache.keys().await.unwrap();
    world.pass(5 * 60 * 9 / 10);
    world.publish(Some("b"));
    for _ in 0..3 {
        assert!(cache.keys().await.unwrap().knows("a"));
    }
    assert_eq!(world.fetches(), 1);
    assert_eq!(world.run_background().await, 1);
    assert!(cache.keys().await.unwrap().knows("b"));
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn many_requests_make_one_fetch() {
    let (world, cache) = world();
    let closed = world.gate.lock().await;
    let mut waiting: Vec<_> = (0..50)
        .map(|_| {
            let cache = cache.clone();
            Box::pin(async move { cache.keys().await })
        })
        .collect();
    // Each one runs until it waits for the fetch.
    for request in &mut waiting {
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(request.as_mut().poll(context))).await;
        assert!(polled.is_pending());
    }
    drop(closed);
    for request in waiting {
        assert!(request.await.unwrap().knows("a"));
    }
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn waiting_for_a_failed_fetch_does_not_repeat_it() {
    let (world, cache) = world();
    world.publish(None);
    let asked: Vec<_> = (0..20).map(|_| cache.keys()).collect();
    for request in asked {
        assert!(request.await.is_err());
    }
    assert_eq!(world.fetches(), 1);
    world.pass(1);
    world.publish(Some("a"));
    assert!(cache.keys().await.is_ok());
}

#[tokio::test]
async fn an_unknown_key_id_fetches_at_most_once_in_half_a_minute() {
    let (world, cache) = world();
    cache.keys().await.unwrap();
    world.publish(Some("b"));
    for _ in 0..29 {
        world.pass(1);
        assert!(!cache.keys_after_unknown().await.unwrap().knows("b"));
    }
    assert_eq!(world.fetches(), 1);
    world.pass(1);
    assert!(cache.keys_after_unknown().await.unwrap().knows("b"));
    for _ in 0..100 {
        cache.keys_after_unknown().await.unwrap();
    }
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn old_keys_serve_a_day_of_failures_and_then_no_longer() {
    let (world, cache) = world();
    cache.keys().await.unwrap();
    world.publish(None);
    world.pass(5 * 60);
    assert!(cache.keys().await.unwrap().knows("a"));
    world.pass(24 * 60 * 60 - 1);
    assert!(cache.keys().await.unwrap().knows("a"));
    world.pass(1);
    assert_eq!(cache.keys().await.unwrap_err().backend, "keys");
    world.pass(30);
    world.publish(Some("c"));
    assert!(cache.keys().await.unwrap().knows("c"));
}

#[tokio::test]
async fn while_one_request_fetches_the_others_use_old_keys() {
    let (world, cache) = world();
    cache.keys().await.unwrap();
    world.pass(60 * 60);
    world.publish(Some("b"));
    let closed = world.gate.lock().await;
    let mut first = Box::pin(cache.keys());
    let polled = std::future::poll_fn(|context| std::task::Poll::Ready(first.as_mut().poll(context))).await;
    assert!(polled.is_pending());
    assert!(cache.keys().await.unwrap().knows("a"));
    drop(closed);
    assert!(first.await.unwrap().knows("b"));
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn a_published_life_is_taken_within_bounds() {
    for (published, life) in [(1, 5 * 60), (3_600, 3_600), (10_000_000, 24 * 60 * 60)] {
        let (world, cache) = world();
        *world.max_age.lock().unwrap() = Some(Duration::from_secs(published));
        cache.keys().await.unwrap();
        world.pass(life - 1);
        cache.keys().await.unwrap();
        assert_eq!(world.fetches(), 1, "{published}");
        world.pass(1);
        cache.keys().await.unwrap();
        assert_eq!(world.fetches(), 2, "{published}");
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_makes_keys_stale() {
    let (world, cache) = world();
    cache.keys().await.unwrap();
    world.pass(-60 * 60);
    world.publish(Some("b"));
    assert!(cache.keys().await.unwrap().knows("b"));
}

#[tokio::test]
async fn a_broken_key_set_leaves_the_old_one() {
    let (world, cache) = world();
    cache.keys().await.unwrap();
    world.publish(Some(r#"x","kid":"y"#));
    world.pass(60 * 60);
    assert!(cache.keys().await.unwrap().knows("a"));
}

#[test]
fn only_https_and_local_addresses_are_taken() {
    for good in [
        "https://idp/jwks",
        "http://127.0.0.1:54321/x",
        "http://localhost/x",
        "http://[::1]:1/x",
    ] {
        assert!(KeyUrl::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "http://idp/jwks",
        "http://127.0.0.1.evil.test/",
        "http://localhost.evil/",
        "https://u@h/",
        "file:///x",
    ] {
        assert!(KeyUrl::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_life_stands_in_cache_control() {
    assert_eq!(
        max_age("public, max-age=600, must-revalidate"),
        Some(Duration::from_mins(10))
    );
    assert_eq!(max_age("Max-Age = 5"), Some(Duration::from_secs(5)));
    for none in ["no-store", "max-age=x", "", "s-maxage=5"] {
        assert_eq!(max_age(none), None, "{none}");
    }
}

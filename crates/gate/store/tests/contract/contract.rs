//! One function for each promise of the store traits; every store is held to all of them.

use std::sync::Arc;
use std::time::Duration;

use portcullis_funnel::{Begun, Consumed, Counting, Identity, Limit, Revocation, Timestamp};

use crate::stores::{Opened, START};

const MINUTE: i64 = 60_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START + millis)
}

/// Runs `count` calls at once, and counts those of which `is_winner` says so.
async fn winners<T, F>(count: usize, call: impl Fn(usize) -> F, is_winner: impl Fn(T) -> bool) -> usize
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let calls: Vec<_> = (0..count).map(|number| tokio::spawn(call(number))).collect();
    let mut winners = 0;
    for call in calls {
        winners += usize::from(is_winner(call.await.unwrap()));
    }
    winners
}

/// A limit holds however many calls come at once, and each key and limit counts on its own.
pub(crate) async fn limits_hold_under_contention(opened: Opened) {
    let minute = Duration::from_mins(1);
    for counting in [
        Counting::Exact,
        Counting::Upstash,
        Counting::UpstashFixed,
        Counting::Gcra,
    ] {
        let limit = Limit::counted(5, minute, counting).unwrap();
        let store = &opened.store;
        // Counters that are shared with `@upstash/ratelimit` have its keys, so each mode needs a key of its own.
        let key = format!("{counting:?}");
        let call = |_| {
            let (store, key) = (Arc::clone(store), key.clone());
            async move { store.take(&key, &limit, 1).await.unwrap().admitted }
        };
        assert_eq!(winners(200, call, |admitted| admitted).await, 5, "{counting:?}");
        assert!(store.take(&format!("other {key}"), &limit, 1).await.unwrap().admitted);
    }
    let other = Limit::new(6, minute).unwrap();
    assert!(opened.store.take("Exact", &other, 1).await.unwrap().admitted);
}

/// A refusal takes nothing, says when to come back, and then is right.
pub(crate) async fn a_refusal_says_when_to_come_back(opened: Opened) {
    for counting in [Counting::Exact, Counting::Gcra] {
        let limit = Limit::counted(5, Duration::from_mins(1), counting).unwrap();
        opened.clock.set(START);
        let take = |cost| opened.store.take("k", &limit, cost);
        let first = take(3).await.unwrap();
        assert!(
            first.admitted && first.remaining == 2 && first.retry_after.is_zero(),
            "{first:?}"
        );
        let second = take(3).await.unwrap();
        assert!(!second.admitted && !second.retry_after.is_zero(), "{second:?}");
        assert!(take(2).await.unwrap().admitted);
        let third = take(1).await.unwrap();
        assert!(!third.admitted);
        let wait = i64::try_from(third.retry_after.as_millis()).unwrap();
        opened.clock.pass(wait - 1);
        assert!(!take(1).await.unwrap().admitted);
        opened.clock.pass(1);
        assert!(take(1).await.unwrap().admitted, "{counting:?}");
        assert!(
            !take(6).await.unwrap().admitted,
            "a cost over the limit is never admitted"
        );
    }
}

/// A clock that ran far ahead and is set back locks nobody out for longer than a window, and opens no second one.
pub(crate) async fn limits_survive_a_clock_that_jumps(opened: Opened) {
    for counting in [Counting::Exact, Counting::Gcra] {
        let limit = Limit::counted(2, Duration::from_mins(1), counting).unwrap();
        opened.clock.set(START + 1_000 * MINUTE);
        for _ in 0..2 {
            assert!(opened.store.take("k", &limit, 1).await.unwrap().admitted);
        }
        opened.clock.set(START);
        assert!(!opened.store.take("k", &limit, 1).await.unwrap().admitted);
        opened.clock.set(START + MINUTE + 1);
        assert!(
            opened.store.take("k", &limit, 1).await.unwrap().admitted,
            "{counting:?}"
        );
    }
}

/// Of 10,000 calls with one nonce exactly one is the first, and later ones are not.
pub(crate) async fn a_nonce_is_spent_once(opened: Opened) {
    let store = &opened.store;
    let call = |_| {
        let store = Arc::clone(store);
        async move { store.consume("nonce", at(MINUTE)).await.unwrap() }
    };
    assert_eq!(winners(10_000, call, |consumed| consumed == Consumed::First).await, 1);
    assert_eq!(store.consume("nonce", at(MINUTE)).await, Ok(Consumed::Again));
    assert_eq!(store.consume("Nonce", at(MINUTE)).await, Ok(Consumed::First));
}

/// A nonce that has ended is spent, also when a clock that was wrong made the store forget it.
pub(crate) async fn an_ended_nonce_is_spent(opened: Opened) {
    let store = &opened.store;
    assert_eq!(store.consume("late", at(0)).await, Ok(Consumed::Again));
    assert_eq!(store.consume("n", at(MINUTE)).await, Ok(Consumed::First));
    opened.clock.set(START + 100 * MINUTE);
    assert_eq!(store.consume("m", at(101 * MINUTE)).await, Ok(Consumed::First));
    opened.clock.set(START + 1);
    assert_eq!(store.consume("n", at(MINUTE)).await, Ok(Consumed::Again));
}

/// One call owns an idempotency key; others learn its state or its result.
pub(crate) async fn a_result_is_stored_once(opened: Opened) {
    let store = &opened.store;
    let call = |_| {
        let store = Arc::clone(store);
        async move { store.begin("k", "print", at(MINUTE)).await.unwrap() }
    };
    assert_eq!(winners(100, call, |begun| begun == Begun::New).await, 1);
    let begin = |key: &'static str, print: &'static str| store.begin(key, print, at(MINUTE));
    assert_eq!(begin("k", "print").await, Ok(Begun::InProgress));
    assert_eq!(begin("k", "other").await, Ok(Begun::Mismatch));
    // Only the owner's fingerprint can finish or abandon.
    store.finish("k", "other", b"forged", at(MINUTE)).await.unwrap();
    store.abandon("k", "other").await.unwrap();
    assert_eq!(begin("k", "print").await, Ok(Begun::InProgress));
    store.finish("k", "print", b"\0result", at(2 * MINUTE)).await.unwrap();
    assert_eq!(begin("k", "print").await, Ok(Begun::Done(b"\0result".to_vec())));
    assert_eq!(begin("k", "other").await, Ok(Begun::Mismatch));
    // What is done stays as it is.
    store.finish("k", "print", b"again", at(MINUTE)).await.unwrap();
    store.abandon("k", "print").await.unwrap();
    assert_eq!(begin("k", "print").await, Ok(Begun::Done(b"\0result".to_vec())));
    assert_eq!(begin("free", "print").await, Ok(Begun::New));
    store.abandon("free", "print").await.unwrap();
    assert_eq!(begin("free", "print").await, Ok(Begun::New));
    opened.clock.set(START + 2 * MINUTE + 1);
    assert_eq!(store.begin("k", "print", at(9 * MINUTE)).await, Ok(Begun::New));
}

fn identity(user: &str, session: &str, began: i64) -> Identity {
    Identity {
        provider: "own",
        user_id: user.to_owned(),
        revocation_key: session.to_owned(),
        authenticated_at: Some(at(began)),
        ..Identity::default()
    }
}

/// Sessions, users and everything can be revoked, up to a time.
pub(crate) async fn revocations_cover_what_they_say(opened: Opened) {
    let store = &opened.store;
    let ada = identity("ada", "s1", 0);
    let later = identity("ada", "s2", 10);
    let bob = identity("bob", "s3", 0);
    let state = async || {
        let mut revoked = Vec::new();
        for one in [&ada, &later, &bob] {
            revoked.push(store.is_revoked(one).await.unwrap());
        }
        revoked
    };
    assert_eq!(state().await, [false, false, false]);
    let session = Revocation::Session {
        provider: "own".to_owned(),
        key: "s3".to_owned(),
    };
    store.revoke(&session, at(MINUTE)).await.unwrap();
    assert_eq!(state().await, [false, false, true]);
    let user = |not_before| Revocation::User {
        provider: "own".to_owned(),
        user_id: "ada".to_owned(),
        not_before: at(not_before),
    };
    store.revoke(&user(5), at(MINUTE)).await.unwrap();
    assert_eq!(state().await, [true, false, true]);
    // An earlier bound does not take back a later one.
    store.revoke(&user(11), at(MINUTE)).await.unwrap();
    store.revoke(&user(1), at(0)).await.unwrap();
    assert_eq!(state().await, [true, true, true]);
    let others = identity("cleo", "s9", 3);
    assert_eq!(store.is_revoked(&others).await, Ok(false));
    let everything = Revocation::Everything { not_before: at(4) };
    store.revoke(&everything, at(MINUTE)).await.unwrap();
    assert_eq!(store.is_revoked(&others).await, Ok(true));
    // Entries stay a little longer than what they revoke, and then go.
    opened.clock.set(START + MINUTE + 1);
    assert_eq!(state().await, [true, true, true]);
    opened.clock.set(START + MINUTE + 60 * MINUTE + 1);
    assert_eq!(state().await, [false, false, false]);
}

/// Parts of keys do not run together.
pub(crate) async fn keys_do_not_run_together(opened: Opened) {
    let store = &opened.store;
    let revoked = Revocation::Session {
        provider: "own".to_owned(),
        key: "a:1".to_owned(),
    };
    store.revoke(&revoked, at(MINUTE)).await.unwrap();
    for other in ["a", "1", "a:1:", "A:1", "a:1\n", "a*"] {
        assert_eq!(store.is_revoked(&identity("u", other, 0)).await, Ok(false), "{other:?}");
    }
    for nonce in ["", "a b", "{a}", "a\r\nDEL x", "ü", "\0", "*"] {
        assert_eq!(store.consume(nonce, at(MINUTE)).await, Ok(Consumed::First), "{nonce:?}");
        assert_eq!(store.consume(nonce, at(MINUTE)).await, Ok(Consumed::Again), "{nonce:?}");
    }
}

/// A message is read once, by one reader.
pub(crate) async fn a_message_is_read_once(opened: Opened) {
    let store = &opened.store;
    store.put("id", b"\0\xffhello", at(MINUTE)).await.unwrap();
    let call = |_| {
        let store = Arc::clone(store);
        async move { store.take_flash("id").await.unwrap() }
    };
    assert_eq!(winners(100, call, |message| message.is_some()).await, 1);
    assert_eq!(store.take_flash("id").await, Ok(None));
    store.put("id", b"\0\xffhello", at(MINUTE)).await.unwrap();
    assert_eq!(store.take_flash("id").await, Ok(Some(b"\0\xffhello".to_vec())));
    store.put("old", b"x", at(MINUTE)).await.unwrap();
    opened.clock.set(START + MINUTE);
    assert_eq!(store.take_flash("old").await, Ok(None));
}

macro_rules! contract {
    (@one $name:ident: $($promise:ident),*) => {
        mod $name { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                if let Some(opened) = crate::stores::$name().await {
                    super::$promise(opened).await;
                }
            }
        )* }
    };
    ($($name:ident),*) => { $(
        contract!(@one $name: limits_hold_under_contention, a_refusal_says_when_to_come_back,
            limits_survive_a_clock_that_jumps, a_nonce_is_spent_once, an_ended_nonce_is_spent, a_result_is_stored_once,
            revocations_cover_what_they_say, keys_do_not_run_together, a_message_is_read_once);
    )* };
}

contract!(memory, embedded, shared);

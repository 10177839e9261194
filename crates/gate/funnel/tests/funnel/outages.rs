//! Each backend goes down in turn. The answer is 503: never an allow, and never "forbidden".

use std::sync::Arc;

use portcullis_funnel::{
    Answer, Begun, Consumed, FlashStore, IdempotencyStore, Identity, Limit, NonceStore, RateDecision, RateStore,
    Revocation, RevocationStore, Store, Timestamp, Unavailable,
};

use crate::world::{Backends, Request, request, world, world_with};

/// A store that never answers but for what it is told to.
struct Down {
    revocations_answer: bool,
    rates_answer: bool,
}

const DOWN: Unavailable = Unavailable::new("redis", "no connection");

fn down<'a, T: Send + 'a>() -> Answer<'a, Result<T, Unavailable>> {
    Box::pin(std::future::ready(Err(DOWN)))
}

impl RateStore for Down {
    fn take<'a>(&'a self, _: &'a str, limit: &'a Limit, _: u32) -> Answer<'a, Result<RateDecision, Unavailable>> {
        if !self.rates_answer {
            return down();
        }
        Box::pin(std::future::ready(Ok(RateDecision {
            admitted: true,
            remaining: limit.tokens(),
            retry_after: std::time::Duration::ZERO,
            reset_at: Timestamp::from_millis(0),
        })))
    }
}

impl NonceStore for Down {
    fn consume<'a>(&'a self, _: &'a str, _: Timestamp) -> Answer<'a, Result<Consumed, Unavailable>> {
        down()
    }
}

impl IdempotencyStore for Down {
    fn begin<'a>(&'a self, _: &'a str, _: &'a str, _: Timestamp) -> Answer<'a, Result<Begun, Unavailable>> {
        down()
    }

    fn finish<'a>(&'a self, _: &'a str, _: &'a str, _: &'a [u8], _: Timestamp) -> Answer<'a, Result<(), Unavailable>> {
        down()
    }

    fn abandon<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a, Result<(), Unavailable>> {
        down()
    }
}

impl RevocationStore for Down {
    fn revoke<'a>(&'a self, _: &'a Revocation, _: Timestamp) -> Answer<'a, Result<(), Unavailable>> {
        down()
    }

    fn is_revoked<'a>(&'a self, _: &'a Identity) -> Answer<'a, Result<bool, Unavailable>> {
        if self.revocations_answer {
            return Box::pin(std::future::ready(Ok(false)));
        }
        down()
    }
}

impl FlashStore for Down {
    fn put<'a>(&'a self, _: &'a str, _: &'a [u8], _: Timestamp) -> Answer<'a, Result<(), Unavailable>> {
        down()
    }

    fn take_flash<'a>(&'a self, _: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, Unavailable>> {
        down()
    }
}

/// The stage at which a call ends while a part of the store is down.
async fn ends_at(store: Down, call: Request, nonce_for: Option<&str>) -> String {
    let world = world_with(Some(Arc::new(store) as Arc<dyn Store>));
    let call = match nonce_for {
        Some(action) => call.with("x-portcullis-nonce", &world.nonce(action, Some("ada"))),
        None => call,
    };
    let denial = world.call(call).await.unwrap_err();
    assert_eq!((denial.code(), denial.status().as_u16()), ("store.unavailable", 503));
    let record = world.record();
    assert_eq!(record["decision"], "unavailable");
    record["stage"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn no_part_of_the_store_fails_open() {
    let store = |revocations_answer, rates_answer| Down {
        revocations_answer,
        rates_answer,
    };
    assert_eq!(ends_at(store(false, false), request("read"), None).await, "revocation");
    assert_eq!(ends_at(store(true, false), request("read"), None).await, "rate");
    assert_eq!(ends_at(store(true, false), request("comment"), None).await, "rate");
    assert_eq!(ends_at(store(true, true), request("pay"), Some("pay")).await, "replay");
    let order = request("order").with("idempotency-key", "k");
    assert_eq!(ends_at(store(true, true), order, None).await, "replay");
}

#[tokio::test]
async fn no_other_backend_fails_open() {
    type Break = fn(&mut Backends);
    let cases: [(&str, Break, &str); 4] = [
        ("read", |backends| backends.sessions_down = true, "session"),
        ("weekday", |backends| backends.rule_down = true, "permission"),
        ("own", |backends| backends.owners_down = true, "ownership"),
        ("signup", |backends| backends.captcha_down = true, "captcha"),
    ];
    for (action, break_it, stage) in cases {
        let world = world();
        break_it(&mut world.backends.lock().unwrap());
        let call = request(action).with("x-portcullis-captcha", "human");
        assert_eq!(world.code(call).await, "store.unavailable", "{action}");
        assert_eq!(world.record()["stage"], stage);
    }
    // Nor is a public action called while it cannot be known who calls.
    let world = world();
    world.backends.lock().unwrap().sessions_down = true;
    assert_eq!(world.code(request("ping")).await, "store.unavailable");
}

#[tokio::test]
async fn a_required_captcha_without_a_service_is_an_outage() {
    let mut world = world();
    world.funnel.captcha = None;
    let call = request("signup")
        .without("cookie")
        .with("x-portcullis-captcha", "human");
    assert_eq!(world.code(call).await, "store.unavailable");
}

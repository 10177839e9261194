//! A call takes effect once: the same call again, and the same key again.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use portcullis_guard::action::{Forward, Outcome, Verdict};

use crate::world::{PAY, POLICY, Request, World};

fn pay(body: &str) -> Request {
    Request::fetch(PAY, body)
}

/// The application answers.
async fn answer(forward: Forward, body: &'static str) -> String {
    let response = Response::builder()
        .header("content-type", "text/x-component")
        .header("set-cookie", "session=new")
        .header("x-action-revalidated", "1")
        .body(())
        .unwrap();
    let (mut head, ()) = response.into_parts();
    let mut ticket = forward.ticket;
    let mut filter = ticket.answer(&mut head);
    let mut output = filter.push(Bytes::from_static(body.as_bytes())).unwrap().to_vec();
    output.extend_from_slice(&filter.end());
    ticket.finish(Outcome::Answered).await;
    String::from_utf8(output).unwrap()
}

const ROWS: &str = "0:{\"a\":\"$@1\",\"b\":\"b\"}\n1:{\"paid\":true}\n";

async fn once(policy: &str) {
    let world = World::with(policy).await;
    answer(world.forward(pay("[5]")).await, ROWS).await;
    // However it is written, it is the same call.
    assert_eq!(world.refusal(pay("[ 5.0 ]")).await, (409, "replay.spent".to_owned()));
    world.forward(pay("[6]")).await;
    world.forward(pay("[5]").from("203.0.113.8")).await;
    world.pass(Duration::from_secs(61));
    answer(world.forward(pay("[5]")).await, ROWS).await;
}

#[tokio::test]
async fn the_same_call_is_refused_for_a_while() {
    once(POLICY).await;
}

#[tokio::test]
async fn the_same_with_a_store_in_a_file() {
    once(&POLICY.replace("memory:", "redb:state.redb")).await;
}

#[tokio::test]
async fn a_call_that_was_not_sent_may_come_again() {
    let world = World::new().await;
    world.forward(pay("[5]")).await.ticket.finish(Outcome::NotSent).await;
    let forward = world.forward(pay("[5]")).await;
    forward.ticket.finish(Outcome::NoAnswer).await;
    assert_eq!(world.refusal(pay("[5]")).await, (409, "replay.in-progress".to_owned()));
}

#[tokio::test]
async fn a_key_gets_the_first_answer_again() {
    let world = World::new().await;
    let keyed = |body: &str| pay(body).header("idempotency-key", "k-1");
    let first = answer(world.forward(keyed("[5]")).await, ROWS).await;
    let Verdict::Refuse(second) = world.judge(keyed("[5]")).await else {
        panic!("it ran twice")
    };
    assert_eq!(second.status(), 200);
    assert_eq!(second.body(), first.as_bytes());
    assert_eq!(second.headers()["x-action-revalidated"], "1");
    assert_eq!(second.headers()["idempotency-replayed"], "true");
    assert!(!second.headers().contains_key("set-cookie"));
    assert_eq!(world.refusal(keyed("[6]")).await, (422, "replay.reused-key".to_owned()));
    // Nobody else gets it, with the same key or not.
    world.forward(keyed("[5]").from("203.0.113.8")).await;
    assert_eq!(world.refusal(pay("[5]").header("idempotency-key", "a b")).await.0, 409);
    // While the first call runs, the second waits.
    let running = world.forward(pay("[7]").header("idempotency-key", "k-2")).await;
    let while_running = world.refusal(pay("[7]").header("idempotency-key", "k-2")).await;
    assert_eq!(while_running, (409, "replay.in-progress".to_owned()));
    drop(running);
}

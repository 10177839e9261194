//! One audit record a call, whatever happens to it, in one whole chain, without anything that is secret.

use portcullis_funnel::verify;

use crate::world::{World, request, world};

fn lines(world: &World) -> Vec<String> {
    world.lines.0.lock().unwrap().clone()
}

#[tokio::test]
async fn every_call_leaves_one_record_in_a_whole_chain() {
    let world = world();
    let calls = ["read", "none", "edit", "signup", "publish", "own"];
    for action in calls {
        let _outcome = world.call(request(action)).await;
    }
    let lines = lines(&world);
    assert_eq!(lines.len(), calls.len());
    let end = verify(lines.iter().map(String::as_str), None).unwrap();
    assert_eq!(end.seq, 6);
}

#[tokio::test]
async fn records_have_no_payload_and_no_secret() {
    let world = world();
    let nonce = world.nonce("pay", Some("ada"));
    let call = request("pay")
        .with("x-portcullis-nonce", &nonce)
        .body(r#"[{"id":"my-password"}]"#);
    let _outcome = world.call(call).await;
    let text = lines(&world).concat();
    for secret in ["my-password", "session of ada", &nonce] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(text.contains(r#""user":"ada""#) && text.contains("session_hash"));
}

#[tokio::test]
async fn hostile_text_of_a_caller_is_escaped() {
    let world = world();
    let _outcome = world.call(request("read").by("a\u{e9}\"b")).await;
    let line = lines(&world).concat();
    assert!(line.is_ascii());
    verify([line.as_str()], None).unwrap();
}

/// A handler that panics, or a caller who goes away, drops the trail.
#[tokio::test]
async fn a_call_that_is_dropped_leaves_its_record() {
    let world = world();
    let mut trail = world.trail();
    let _admission = world.admit_into(request("read"), &mut trail).await.unwrap();
    drop(trail);
    let record = world.record();
    assert_eq!(
        (&record["decision"], &record["action"]),
        (&"aborted".into(), &"read".into())
    );

    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _trail = world.trail();
        std::panic::resume_unwind(Box::new("handler"));
    }));
    assert!(panicked.is_err());
    assert_eq!(lines(&world).len(), 2);
    assert_eq!(world.record()["decision"], "aborted");
}

//! Random and hostile requests: nothing panics, and nobody gets in without what the policy asks.

use portcullis_funnel::Admission;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

use crate::world::{request, world};

fn header() -> impl Strategy<Value = (String, String)> {
    let names = prop_oneof![
        Just("content-type"),
        Just("origin"),
        Just("sec-fetch-site"),
        Just("cookie"),
        Just("authorization"),
        Just("x-forwarded-for"),
        Just("x-portcullis-csrf"),
        Just("x-portcullis-nonce"),
        Just("idempotency-key"),
        Just("x-portcullis-user"),
        Just("x-middleware-subrequest"),
        Just("next-action"),
    ];
    let values = prop_oneof![
        Just("application/json".to_owned()),
        Just("https://app.example.com".to_owned()),
        Just("same-origin".to_owned()),
        Just("session=forged".to_owned()),
        Just("session=two".to_owned()),
        Just("none".to_owned()),
        Just("null".to_owned()),
        "[ -~]{0,40}",
    ];
    (names.prop_map(str::to_owned), values)
}

proptest! {
    /// No combination of headers makes a caller without a session into one with a session.
    #[test]
    fn nobody_gets_in_without_a_session(
        headers in vec(header(), 0..10),
        body in "[ -~]{0,60}",
        action in prop_oneof![Just("read"), Just("edit"), Just("publish"), Just("pay"), Just("order"), Just("own")],
    ) {
        let has_session = headers.iter().any(|(name, value)| {
            name == "cookie" && value.contains("session=") && !value.contains("=forged") && !value.contains("=two")
        });
        if !has_session {
            let mut call = request(action).body(&body);
            call.headers = headers;
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let outcome = runtime.block_on(async { world().call(call).await });
            assert!(outcome.is_err());
        }
    }

    /// Whatever the body is, a viewer edits nothing, and an editor edits only what is theirs.
    #[test]
    fn nobody_edits_what_is_not_theirs(body in prop_oneof![any::<String>(), "\\[\\{\"id\":\"(ada|bob)-[12]\"(,\"user\":\"ada\")?\\}\\]"]) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let codes = runtime.block_on(async {
            let world = world();
            let viewer = world.call(request("edit").body(&body)).await.is_ok();
            let stranger = world.call(request("edit").by("bob.editor").body(&body)).await.is_ok();
            let owner = match world.call(request("edit").by("ada.editor").body(&body)).await {
                Ok(Admission::Go(permit)) => Some(permit.redeem().arguments.0),
                _ => None,
            };
            (viewer, stranger, owner)
        });
        assert!(!codes.0 && !codes.1);
        if let Some(arguments) = codes.2 {
            assert!(["ada-1", "ada-2"].contains(&arguments[0]["id"].as_str().unwrap()), "{arguments}");
        }
    }
}

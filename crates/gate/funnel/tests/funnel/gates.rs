//! Each gate in its turn: what it lets through, and each of its denials.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use portcullis_funnel::{Admission, Clock as _, Revocation};

use crate::world::{identity, request, world};

#[tokio::test]
async fn a_good_call_gets_its_permit() {
    let world = world();
    let Ok(Admission::Go(permit)) = world.call(request("edit").by("ada.editor")).await else {
        panic!("a good call is admitted");
    };
    let admitted = permit.redeem();
    assert_eq!(admitted.principal.identity().unwrap().user_id, "ada");
    assert_eq!(admitted.arguments.0, serde_json::json!([{"id": "ada-1"}]));
    assert_eq!(world.record()["decision"], "allowed");
}

#[tokio::test]
async fn identify_knows_doors_only() {
    let world = world();
    let mut get = request("read");
    get.method = Method::GET;
    assert_eq!(world.code(get).await, "action.method");
    assert_eq!(world.code(request("none")).await, "action.unknown");
    assert_eq!(world.code(request("undeclared")).await, "policy.missing");
    for content_type in [
        "text/html",
        "application/jsonx",
        "",
        "application/json, text/plain",
        "text/plain",
    ] {
        let call = request("read").with("content-type", content_type);
        assert_eq!(world.code(call).await, "action.content-type", "{content_type}");
    }
    assert_eq!(
        world.code(request("read").without("content-type")).await,
        "action.content-type"
    );
    let two = request("read").and("content-type", "application/json");
    assert_eq!(world.code(two).await, "action.content-type");
    assert_eq!(
        world
            .code(request("read").with("content-type", "Application/JSON; charset=utf-8"))
            .await,
        "ok"
    );
}

#[tokio::test]
async fn origin_is_this_application() {
    let world = world();
    let read = || request("read");
    assert_eq!(world.code(read().without("sec-fetch-site")).await, "ok");
    assert_eq!(world.code(read().without("origin")).await, "ok");
    assert_eq!(world.code(read().with("sec-fetch-site", "same-site")).await, "ok");
    for origin in [
        "https://evil.test",
        "http://app.example.com",
        "https://app.example.com.evil.test",
        "https://app.example.com:8443",
    ] {
        assert_eq!(
            world.code(read().with("origin", origin)).await,
            "origin.foreign",
            "{origin}"
        );
    }
    assert_eq!(world.code(read().with("origin", "null")).await, "origin.null");
    assert_eq!(
        world.code(read().and("origin", "https://app.example.com")).await,
        "origin.ambiguous"
    );
    assert_eq!(
        world.code(read().and("sec-fetch-site", "same-origin")).await,
        "origin.ambiguous"
    );
    for site in ["cross-site", "Same-Origin", "", "anything"] {
        assert_eq!(
            world.code(read().with("sec-fetch-site", site)).await,
            "origin.cross-site",
            "{site}"
        );
    }
    let bare = || read().without("origin").without("sec-fetch-site");
    assert_eq!(world.code(bare()).await, "origin.missing");
    assert_eq!(
        world.code(bare().with("sec-fetch-site", "same-site")).await,
        "origin.cross-site"
    );
    // Without cookies nobody's session is used; then it is the session that is missing.
    assert_eq!(world.code(bare().without("cookie")).await, "session.required");
}

#[tokio::test]
async fn a_form_without_an_origin_needs_its_token() {
    let world = world();
    let token = world
        .csrf
        .issue(Some(&identity("ada", "viewer")), &world.entropy)
        .unwrap();
    let other = world
        .csrf
        .issue(Some(&identity("bob", "viewer")), &world.entropy)
        .unwrap();
    let call = |cookie: &str, field: &str| {
        request("read")
            .without("origin")
            .without("sec-fetch-site")
            .with("cookie", &format!("session=ada; __Host-portcullis-csrf={cookie}"))
            .with("x-portcullis-csrf", field)
    };
    assert_eq!(world.code(call(&token, &token)).await, "ok");
    assert_eq!(world.code(call(&other, &other)).await, "origin.token");
    assert_eq!(world.code(call(&token, &other)).await, "origin.token");
    assert_eq!(world.code(call("", &token)).await, "origin.token");
    let two = format!("{token}; __Host-portcullis-csrf={token}");
    assert_eq!(world.code(call(&two, &token)).await, "origin.token");
    // The token does not make up for a foreign origin.
    let foreign = call(&token, &token).with("origin", "https://evil.test");
    assert_eq!(world.code(foreign).await, "origin.foreign");
}

#[tokio::test]
async fn sessions_are_believed_where_they_hold() {
    let world = world();
    assert_eq!(world.code(request("read")).await, "ok");
    assert_eq!(world.code(request("read").without("cookie")).await, "session.required");
    assert_eq!(world.code(request("read").by("forged")).await, "session.invalid");
    assert_eq!(world.code(request("read").by("old")).await, "session.expired");
    assert_eq!(world.code(request("read").by("two")).await, "session.ambiguous");
    // A public action takes a bad session for none, and says so; two identities are refused even there.
    assert_eq!(world.code(request("ping").by("forged")).await, "ok");
    assert!(world.record()["reason"].as_str().unwrap().contains("session.signature"));
    assert!(world.record().get("actor").is_none());
    assert_eq!(world.code(request("ping").by("two")).await, "session.ambiguous");
    assert_eq!(world.code(request("read").by("provisional")).await, "session.required");
    assert_eq!(world.code(request("trial").by("provisional")).await, "ok");
    assert_eq!(world.code(request("read").by("impersonated")).await, "ok");
    assert_eq!(
        world.code(request("close").by("impersonated")).await,
        "session.impersonated"
    );
}

#[tokio::test]
async fn revoked_sessions_end_everywhere() {
    let world = world();
    let revocation = Revocation::User {
        provider: "own".to_owned(),
        user_id: "ada".to_owned(),
        not_before: world.clock.now(),
    };
    let end = world.clock.now().plus(Duration::from_hours(1));
    world.funnel.store.revoke(&revocation, end).await.unwrap();
    assert_eq!(world.code(request("read")).await, "revocation.revoked");
    assert_eq!(world.code(request("ping")).await, "revocation.revoked");
    assert_eq!(world.code(request("read").by("bob")).await, "ok");
}

#[tokio::test]
async fn six_codes_in_an_hour_are_five_from_any_number_of_addresses() {
    let world = world();
    let peers = [
        "203.0.113.1",
        "203.0.113.2",
        "2001:db8::1",
        "2001:db8:1::1",
        "203.0.113.5",
        "203.0.113.6",
    ];
    for (number, peer) in peers.into_iter().enumerate() {
        let mut call = request("code");
        call.peer = peer;
        let expected = if number < 5 { "ok" } else { "rate.limited" };
        assert_eq!(world.code(call).await, expected, "{peer}");
    }
    let Err(denial) = world.call(request("code")).await else {
        panic!("the limit holds");
    };
    assert_eq!(denial.retry_after(), Some(Duration::from_hours(1)));
    world.clock.pass(Duration::from_hours(1));
    assert_eq!(world.code(request("code")).await, "ok");
}

#[tokio::test]
async fn limits_by_argument_are_taken_after_decoding() {
    let world = world();
    let on = |id: &str| request("comment").body(&format!(r#"[{{"id":"{id}"}}]"#));
    for expected in ["ok", "ok", "rate.limited"] {
        assert_eq!(world.code(on("a")).await, expected);
    }
    assert_eq!(world.code(on("b")).await, "ok");
    assert_eq!(world.code(on("a").by("bob")).await, "ok");
    // Another spelling of the same text, and leaving it out, are no way around.
    assert_eq!(
        world.code(request("comment").body(r#"[{"id":"\u0061"}]"#)).await,
        "rate.limited"
    );
    for expected in ["schema.invalid", "schema.invalid", "rate.limited"] {
        assert_eq!(world.code(request("comment").body("[{}]")).await, expected);
    }
}

#[tokio::test]
async fn permission_comes_before_the_schema() {
    let world = world();
    let bad = |session: &str| request("edit").by(session).body("[{}]");
    assert_eq!(world.code(bad("ada")).await, "permission.role");
    assert_eq!(world.code(bad("ada.owner")).await, "permission.role");
    assert_eq!(world.code(bad("ada.editor")).await, "schema.invalid");
    assert_eq!(
        world.code(request("publish").by("ada.editor")).await,
        "permission.missing"
    );
    assert_eq!(world.code(request("publish").by("ada.admin")).await, "ok");
    assert_eq!(world.code(request("weekday")).await, "ok");
    assert_eq!(world.code(request("weekday").by("bob")).await, "permission.rule");
}

#[tokio::test]
async fn arguments_are_decoded_and_match() {
    let world = world();
    assert_eq!(world.code(request("read").body("[{")).await, "flight.json");
    assert_eq!(world.code(request("read").body("")).await, "flight.json");
    assert_eq!(
        world.code(request("read").body(&" ".repeat(1_001))).await,
        "edge.too-large"
    );
    for body in [
        "[]",
        "{}",
        r#"[{"id":{"$ne":null}}]"#,
        r#"[{"id":"a","role":"admin"}]"#,
        r#"[{"__proto__":{}}]"#,
    ] {
        assert_eq!(world.code(request("read").body(body)).await, "schema.invalid", "{body}");
    }
}

#[tokio::test]
async fn what_is_not_yours_does_not_exist() {
    let world = world();
    assert_eq!(world.code(request("own")).await, "ok");
    let not_yours = world.call(request("own").by("bob")).await.unwrap_err();
    let missing = world.call(request("own").body(r#"[{"id":"none"}]"#)).await.unwrap_err();
    assert_eq!(
        (not_yours.code(), missing.code()),
        ("ownership.not-owner", "ownership.not-found")
    );
    assert_eq!(not_yours.status(), missing.status());
    assert_eq!(not_yours.row().text, missing.row().text);
}

#[tokio::test]
async fn a_nonce_counts_once() {
    let world = world();
    let nonce = world.nonce("pay", Some("ada"));
    let pay = |nonce: &str| request("pay").with("x-portcullis-nonce", nonce);
    assert_eq!(world.code(request("pay")).await, "replay.missing");
    // What fails before does not spend it.
    assert_eq!(world.code(pay(&nonce).body("[{}]")).await, "schema.invalid");
    assert_eq!(world.code(pay(&nonce)).await, "ok");
    assert_eq!(world.code(pay(&nonce)).await, "replay.spent");
    assert_eq!(world.code(pay(&world.nonce("pay", Some("bob")))).await, "replay.forged");
    assert_eq!(
        world.code(pay(&world.nonce("order", Some("ada")))).await,
        "replay.forged"
    );
    let late = world.nonce("pay", Some("ada"));
    world.clock.pass(Duration::from_mins(10));
    assert_eq!(world.code(pay(&late)).await, "replay.expired");
}

#[tokio::test]
async fn an_idempotency_key_gives_the_stored_result() {
    let world = world();
    let order = |key: &str| request("order").with("idempotency-key", key);
    let Ok(Admission::Go(permit)) = world.call(order("k1")).await else {
        panic!("the first call is admitted");
    };
    assert_eq!(world.code(order("k1")).await, "replay.in-progress");
    let claim = permit.redeem().claim.unwrap();
    claim.finish(world.funnel.store.as_ref(), b"result").await.unwrap();
    let Ok(Admission::Stored(result)) = world.call(order("k1")).await else {
        panic!("the result is stored");
    };
    assert_eq!(result.into_bytes(), b"result");
    assert_eq!(
        world.code(order("k1").body(r#"[{"id":"ada-2"}]"#)).await,
        "replay.reused-key"
    );
    // Another caller's key of the same name is another key.
    assert_eq!(world.code(order("k1").by("bob")).await, "ok");
    let Ok(Admission::Go(permit)) = world.call(order("k2")).await else {
        panic!("a new key is admitted");
    };
    permit
        .redeem()
        .claim
        .unwrap()
        .abandon(world.funnel.store.as_ref())
        .await
        .unwrap();
    assert_eq!(world.code(order("k2")).await, "ok");
    for key in ["", &"x".repeat(129)] {
        assert_eq!(world.code(order(key)).await, "replay.missing");
    }
    assert_eq!(world.code(request("order")).await, "replay.missing");
}

#[tokio::test]
async fn a_captcha_is_asked_last_and_burns_no_nonce() {
    let world = world();
    let signup = |token: &str| request("signup").without("cookie").with("x-portcullis-captcha", token);
    assert_eq!(world.code(request("signup").without("cookie")).await, "captcha.missing");
    assert_eq!(world.code(signup("robot")).await, "captcha.rejected");
    assert_eq!(world.code(signup("human")).await, "ok");
    assert_eq!(world.code(signup("human")).await, "rate.limited");
    assert_eq!(world.backends.lock().unwrap().captcha_asked, 2);

    let nonce = world.nonce("buy", None);
    let buy = |nonce: &str, token: &str| {
        let call = request("buy").without("cookie").with("x-portcullis-captcha", token);
        call.with("x-portcullis-nonce", nonce)
    };
    assert_eq!(world.code(buy("forged", "human")).await, "replay.forged");
    assert_eq!(
        world.backends.lock().unwrap().captcha_asked,
        2,
        "a forged nonce burns no proof"
    );
    assert_eq!(world.code(buy(&nonce, "robot")).await, "captcha.rejected");
    assert_eq!(world.code(buy(&nonce, "human")).await, "ok");
    assert_eq!(world.code(buy(&nonce, "human")).await, "replay.spent");
}

#[tokio::test]
async fn of_many_calls_with_one_nonce_one_is_admitted() {
    let world = Arc::new(world());
    let nonce = world.nonce("pay", Some("ada"));
    let calls: Vec<_> = (0..500)
        .map(|_| {
            let (world, nonce) = (Arc::clone(&world), nonce.clone());
            tokio::spawn(async move { world.code(request("pay").with("x-portcullis-nonce", &nonce)).await })
        })
        .collect();
    let mut admitted = 0;
    for call in calls {
        match call.await.unwrap() {
            "ok" => admitted += 1,
            code => assert_eq!(code, "replay.spent"),
        }
    }
    assert_eq!(admitted, 1);
}

#[tokio::test]
async fn rate_notes_tell_the_nearest_limit() {
    let world = world();
    let mut trail = world.trail();
    assert!(trail.rate().is_none());
    let _admission = world.admit_into(request("code"), &mut trail).await.unwrap();
    let note = trail.rate().unwrap();
    let headers = note
        .headers(world.clock.now())
        .map(|(name, value)| format!("{name}: {value}"));
    assert_eq!(
        headers,
        ["ratelimit-limit: 5", "ratelimit-remaining: 4", "ratelimit-reset: 3600"]
    );
}

#[tokio::test]
async fn an_old_proof_of_who_calls_is_not_enough_for_what_is_dangerous() {
    let world = world();
    // The sessions of this world began in 1970.
    assert_eq!(world.code(request("fresh")).await, "session.step-up");
    assert_eq!(world.record()["stage"], "session");
}

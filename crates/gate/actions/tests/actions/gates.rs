//! Each gate with each of its answers, over the wire.

use std::time::Duration;

use serde_json::json;

use super::site::{call, note, site, user};

#[tokio::test]
async fn a_good_call_runs_and_answers() {
    let site = site();
    let answer = site.send(call("write").json(&note())).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({"ok": true, "data": {"id": "ada-1", "text": "helloNonefalse"}})
    );
    assert_eq!(site.last()[0], "allowed");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("content-type", "application/json"),
        ("ratelimit-limit", "60"),
        ("ratelimit-remaining", "59"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let record = site.records().pop().unwrap();
    assert_eq!(record["request_id"], json!(answer.header("x-request-id")));
    assert_eq!(record["actor"]["user"], json!("ada"));
    assert!(!record.to_string().contains("hello"));
}

#[tokio::test]
async fn refusals_have_a_status_a_kind_and_a_code() {
    let site = site();
    let good = || call("write").json(&note());
    let renamed = |id: &str| call("rename").json(&json!({"note": id, "text": "x"}));
    let cases = [
        (
            good().method("GET"),
            405,
            "not_found",
            "action.unknown",
            "action.method",
        ),
        (
            good().method("PUT"),
            405,
            "not_found",
            "action.unknown",
            "action.method",
        ),
        (call("none"), 404, "not_found", "action.unknown", "action.unknown"),
        (
            good().with("content-type", "text/plain"),
            415,
            "not_found",
            "action.unknown",
            "action.content-type",
        ),
        (
            good().without("content-type"),
            415,
            "not_found",
            "action.unknown",
            "action.content-type",
        ),
        (
            good().with("content-encoding", "gzip"),
            415,
            "not_found",
            "action.unknown",
            "action.content-type",
        ),
        (
            good().with("origin", "https://evil.test"),
            403,
            "denied",
            "origin.foreign",
            "origin.foreign",
        ),
        (
            good().with("origin", "null"),
            403,
            "denied",
            "origin.foreign",
            "origin.null",
        ),
        (
            good().without("origin"),
            403,
            "denied",
            "origin.foreign",
            "origin.missing",
        ),
        (
            good().with("sec-fetch-site", "cross-site"),
            403,
            "denied",
            "origin.foreign",
            "origin.cross-site",
        ),
        (
            good().without("cookie"),
            401,
            "unauthenticated",
            "session.required",
            "session.required",
        ),
        (
            good().by("forged"),
            401,
            "unauthenticated",
            "session.required",
            "session.invalid",
        ),
        (call("transfer"), 403, "denied", "forbidden", "permission.role"),
        (
            call("publish").by("ada.editor"),
            403,
            "denied",
            "forbidden",
            "permission.missing",
        ),
        (good().body("["), 400, "malformed", "request.malformed", "json.broken"),
        (
            good().body(r#"{"a":1,"a":1}"#),
            400,
            "malformed",
            "request.malformed",
            "json.duplicate-key",
        ),
        (
            good().body(r#"{"__proto__":{}}"#),
            400,
            "malformed",
            "request.malformed",
            "json.reserved-key",
        ),
        (
            good().body(&"[".repeat(200_000)),
            413,
            "malformed",
            "edge.too-large",
            "edge.too-large",
        ),
        (
            good().body(&"x".repeat(300_000)),
            413,
            "malformed",
            "edge.too-large",
            "edge.too-large",
        ),
        (
            renamed("n1").by("bob"),
            404,
            "not_found",
            "not-found",
            "ownership.not-found",
        ),
        (renamed("n9"), 404, "not_found", "not-found", "ownership.not-found"),
        (call("once"), 409, "stale", "replay.stale", "replay.missing"),
        (call("pay"), 409, "stale", "replay.stale", "replay.missing"),
        (
            call("signIn").without("cookie"),
            403,
            "captcha",
            "captcha.required",
            "captcha.missing",
        ),
    ];
    for (request, status, kind, code, recorded) in cases {
        let answer = site.send(request).await;
        let expected = (status, kind.to_owned(), code.to_owned());
        assert_eq!(answer.refusal(), expected, "{recorded}");
        assert_eq!(site.last()[0], "denied");
        assert_eq!(site.last()[2], recorded);
        assert_eq!(site.runs(), 0);
    }
    assert_eq!(site.state.lock().unwrap().notes["n1"].1, "first");
}

#[tokio::test]
async fn owners_and_members_get_through() {
    let site = site();
    let answer = site
        .send(call("rename").json(&json!({"note": "n1", "text": "x"})))
        .await;
    assert_eq!(answer.json()["data"], json!({"id": "n1", "text": "x"}));
    let transfer = |team: &str| {
        call("transfer")
            .by("ada.editor")
            .json(&json!({"note": "n1", "team": team}))
    };
    assert_eq!(site.send(transfer("red")).await.json()["data"][0]["text"], json!("red"));
    for team in ["blue", "green"] {
        assert_eq!(site.send(transfer(team)).await.refusal().2, "not-found", "{team}");
    }
    assert_eq!(site.send(call("publish").by("ada.admin")).await.status, 200);
}

#[tokio::test]
async fn a_backend_that_is_down_is_neither_yes_nor_no() {
    let site = site();
    site.state.lock().unwrap().is_down = true;
    let answer = site
        .send(call("rename").json(&json!({"note": "n1", "text": "x"})))
        .await;
    assert_eq!(
        answer.refusal(),
        (503, "unavailable".to_owned(), "unavailable".to_owned())
    );
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(site.last()[0], "unavailable");
}

#[tokio::test]
async fn limits_tell_how_long_to_wait() {
    let site = site();
    let whoami = || call("whoami").without("cookie");
    for _ in 0..3 {
        assert_eq!(site.send(whoami()).await.json()["data"]["id"], json!("nobody"));
    }
    let answer = site.send(whoami()).await;
    assert_eq!(
        answer.refusal(),
        (429, "rate_limited".to_owned(), "rate.limited".to_owned())
    );
    assert_eq!(answer.header("retry-after"), "60");
    assert_eq!(answer.json()["error"]["retryAfter"], json!(60));
    site.clock.pass(Duration::from_mins(1));
    let mine = site.send(call("whoami")).await;
    assert_eq!(mine.json()["data"]["id"], json!("ada"));
}

#[tokio::test]
async fn one_address_has_a_limit_over_all_actions_before_bodies_are_read() {
    let site = site();
    for _ in 0..100 {
        site.send(call("none")).await;
    }
    let answer = site.send(call("write").json(&note())).await;
    assert_eq!(answer.refusal().2, "rate.limited");
    assert_eq!(site.last()[2], "rate.limited");
}

#[tokio::test]
async fn a_nonce_is_spent_once_by_its_session() {
    let site = site();
    let nonce = |name: &str, action: &str| site.client.nonce(action, &user(name), Duration::from_mins(1)).unwrap();
    let mine = nonce("ada", "once");
    let once = |nonce: &str| call("once").with("x-portcullis-nonce", nonce);
    assert_eq!(site.send(once(&mine)).await.status, 200);
    assert_eq!(
        site.send(once(&mine)).await.refusal(),
        (409, "replayed".to_owned(), "replay.spent".to_owned())
    );
    for forged in [nonce("bob", "once"), nonce("ada", "pay"), "x".to_owned()] {
        assert_eq!(site.send(once(&forged)).await.refusal().1, "stale");
    }
    let late = nonce("ada", "once");
    site.clock.pass(Duration::from_mins(1));
    assert_eq!(site.send(once(&late)).await.refusal().1, "stale");
    assert_eq!(site.runs(), 1);
}

#[tokio::test]
async fn an_idempotent_call_is_answered_again_and_not_run_again() {
    let site = site();
    let pay = |key: &str| call("pay").with("idempotency-key", key);
    let first = site.send(pay("k1")).await;
    let second = site.send(pay("k1")).await;
    assert_eq!(first.body, second.body);
    assert_eq!(site.runs(), 1);
    // Other bytes that say the same are the same call.
    assert_eq!(site.send(pay("k1").body("{ }")).await.body, first.body);
    assert_eq!(site.send(pay("k1").by("bob")).await.json()["data"]["id"], json!("2"));
}

#[tokio::test]
async fn dangerous_actions_want_a_fresh_proof() {
    let site = site();
    site.clock.pass(Duration::from_mins(5));
    assert_eq!(site.send(call("delete")).await.status, 200);
    site.clock.pass(Duration::from_millis(1));
    let answer = site.send(call("delete")).await;
    assert_eq!(
        answer.refusal(),
        (401, "step_up".to_owned(), "session.step-up".to_owned())
    );
}

#[tokio::test]
async fn sealed_values_and_tickets_are_for_one_caller() {
    let site = site();
    let life = Duration::from_mins(1);
    let seal = |name: &str, action: &str| {
        let sealed = site.client.seal(&42_u32, action, &user(name), life).unwrap();
        serde_json::to_value(&sealed).unwrap()
    };
    let buy = |price: serde_json::Value| call("buy").json(&json!({"price": price}));
    let good = seal("ada", "buy");
    assert_eq!(site.send(buy(good.clone())).await.json()["data"]["id"], json!("42"));
    let mut changed = good.as_str().unwrap().to_owned();
    let last = if changed.ends_with('A') { 'B' } else { 'A' };
    changed.pop();
    changed.push(last);
    for forged in [
        seal("bob", "buy"),
        seal("ada", "other"),
        json!(changed),
        json!("1"),
        json!(""),
    ] {
        let answer = site.send(buy(forged)).await;
        assert_eq!(answer.refusal(), (409, "stale".to_owned(), "replay.stale".to_owned()));
        assert_eq!(site.last()[2], "sealed.forged");
    }
    let other = site.client.seal(&"text", "buy", &user("ada"), life).unwrap();
    let other = serde_json::to_value(&other).unwrap();
    assert_eq!(site.send(buy(other)).await.refusal().2, "replay.stale");
    site.clock.pass(life);
    assert_eq!(site.send(buy(good)).await.refusal().2, "replay.stale");

    let ticket = |name: &str| {
        let principal = user(name);
        site.client
            .reference::<super::site::Ticket>("n1", &principal, life)
            .unwrap()
    };
    let send = |ticket: String| call("byTicket").json(&json!({"ticket": ticket}));
    assert_eq!(site.send(send(ticket("ada"))).await.json()["data"]["id"], json!("n1"));
    for forged in [ticket("bob"), "n1".to_owned()] {
        assert_eq!(site.send(send(forged)).await.refusal().2, "not-found");
    }
}

#[tokio::test]
async fn a_human_signs_in_and_gets_a_cookie() {
    let site = site();
    let sign_in = |token: &str| call("signIn").without("cookie").with("x-portcullis-captcha", token);
    assert_eq!(site.send(sign_in("robot")).await.refusal().2, "captcha.required");
    let answer = site.send(sign_in("human")).await;
    assert_eq!(answer.json(), json!({"ok": true, "data": null}));
    assert_eq!(answer.cookie("session").as_deref(), Some("session=ada"));
}

#[tokio::test]
async fn a_revoked_session_ends_at_once() {
    use portcullis_actions::funnel::{Revocation, Timestamp};
    let site = site();
    assert_eq!(site.send(call("publish").by("ada.admin")).await.status, 200);
    let revocation = Revocation::Session {
        provider: "own".to_owned(),
        key: "session of ada".to_owned(),
    };
    site.client.store().revoke(&revocation, Timestamp::NEVER).await.unwrap();
    let answer = site.send(call("publish").by("ada.admin")).await;
    assert_eq!(answer.refusal().2, "session.required");
    assert_eq!(site.last()[2], "revocation.revoked");
    let headers = [("cookie".parse().unwrap(), "session=ada".parse().unwrap())]
        .into_iter()
        .collect();
    assert!(site.client.identify(&headers).await.unwrap().identity().is_none());
}

//! Each gate refuses with its code, and what passes goes on in bytes of our own.

use std::time::Duration;

use http::Method;
use portcullis_funnel::{Revocation, Timestamp};
use portcullis_guard::action::{Actions, SetupError, Verdict};

use crate::world::{ABSENT, LIST, NAMELESS, PAY, POLICY, Request, UPDATE, World, secrets};

const GOOD: &str = r#"[{"id":7,"amount":2.5}]"#;

async fn check(world: &World, request: Request, status: u16, public: &str, gate: &str, code: &str) {
    let refused = world.refusal(request).await;
    assert_eq!(refused, (status, public.to_owned()), "{code}");
    let (decision, stage, reason) = world.last();
    assert_ne!(decision, "allowed");
    assert_eq!((stage.as_str(), reason.as_str()), (gate, code));
}

fn update(world: &World, body: &str) -> Request {
    Request::fetch(UPDATE, body).header("cookie", &world.cookie("ada", &["editor"]))
}

#[tokio::test]
async fn a_good_call_goes_on_in_canonical_bytes() {
    let world = World::new().await;
    let forward = world.forward(update(&world, r#"[ {"id": 7 , "amount":2.50} ]"#)).await;
    assert_eq!(forward.body, GOOD.as_bytes());
    assert_eq!(forward.content_type, "text/plain;charset=UTF-8");
    assert!(forward.remove.iter().any(|name| name == "x-action-forwarded"));
    assert_eq!(world.last().0, "allowed");
    let record = world.audit().pop().unwrap();
    assert_eq!(
        (&record["action"], &record["actor"]["user"]),
        (&"app/a.ts#update".into(), &"ada".into())
    );
}

#[tokio::test]
async fn each_gate_refuses_with_its_code() {
    let world = World::new().await;
    let good = || update(&world, GOOD);
    check(
        &world,
        good().header("origin", "https://evil.test"),
        403,
        "origin.foreign",
        "origin",
        "origin.foreign",
    )
    .await;
    check(
        &world,
        good().header("origin", "null"),
        403,
        "origin.foreign",
        "origin",
        "origin.null",
    )
    .await;
    check(
        &world,
        good().header("sec-fetch-site", "cross-site"),
        403,
        "origin.foreign",
        "origin",
        "origin.cross-site",
    )
    .await;
    let bare = good().without("origin").without("sec-fetch-site");
    check(&world, bare, 403, "origin.foreign", "origin", "origin.missing").await;
    check(
        &world,
        good().without("cookie"),
        401,
        "session.required",
        "session",
        "session.required",
    )
    .await;
    let forged = good().header("cookie", "__Host-session=p1.k1.AAAA");
    check(&world, forged, 401, "session.required", "session", "session.invalid").await;
    let viewer = good().header("cookie", &world.cookie("ada", &["viewer"]));
    check(&world, viewer, 403, "forbidden", "permission", "permission.role").await;
    for (body, code) in [
        (r#"[{"id":7,"amount":1,"__proto__":{}}]"#, "flight.key.prototype"),
        (r#"["$1:__proto__:then"]"#, "flight.reference.prototype"),
        (r#"[{"id":7,"id":8}]"#, "flight.json.duplicate-key"),
    ] {
        let refused = world
            .refusal(update(&world, body).header("cookie", &world.cookie(body, &["editor"])))
            .await;
        assert_eq!(refused, (400, "request.malformed".to_owned()), "{body}");
        let (_, stage, reason) = world.last();
        assert_eq!(stage, "decode", "{body}");
        assert!(reason.starts_with("flight."), "{reason} for {code}");
    }
    let carol = world.cookie("carol", &["editor"]);
    let invalid = update(&world, r#"[{"id":7,"amount":-1}]"#).header("cookie", &carol);
    check(&world, invalid, 422, "schema.invalid", "validate", "schema.invalid").await;
    let others = update(&world, r#"[{"id":8,"amount":1}]"#).header("cookie", &carol);
    check(&world, others, 404, "not-found", "ownership", "ownership.not-owner").await;
}

#[tokio::test]
async fn limits_count_each_user() {
    let world = World::new().await;
    for _ in 0..3 {
        world.forward(update(&world, GOOD)).await;
    }
    check(
        &world,
        update(&world, GOOD),
        429,
        "rate.limited",
        "rate",
        "rate.limited",
    )
    .await;
    let Verdict::Refuse(response) = world.judge(update(&world, GOOD)).await else {
        panic!("not limited")
    };
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(response.headers()["ratelimit-limit"], "3");
    assert_eq!(response.headers()["x-request-id"], "r1");
    let bob = update(&world, r#"[{"id":8,"amount":1}]"#).header("cookie", &world.cookie("bob", &["editor"]));
    world.forward(bob).await;
    world.pass(Duration::from_secs(61));
    world.forward(update(&world, GOOD)).await;
}

#[tokio::test]
async fn a_revoked_session_is_none() {
    let world = World::new().await;
    let revocation = Revocation::User {
        provider: "own".to_owned(),
        user_id: "ada".to_owned(),
        not_before: Timestamp::NEVER,
    };
    let store = world.actions.store();
    store.revoke(&revocation, Timestamp::NEVER).await.unwrap();
    check(
        &world,
        update(&world, GOOD),
        401,
        "session.required",
        "revocation",
        "revocation.revoked",
    )
    .await;
}

#[tokio::test]
async fn ids_that_do_not_exist_look_like_those_that_may_not_be_called() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for (id, code) in [
        (ABSENT, "action.unknown"),
        (NAMELESS, "policy.missing"),
        ("40AA", "action.id.malformed"),
        ("__proto__", "action.id.malformed"),
        ("c0bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "action.unknown"),
    ] {
        let Verdict::Refuse(response) = world.judge(Request::fetch(id, "[]")).await else {
            panic!("{id} is not refused")
        };
        assert_eq!(world.last().2, code, "{id}");
        answers.push((response.status(), response.headers().clone(), response.body().clone()));
    }
    let first = answers.first().cloned().unwrap();
    assert!(answers.iter().all(|answer| *answer == first));
    assert_eq!(first.0, 409);
    assert_eq!(first.1["x-nextjs-action-not-found"], "1");
    assert_eq!(first.1["content-type"], "text/plain");
    assert_eq!(first.2, "Server Action unavailable.");
}

fn form_of_nothing() -> Request {
    Request::form(&[("title", "x")])
}

#[tokio::test]
async fn only_what_next_would_take_for_an_action_is_judged() {
    let world = World::new().await;
    let limit = |request: &Request| {
        world
            .actions
            .body_limit(&request.method, &request.path, &request.headers)
    };
    let action = Request::fetch(LIST, "[]");
    assert_eq!(limit(&action), Some(1 << 20));
    let mut read = action.clone();
    read.method = Method::GET;
    assert_eq!(limit(&read), Some(1 << 20));
    assert!(matches!(world.judge(read).await, Verdict::Refuse(_)));
    let mut read = form_of_nothing();
    read.method = Method::GET;
    assert_eq!(limit(&read), None);
    let form = form_of_nothing();
    assert_eq!(limit(&form), Some(1 << 20));
    assert_eq!(limit(&form.clone().at("/api/upload")), None);
    assert_eq!(limit(&action.clone().at("/api/upload")), Some(1 << 20));
    assert_eq!(limit(&form.clone().without("content-type")), None);
    // There is no list of pages, so a form without an action may be a route handler's.
    let body = form.body.clone();
    assert!(matches!(world.judge(form).await, Verdict::NotAnAction(bytes) if bytes == body));
    // A form that may hide one is not.
    let mut broken = Request::form(&[("$ACTION_ID_40", "")]);
    broken.body.truncate(20);
    assert!(matches!(world.judge(broken).await, Verdict::Refuse(_)));
}

#[tokio::test]
async fn forms_are_judged_like_calls() {
    let world = World::new().await;
    let field = format!("$ACTION_ID_{LIST}");
    let forward = world.forward(Request::form(&[(&field, ""), ("q", "a\"b")])).await;
    let text = String::from_utf8(forward.body.to_vec()).unwrap();
    assert!(
        text.contains(&format!("name=\"{field}\"")) && text.contains("name=\"q\"\r\n\r\na\"b\r\n"),
        "{text}"
    );
    assert!(forward.content_type.to_str().unwrap().contains("PortcullisBoundary"));
    let absent = format!("$ACTION_ID_{ABSENT}");
    let Verdict::Refuse(page) = world.judge(Request::form(&[(&absent, "")])).await else {
        panic!("not refused")
    };
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (409, &"text/html; charset=utf-8".parse().unwrap())
    );
    let foreign = Request::form(&[(&field, "")])
        .header("origin", "null")
        .header("cookie", "a=b");
    assert!(matches!(world.judge(foreign).await, Verdict::Refuse(page) if page.status() == 403));
    // Of two descriptions with two ids, none decides alone.
    let double = [
        ("$ACTION_REF_1", ""),
        (
            "$ACTION_1:0",
            &format!(r#"{{"id":"{LIST}","bound":null,"id":"{UPDATE}"}}"#),
        ),
    ];
    let verdict = world.judge(Request::form(&double)).await;
    assert!(matches!(verdict, Verdict::Refuse(_)), "{verdict:?}");
}

#[tokio::test]
async fn a_dead_database_is_an_outage() {
    let world = World::new().await;
    std::fs::remove_file(world.folder.path().join("app.db")).unwrap();
    check(
        &world,
        update(&world, GOOD),
        503,
        "unavailable",
        "ownership",
        "store.unavailable",
    )
    .await;
}

#[tokio::test]
async fn observing_decides_and_lets_through() {
    let gate = POLICY.replace(
        "role = \"editor\"",
        "role = \"editor\"\nobserve = [\"permission\", \"ownership\"]",
    );
    let world = World::with(&gate).await;
    let viewer = |body: &str| update(&world, body).header("cookie", &world.cookie("carol", &["viewer"]));
    let forward = world.forward(viewer(r#"[{"id":8,"amount":1.0}]"#)).await;
    assert_eq!(forward.body, r#"[{"id":8,"amount":1}]"#);
    let observed = (
        "observed".to_owned(),
        "permission".to_owned(),
        "permission.role,ownership.not-owner".to_owned(),
    );
    assert_eq!(world.last(), observed);
    check(
        &world,
        viewer(r#"[{"id":8,"amount":-1}]"#),
        422,
        "schema.invalid",
        "validate",
        "schema.invalid",
    )
    .await;

    let whole = POLICY.replace("[guard]\n", "[guard]\nmode = \"observe\"\n");
    let world = World::with(&whole).await;
    let stranger = Request::fetch(UPDATE, r#"[ {"id":8,"amount":-1} ]"#).header("origin", "https://evil.test");
    let forward = world.forward(stranger).await;
    assert_eq!(forward.body, r#"[{"id":8,"amount":-1}]"#);
    assert_eq!(world.last().0, "observed");
    // What cannot be read goes on as it came.
    let forward = world.forward(Request::fetch(UPDATE, "[\"$9\"]")).await;
    assert_eq!(forward.body, "[\"$9\"]");
    assert!(world.last().2.contains("flight."), "{:?}", world.last());
    let forward = world.forward(Request::fetch(ABSENT, "[]")).await;
    assert_eq!(
        (forward.body.as_ref(), world.last().2.as_str()),
        (&b"[]"[..], "action.unknown")
    );
}

#[tokio::test]
async fn without_a_policy_the_grammar_and_the_origin_hold() {
    let world =
        World::with("[guard]\npublic-origins = [\"https://app.example.com\"]\n[audit]\nfile = \"audit.jsonl\"\n").await;
    let call = |body: &str| Request::fetch(ABSENT, body);
    let forward = world.forward(call("[ 1 ]")).await;
    assert_eq!(forward.body, "[1]");
    assert_eq!(
        world.last(),
        (
            "observed".to_owned(),
            "identify".to_owned(),
            "policy.missing".to_owned()
        )
    );
    assert_eq!(world.refusal(call("[\"$1:constructor\"]")).await.0, 400);
    assert_eq!(
        world.refusal(call("[]").header("origin", "https://evil.test")).await.0,
        403
    );
    assert_eq!(world.refusal(Request::fetch("zz", "[]")).await.0, 409);
}

#[tokio::test]
async fn a_reload_keeps_what_is_remembered() {
    let world = World::new().await;
    for _ in 0..3 {
        world.forward(update(&world, GOOD)).await;
    }
    let config = portcullis_policy::parse(POLICY).unwrap();
    let again = world
        .actions
        .reload(&config, world.folder.path(), &secrets)
        .await
        .unwrap();
    let verdict = again.judge(update(&world, GOOD).received(), "r2").await;
    assert!(matches!(verdict, Verdict::Refuse(response) if response.status() == 429));
    let seq = world.audit().len();
    assert_eq!(seq, 4);
    assert!(
        again
            .metrics()
            .decisions
            .iter()
            .any(|(key, count)| key.decision == "allowed" && *count == 3)
    );
}

#[tokio::test]
async fn a_policy_that_cannot_hold_is_refused() {
    let world = World::new().await;
    let load = |policy: String| {
        let folder = world.folder.path().to_owned();
        async move {
            // The log is that of the world.
            let policy = policy.replace("audit.jsonl", "other.jsonl");
            let config = portcullis_policy::parse(&policy).unwrap_or_else(|errors| panic!("{errors:?}"));
            Actions::load(&config, &folder, &secrets).await.err()
        }
    };
    let without = |section: &str| {
        let (before, rest) = POLICY.split_once(section).unwrap();
        let (_, after) = rest.split_once("\n[").unwrap();
        format!("{before}[{after}")
    };
    assert!(matches!(
        load(without("[session]")).await,
        Some(SetupError::Endpoint { .. })
    ));
    assert!(matches!(
        load(without("[database]")).await,
        Some(SetupError::Endpoint { .. })
    ));
    let variable = load(POLICY.replace("\"SECRET\"", "\"OTHER\"")).await.unwrap();
    assert!(
        matches!(&variable, SetupError::Variable { variable, .. } if variable == "OTHER"),
        "{variable}"
    );
    let schema = load(POLICY.replace("update.json", "absent.json")).await;
    assert!(matches!(schema, Some(SetupError::File { .. })));
    let query = load(POLICY.replace("select 1 from", "delete from")).await;
    assert!(matches!(query, Some(SetupError::Endpoint { .. })));
    let summary = world.actions.summary();
    assert_eq!(summary.unnamed, ["app/a.ts#forgotten"]);
    assert_eq!((summary.enforced.len(), summary.admits_unnamed), (3, false));
    assert!(summary.enforced.iter().any(|name| name == "app/a.ts#pay"), "{PAY}");
}

#[tokio::test]
async fn a_stranger_cannot_tell_an_action_for_others_from_none() {
    let hidden = POLICY.replace("[guard.actions]\n", "[guard.actions]\nhide-from-strangers = true\n");
    let world = World::with(&hidden).await;
    let absent = world.refusal(Request::fetch(ABSENT, GOOD)).await;
    let call = || Request::fetch(UPDATE, GOOD);
    for request in [
        call(),
        // A header that looks like a session is anybody's.
        call().header("cookie", "a=b"),
        call().header("authorization", "Bearer x"),
        call().header("cookie", "__Host-session=p1.k1.AAAA"),
        call().header("origin", "https://evil.example"),
        call().without("origin").header("cookie", "a=b"),
        Request::fetch(UPDATE, "[\"$1:__proto__:x\"]"),
    ] {
        assert_eq!(world.refusal(request).await, absent);
    }
    // The log tells them apart, and so does the answer to who is signed in.
    assert_eq!(world.last().2, "session.required");
    let viewer = call().header("cookie", &world.cookie("ada", &["viewer"]));
    assert_eq!(world.refusal(viewer).await, (403, "forbidden".to_owned()));
    let open = Request::fetch(LIST, "[]").header("origin", "https://evil.example");
    assert_eq!(world.refusal(open).await, (403, "origin.foreign".to_owned()));
}

#[tokio::test]
async fn all_that_an_action_names_has_to_be_the_callers() {
    let several = POLICY
        .replace("schema = \"update.json\"", "")
        .replace("3/1m", "100/1m")
        .replace(
            "owns = { arg = \"/0/id\", query = \"select 1 from invoices where id = $1 and owner = $user\" }",
            "owns = [{ arg = \"/0/from\", query = \"select 1 from invoices where id = $1 and owner = $user\" },\n\
             { arg = \"/0/author\", query = \"select 1 where $1 = $user\" }]",
        );
    let world = World::with(&several).await;
    let call = |body: &str| Request::fetch(UPDATE, body).header("cookie", &world.cookie("ada", &["editor"]));
    world.forward(call(r#"[{"from":7,"author":"ada"}]"#)).await;
    for body in [
        r#"[{"from":7,"author":"bob"}]"#,
        r#"[{"from":8,"author":"ada"}]"#,
        r#"[{"from":8,"author":"bob"}]"#,
        r#"[{"from":7}]"#,
        r#"[{"author":"ada"}]"#,
    ] {
        assert_eq!(world.refusal(call(body)).await, (404, "not-found".to_owned()), "{body}");
    }
}

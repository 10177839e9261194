//! What of the application's answers reaches the caller.

use bytes::Bytes;
use http::response::Parts;
use http::{Response, StatusCode};
use portcullis_guard::action::{Outcome, Verdict};

use crate::world::{LIST, POLICY, Request, World};

/// The head and the body that the caller gets.
async fn answered(
    world: &World,
    request: Request,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> (Parts, String) {
    let forward = world.forward(request).await;
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let (mut head, ()) = builder.body(()).unwrap().into_parts();
    let mut ticket = forward.ticket;
    let mut filter = ticket.answer(&mut head);
    let mut output = Vec::new();
    for piece in body.as_bytes().chunks(7) {
        output.extend_from_slice(&filter.push(Bytes::copy_from_slice(piece)).unwrap());
    }
    output.extend_from_slice(&filter.end());
    ticket.finish(Outcome::Answered).await;
    (head, String::from_utf8(output).unwrap())
}

const ROWS: &[(&str, &str)] = &[("content-type", "text/x-component"), ("content-length", "99")];

#[tokio::test]
async fn results_have_the_fields_of_the_policy() {
    let world = World::new().await;
    let body = "0:{\"a\":\"$@1\",\"q\":\"\",\"i\":false,\"b\":\"b\"}\n\
                1:[{\"id\":1,\"cost\":9,\"owner\":{\"name\":\"Ada\",\"password\":\"x\"}}]\n";
    let (head, text) = answered(&world, Request::fetch(LIST, "[]"), 200, ROWS, body).await;
    assert!(
        text.ends_with("1:[{\"id\":1,\"owner\":{\"name\":\"Ada\"}}]\n"),
        "{text}"
    );
    assert!(!head.headers.contains_key("content-length"));
    assert_eq!(head.headers["x-request-id"], "r1");
    assert!(head.headers["cache-control"].to_str().unwrap().contains("no-store"));
    let pruned = world
        .actions
        .metrics()
        .decisions
        .iter()
        .any(|(key, _)| key.code == "output.pruned");
    assert!(pruned);
    assert_eq!(world.actions.metrics().outcomes.answered, 1);
}

#[tokio::test]
async fn failures_show_their_digest_alone() {
    let world = World::new().await;
    let thrown = "0:{\"a\":\"$@1\"}\n1:E{\"digest\":\"123\",\"message\":\"relation users does not exist\"}\n";
    let (head, text) = answered(&world, Request::fetch(LIST, "[]"), 500, ROWS, thrown).await;
    assert_eq!(head.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(text.ends_with("1:E{\"digest\":\"123\"}\n"), "{text}");

    let html = [("content-type", "text/html"), ("set-cookie", "a=b")];
    let (head, text) = answered(
        &world,
        Request::fetch(LIST, "[]"),
        500,
        &html,
        "<pre>at /srv/app/db.ts:7</pre>",
    )
    .await;
    assert!(text.ends_with("1:E{\"digest\":\"application.failed\"}\n"), "{text}");
    assert_eq!(head.headers["content-type"], "text/x-component");
    assert_eq!(head.headers["set-cookie"], "a=b");
    let length: usize = head.headers["content-length"].to_str().unwrap().parse().unwrap();
    assert_eq!(length, text.len());

    let form = Request::form(&[(&format!("$ACTION_ID_{LIST}"), "")]);
    let (head, text) = answered(&world, form.clone(), 500, &html, "<pre>at /srv/app/db.ts:7</pre>").await;
    assert!(
        text.contains("something went wrong") && !text.contains("db.ts"),
        "{text}"
    );
    assert_eq!(head.status.as_u16(), 500);
    // A page that the application means to show is its own.
    let (_, text) = answered(&world, form, 200, &html, "<p>saved</p>").await;
    assert_eq!(text, "<p>saved</p>");

    // Another build's id: what Next.js says is said in our words.
    let unknown = [("content-type", "text/plain"), ("x-nextjs-action-not-found", "1")];
    let (head, text) = answered(&world, Request::fetch(LIST, "[]"), 404, &unknown, "x").await;
    assert_eq!(
        (head.status.as_u16(), text.as_str()),
        (409, "Server Action unavailable.")
    );
}

#[tokio::test]
async fn what_cannot_be_pruned_does_not_leave() {
    let world = World::new().await;
    let encoded = [("content-type", "text/x-component"), ("content-encoding", "gzip")];
    let (head, text) = answered(&world, Request::fetch(LIST, "[]"), 200, &encoded, "secret").await;
    assert_eq!(head.status, StatusCode::BAD_GATEWAY);
    assert!(!text.contains("secret") && !head.headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn secrets_in_results_are_held_back_where_the_policy_wants_it() {
    let policy = POLICY
        .replace("[guard.actions]\n", "[guard.actions]\nsecrets-in-results = \"block\"\n")
        .replace("output = [\"id\", \"owner.name\"]", "");
    let world = World::with(&policy).await;
    let body = "0:{\"a\":\"$@1\"}\n1:{\"id\":1,\"passwordHash\":\"$2b$10$abc\"}\n";
    let (_, text) = answered(&world, Request::fetch(LIST, "[]"), 200, ROWS, body).await;
    assert!(
        text.ends_with("1:E{\"digest\":\"output.secret\"}\n") && !text.contains("2b$10"),
        "{text}"
    );
}

/// Nothing tells a text that was meant from one that a database said: `output` names fields, and a text has none.
#[tokio::test]
async fn a_text_as_the_result_passes() {
    let body = "0:{\"a\":\"$@1\"}\n1:\"duplicate key value violates unique constraint\"\n";
    let world = World::with(&POLICY.replace("output = [\"id\", \"owner.name\"]", "")).await;
    let (_, text) = answered(&world, Request::fetch(LIST, "[]"), 200, ROWS, body).await;
    assert_eq!(text, body);
    // A list of fields is about objects.
    let world = World::new().await;
    let (_, text) = answered(&world, Request::fetch(LIST, "[]"), 200, ROWS, body).await;
    assert_eq!(text, body);
}

/// Without scripts a result is somewhere in a page.
#[tokio::test]
async fn secrets_in_the_pages_of_forms_are_found() {
    let form = || Request::form(&[(&format!("$ACTION_ID_{LIST}"), "")]);
    let html = [("content-type", "text/html; charset=utf-8")];
    let page = r#"<p>ok</p><script>self.__next_f.push([1,"1:{\"passwordHash\":\"$2b$10$abc\"}"])</script>"#;
    let world = World::new().await;
    let (_, text) = answered(&world, form(), 200, &html, page).await;
    assert_eq!(text, page);
    let seen = |world: &World, code: &str| {
        world
            .actions
            .metrics()
            .decisions
            .iter()
            .any(|(key, _)| key.code == code)
    };
    assert!(seen(&world, "output.secret.seen"));

    let policy = POLICY.replace("[guard.actions]\n", "[guard.actions]\nsecrets-in-results = \"block\"\n");
    let world = World::with(&policy).await;
    let forward = world.forward(form()).await;
    let (mut head, ()) = Response::builder()
        .header(html[0].0, html[0].1)
        .body(())
        .unwrap()
        .into_parts();
    let mut ticket = forward.ticket;
    let mut filter = ticket.answer(&mut head);
    let mut given = Vec::new();
    let failed = page.as_bytes().chunks(7).try_for_each(|piece| {
        filter
            .push(Bytes::copy_from_slice(piece))
            .map(|bytes| given.extend_from_slice(&bytes))
    });
    assert!(failed.is_err() && !String::from_utf8(given).unwrap().contains("2b$10"));
    ticket.finish(Outcome::Cut).await;
    assert!(seen(&world, "output.secret"));
}

#[tokio::test]
async fn refusals_have_the_form_of_their_reader() {
    let world = World::new().await;
    let foreign = |accept: &str| {
        Request::fetch(LIST, "[]")
            .header("origin", "https://evil.test")
            .header("accept", accept)
    };
    let Verdict::Refuse(json) = world.judge(foreign("application/json")).await else {
        panic!("not refused")
    };
    assert_eq!(json.headers()["content-type"], "application/json");
    let value: serde_json::Value = serde_json::from_slice(json.body()).unwrap();
    assert_eq!(value, serde_json::json!({ "error": "origin.foreign", "request": "r1" }));
    let Verdict::Refuse(rows) = world.judge(foreign("text/x-component")).await else {
        panic!("not refused")
    };
    assert_eq!(
        (rows.status().as_u16(), &rows.headers()["content-type"]),
        (403, &"text/x-component".parse().unwrap())
    );
}

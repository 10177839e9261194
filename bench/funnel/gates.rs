//! Each gate by itself: actions that have one gate more than the one before, called in this process.

use std::path::Path;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use portcullis_actions::funnel::{Answer, Authorized, Principal, Unavailable};
use portcullis_actions::{ActionClient, Authed, Ctx, Input, Outcome, Public, Ref, Resource, Validated, actions};
use sqlx::SqlitePool;
use tower::ServiceExt as _;

use crate::application::{Bench, ORIGIN, Rank, Store, USERS, client, cookies, principal};

const CALLS: usize = 4_000;
const ROUNDS: usize = 5;

/// A resource that is there without a query: what is left is the gate.
struct Thing;

impl Resource<Bench> for Thing {
    const KIND: &'static str = "thing";

    fn load<'a>(
        _state: &'a SqlitePool,
        _id: &'a str,
        _principal: &'a Principal,
    ) -> Answer<'a, Result<Option<Self>, Unavailable>> {
        Box::pin(std::future::ready(Ok(Some(Self))))
    }
}

#[derive(Input)]
struct Texts {
    #[garde(length(chars, min = 1, max = 200))]
    note: String,
    #[garde(length(chars, min = 1, max = 200))]
    title: String,
}

#[derive(Input)]
struct Things {
    note: Ref<Thing>,
    #[garde(length(chars, min = 1, max = 200))]
    title: String,
}

async fn open(_ctx: Ctx<Bench, Public>) -> Outcome<()> {
    Ok(())
}

async fn nothing(_ctx: Ctx<Bench, Authed>) -> Outcome<()> {
    Ok(())
}

async fn texts(_ctx: Ctx<Bench, Authed>, input: Validated<Texts>) -> Outcome<()> {
    let Texts { note: _, title: _ } = input.into_inner();
    Ok(())
}

async fn things(_ctx: Ctx<Bench, Authed>, input: Validated<Things>, _thing: Authorized<Thing>) -> Outcome<()> {
    let Things { title: _, note: _ } = input.into_inner();
    Ok(())
}

const STEPS: &[(&str, &str)] = &[
    ("open", "origin, address, one limit, audit"),
    ("session", "+ a session and its revocation"),
    ("limited", "+ a limit by user"),
    ("ranked", "+ a role"),
    ("texts", "+ an input and its rules"),
    ("things", "+ a reference (its query not counted)"),
    ("argument", "+ a limit by argument"),
    ("once", "+ a nonce, spent on the disk"),
    ("key", "a key in place of the nonce"),
];

fn router(client: &ActionClient<Bench>) -> Router {
    let authed = |name: &str| client.action(name).authenticated();
    let list = actions![
        client
            .action("open")
            .public("it is measured")
            .rate_limit("600/1m per ip")
            .handler(open),
        authed("session").unlimited("it is measured").handler(nothing),
        authed("limited").handler(nothing),
        authed("ranked").min_role(Rank::Editor).handler(nothing),
        authed("texts").min_role(Rank::Editor).input::<Texts>().handler(texts),
        authed("things")
            .min_role(Rank::Editor)
            .input::<Things>()
            .owns(|refs| refs.note)
            .handler(things),
        authed("argument")
            .min_role(Rank::Editor)
            .rate_limit("600/1m per user")
            .rate_limit("600/1m per user+arg:/note")
            .input::<Things>()
            .owns(|refs| refs.note)
            .handler(things),
        authed("once")
            .min_role(Rank::Editor)
            .rate_limit("600/1m per user")
            .rate_limit("600/1m per user+arg:/note")
            .nonce()
            .input::<Things>()
            .owns(|refs| refs.note)
            .handler(things),
        authed("key")
            .min_role(Rank::Editor)
            .rate_limit("600/1m per user")
            .rate_limit("600/1m per user+arg:/note")
            .idempotent()
            .input::<Things>()
            .owns(|refs| refs.note)
            .handler(things),
    ];
    client.mount(list).unwrap().router
}

pub(crate) async fn measure(folder: &Path) {
    let pool = SqlitePool::connect("sqlite::memory:").await.unwrap();
    let cookies = cookies();
    let clients = [Store::Memory, Store::File].map(|store| client(folder, pool.clone(), store));
    println!("  {:42} {:>8} {:>8}", "", "memory", "file");
    for (name, what) in STEPS {
        let mut columns = Vec::new();
        for (number, client) in clients.iter().enumerate() {
            // What waits for the disk is not called as often.
            let calls = if number == 1 && ["once", "key"].contains(name) {
                200
            } else {
                CALLS
            };
            let router = router(client);
            let mut best = f64::MAX;
            for round in 0..ROUNDS {
                let requests: Vec<_> = (0..calls)
                    .map(|one| request(client, &cookies, name, round, one))
                    .collect();
                let started = Instant::now();
                for request in requests {
                    let answer = router.clone().oneshot(request).await.unwrap();
                    assert_eq!(answer.status(), StatusCode::OK, "{name}");
                }
                let calls = f64::from(u32::try_from(calls).unwrap());
                best = best.min(started.elapsed().as_secs_f64() * 1e6 / calls);
            }
            columns.push(best);
        }
        println!("  {what:42} {:8.1} {:8.1}", columns[0], columns[1]);
    }
}

fn request(client: &ActionClient<Bench>, cookies: &[String], name: &str, round: usize, number: usize) -> Request<Body> {
    let user = number % USERS;
    let mut request = Request::post(format!("/_actions/{name}"))
        .header("content-type", "application/json")
        .header("origin", ORIGIN)
        .header("x-forwarded-for", format!("10.1.{}.{}", user / 250, user % 250));
    if name != "open" {
        request = request.header("cookie", &cookies[user]);
    }
    if name == "once" {
        let nonce = client.nonce(name, &principal(number), Duration::from_hours(1)).unwrap();
        request = request.header("x-portcullis-nonce", nonce);
    }
    if name == "key" {
        request = request.header("idempotency-key", format!("{round}-{number}"));
    }
    let has_input = ["texts", "things", "argument", "once", "key"].contains(&name);
    let body = if has_input {
        r#"{"note":"n1","title":"A title"}"#
    } else {
        "{}"
    };
    let mut request = request.body(Body::from(body)).unwrap();
    let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
    request
}

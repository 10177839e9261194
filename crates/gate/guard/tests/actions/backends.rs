//! What gates ask of others: captcha services, published keys, tables of sessions.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use sqlx::Connection as _;

use crate::server::answering;
use crate::world::{LIST, POLICY, Request, UPDATE, World, load, secrets};

const GOOD: &str = r#"[{"id":7,"amount":2.5}]"#;

fn captcha(url: &str) -> String {
    let section = format!("[captcha]\nsecret-env = \"SECRET\"\nurl = \"{url}\"\n[roles]");
    POLICY
        .replace("[roles]", &section)
        .replace("output = [\"id\", \"owner.name\"]", "captcha = \"turnstile\"")
}

#[tokio::test]
async fn a_proof_of_a_human_is_checked_by_its_service() {
    let good = r#"{"success":true,"hostname":"app.example.com","action":"list"}"#;
    let service = answering("200 OK", good.to_owned()).await;
    let world = World::with(&captcha(&service.url)).await;
    assert_eq!(
        world.refusal(Request::fetch(LIST, "[]")).await,
        (403, "captcha.required".to_owned())
    );
    assert!(service.asked.lock().unwrap().is_empty());
    let field = format!("$ACTION_ID_{LIST}");
    let form = Request::form(&[(&field, ""), ("cf-turnstile-response", "proof-1")]);
    world.forward(form).await;
    let asked = service.asked.lock().unwrap().concat();
    assert!(
        asked.contains("response=proof-1") && asked.contains("remoteip=203.0.113.7"),
        "{asked}"
    );
    let argument = captcha(&service.url).replace(
        "captcha = \"turnstile\"",
        "captcha = \"turnstile\"\ncaptcha-arg = \"/0/proof\"",
    );
    let world = World::with(&argument).await;
    world.forward(Request::fetch(LIST, r#"[{"proof":"proof-2"}]"#)).await;

    let bad = answering(
        "200 OK",
        r#"{"success":false,"error-codes":["timeout-or-duplicate"]}"#.to_owned(),
    )
    .await;
    let world = World::with(&captcha(&bad.url)).await;
    let proven = Request::fetch(LIST, "[]").header("x-portcullis-captcha", "proof");
    assert_eq!(
        world.refusal(proven.clone()).await,
        (403, "captcha.required".to_owned())
    );
    assert_eq!(world.last().2, "captcha.rejected");
    for service in [
        answering("500 Oops", String::new()).await.url,
        answering("302 Found", good.to_owned()).await.url,
        answering("200 OK", "x".repeat(100_000)).await.url,
        "http://127.0.0.1:1/".to_owned(),
        // What does not show a certificate is not believed.
        answering("200 OK", good.to_owned())
            .await
            .url
            .replace("http:", "https:"),
    ] {
        let world = World::with(&captcha(&service)).await;
        assert_eq!(
            world.refusal(proven.clone()).await,
            (503, "unavailable".to_owned()),
            "{service}"
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads the vectors of the session formats"
)]
fn vectors(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../session/tests/vectors/sessions");
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

#[tokio::test]
async fn tokens_are_believed_by_published_keys() {
    let vectors = vectors("oidc-bearer-jwt.json");
    let config = &vectors["config"];
    let keys = answering("200 OK", config["jwks"].to_string()).await;
    let session = format!(
        "provider = \"jwt\"\nissuer = {}\naudience = {}\nalgorithms = {}\ntolerance = 5\njwks = \"{}\"\n[roles]",
        config["issuer"], config["audience"], config["algorithms"], keys.url
    );
    let policy = POLICY
        .replace("provider = \"own\"\nsecret-env = \"SECRET\"\n[roles]", &session)
        .replace("role = \"editor\"", "")
        .replace(
            "owns = { arg = \"/0/id\", query = \"select 1 from invoices where id = $1 and owner = $user\" }",
            "",
        );
    let mut believed = 0;
    for vector in vectors["vectors"].as_array().unwrap() {
        let Some(token) = vector["token"].as_str() else {
            continue;
        };
        let world = World::with(&policy).await;
        world.set(vector["now"].as_i64().unwrap());
        let request = Request::fetch(UPDATE, GOOD);
        let Ok(value) = http::HeaderValue::from_str(&format!("Bearer {token}")) else {
            continue;
        };
        let mut request = request;
        request.headers.insert("authorization", value);
        let verdict = world.judge(request).await;
        let is_forwarded = matches!(verdict, portcullis_guard::action::Verdict::Forward(_));
        assert_eq!(
            Some(is_forwarded),
            vector["expect"]["ok"].as_bool(),
            "{}: {:?}",
            vector["name"],
            world.last()
        );
        believed += usize::from(is_forwarded);
    }
    assert!(believed >= 3, "{believed} tokens were believed");

    // Without keys nobody is refused for a session that cannot be judged: it is an outage.
    let policy = policy.replace(&keys.url, "http://127.0.0.1:1/");
    let world = World::with(&policy).await;
    world.set(1_767_225_660);
    let valid = vectors["vectors"][0]["token"].as_str().unwrap();
    let request = Request::fetch(UPDATE, GOOD).header("authorization", &format!("Bearer {valid}"));
    assert_eq!(world.refusal(request).await, (503, "unavailable".to_owned()));
}

#[tokio::test]
async fn sessions_are_found_in_a_table() {
    let session = "provider = \"table\"\ncookie = \"sid\"\ntransform = \"sha256\"\n\
        query = \"select token as key, user_id, ends as expires_at, roles from sessions where token = $1\"\n[roles]";
    let policy = POLICY.replace("provider = \"own\"\nsecret-env = \"SECRET\"\n[roles]", session);
    let world = World::with(&policy).await;
    let file = world.folder.path().join("app.db");
    let mut database = sqlx::SqliteConnection::connect(&format!("sqlite:{}", file.display()))
        .await
        .unwrap();
    // SHA-256 of `secret-cookie`.
    sqlx::raw_sql(
        "create table sessions (token text, user_id text, ends text, roles text);
         insert into sessions values ('ce3da50014457d5442ffea95c4cd3e74eba338841d7d496da2b425bbe066d234', 'ada', '2027-06-01 00:00:00', 'viewer,editor')",
    )
    .execute(&mut database)
    .await
    .unwrap();
    let call = |cookie: &str| Request::fetch(UPDATE, GOOD).header("cookie", cookie);
    world.forward(call("sid=secret-cookie")).await;
    assert_eq!(world.audit().pop().unwrap()["actor"]["user"], "ada");
    assert_eq!(
        world.refusal(call("sid=other")).await,
        (401, "session.required".to_owned())
    );
    world.set(1_900_000_000);
    assert_eq!(world.refusal(call("sid=secret-cookie")).await.0, 401);
    assert_eq!(world.last().2, "session.expired");
}

#[tokio::test]
async fn every_provider_can_be_put_in_force() {
    let world = World::new().await;
    for session in [
        "provider = \"authjs\"\nsecret-env = \"SECRET\"",
        "provider = \"authjs-v4\"\nsecret-env = [\"SECRET\"]",
        "provider = \"authjs-database\"\nquery = \"select 1 as key from s where t = $1\"",
        "provider = \"better-auth\"\nsecret-env = \"SECRET\"\nquery = \"select 1 as key from s where t = $1\"",
        "provider = \"better-auth\"\nsecret-env = \"SECRET\"\ncache = \"jwe\"",
        "provider = \"clerk\"\npublishable-key = \"pk_test_Y2xlcmsuZXhhbXBsZS5jb20k\"",
        "provider = \"supabase\"\nurl = \"https://x.supabase.co\"\nsecret-env = \"SECRET\"",
        "provider = \"iron-session\"\ncookie = \"s\"\nsecret-env = [\"SECRET\", \"SECRET\"]",
        "provider = \"auth0\"\nsecret-env = \"SECRET\"",
        "provider = \"workos\"\nclient-id = \"client_1\"\nsecret-env = \"SECRET\"",
        "provider = \"kinde\"\nissuer = \"https://x.kinde.com/\"",
        "provider = \"firebase\"\nproject = \"p\"",
        "provider = \"jwt\"\nissuer = \"i\"\naudience = \"a\"\nalgorithms = [\"HS256\"]\nsecret-env = \"SECRET\"",
        "provider = \"table\"\ncookie = \"s\"\nquery = \"select 1 as key from s where t = $1\"",
    ] {
        let policy = POLICY.replace("provider = \"own\"\nsecret-env = \"SECRET\"", session);
        let policy = policy.replace("audit.jsonl", "other.jsonl");
        let actions = load(world.folder.path(), &policy, &world.clock).await;
        // Who sends no session is nobody, at each of them.
        let verdict = actions.judge(Request::fetch(UPDATE, GOOD).received(), "r").await;
        let portcullis_guard::action::Verdict::Refuse(response) = verdict else {
            panic!("{session}")
        };
        assert_eq!(response.status(), 401, "{session}");
    }
    for broken in [
        "provider = \"clerk\"\npublishable-key = \"pk_test_x\"",
        "provider = \"jwt\"\nissuer = \"i\"\naudience = \"a\"",
        "provider = \"jwt\"\nissuer = \"i\"\naudience = \"a\"\nalgorithms = [\"none\"]\nsecret-env = \"SECRET\"",
        "provider = \"jwt\"\nissuer = \"i\"\naudience = \"a\"\njwks = \"http://idp.example.com/keys\"",
        "provider = \"table\"\ncookie = \"s\"",
        "provider = \"authjs\"\nsecret-env = \"MISSING\"",
        "provider = \"iron-session\"\nsecret-env = \"SECRET\"",
    ] {
        let policy = POLICY.replace("provider = \"own\"\nsecret-env = \"SECRET\"", broken);
        let config = portcullis_policy::parse(&policy).unwrap();
        let failed = portcullis_guard::action::Actions::load(&config, world.folder.path(), &secrets).await;
        let message = failed.err().unwrap_or_else(|| panic!("{broken}")).to_string();
        assert!(!message.contains("test-only-secret"), "{message}");
    }
}

#[tokio::test]
async fn a_session_of_auth_js_is_recognised() {
    let vectors = vectors("authjs-v5.json");
    let vector = vectors["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .find(|vector| vector["name"] == "valid-https-secure-prefix")
        .unwrap();
    let secret = vectors["config"]["secrets"][0].as_str().unwrap().to_owned();
    let policy = POLICY
        .replace(
            "provider = \"own\"\nsecret-env = \"SECRET\"",
            "provider = \"authjs\"\nroles = \"role\"",
        )
        .replace("role = \"editor\"", "")
        .replace(
            "owns = { arg = \"/0/id\", query = \"select 1 from invoices where id = $1 and owner = $user\" }",
            "",
        );
    let world = World::new().await;
    world.set(vector["now"].as_i64().unwrap());
    let config = portcullis_policy::parse(&policy.replace("audit.jsonl", "other.jsonl")).unwrap();
    let secrets = move |name: &str| (name == "AUTH_SECRET").then(|| secret.clone());
    let clock = Arc::clone(&world.clock) as Arc<dyn portcullis_funnel::Clock>;
    let actions = portcullis_guard::action::Actions::load_with_clock(&config, world.folder.path(), &secrets, clock)
        .await
        .unwrap();
    let request = Request::fetch(UPDATE, GOOD).header("cookie", vector["cookie_header"].as_str().unwrap());
    let verdict = actions.judge(request.received(), "r").await;
    assert!(
        matches!(verdict, portcullis_guard::action::Verdict::Forward(_)),
        "{verdict:?}"
    );
}

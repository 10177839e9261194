//! Two guards with one Redis: what one of them counted, spent or revoked, the other knows.

use portcullis_funnel::{Clock as _, KeyRing};
use portcullis_session::{OwnSession, OwnSessions};
use portcullis_store::{SystemClock, SystemEntropy};
use std::time::Duration;

use crate::actions::{ACTION, call, write_manifest};
use crate::redis_server::RedisServer;
use crate::world::{Application, Running, SECRET, TOKEN, policy, raw, refusal};

fn cookie(user: &str) -> String {
    let now = SystemClock.now();
    let session = OwnSession {
        user_id: user.to_owned(),
        session_id: format!("s-{user}"),
        roles: Vec::new(),
        permissions: Vec::new(),
        organization: None,
        authenticated_at: now.millis(),
        expires_at: now.plus(Duration::from_hours(1)).millis(),
    };
    let sessions = OwnSessions::new(KeyRing::new("k1", SECRET).unwrap(), "session");
    let header = sessions.set_cookie(&session, now, &SystemEntropy::default()).unwrap();
    header.split(';').next().unwrap().to_owned()
}

async fn guard(application: &Application, redis: &RedisServer, demands: &str) -> Running {
    let text = policy(
        application.address,
        &format!(
            "manifest = '.next/server/server-reference-manifest.json'\n[guard.admin]\nlisten = '127.0.0.1:0'\n\
             [session]\nprovider = 'own'\nsecret-env = 'SECRET'\n[store]\nurl = '{}'\n\
             [actions.'app/actions.ts#save']\naccess = 'authenticated'\n{demands}",
            redis.url()
        ),
    );
    let folder = tempfile::tempdir().unwrap();
    write_manifest(folder.path());
    Running::with_policy(&text, folder).await
}

async fn save(guard: &Running, user: &str, body: &str) -> u16 {
    save_with(guard, &cookie(user), body).await
}

async fn save_with(guard: &Running, cookie: &str, body: &str) -> u16 {
    let headers = format!("Cookie: {cookie}\r\n");
    refusal(&guard.raw(call(ACTION, &headers, body)).await).0
}

#[tokio::test]
async fn limits_and_revocations_are_those_of_all() {
    let Some(redis) = RedisServer::start() else { return };
    let application = Application::hello().await;
    let demands = "rate = '3/1h per user'\n";
    let (first, second) = (
        guard(&application, &redis, demands).await,
        guard(&application, &redis, demands).await,
    );
    assert_eq!(save(&first, "ada", "[]").await, 200);
    assert_eq!(save(&second, "ada", "[]").await, 200);
    assert_eq!(save(&first, "ada", "[]").await, 200);
    assert_eq!(save(&second, "ada", "[]").await, 429);
    assert_eq!(save(&first, "ada", "[]").await, 429);
    let bob = cookie("bob");
    assert_eq!(save_with(&second, &bob, "[]").await, 200);
    // Revoked at one of them, over at the other.
    let body = r#"{"user": {"provider": "own", "id": "bob"}}"#;
    let length = body.len();
    let request = format!(
        "POST /revocations HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    let answer = raw(first.admin.unwrap(), request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(save_with(&second, &bob, "[]").await, 401);
    assert_eq!(save(&second, "eve", "[]").await, 200);
    // A third that starts later knows as much.
    let third = guard(&application, &redis, demands).await;
    assert_eq!(
        (save(&third, "ada", "[]").await, save_with(&third, &bob, "[]").await),
        (429, 401)
    );
}

/// Set for a process of its own, which believes the authorities of `SSL_CERT_FILE`.
const OVER_TLS: &str = "PORTCULLIS_TEST_STORE_OVER_TLS";

/// The system says whose certificates are believed, and it is asked once in a process: so this starts itself twice, with the
/// right authority and with another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_is_reached_over_tls() {
    if let Ok(told) = std::env::var(OVER_TLS) {
        let (url, expected) = told.split_once(' ').unwrap();
        let application = Application::hello().await;
        let text = policy(
            application.address,
            &format!(
                "manifest = '.next/server/server-reference-manifest.json'\n[store]\nurl = '{url}'\n\
                 [actions.'app/actions.ts#save']\naccess = {{ public = 'a test' }}\nreplay = 'once'\n"
            ),
        );
        let folder = tempfile::tempdir().unwrap();
        write_manifest(folder.path());
        let guard = Running::with_policy(&text, folder).await;
        let (status, _) = refusal(&guard.raw(call(ACTION, "", "[]")).await);
        assert_eq!(status.to_string(), expected);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["own", "other"] {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join(format!("{name}.pem")), made.cert.pem()).unwrap();
        std::fs::write(
            folder.path().join(format!("{name}.key")),
            made.signing_key.serialize_pem(),
        )
        .unwrap();
    }
    let secured = (folder.path().join("own.pem"), folder.path().join("own.key"));
    let Some(redis) = RedisServer::start_with(Some(secured)) else {
        return;
    };
    for (authority, expected) in [("own", "200"), ("other", "503")] {
        let ended = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "several::the_store_is_reached_over_tls", "--nocapture"])
            .env("SSL_CERT_FILE", folder.path().join(format!("{authority}.pem")))
            .env(OVER_TLS, format!("{} {expected}", redis.url()))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success(), "{authority}: {said}");
    }
}

#[tokio::test]
async fn what_was_done_at_one_is_not_done_again_at_another() {
    let Some(redis) = RedisServer::start() else { return };
    let application = Application::hello().await;
    let demands = "replay = 'once'\n";
    let (first, second) = (
        guard(&application, &redis, demands).await,
        guard(&application, &redis, demands).await,
    );
    assert_eq!(save(&first, "ada", "[1]").await, 200);
    assert_eq!(save(&second, "ada", "[1]").await, 409);
    assert_eq!(save(&second, "ada", "[2]").await, 200);
    // At the same moment at both: one of them.
    for number in 10..30 {
        let body = format!("[{number}]");
        let (left, right) = tokio::join!(save(&first, "ada", &body), save(&second, "ada", &body));
        let mut both = [left, right];
        both.sort_unstable();
        assert_eq!(both, [200, 409]);
    }
    assert_eq!(application.requests().len(), 22);
}

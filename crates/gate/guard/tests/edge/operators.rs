//! The listener of operators, and the one for other proxies.

use serde_json::Value;

use crate::world::{Application, Running, TOKEN, raw};

const ADMIN: &str = "[guard.admin]\nlisten = '127.0.0.1:0'\n";

async fn ask(guard: &Running, method: &str, path: &str, token: Option<&str>, body: &str) -> (u16, String) {
    let token = token
        .map(|token| format!("Authorization: Bearer {token}\r\n"))
        .unwrap_or_default();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n{token}Content-Length: {length}\r\n\r\n{body}"
    );
    let answer = raw(guard.admin.unwrap(), request).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-security-policy: default-src 'none'"), "{head}");
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn everything_but_health_and_the_empty_page_needs_the_token() {
    let application = Application::hello().await;
    let guard = Running::before(&application, ADMIN).await;
    for path in ["/health", "/ready", "/", "/page.js", "/page.css"] {
        assert_eq!(ask(&guard, "GET", path, None, "").await.0, 200, "{path}");
    }
    for path in ["/metrics", "/status", "/policy", "/limits", "/revocations", "/nothing"] {
        for token in [
            None,
            Some(""),
            Some("wrong"),
            TOKEN.get(1..),
            Some(&*TOKEN.to_lowercase()),
        ] {
            assert_eq!(ask(&guard, "GET", path, token, "").await.0, 401, "{path} {token:?}");
        }
    }
    assert_eq!(ask(&guard, "GET", "/nothing", Some(TOKEN), "").await.0, 404);
    assert_eq!(ask(&guard, "POST", "/metrics", Some(TOKEN), "").await.0, 405);
}

#[tokio::test]
async fn a_listener_for_operators_without_a_token_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("portcullis.toml");
    std::fs::write(&policy, format!("[guard]\nlisten = '127.0.0.1:0'\n{ADMIN}")).unwrap();
    for token in [None, Some("short".to_owned()), Some("a".repeat(40))] {
        let options = portcullis_guard::Options {
            policy: Some(policy.clone()),
            folder: folder.path().to_owned(),
            overrides: portcullis_guard::Overrides::default(),
            secrets: std::sync::Arc::new(move |name| token.clone().filter(|_| name == "PORTCULLIS_ADMIN_TOKEN")),
        };
        let refused = portcullis_guard::Guard::start(options).await.unwrap_err();
        assert!(refused.to_string().contains("PORTCULLIS_ADMIN_TOKEN"), "{refused}");
    }
}

#[tokio::test]
async fn operators_see_what_was_refused_and_what_is_in_force() {
    let application = Application::hello().await;
    let more = format!(
        "{ADMIN}[store]\nurl = 'memory:'\n[actions.'app/a.ts#b']\naccess = {{ public = 'a test' }}\nrate = '5/1m per address'\n"
    );
    let guard = Running::before(&application, &more).await;
    guard.get("/%3Cscript%3E.rsc", "").await;
    guard.get("/", "").await;
    let (_, metrics) = ask(&guard, "GET", "/metrics", Some(TOKEN), "").await;
    for line in [
        "portcullis_requests_total{status=\"2xx\"} 1",
        "portcullis_requests_total{status=\"4xx\"} 1",
        "portcullis_decisions_total{decision=\"denied\",gate=\"edge\",code=\"edge.path-internal\",action=\"\"} 1",
        "portcullis_request_seconds_count 2",
        "portcullis_store_up 1",
        "portcullis_application_up 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} in\n{metrics}");
    }
    let (_, status) = ask(&guard, "GET", "/status", Some(TOKEN), "").await;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["refusals"][0]["code"], "edge.path-internal");
    assert_eq!(status["events"][0]["what"], "/%3Cscript%3E.rsc");
    assert_eq!(status["actions"][0]["name"], "app/a.ts#b");
    let (_, policy) = ask(&guard, "GET", "/policy", Some(TOKEN), "").await;
    let policy: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(
        (&policy["mode"], &policy["store"]),
        (&"enforce".into(), &"memory".into())
    );
    assert!(!policy.to_string().contains(TOKEN));
}

#[tokio::test]
async fn operators_revoke_and_reset() {
    let application = Application::hello().await;
    let more = format!("{ADMIN}[guard.limits]\nrequests-per-address = '1/1h'\n");
    let guard = Running::before(&application, &more).await;
    let revoke = async |body: &str| ask(&guard, "POST", "/revocations", Some(TOKEN), body).await.0;
    assert_eq!(
        revoke("{\"user\": {\"provider\": \"authjs\", \"id\": \"7\"}}").await,
        200
    );
    assert_eq!(revoke("{\"user\": {}}").await, 400);
    assert_eq!(revoke(&"x".repeat(100_000)).await, 413);
    assert!(guard.get("/", "").await.starts_with("HTTP/1.1 200"));
    assert!(guard.get("/", "").await.starts_with("HTTP/1.1 429"));
    assert_eq!(ask(&guard, "DELETE", "/limits", Some(TOKEN), "").await.0, 200);
    assert!(guard.get("/", "").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn readiness_is_that_of_the_application() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let guard = Running::with_policy(&crate::world::policy(gone, ADMIN), tempfile::tempdir().unwrap()).await;
    let (status, body) = ask(&guard, "GET", "/ready", None, "").await;
    assert_eq!((status, body.trim()), (503, "{\"application\":false,\"store\":true}"));
    assert_eq!(ask(&guard, "GET", "/health", None, "").await.0, 200);
}

#[tokio::test]
async fn other_proxies_ask_before_they_let_through() {
    let application = Application::hello().await;
    let more = "forward-auth = '127.0.0.1:0'\ntrusted-proxies = ['127.0.0.1']\n[guard.limits]\nrequests-per-address = '9/1h'\n";
    let guard = Running::before(&application, more).await;
    let ask = async |headers: &str| {
        let request = format!(
            "GET /ask HTTP/1.1\r\nHost: guard\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.7\r\n{headers}\r\n"
        );
        let answer = raw(guard.forward_auth.unwrap(), request).await;
        let code = answer.lines().find_map(|line| line.strip_prefix("x-portcullis-code: "));
        (
            answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap(),
            code.unwrap_or_default().trim().to_owned(),
        )
    };
    // The forms of nginx and of Traefik.
    assert_eq!(
        ask("X-Original-URI: /a?b\r\nX-Original-Method: GET\r\nX-Forwarded-Host: app.test\r\n")
            .await
            .0,
        204
    );
    assert_eq!(
        ask("X-Forwarded-Uri: /a\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Host: app.test\r\n")
            .await
            .0,
        204
    );
    let refused = async |headers: &str| {
        let (status, code) = ask(&format!("X-Forwarded-Host: app.test\r\n{headers}")).await;
        assert_eq!(status, 403, "{headers}");
        code
    };
    assert_eq!(
        ask("X-Forwarded-Host: evil.test\r\n").await,
        (403, "edge.host-unknown".to_owned())
    );
    assert_eq!(refused("X-Original-URI: /a%2fb\r\n").await, "edge.path");
    assert_eq!(refused("X-Original-URI: /a.rsc\r\n").await, "edge.path-internal");
    assert_eq!(refused("X-Original-URI: /?nxtPa=b\r\n").await, "edge.internal-header");
    assert_eq!(refused("X-Middleware-Subrequest: x\r\n").await, "edge.internal-header");
    let mut last = String::new();
    for _ in 0..10 {
        last = ask("X-Forwarded-Host: app.test\r\n").await.1;
    }
    assert_eq!(last, "edge.rate");
}

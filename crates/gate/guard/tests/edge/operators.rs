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

/// A guard that another proxy asks, with an action for everybody and one whose arguments decide.
async fn asked_by(application: &Application, proxy: &str, more: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    crate::actions::write_manifest(folder.path());
    let text = crate::world::policy(
        application.address,
        &format!(
            "forward-auth = '127.0.0.1:0'\nforward-auth-proxy = '{proxy}'\ntrusted-proxies = ['127.0.0.1']\n\
             manifest = '.next/server/server-reference-manifest.json'\n{more}"
        ),
    );
    Running::with_policy(&text, folder).await
}

/// Status and code of the answer to another proxy.
async fn verdict(guard: &Running, method: &str, target: &str, headers: &str) -> (u16, String) {
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.7\r\n{headers}\r\n"
    );
    let answer = raw(guard.forward_auth.unwrap(), request).await;
    let code = answer.lines().find_map(|line| line.strip_prefix("x-portcullis-code: "));
    (
        answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap(),
        code.unwrap_or_default().trim().to_owned(),
    )
}

#[tokio::test]
async fn other_proxies_ask_before_they_let_through() {
    let application = Application::hello().await;
    let guard = asked_by(&application, "nginx", "[guard.limits]\nrequests-per-address = '9/1h'\n").await;
    let ask = async |uri: &str, headers: &str| {
        let headers =
            format!("X-Original-Method: GET\r\nX-Original-URI: {uri}\r\nX-Forwarded-Host: app.test\r\n{headers}");
        verdict(&guard, "GET", "/ask", &headers).await
    };
    let refused = |code: &str| (403, code.to_owned());
    assert_eq!(ask("/a?b", "").await, (204, String::new()));
    assert_eq!(ask("/a%2fb", "").await, refused("edge.path"));
    assert_eq!(ask("/a.rsc", "").await, refused("edge.path-internal"));
    assert_eq!(ask("/?nxtPa=b", "").await, refused("edge.internal-header"));
    assert_eq!(
        ask("/", "X-Middleware-Subrequest: x\r\n").await,
        refused("edge.internal-header")
    );
    assert_eq!(ask("/socket", "Upgrade: websocket\r\n").await, refused("edge.upgrade"));
    assert_eq!(ask("/_next/data/b/p.json", "x-nextjs-data: 1\r\n").await.0, 204);
    let mut last = String::new();
    for _ in 0..10 {
        last = ask("/", "").await.1;
    }
    assert_eq!(last, "edge.rate");
}

/// What one proxy writes, another one passes on from the caller.
#[tokio::test]
async fn only_the_words_of_the_proxy_itself_are_believed() {
    let application = Application::hello().await;
    let call = "Next-Action: 00abababababababababababababababababababab\r\nContent-Type: text/plain;charset=UTF-8\r\n";
    let form = "Content-Type: multipart/form-data; boundary=b\r\n";
    let own = |start: &str, method: &str| {
        format!("X-{start}-Method: {method}\r\nX-{start}-Uri: /page\r\nX-Forwarded-Host: app.test\r\n")
    };
    for (proxy, start, other) in [("nginx", "Original", "Forwarded"), ("traefik", "Forwarded", "Original")] {
        let guard = asked_by(&application, proxy, "").await;
        let ask = async |headers: String| verdict(&guard, "GET", "/ask", &headers).await;
        assert_eq!(ask(own(start, "GET")).await.0, 204, "{proxy}");
        assert_eq!(ask(own(start, "POST")).await.0, 204, "{proxy}");
        for kind in [call, form] {
            let disguised = format!(
                "{}X-{other}-Method: GET\r\nX-{other}-Uri: /\r\nX-Original-Host: app.test\r\n{kind}",
                own(start, "POST")
            );
            assert_eq!(ask(disguised).await, (403, "edge.needs-body".to_owned()), "{proxy}");
        }
        // An action by any method, and whatever the proxy forgets to say or says twice.
        assert_eq!(ask(format!("{}{call}", own(start, "GET"))).await.1, "edge.needs-body");
        for broken in [
            own(other, "GET"),
            own(start, "GET").replace(&format!("X-{start}-Method: GET\r\n"), ""),
            own(start, "GET").replace(&format!("X-{start}-Uri: /page\r\n"), ""),
            own(start, "GET").replace("X-Forwarded-Host: app.test\r\n", ""),
            format!("{}X-{start}-Method: GET\r\n", own(start, "POST")),
            format!("{}X-{start}-Uri: /\r\n", own(start, "GET")),
        ] {
            assert_eq!(ask(broken.clone()).await.1, "edge.forward-auth", "{proxy} {broken}");
        }
        let foreign = own(start, "GET").replace("app.test", "evil.test");
        assert_eq!(ask(foreign).await.1, "edge.host-unknown");
    }
    let guard = asked_by(&application, "envoy", "").await;
    let disguise = format!(
        "{}{}",
        own("Original", "GET"),
        own("Forwarded", "GET").replace("X-Forwarded-Host: app.test\r\n", "")
    );
    assert_eq!(verdict(&guard, "GET", "/page", "").await.0, 204);
    assert_eq!(
        verdict(&guard, "POST", "/page", &format!("{disguise}{call}")).await.1,
        "edge.needs-body"
    );
    // A form whose type the proxy does not pass on.
    assert_eq!(verdict(&guard, "POST", "/page", &disguise).await.1, "edge.needs-body");
    assert_eq!(
        verdict(&guard, "POST", "/page", "Content-Type: application/json\r\n")
            .await
            .0,
        204
    );
    // Who is no proxy is not answered.
    let text = std::fs::read_to_string(&guard.policy)
        .unwrap()
        .replace("['127.0.0.1']", "['10.0.0.1']");
    let folder = tempfile::tempdir().unwrap();
    crate::actions::write_manifest(folder.path());
    let guard = Running::with_policy(&text, folder).await;
    assert_eq!(verdict(&guard, "GET", "/page", "").await.1, "edge.forward-auth");
}

#[tokio::test]
async fn an_action_that_needs_no_body_is_judged_by_its_head() {
    let application = Application::hello().await;
    let action = |demands: &str| {
        format!(
            "forward-auth-actions = 'judge-head'\n[store]\nurl = 'memory:'\n[session]\nprovider = 'own'\nsecret-env = 'SECRET'\n\
             [actions.'app/actions.ts#save']\n{demands}\n"
        )
    };
    let ask = async |guard: &Running, headers: &str| {
        let headers = format!(
            "X-Original-Method: POST\r\nX-Original-URI: /page\r\nX-Forwarded-Host: app.test\r\n\
             Next-Action: 00abababababababababababababababababababab\r\nContent-Type: text/plain;charset=UTF-8\r\n{headers}"
        );
        verdict(guard, "GET", "/ask", &headers).await
    };
    let own = "Origin: http://app.test\r\n";
    let public = "access = { public = 'a test' }\nrate = '2/1h per address'";
    let guard = asked_by(&application, "nginx", &action(public)).await;
    assert_eq!(
        ask(&guard, "Origin: http://evil.test\r\n").await,
        (403, "origin.foreign".to_owned())
    );
    assert_eq!(ask(&guard, own).await.0, 204);
    assert_eq!(ask(&guard, own).await.0, 204);
    assert_eq!(ask(&guard, own).await, (403, "rate.limited".to_owned()));
    let other = own.to_owned() + "Next-Action: 00cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\r\n";
    assert_eq!(ask(&guard, &other).await.0, 403);
    let guard = asked_by(&application, "nginx", &action("access = 'authenticated'")).await;
    assert_eq!(ask(&guard, own).await, (403, "session.required".to_owned()));
    // Its arguments decide, and they are not here.
    let needs = action(&format!("{public}\nreplay = 'once'"));
    let guard = asked_by(&application, "nginx", &needs).await;
    assert_eq!(ask(&guard, own).await, (403, "edge.needs-body".to_owned()));
    let form = "X-Original-Method: POST\r\nX-Original-URI: /page\r\nX-Forwarded-Host: app.test\r\n\
                Content-Type: multipart/form-data; boundary=b\r\n";
    assert_eq!(verdict(&guard, "GET", "/ask", form).await.1, "edge.needs-body");
}

#[tokio::test]
async fn who_asks_has_to_be_said() {
    let policy = "[guard]\nlisten = '127.0.0.1:0'\nforward-auth = '127.0.0.1:0'\n";
    for more in [
        "",
        "forward-auth-proxy = 'nginx'\n",
        "trusted-proxies = ['127.0.0.1']\n",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portcullis.toml");
        std::fs::write(&path, format!("{policy}{more}")).unwrap();
        let options = portcullis_guard::Options {
            policy: Some(path),
            folder: folder.path().to_owned(),
            overrides: portcullis_guard::Overrides::default(),
            secrets: std::sync::Arc::new(|_| None),
        };
        let error = portcullis_guard::Guard::start(options).await.unwrap_err();
        assert!(error.to_string().contains("forward-auth-proxy"), "{error}");
    }
}

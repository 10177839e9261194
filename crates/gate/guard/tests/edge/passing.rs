//! What goes through, and how it is changed on the way.

use http::{HeaderName, HeaderValue};

use crate::world::{Application, Running, refusal, text};

#[tokio::test]
async fn a_request_goes_through_with_its_body_and_comes_back_with_its_answer() {
    let application = Application::new(|request| {
        let mut response = text(&format!("{} bytes", request.body.len()));
        *response.status_mut() = http::StatusCode::CREATED;
        response.headers_mut().insert("x-own", HeaderValue::from_static("1"));
        response
    })
    .await;
    let guard = Running::before(&application, "").await;
    let body = "x".repeat(100_000);
    let chunks = format!("186a0\r\n{body}\r\n0\r\n\r\n");
    let head = "PUT /a%20b?c=d HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Type: text/x\r\n";
    for bytes in [
        format!("{head}Content-Length: 100000\r\n\r\n{body}"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}"),
    ] {
        let answer = guard.raw(bytes).await;
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        assert!(
            answer.contains("x-own: 1") && answer.contains("100000 bytes"),
            "{answer}"
        );
        assert!(answer.contains("x-request-id: "), "{answer}");
    }
    for request in application.requests() {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("PUT", "/a%20b?c=d")
        );
        assert_eq!(request.header("content-type"), Some("text/x"));
        assert_eq!(request.body.len(), 100_000);
    }
}

#[tokio::test]
async fn forged_and_internal_headers_do_not_reach_the_application() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "").await;
    let headers = "X-Middleware-Subrequest: middleware:middleware\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Host: evil\r\n\
                   X-Forwarded-Proto: https\r\nForwarded: for=9.9.9.9\r\nNext-Resume: 1\r\nX-Next-Resume-State-Length: 9\r\n\
                   x-now-route-matches: 1\r\nX-Nextjs-Data: 1\r\nKeep-Alive: 1\r\nTE: trailers\r\nX-Request-Id: mine-12345678\r\n\
                   X-Mine: 1\r\nNext-Url: /a\r\nCookie: a=b\r\n";
    let answer = guard
        .raw(format!(
            "GET /?nxtPslug=x&a=1 HTTP/1.1\r\nHost: app.test\r\nConnection: close, x-mine\r\n{headers}\r\n"
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let request = application.requests().remove(0);
    assert_eq!(request.target, "/?a=1");
    for (name, value) in [
        ("host", Some("app.test")),
        ("x-forwarded-host", Some("app.test")),
        ("x-forwarded-proto", Some("http")),
        ("x-forwarded-for", Some("127.0.0.1")),
        ("x-forwarded-port", Some("80")),
        ("forwarded", Some("proto=http;host=\"app.test\";for=127.0.0.1")),
        ("next-url", Some("/a")),
        ("cookie", Some("a=b")),
        ("x-middleware-subrequest", None),
        ("next-resume", None),
        ("x-next-resume-state-length", None),
        ("x-now-route-matches", None),
        ("x-nextjs-data", None),
        ("keep-alive", None),
        ("te", None),
        ("x-mine", None),
    ] {
        assert_eq!(request.header(name), value, "{name}");
    }
    let id = request.header("x-request-id").unwrap();
    assert_ne!(id, "mine-12345678");
    assert!(answer.contains(&format!("x-request-id: {id}")), "{answer}");
    assert!(request.header("traceparent").unwrap().starts_with("00-"));
}

#[tokio::test]
async fn a_trusted_proxy_is_believed() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "trusted-proxies = ['127.0.0.0/8']\n").await;
    let answer = guard
        .raw(
            "GET / HTTP/1.1\r\nHost: internal.test\r\nConnection: close\r\nX-Forwarded-Host: app.test\r\n\
             X-Forwarded-For: 1.1.1.1, 203.0.113.7\r\nX-Request-Id: from-the-proxy\r\n\r\n",
        )
        .await;
    assert!(answer.contains("x-request-id: from-the-proxy"), "{answer}");
    let request = application.requests().remove(0);
    assert_eq!(request.header("x-forwarded-for"), Some("203.0.113.7"));
    assert_eq!(request.header("x-forwarded-host"), Some("app.test"));
}

#[tokio::test]
async fn the_proxy_protocol_names_the_caller_and_is_required() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "proxy-protocol = 'required'\n").await;
    let request = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";
    let answer = guard
        .raw(format!("PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n{request}"))
        .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(guard.raw(request).await, "");
    let heard = application.requests();
    assert_eq!(
        (heard.len(), heard[0].header("x-forwarded-for")),
        (1, Some("203.0.113.7"))
    );
}

#[tokio::test]
async fn answers_lose_internals_and_gain_protection() {
    let application = Application::new(|request| {
        let mut response = text("x");
        let headers: &[(&str, &str)] = if request.target.starts_with("/rsc") {
            &[("content-type", "text/x-component")]
        } else {
            &[
                ("set-cookie", "sid=1"),
                ("x-powered-by", "Next.js"),
                ("x-middleware-rewrite", "/secret"),
                ("x-nextjs-cache", "HIT"),
            ]
        };
        for (name, value) in headers {
            response
                .headers_mut()
                .append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_static(value));
        }
        response
    })
    .await;
    let guard = Running::before(&application, "[guard.headers]\nx-frame-options = 'off'\n").await;
    let answer = guard.get("/", "").await;
    for line in [
        "set-cookie: sid=1; HttpOnly; SameSite=Lax",
        "x-nextjs-cache: HIT",
        "x-content-type-options: nosniff",
    ] {
        assert!(answer.contains(line), "{line} in {answer}");
    }
    for name in [
        "x-powered-by",
        "x-middleware-rewrite",
        "x-frame-options",
        "strict-transport-security",
    ] {
        assert!(!answer.contains(name), "{name} in {answer}");
    }
    let rsc = guard.get("/rsc?_rsc=1", "RSC: 1\r\n").await;
    assert!(
        rsc.contains("cache-control: private, no-store") && rsc.contains("vary: rsc, next-router-state-tree"),
        "{rsc}"
    );
    assert_eq!(
        refusal(&guard.get("/rsc", "RSC: 1\r\n").await),
        (400, "edge.rsc-query".to_owned())
    );
}

#[tokio::test]
async fn observing_lets_through_what_framing_does_not_forbid() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "mode = 'observe'\n").await;
    assert!(guard.get("/admin.rsc", "").await.starts_with("HTTP/1.1 200"));
    assert_eq!(refusal(&guard.get("/a/../b", "").await), (400, "edge.path".to_owned()));
    assert_eq!(application.requests().len(), 1);
}

#[tokio::test]
async fn images_come_from_listed_sources_and_never_as_avif() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "[guard.images]\nsources = ['/', 'https://img.test']\n").await;
    let get = async |url: &str| {
        guard
            .get(
                &format!("/_next/image?w=1&q=75&url={url}"),
                "Accept: image/avif,image/webp,*/*\r\nAccept: image/avif\r\n",
            )
            .await
    };
    for url in [
        "http%3A%2F%2F169.254.169.254%2F",
        "%2F%2Fevil.test%2Fa",
        "https%3A%2F%2Fimg.test.evil%2F",
        "",
        "%2F%5Cevil.test",
    ] {
        assert_eq!(refusal(&get(url).await), (400, "edge.image".to_owned()), "{url}");
    }
    for url in ["%2Flogo.png", "https%3A%2F%2Fimg.test%2Fa.png"] {
        assert!(get(url).await.starts_with("HTTP/1.1 200"), "{url}");
    }
    let heard = application.requests();
    assert!(
        heard
            .iter()
            .all(|request| request.header("accept") == Some("image/webp,*/*")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn one_address_has_its_number_of_requests() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "[guard.limits]\nrequests-per-address = '3/1h'\n").await;
    for _ in 0..3 {
        assert!(guard.get("/", "").await.starts_with("HTTP/1.1 200"));
    }
    let answer = guard.get("/", "").await;
    assert_eq!(refusal(&answer), (429, "edge.rate".to_owned()));
    assert!(answer.contains("retry-after: "), "{answer}");
    assert_eq!(application.requests().len(), 3);
}

#[tokio::test]
async fn connections_over_the_number_are_turned_away() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "[guard.limits]\nconnections-per-address = 1\n").await;
    let mut first = guard.connect().await;
    let request = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut first, request.as_bytes())
        .await
        .unwrap();
    crate::world::read_until(&mut first, "hello").await;
    assert_eq!(guard.raw(request).await, "");
}

#[tokio::test]
async fn an_application_that_is_not_there_is_said_to_be_so() {
    let application = Application::hello().await;
    let folder = tempfile::tempdir().unwrap();
    // Nothing listens on this port: it was given to a listener that is gone.
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let guard = Running::with_policy(&crate::world::policy(gone, ""), folder).await;
    let answer = guard.get("/", "").await;
    assert_eq!(refusal(&answer), (502, "edge.upstream-down".to_owned()));
    assert!(application.requests().is_empty());
}

#[tokio::test]
async fn secrets_in_pages_are_reported_or_cut_off() {
    let page = "<script>self.__next_f.push([1,\"1:{\\\"apiKey\\\":\\\"sk-live\\\"}\"])</script>";
    let application = Application::new(move |request| {
        let mut answer = text(page);
        let kind = if request.target == "/text" {
            "text/plain"
        } else {
            "text/html; charset=utf-8"
        };
        answer.headers_mut().insert("content-type", kind.parse().unwrap());
        answer
    })
    .await;
    let admin = "[guard.admin]\nlisten = '127.0.0.1:0'\n";
    let seen = async |guard: &Running| {
        let token = crate::world::TOKEN;
        let head =
            format!("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n");
        let metrics = crate::world::raw(guard.admin.unwrap(), head).await;
        let mut lines = metrics.lines().filter(|line| line.contains("edge.page-secret"));
        lines.any(|line| !line.ends_with(" 0"))
    };
    let off = Running::before(&application, admin).await;
    assert!(off.get("/", "Accept-Encoding: gzip\r\n").await.contains("sk-live"));
    assert!(!seen(&off).await);
    let reports = Running::before(&application, &format!("secrets-in-pages = 'report'\n{admin}")).await;
    assert!(reports.get("/", "Accept-Encoding: gzip\r\n").await.contains("sk-live"));
    assert!(seen(&reports).await);
    let blocks = Running::before(&application, &format!("secrets-in-pages = 'block'\n{admin}")).await;
    assert!(!blocks.get("/", "").await.contains("sk-live"));
    assert!(seen(&blocks).await);
    assert!(blocks.get("/text", "").await.contains("sk-live"));
    let asked: Vec<_> = application
        .requests()
        .iter()
        .map(|request| request.header("accept-encoding").map(str::to_owned))
        .collect();
    assert_eq!(asked[0].as_deref(), Some("gzip"));
    assert!(asked[1..].iter().all(|coding| coding.as_deref() == Some("identity")));
}

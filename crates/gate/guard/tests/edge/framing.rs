//! What request smuggling is made of, byte for byte: every case is refused with its code, and nothing of it reaches the
//! application, what hides behind it included.

use tokio::io::AsyncWriteExt as _;

use crate::world::{Application, Running, read_all, read_until, refusal};

/// A request that must never be heard.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: app.test\r\n\r\n";

fn post(headers: &str, body: &str) -> String {
    format!("POST /x HTTP/1.1\r\nHost: app.test\r\n{headers}\r\n{body}{HIDDEN}")
}

fn with_host(host: &str) -> String {
    format!("GET / HTTP/1.1\r\n{host}\r\n{HIDDEN}")
}

fn line(line: &str) -> String {
    format!("{line}\r\nHost: app.test\r\n\r\n{HIDDEN}")
}

#[tokio::test]
async fn requests_with_two_readings_are_refused_and_nothing_behind_them_is_heard() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "").await;
    let cases: Vec<(String, u16, &str)> = vec![
        (
            post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            400,
            "edge.length-and-chunks",
        ),
        (
            post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
            400,
            "edge.length-and-chunks",
        ),
        (
            post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
            400,
            "edge.length",
        ),
        (
            post("Content-Length: 3\r\nContent-Length: 0\r\n", "abc"),
            400,
            "edge.length",
        ),
        (post("Content-Length: 3, 3\r\n", "abc"), 400, "edge.length"),
        (post("Content-Length: -3\r\n", "abc"), 400, "edge.length"),
        (post("Content-Length: +3\r\n", "abc"), 400, "edge.length"),
        (post("Content-Length: 3 \x0b\r\n", "abc"), 400, "edge.head-syntax"),
        (post("Content-Length : 3\r\n", "abc"), 400, "edge.head-syntax"),
        (
            post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
            501,
            "edge.transfer-coding",
        ),
        (
            post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
            501,
            "edge.transfer-coding",
        ),
        (
            post(
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                "0\r\n\r\n",
            ),
            501,
            "edge.transfer-coding",
        ),
        (
            post("Transfer-Encoding:\x0bchunked\r\n", "0\r\n\r\n"),
            400,
            "edge.head-syntax",
        ),
        (
            post("Transfer-Encoding: chunked\r\n", "3;x=y\r\nabc\r\n0\r\n\r\n"),
            400,
            "edge.chunk",
        ),
        (
            post("Transfer-Encoding: chunked\r\n", "3\nabc\n0\n\n"),
            400,
            "edge.chunk",
        ),
        (
            post("Transfer-Encoding: chunked\r\n", "fffffffff\r\nabc\r\n0\r\n\r\n"),
            400,
            "edge.chunk",
        ),
        (
            post("Transfer-Encoding: chunked\r\n", "3\r\nabcX\r\n0\r\n\r\n"),
            400,
            "edge.chunk",
        ),
        (
            post(
                "Transfer-Encoding: chunked\r\n",
                "3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n",
            ),
            400,
            "edge.trailers",
        ),
        (post("X-Folded: a\r\n b\r\n", ""), 400, "edge.head-fold"),
        (
            post("X-Feed: a\nTransfer-Encoding: chunked\r\n", ""),
            400,
            "edge.head-syntax",
        ),
        (post("X-Nul: a\0b\r\n", ""), 400, "edge.head-syntax"),
        (
            post("Expect: 200-ok\r\nContent-Length: 1\r\n", "a"),
            417,
            "edge.expectation",
        ),
        (with_host(""), 400, "edge.host-missing"),
        (
            with_host("Host: app.test\r\nHost: app.test\r\n"),
            400,
            "edge.host-several",
        ),
        (line("GET / HTTP/1.1 "), 400, "edge.head-syntax"),
        (line("GET  / HTTP/1.1"), 400, "edge.head-syntax"),
        (line("GET / HTTP/2.0"), 505, "edge.version"),
        (line("CONNECT app.test:80 HTTP/1.1"), 405, "edge.method"),
        (line("TRACE / HTTP/1.1"), 405, "edge.method"),
        (line("REFUSED / HTTP/1.1"), 405, "edge.method"),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: app.test\r\nContent-Length: {}\r\n\r\n{HIDDEN}",
                HIDDEN.len()
            ),
            400,
            "edge.body-unexpected",
        ),
        (
            format!("GET / HTTP/1.1\nHost: app.test\n\n{HIDDEN}"),
            400,
            "edge.head-syntax",
        ),
        (
            format!("GET /{} HTTP/1.1\r\nHost: app.test\r\n\r\n{HIDDEN}", "x".repeat(40_000)),
            431,
            "edge.head-size",
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: app.test\r\n{}\r\n{HIDDEN}",
                "x: y\r\n".repeat(101)
            ),
            431,
            "edge.head-size",
        ),
    ];
    for (bytes, status, code) in cases {
        let answer = guard.raw(&bytes).await;
        assert_eq!(refusal(&answer), (status, code.to_owned()), "{bytes:?}\n{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
    let heard = application.requests();
    assert!(heard.iter().all(|request| request.target != "/hidden"), "{heard:?}");
    assert!(heard.is_empty(), "{heard:?}");
}

/// These have one framing; what is wrong with them is what they ask for. The connection goes on.
#[tokio::test]
async fn hosts_and_targets_have_one_reading() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "").await;
    let get = |target: &str, host: &str| format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    for (target, host, status, code) in [
        ("/", "evil.test", 421, "edge.host-unknown"),
        ("/", "app.test.", 421, "edge.host-unknown"),
        ("/", "app.test:8080", 421, "edge.host-unknown"),
        ("/", "", 421, "edge.host-unknown"),
        ("/", "app.test, evil.test", 421, "edge.host-unknown"),
        ("http://evil.test/", "app.test", 400, "edge.host-mismatch"),
        ("http://app.test/", "evil.test", 400, "edge.host-mismatch"),
        ("http://user@app.test/", "app.test", 400, "edge.target"),
        ("ftp://app.test/", "app.test", 400, "edge.target"),
        ("*", "app.test", 400, "edge.target"),
        ("/a/../b", "app.test", 400, "edge.path"),
        ("/a%2fb", "app.test", 400, "edge.path"),
        ("/a%5cb", "app.test", 400, "edge.path"),
        ("/a%00", "app.test", 400, "edge.path"),
        ("//evil.test/", "app.test", 400, "edge.path"),
        ("/%2e%2e/", "app.test", 400, "edge.path"),
        ("/admin.rsc", "app.test", 404, "edge.path-internal"),
        (
            "/admin.segments/_tree.segment.rsc",
            "app.test",
            404,
            "edge.path-internal",
        ),
        ("/_next/webpack-hmr", "app.test", 404, "edge.path-development"),
        ("/__nextjs_font/x", "app.test", 404, "edge.path-development"),
    ] {
        let answer = guard.raw(get(target, host)).await;
        assert_eq!(refusal(&answer), (status, code.to_owned()), "{target} {host}\n{answer}");
    }
    assert!(application.requests().is_empty());
    // The absolute form of our own host is the same request.
    let answer = guard.raw(get("http://app.test/a?b", "app.test")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = guard.raw(get("/a?b", "APP.test:80")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let heard = application.requests();
    assert!(
        heard
            .iter()
            .all(|request| request.target == "/a?b" && request.header("host") == Some("app.test")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_refusal_is_answered_in_its_turn() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "").await;
    let answer = guard
        .raw("GET /1 HTTP/1.1\r\nHost: app.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: app.test\r\n\r\nGET /3\r\n\r\n")
        .await;
    let statuses: Vec<&str> = answer
        .split("HTTP/1.1 ")
        .skip(1)
        .filter_map(|answer| answer.get(..3))
        .collect();
    assert_eq!(statuses, ["200", "200", "400"], "{answer}");
    assert_eq!(application.requests().len(), 2);
}

#[tokio::test]
async fn guard_itself_asks_for_a_body_that_waits() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "").await;
    let mut stream = guard.connect().await;
    stream
        .write_all(b"POST /x HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let asked = read_until(&mut stream, "\r\n\r\n").await;
    assert!(asked.starts_with("HTTP/1.1 100 Continue"), "{asked}");
    stream.write_all(b"abc").await.unwrap();
    let answer = read_all(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let heard = application.requests();
    assert_eq!((heard[0].body.as_ref(), heard[0].header("expect")), (&b"abc"[..], None));
}

#[tokio::test]
async fn slow_heads_and_bodies_end() {
    let application = Application::hello().await;
    let limits = "[guard.limits]\nhead-deadline = '200ms'\nbody-idle = '200ms'\nkeep-alive = '200ms'\nbody = '1KiB'\n";
    let guard = Running::before(&application, limits).await;
    let mut stream = guard.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: ap").await.unwrap();
    assert_eq!(refusal(&read_all(stream).await), (408, "edge.head-slow".to_owned()));
    // A connection that says nothing, or nothing more, is closed without a word.
    assert_eq!(read_all(guard.connect().await).await, "");
    let kept = guard.raw("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n").await;
    assert_eq!(kept.matches("HTTP/1.1").count(), 1, "{kept}");
    for (head, code) in [
        ("Content-Length: 10\r\n\r\nabc", "edge.body-slow"),
        ("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "edge.body-slow"),
    ] {
        let mut stream = guard.connect().await;
        let bytes = format!("POST / HTTP/1.1\r\nHost: app.test\r\n{head}");
        stream.write_all(bytes.as_bytes()).await.unwrap();
        assert_eq!(refusal(&read_all(stream).await), (408, code.to_owned()), "{head}");
    }
    let large = guard
        .raw("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2000\r\n\r\nabc")
        .await;
    assert_eq!(refusal(&large), (413, "edge.too-large".to_owned()));
    let chunks = format!("400\r\n{0}\r\n400\r\n{0}\r\n0\r\n\r\n", "x".repeat(1024));
    let large = guard
        .raw(format!(
            "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"
        ))
        .await;
    assert_eq!(refusal(&large), (413, "edge.too-large".to_owned()));
    let heard = application.requests();
    assert!(heard.iter().all(|request| request.method == "GET"), "{heard:?}");
}

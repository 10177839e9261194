//! Families 18, 19 and 20: paths, framing and changes of protocol.

use super::{Cases, Request, TEXT};

pub(crate) fn add(cases: &mut Cases<'_>) {
    paths(cases);
    framing(cases);
    upgrades(cases);
}

fn paths(cases: &mut Cases<'_>) {
    cases.family("18 paths");
    let page = cases.site.page.clone();
    let name = page.trim_start_matches('/');
    for target in [
        format!("/%00{page}"),
        format!("{page}%00"),
        format!("/x%2f..{page}"),
        format!("/x%2F{name}"),
        format!("/x%5c{name}"),
        format!("/x%5C..%5C{name}"),
        format!("/x\\..\\{name}"),
        format!("//{name}"),
        format!("/x//{name}"),
        format!("/./{name}"),
        format!("/x/../{name}"),
        format!("/x/%2e%2e/{name}"),
        format!("/x/%2E./{name}"),
        format!("/x/.%2e/{name}"),
        format!("/%2e/{name}"),
        format!("{page}/.."),
        format!("{page}%"),
        format!("{page}%zz"),
        format!("{page}%c0%ae"),
        format!("{page}%ff"),
        format!("{page}\u{1}"),
        "*".to_owned(),
        name.to_owned(),
        format!("{page}#x"),
        "/_next/webpack-hmr".to_owned(),
        "/__nextjs_original-stack-frame".to_owned(),
        "/__nextjs_source-map?filename=x".to_owned(),
        "/_next/mcp".to_owned(),
    ] {
        let request = cases.page("GET").target(&target);
        cases.refuse(format!("`{}`", target.escape_debug()), request, &["edge."]);
        let request = cases.text("[1]").target(&target);
        cases.refuse(format!("`{}`, an action", target.escape_debug()), request, &["edge."]);
    }
    for target in [
        page.clone(),
        format!("{page}?q=%2f%5c%00&x=../"),
        "/linked/a%20b".to_owned(),
        "/linked/%C3%A4".to_owned(),
    ] {
        let request = cases.page("GET").target(&target);
        cases.pass(format!("`{target}`"), request);
    }
}

fn framing(cases: &mut Cases<'_>) {
    cases.family("19 framing");
    let chunked = "3\r\n[1]\r\n0\r\n\r\n";
    let action = |cases: &Cases<'_>| cases.fetch().header("Content-Type", TEXT);
    let bodies: Vec<(&str, Request)> = vec![
        (
            "a length and chunks",
            action(cases)
                .header("Content-Length", "3")
                .header("Transfer-Encoding", "chunked")
                .unframed(chunked),
        ),
        (
            "chunks and a length",
            action(cases)
                .header("Transfer-Encoding", "chunked")
                .header("Content-Length", "3")
                .unframed(chunked),
        ),
        (
            "two codings",
            action(cases)
                .header("Transfer-Encoding", "gzip, chunked")
                .unframed(chunked),
        ),
        (
            "chunked twice",
            action(cases)
                .header("Transfer-Encoding", "chunked, chunked")
                .unframed(chunked),
        ),
        (
            "two headers of codings",
            action(cases)
                .header("Transfer-Encoding", "chunked")
                .header("Transfer-Encoding", "identity")
                .unframed(chunked),
        ),
        (
            "identity",
            action(cases).header("Transfer-Encoding", "identity").unframed("[1]"),
        ),
        (
            "chunked with something",
            action(cases)
                .header("Transfer-Encoding", "chunked;x=1")
                .unframed(chunked),
        ),
        (
            "xchunked",
            action(cases).header("Transfer-Encoding", "xchunked").unframed(chunked),
        ),
        (
            "a coding after a vertical tab",
            action(cases)
                .header("Transfer-Encoding", "\u{b}chunked")
                .unframed(chunked),
        ),
        (
            "an empty coding",
            action(cases).header("Transfer-Encoding", "").unframed(chunked),
        ),
        (
            "two lengths in one",
            action(cases).header("Content-Length", "3, 3").unframed("[1]"),
        ),
        (
            "two lengths",
            action(cases)
                .header("Content-Length", "3")
                .header("Content-Length", "4")
                .unframed("[1] "),
        ),
        (
            "two equal lengths",
            action(cases)
                .header("Content-Length", "3")
                .header("Content-Length", "3")
                .unframed("[1]"),
        ),
        (
            "a negative length",
            action(cases).header("Content-Length", "-3").unframed("[1]"),
        ),
        (
            "a length with a plus",
            action(cases).header("Content-Length", "+3").unframed("[1]"),
        ),
        (
            "a length in hexadecimal",
            action(cases).header("Content-Length", "0x3").unframed("[1]"),
        ),
        (
            "a length that is huge",
            action(cases)
                .header("Content-Length", "99999999999999999999")
                .unframed("[1]"),
        ),
        (
            "a length with a space",
            action(cases).header("Content-Length", "3 3").unframed("[1]"),
        ),
        (
            "an empty length",
            action(cases).header("Content-Length", "").unframed("[1]"),
        ),
        (
            "a chunk with an extension",
            action(cases)
                .header("Transfer-Encoding", "chunked")
                .unframed("3;x=1\r\n[1]\r\n0\r\n\r\n"),
        ),
        (
            "a chunk whose size is signed",
            action(cases)
                .header("Transfer-Encoding", "chunked")
                .unframed("+3\r\n[1]\r\n0\r\n\r\n"),
        ),
        (
            "a chunk with 0x",
            action(cases)
                .header("Transfer-Encoding", "chunked")
                .unframed("0x3\r\n[1]\r\n0\r\n\r\n"),
        ),
        (
            "a chunk with line feeds only",
            action(cases)
                .header("Transfer-Encoding", "chunked")
                .unframed("3\n[1]\n0\n\n"),
        ),
        (
            "a chunk longer than it says",
            action(cases)
                .header("Transfer-Encoding", "chunked")
                .unframed("2\r\n[1]\r\n0\r\n\r\n"),
        ),
        (
            "a huge chunk",
            action(cases)
                .header("Transfer-Encoding", "chunked")
                .unframed("fffffffffffffffff\r\n[1]\r\n0\r\n\r\n"),
        ),
        (
            "headers after the body",
            action(cases)
                .header("Transfer-Encoding", "chunked")
                .unframed("3\r\n[1]\r\n0\r\nX-Middleware-Next: 1\r\n\r\n"),
        ),
        (
            "a space before a colon",
            Request::new("GET", &cases.site.page).header("Host ", &cases.site.host),
        ),
        ("a header that goes on", cases.page("GET").header("X-A", "1\r\n 2")),
        ("a line feed in a header", cases.page("GET").header("X-A", "1\nX-B: 2")),
        (
            "a carriage return in a header",
            cases.page("GET").header("X-A", "1\rX-B: 2"),
        ),
        ("a null in a header", cases.page("GET").header("X-A", "1\u{0}2")),
        ("a header without a name", cases.page("GET").header("", "1")),
        ("a name with a space", cases.page("GET").header("X A", "1")),
        ("a GET with a body", cases.page("GET").body("[1]")),
        (
            "an unknown expectation",
            action(cases).header("Expect", "the-best").body("[1]"),
        ),
        (
            "a header of 100 KB",
            cases.page("GET").header("X-A", "x".repeat(100_000)),
        ),
    ];
    for (name, request) in bodies {
        cases.refuse(name, request, &["edge.", "action.", "flight."]);
    }
    let many = (0..500).fold(cases.page("GET"), |request, number| {
        request.header(&format!("X-{number}"), "1")
    });
    cases.refuse("500 headers", many, &["edge."]);
    let request = action(cases).header("Transfer-Encoding", "chunked").unframed(chunked);
    cases.pass("chunks", request);
    let request = action(cases)
        .header("Transfer-Encoding", "chunked")
        .unframed("1\r\n[\r\n1\r\n1\r\n1\r\n]\r\n0\r\n\r\n");
    cases.pass("small chunks", request);
    let request = cases.text("[1]").header("Expect", "100-continue");
    cases.pass("an expectation", request);
}

fn upgrades(cases: &mut Cases<'_>) {
    cases.family("20 changes of protocol");
    let page = cases.site.page.clone();
    for (protocol, target) in [
        ("websocket", page.as_str()),
        ("websocket", "/_next/webpack-hmr"),
        ("WebSocket", page.as_str()),
        ("h2c", page.as_str()),
        ("websocket, h2c", page.as_str()),
        ("TLS/1.0", page.as_str()),
    ] {
        let request = Request::new("GET", target)
            .header("Host", &cases.site.host)
            .header("Upgrade", protocol)
            .header("Connection", "Upgrade")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        cases.refuse(format!("{protocol} at {target}"), request, &["edge."]);
    }
    let request = cases
        .page("GET")
        .target("http://evil.test/")
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade");
    cases.refuse("with another host in the target", request, &["edge."]);
    let request = Request::new("PRI", "*").header("Host", &cases.site.host);
    cases.refuse("the preface of HTTP/2", request, &["edge."]);
}

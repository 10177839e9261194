//! Families 15, 16 and 17: where a request comes from, which host it is for, and what only Next.js may say to itself.

use super::{Cases, Expect, Request};

pub(crate) fn add(cases: &mut Cases<'_>) {
    origins(cases);
    hosts(cases);
    internals(cases);
}

fn origins(cases: &mut Cases<'_>) {
    cases.family("15 requests of other sites");
    let origin = cases.site.origin.clone();
    let field = format!("$ACTION_ID_{}", cases.site.action);
    let name = cases.site.host.split(':').next().unwrap_or_default().to_owned();
    let foreign = [
        "null".to_owned(),
        "https://evil.test".to_owned(),
        origin.replacen("http://", "https://", 1),
        format!("{origin}1"),
        format!("http://{name}:1"),
        format!("http://{name}.evil.test"),
        format!("http://evil-{}", cases.site.host),
        format!("http://xn--{name}"),
        format!("{origin}/"),
        format!("{origin}/x"),
        format!("{origin}, {origin}"),
        format!("{origin} https://evil.test"),
        format!("http://user@{}", cases.site.host),
        format!("{origin}@evil.test"),
        cases.site.host.clone(),
        "file://".to_owned(),
        String::new(),
    ];
    for value in foreign {
        for (how, request) in both(cases, &field) {
            cases.refuse(
                format!("Origin `{value}`, {how}"),
                request.only("Origin", &value),
                &["origin."],
            );
        }
    }
    for (how, request) in both(cases, &field) {
        let twice = request.clone().header("Origin", &origin);
        cases.refuse(format!("two of the same Origin, {how}"), twice, &["origin.", "edge."]);
        let two = request.clone().header("Origin", "https://evil.test");
        cases.refuse(format!("two Origins, {how}"), two, &["origin.", "edge."]);
        let missing = request.clone().no("Origin").header("Cookie", "session=x");
        cases.refuse(format!("no Origin, with a cookie, {how}"), missing, &["origin."]);
        for site in ["cross-site", "something"] {
            let marked = request.clone().header("Sec-Fetch-Site", site);
            cases.refuse(format!("the browser says {site}, {how}"), marked, &["origin."]);
        }
        let sibling = request
            .clone()
            .only("Origin", "http://other.app.test")
            .header("Sec-Fetch-Site", "same-site");
        cases.refuse(
            format!("a sibling that is no origin of ours, {how}"),
            sibling,
            &["origin."],
        );
        let marked = request.clone().header("Sec-Fetch-Site", "same-site");
        cases.pass(format!("one of several origins of ours, {how}"), marked);
        cases.pass(
            format!("the browser says same-origin, {how}"),
            request.header("Sec-Fetch-Site", "same-origin"),
        );
    }
}

/// The call by fetch, and by a form.
fn both(cases: &Cases<'_>, field: &str) -> [(&'static str, Request); 2] {
    [
        ("by fetch", cases.text("[1]")),
        ("by a form", cases.form(&[(field, ""), ("text", "x")])),
    ]
}

fn hosts(cases: &mut Cases<'_>) {
    cases.family("16 hosts");
    let host = cases.site.host.clone();
    let page = cases.site.page.clone();
    for other in [
        "evil.test",
        "evil.test:80",
        "",
        "a b",
        "[::1",
        "evil.test/x",
        "user@evil.test",
        "localhost.evil.test",
    ] {
        let request = cases.page("GET").only("Host", other);
        cases.refuse(format!("Host `{other}`"), request, &["edge."]);
    }
    let request = cases.page("GET").no("Host");
    cases.refuse("no Host", request, &["edge."]);
    let request = cases.page("GET").header("Host", &host);
    cases.refuse("Host twice", request, &["edge."]);
    let request = cases.page("GET").header("Host", "evil.test");
    cases.refuse("two Hosts", request, &["edge."]);
    let request = cases.page("GET").target(&format!("http://evil.test{page}"));
    cases.refuse("another host in the target", request, &["edge."]);
    let request = Request::new("GET", "evil.test:443").header("Host", &host);
    cases.refuse("an authority as target", request, &["edge."]);
    let request = Request::new("CONNECT", "evil.test:443").header("Host", &host);
    cases.refuse("CONNECT", request, &["edge."]);
    for (name, value) in [
        ("X-Forwarded-Host", "evil.test"),
        ("X-Forwarded-Host", "evil.test, other.test"),
        ("Forwarded", "host=evil.test"),
        ("X-Forwarded-For", "evil.test"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Port", "666"),
        ("X-Original-Host", "evil.test"),
        ("X-Host", "evil.test"),
    ] {
        let request = cases.page("GET").header(name, value);
        let request_post = cases.text("[1]").header(name, value);
        let word = value.split([',', '=']).next_back().map_or(value, str::trim);
        let word = if word == "other.test" { "evil.test" } else { word };
        if matches!(name, "X-Original-Host" | "X-Host") {
            // Nothing reads these; they are no business of a proxy.
            continue;
        }
        cases.add(format!("{name}: {value}"), request, Expect::Without(vec![word]));
        cases.add(
            format!("{name}: {value}, on an action"),
            request_post,
            Expect::Without(vec![word]),
        );
    }
    let request = cases.page("GET");
    cases.pass("the host itself", request);
}

/// What Next.js says to itself.
const INTERNAL: [&str; 24] = [
    "x-middleware-subrequest",
    "x-middleware-subrequest-id",
    "x-middleware-rewrite",
    "x-middleware-redirect",
    "x-middleware-next",
    "x-middleware-skip",
    "x-middleware-set-cookie",
    "x-middleware-override-headers",
    "x-middleware-prefetch",
    "x-middleware-invoke",
    "x-invoke-path",
    "x-invoke-query",
    "x-invoke-status",
    "x-invoke-output",
    "x-matched-path",
    "x-now-route-matches",
    "x-nextjs-data",
    "x-nextjs-rewritten-path",
    "next-resume",
    "x-next-resume-state-length",
    "x-action-forwarded",
    "x-prerender-revalidate",
    "x-vercel-internal-bypass",
    "content-security-policy",
];

fn internals(cases: &mut Cases<'_>) {
    cases.family("17 what Next.js says to itself");
    for name in INTERNAL {
        for (how, request) in [("a page", cases.page("GET")), ("an action", cases.text("[1]"))] {
            let request = request.header(name, "portcullis-corpus-value");
            cases.add(
                format!("{name} on {how}"),
                request,
                Expect::Without(vec![name, "portcullis-corpus-value"]),
            );
        }
    }
    for name in ["location", "set-cookie"] {
        let request = cases.page("GET").header(name, "portcullis-corpus-value");
        cases.add(name, request, Expect::Without(vec!["portcullis-corpus-value"]));
    }
    let page = cases.site.page.clone();
    for key in [
        "nxtPid",
        "nxtIslug",
        "__nextLocale",
        "__nextDataReq",
        "__nextDefaultLocale",
    ] {
        let request = cases.page("GET").target(&format!("{page}?a=1&{key}=x&b=2"));
        cases.add(format!("?{key}"), request, Expect::Without(vec![key]));
        let encoded = format!("%{:02x}{}", key.as_bytes()[0], &key[1..]);
        let request = cases.page("GET").target(&format!("{page}?{encoded}=x"));
        cases.add(format!("?{encoded}"), request, Expect::Without(vec![key, "%6e", "%5f"]));
    }
    let request = cases
        .page("GET")
        .header("next-url", "/x")
        .header("x-deployment-id", "dpl_1");
    cases.pass("what its client sends", request);
}

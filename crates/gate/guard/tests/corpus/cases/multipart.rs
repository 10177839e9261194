//! Family 12: bodies in parts that parsers read differently.

use super::{BOUNDARY, Cases, close, part};

const NAMED: &str = "Content-Disposition: form-data; name=\"0\"";

pub(crate) fn add(cases: &mut Cases<'_>) {
    cases.family("12 parts that parsers read differently");
    let heads = [
        (
            "another charset",
            format!("{NAMED}\r\nContent-Type: text/plain; charset=utf-16le"),
        ),
        (
            "charset base64",
            format!("{NAMED}\r\nContent-Type: text/plain; charset=base64"),
        ),
        (
            "charset utf-7",
            format!("{NAMED}\r\nContent-Type: text/plain; charset=utf-7"),
        ),
        (
            "charset utf-8",
            format!("{NAMED}\r\nContent-Type: text/plain; charset=utf-8"),
        ),
        (
            "a type of its own",
            format!("{NAMED}\r\nContent-Type: application/json"),
        ),
        (
            "bytes without a file name",
            format!("{NAMED}\r\nContent-Type: application/octet-stream"),
        ),
        (
            "a transfer encoding",
            format!("{NAMED}\r\nContent-Transfer-Encoding: base64"),
        ),
        (
            "transfer encoding 7bit",
            format!("{NAMED}\r\nContent-Transfer-Encoding: 7bit"),
        ),
        (
            "an extended name",
            "Content-Disposition: form-data; name*=utf-8''0".to_owned(),
        ),
        ("a name and an extended name", format!("{NAMED}; name*=utf-8''1")),
        ("an extended file name", format!("{NAMED}; filename*=utf-8''x")),
        ("the name twice", format!("{NAMED}; name=\"1\"")),
        ("the header twice", format!("{NAMED}\r\n{NAMED}")),
        (
            "the header twice, two names",
            format!("{NAMED}\r\nContent-Disposition: form-data; name=\"1\""),
        ),
        ("no name", "Content-Disposition: form-data".to_owned()),
        ("an empty name", "Content-Disposition: form-data; name=\"\"".to_owned()),
        ("no header", String::new()),
        (
            "an attachment",
            "Content-Disposition: attachment; name=\"0\"".to_owned(),
        ),
        (
            "a folded header",
            "Content-Disposition: form-data;\r\n name=\"0\"".to_owned(),
        ),
        ("an unknown header", format!("{NAMED}\r\nX-Other: 1")),
        ("a length of its own", format!("{NAMED}\r\nContent-Length: 3")),
        (
            "an escaped quote in the name",
            "Content-Disposition: form-data; name=\"0\\\"; x=\\\"\"".to_owned(),
        ),
        (
            "a null in the name",
            "Content-Disposition: form-data; name=\"0\0\"".to_owned(),
        ),
        (
            "a long name",
            format!("Content-Disposition: form-data; name=\"{}\"", "0".repeat(400)),
        ),
        (
            "a file where a text belongs",
            format!("{NAMED}; filename=\"x\"\r\nContent-Type: text/plain"),
        ),
        (
            "a line break in the name",
            "Content-Disposition: form-data; name=\"0\nx\"".to_owned(),
        ),
    ];
    for (name, head) in heads {
        let mut body = Vec::new();
        part(&mut body, &head, b"[1]");
        close(&mut body);
        let request = cases.fetch().multipart(&body);
        cases.refuse(name, request, &["multipart.", "flight."]);
    }
    bodies(cases);
    names(cases);
    boundaries(cases);
}

fn bodies(cases: &mut Cases<'_>) {
    let good = String::from_utf8(super::fields(&[("0", "[1]")])).unwrap_or_default();
    for (name, body) in [
        ("line feeds only", good.replace("\r\n", "\n")),
        ("a line feed after the boundary", good.replacen("\r\n", "\n", 1)),
        ("no final boundary", good.replace(&format!("--{BOUNDARY}--\r\n"), "")),
        ("a preamble", format!("before\r\n{good}")),
        ("an empty line before", format!("\r\n{good}")),
        ("an epilogue", format!("{good}after")),
        ("a second body after it", format!("{good}{good}")),
        ("spaces after a boundary", good.replacen("\r\n", "  \r\n", 1)),
        ("nothing between", format!("--{BOUNDARY}\r\n--{BOUNDARY}--\r\n")),
        ("only the end", format!("--{BOUNDARY}--\r\n")),
        (
            "the boundary inside of a text",
            good.replace("[1]", &format!("[1]\r\n--{BOUNDARY}x\r\n")),
        ),
        ("cut in the head", good[..40].to_owned()),
        ("cut in the text", good[..good.len() - BOUNDARY.len() - 8].to_owned()),
        ("empty", String::new()),
    ] {
        let request = cases.fetch().multipart(body.as_bytes());
        cases.refuse(name, request, &["multipart.", "flight."]);
    }
    let mut body = Vec::new();
    part(&mut body, NAMED, b"[\"\xff\"]");
    close(&mut body);
    let request = cases.fetch().multipart(&body);
    cases.refuse("bytes that are no UTF-8", request, &["multipart.", "flight."]);
}

fn names(cases: &mut Cases<'_>) {
    for (name, other) in [
        ("a number with a zero in front", "01"),
        ("a negative number", "-1"),
        ("a word", "name"),
        ("a prototype", "__proto__"),
        ("an upper-case number", "A"),
        ("a space", " 1"),
        ("an action's prefix", "$ACTION_1:0"),
        ("a number that is too large", "99999999999"),
        ("an unused part", "5"),
    ] {
        let request = cases.parts(&[(other, "1"), ("0", "[1]")]);
        cases.refuse(
            format!("a part whose name is {name}"),
            request,
            &["flight.", "multipart."],
        );
    }
    let request = cases.parts(&[("0", "[1]"), ("0", "[2]")]);
    cases.refuse("the first part twice", request, &["flight.", "multipart."]);
    let request = cases.parts(&[("1", "1"), ("1", "2"), ("0", "[\"$1\"]")]);
    cases.refuse("another part twice", request, &["flight.", "multipart."]);
    let request = cases.parts(&[("1", "1")]);
    cases.refuse("no first part", request, &["flight."]);
}

fn boundaries(cases: &mut Cases<'_>) {
    let body = super::fields(&[("0", "[1]")]);
    for (name, kind) in [
        (
            "twice",
            format!("multipart/form-data; boundary={BOUNDARY}; boundary=other"),
        ),
        (
            "another than the body's",
            "multipart/form-data; boundary=other".to_owned(),
        ),
        ("too long", format!("multipart/form-data; boundary={}", "x".repeat(100))),
        ("with a space", format!("multipart/form-data; boundary={BOUNDARY} x")),
        ("extended", format!("multipart/form-data; boundary*=utf-8''{BOUNDARY}")),
        ("missing", "multipart/form-data".to_owned()),
    ] {
        let request = cases.fetch().header("Content-Type", kind).body(&body);
        cases.refuse(format!("a boundary {name}"), request, &["multipart.", "action."]);
    }
    let file = "Content-Disposition: form-data; name=\"_1_f\"; filename=\"a.txt\"\r\nContent-Type: text/plain";
    let mut body = Vec::new();
    part(&mut body, file, b"--not a boundary\r\n\r\n\0\xff");
    part(&mut body, NAMED, b"[\"$K1\"]");
    close(&mut body);
    let request = cases.fetch().multipart(&body);
    cases.pass("a file with any bytes", request);
    let forms: Vec<(String, String)> = (1..=9)
        .map(|number| (format!("_{number}_a"), number.to_string()))
        .collect();
    let tokens: Vec<String> = (1..=9).map(|number| format!("\"$K{number}\"")).collect();
    let last = format!("[{}]", tokens.join(","));
    let mut parts: Vec<(&str, &str)> = forms.iter().map(|(name, value)| (&**name, &**value)).collect();
    parts.push(("0", &last));
    let request = cases.parts(&parts);
    cases.pass("nine pieces of form data", request);
}

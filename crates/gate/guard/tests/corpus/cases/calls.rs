//! Families 10, 11 and 13: which action is called, by a header or by a form, and in which type of content.

use super::{BOUNDARY, Cases, TEXT, close, fields, part};

pub(crate) fn add(cases: &mut Cases<'_>) {
    ids(cases);
    forms(cases);
    content_types(cases);
}

fn ids(cases: &mut Cases<'_>) {
    cases.family("10 ids of actions");
    let known = cases.site.action.clone();
    let ids = [
        ("a letter short", known[1..].to_owned()),
        ("two short", known[2..].to_owned()),
        ("a letter long", format!("{known}0")),
        ("two long", format!("{known}00")),
        ("upper case", known.to_uppercase()),
        ("a name that objects have", "toString".to_owned()),
        ("a prototype", "__proto__".to_owned()),
        ("constructor", "constructor".to_owned()),
        ("a cached function", format!("c0{}", &known[2..])),
        ("unknown, well formed", format!("40{}", "0".repeat(40))),
        ("unknown, of 40", "0".repeat(40)),
        ("empty", String::new()),
        ("two by a comma", format!("{known}, {known}")),
        ("two by a comma, one unknown", format!("{}, {known}", "0".repeat(42))),
        ("a space inside", format!("{} {}", &known[..20], &known[20..])),
        ("not hexadecimal", "g".repeat(42)),
        ("a path", format!("../{known}")),
        ("a null at its end", format!("{known}%00")),
        ("quoted", format!("\"{known}\"")),
        ("a word", "x".to_owned()),
    ];
    for (name, id) in ids {
        let request = cases.text("[1]").only("Next-Action", &id);
        cases.refuse(name, request, &["action.", "edge."]);
    }
    let request = cases.text("[1]").header("Next-Action", &known);
    cases.refuse("the header twice", request, &["action.", "edge."]);
    let request = cases.text("[1]").header("next-action", "0".repeat(42));
    cases.refuse("the header twice, one unknown", request, &["action.", "edge."]);
    let request = cases.text("[1]").no("Next-Action").header("NEXT-ACTION", &known);
    cases.pass("the header in upper case", request);
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        // Next.js asks for POST, and no client of React's sends anything else.
        let request = cases.page(method).header("Next-Action", &known);
        cases.refuse(format!("by {method}"), request, &["action."]);
    }
}

fn forms(cases: &mut Cases<'_>) {
    cases.family("11 actions in forms");
    let id = cases.site.action.clone();
    let field = format!("$ACTION_ID_{id}");
    let other = format!("40{}", "0".repeat(40));
    let descriptor = format!("{{\"id\":\"{id}\",\"bound\":\"$@1\"}}");
    let bodies: Vec<(&str, Vec<(String, String)>)> = vec![
        (
            "two ids",
            vec![
                (field.clone(), String::new()),
                (format!("$ACTION_ID_{other}"), String::new()),
            ],
        ),
        ("an unknown id", vec![(format!("$ACTION_ID_{other}"), String::new())]),
        (
            "an id of another form",
            vec![("$ACTION_ID_toString".to_owned(), String::new())],
        ),
        (
            "a reference to nothing",
            vec![("$ACTION_REF_1".to_owned(), String::new())],
        ),
        (
            "a reference with its description twice",
            vec![
                ("$ACTION_REF_1".to_owned(), String::new()),
                ("$ACTION_1:0".to_owned(), descriptor.clone()),
                ("$ACTION_1:0".to_owned(), descriptor.clone()),
                ("$ACTION_1:1".to_owned(), "[1]".to_owned()),
            ],
        ),
        (
            "a description with two ids",
            vec![
                ("$ACTION_REF_1".to_owned(), String::new()),
                (
                    "$ACTION_1:0".to_owned(),
                    format!("{{\"id\":\"{id}\",\"bound\":null,\"id\":\"{other}\"}}"),
                ),
            ],
        ),
        (
            "a description with more",
            vec![
                ("$ACTION_REF_1".to_owned(), String::new()),
                (
                    "$ACTION_1:0".to_owned(),
                    format!("{{\"id\":\"{id}\",\"bound\":null,\"then\":1}}"),
                ),
            ],
        ),
        (
            "a description of an unknown action",
            vec![
                ("$ACTION_REF_1".to_owned(), String::new()),
                (
                    "$ACTION_1:0".to_owned(),
                    format!("{{\"id\":\"{other}\",\"bound\":null}}"),
                ),
            ],
        ),
        (
            "bound arguments through a prototype",
            vec![
                ("$ACTION_REF_1".to_owned(), String::new()),
                ("$ACTION_1:0".to_owned(), descriptor.clone()),
                ("$ACTION_1:1".to_owned(), "[{\"a\":1},\"$1:0:__proto__\"]".to_owned()),
            ],
        ),
        (
            "bound arguments that are an object",
            vec![
                ("$ACTION_REF_1".to_owned(), String::new()),
                ("$ACTION_1:0".to_owned(), descriptor.clone()),
                ("$ACTION_1:1".to_owned(), "{\"length\":1}".to_owned()),
            ],
        ),
        ("no action at all", vec![("name".to_owned(), "x".to_owned())]),
        ("no field at all", Vec::new()),
        (
            "a reference with a broken number",
            vec![
                ("$ACTION_REF_x".to_owned(), String::new()),
                ("$ACTION_x:0".to_owned(), descriptor.clone()),
            ],
        ),
    ];
    for (name, body) in bodies {
        let body: Vec<(&str, &str)> = body.iter().map(|(name, value)| (&**name, &**value)).collect();
        let request = cases.form(&body);
        cases.refuse(name, request, &["action.", "flight.", "multipart."]);
    }
    for count in [3_usize, 500] {
        let body: Vec<(String, String)> = (0..count)
            .flat_map(|number| {
                [
                    (format!("$ACTION_REF_{number}"), String::new()),
                    (format!("$ACTION_{number}:0"), descriptor.clone()),
                ]
            })
            .collect();
        let body: Vec<(&str, &str)> = body.iter().map(|(name, value)| (&**name, &**value)).collect();
        let request = cases.form(&body);
        cases.refuse(
            format!("{count} references"),
            request,
            &["action.", "flight.", "multipart."],
        );
    }
    let mut body = Vec::new();
    part(&mut body, "Content-Disposition: form-data; name=\"$ACTION_REF_1\"", b"");
    let head = "Content-Disposition: form-data; name=\"$ACTION_1:0\"; filename=\"x\"\r\nContent-Type: application/json";
    part(&mut body, head, descriptor.as_bytes());
    close(&mut body);
    let request = cases.page("POST").multipart(&body);
    cases.refuse(
        "a description that is a file",
        request,
        &["action.", "flight.", "multipart."],
    );
    for (name, body) in [
        // A form and a button of it may both name an action; the last one counts.
        ("the id twice", vec![(&*field, ""), (&*field, "")]),
        (
            "an id and a button with a reference",
            vec![
                (&*field, ""),
                ("$ACTION_REF_1", ""),
                ("$ACTION_1:0", &*descriptor),
                ("$ACTION_1:1", "[1]"),
            ],
        ),
        ("a plain form", vec![(&*field, ""), ("text", "hello")]),
        (
            "a form with bound arguments",
            vec![
                ("$ACTION_REF_1", ""),
                ("$ACTION_1:0", &*descriptor),
                ("$ACTION_1:1", "[\"a\",{\"b\":1}]"),
                ("text", "ä"),
            ],
        ),
        (
            "the same in another order",
            vec![
                ("$ACTION_REF_1", ""),
                ("$ACTION_1:1", "[\"a\"]"),
                ("$ACTION_1:0", &*descriptor),
                ("text", "x"),
            ],
        ),
    ] {
        let request = cases.form(&body);
        cases.pass(name, request);
    }
}

fn content_types(cases: &mut Cases<'_>) {
    cases.family("13 types of content");
    for kind in [
        "text/plain;charset=utf-16",
        "text/plain;charset=iso-8859-1",
        "text/plain, application/json",
        "application/json",
        "application/x-www-form-urlencoded",
        "text/html",
        "text/plain;charset=UTF-8;charset=utf-16",
        "application/octet-stream",
        "multipart/mixed; boundary=x",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"x\"; boundary=y",
        "text/x-component",
        "",
    ] {
        let request = cases.text("[1]").only("Content-Type", kind);
        cases.refuse(format!("`{kind}`"), request, &["action.", "multipart."]);
    }
    // Types that one reader takes for a form's, and another for none: what they hide is a form that calls an action.
    let field = format!("$ACTION_ID_{}", cases.site.action);
    let form = format!("multipart/form-data; boundary={BOUNDARY}");
    for (name, kind) in [
        (
            "a form's and a byte beyond ASCII",
            format!("{form}; x=\u{ff}").into_bytes(),
        ),
        (
            "a form's and a byte that is no text",
            [form.as_bytes(), b"; x=\xff"].concat(),
        ),
        ("a form's in upper case", form.to_uppercase().into_bytes()),
        ("a form's after another", format!("text/plain, {form}").into_bytes()),
        (
            "a form's with a space before the parameter",
            form.replace(';', " ;").into_bytes(),
        ),
    ] {
        let request = cases.form(&[(&*field, "")]).only("Content-Type", kind);
        cases.refuse(name, request, &["action.", "multipart."]);
    }
    let request = cases
        .text("[1]")
        .header("Content-Type", "multipart/form-data; boundary=x");
    cases.refuse("two of them", request, &["action.", "edge."]);
    let request = cases.text("[1]").no("Content-Type");
    cases.refuse("none", request, &["action."]);
    for coding in ["gzip", "br", "deflate", "identity, gzip"] {
        let request = cases.text("[1]").header("Content-Encoding", coding);
        cases.refuse(format!("compressed by {coding}"), request, &["action.", "edge."]);
    }
    let request = cases.text("[1]").only("Content-Type", TEXT);
    cases.pass("what React writes", request);
    let request = cases.fetch().multipart(&fields(&[("0", "[1]")]));
    cases.pass("parts", request);
}

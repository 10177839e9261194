//! Families 7, 8, 9 and 14: keys, kinds of values, what grows, and JSON.

use super::{Cases, close, part};

pub(crate) fn add(cases: &mut Cases<'_>) {
    keys(cases);
    kinds(cases);
    growth(cases);
    json(cases);
}

fn keys(cases: &mut Cases<'_>) {
    cases.family("7 keys");
    for key in ["__proto__", "then", "constructor", "prototype"] {
        let escape = |written: String, letter: char| written + &format!("\\u{:04x}", u32::from(letter));
        let escaped = key.chars().fold(String::new(), escape);
        let half: String = format!("\\u{:04x}{}", u32::from(key.as_bytes()[0]), &key[1..]);
        for (how, written) in [("plain", key.to_owned()), ("escaped", escaped), ("half escaped", half)] {
            for (place, value) in [("first", "1"), ("object", r#"{"a":1}"#), ("reference", "\"$0:0:a\"")] {
                let request = cases.text(format!("[{{\"a\":{{\"b\":1}},\"{written}\":{value}}}]"));
                cases.refuse(format!("{key}, {how}, with a {place}"), request, &["flight.key."]);
            }
        }
        let request = cases.parts(&[("1", &format!("{{\"{key}\":1}}")), ("0", r#"["$1"]"#)]);
        cases.refuse(format!("{key} in a part"), request, &["flight.key."]);
    }
    for (name, object) in [
        ("status, reason and then", r#"{"status":"x","reason":1,"then":1}"#),
        ("response and chunks", r#"{"_response":{},"_chunks":1}"#),
        ("prefix and form data", r#"{"_prefix":"x","_formData":{}}"#),
        (
            "response and prefix below",
            r#"{"value":{"_response":1,"_prefix":"x"}}"#,
        ),
    ] {
        let request = cases.text(format!("[{object}]"));
        cases.refuse(format!("an imitation: {name}"), request, &["flight.key."]);
    }
    for (name, object) in [
        (
            "names that people use",
            r#"{"status":"open","value":1,"reason":"none"}"#,
        ),
        (
            "names close by",
            r#"{"proto":1,"_proto_":2,"thenable":3,"__prototype__":4}"#,
        ),
        ("a prefix alone", r#"{"_prefix":"x"}"#),
    ] {
        let request = cases.text(format!("[{object}]"));
        cases.pass(name, request);
    }
}

fn kinds(cases: &mut Cases<'_>) {
    cases.family("8 kinds of values that are not allowed");
    let one = |cases: &Cases<'_>, token: &str, content: &str| {
        cases.parts(&[("1", content), ("0", &format!("[\"{token}\"]"))])
    };
    for (token, content) in [
        ("$h1", r#"{"id":"x","bound":null}"#),
        ("$F1", r#"{"id":"x","bound":null}"#),
        ("$@1", "1"),
        ("$R1", "\"x\""),
        ("$r1", "\"x\""),
        ("$X1", "\"x\""),
        ("$x1", "\"x\""),
        ("$i1", "[1]"),
        ("$Q1", r#"[["a",1]]"#),
        ("$W1", "[1]"),
    ] {
        let request = one(cases, token, content);
        cases.refuse(format!("{token} with a part"), request, &["flight."]);
    }
    for token in [
        "$T", "$T1", "$Sname", "$Z", "$z", "$P1", "$E1", "$y", "$q", "$H1", "$Y", "$J1", "$!", "$_",
    ] {
        let request = cases.text(format!("[\"{token}\"]"));
        cases.refuse(format!("{token} alone"), request, &["flight."]);
    }
    for letter in ["A", "O", "o", "U", "S", "s", "L", "l", "G", "g", "M", "m", "V", "B"] {
        let request = one(cases, &format!("${letter}1"), "\"text, no bytes\"");
        cases.refuse(format!("${letter} to a part of text"), request, &["flight."]);
        let mut body = Vec::new();
        let head =
            "Content-Disposition: form-data; name=\"1\"; filename=\"blob\"\r\nContent-Type: application/octet-stream";
        part(&mut body, head, b"12345678");
        part(
            &mut body,
            "Content-Disposition: form-data; name=\"0\"",
            format!("[\"${letter}1\"]").as_bytes(),
        );
        close(&mut body);
        let request = cases.fetch().multipart(&body);
        cases.refuse(format!("${letter} to bytes"), request, &["flight."]);
    }
    let plain =
        r#"["$undefined","$NaN","$Infinity","$-Infinity","$-0","$D2026-01-01T00:00:00.000Z","$n12",null,true,1.5]"#;
    let request = cases.text(plain);
    cases.pass("what is always allowed", request);
    let request = cases.parts(&[("_1_a", "1"), ("_1_a", "2"), ("_1_ü", "ö"), ("0", r#"["$K1"]"#)]);
    cases.pass("form data", request);
}

fn growth(cases: &mut Cases<'_>) {
    cases.family("9 small bodies that grow");
    let large = format!("\"{}\"", "x".repeat(100_000));
    for count in [100, 1_000, 5_000] {
        let references = vec!["\"$1\""; count].join(",");
        let request = cases.parts(&[("1", &large), ("0", &format!("[[{references}]]"))]);
        cases.refuse(format!("{count} references to 100 KB"), request, &["flight.budget."]);
    }
    for width in [10, 20, 50] {
        let mut parts = vec![("1".to_owned(), format!("[{}]", vec!["0"; width].join(",")))];
        for level in 2..=7 {
            let lower = vec![format!("\"${:x}\"", level - 1); width].join(",");
            parts.push((format!("{level:x}"), format!("[{lower}]")));
        }
        parts.push(("0".to_owned(), "[\"$7\"]".to_owned()));
        let parts: Vec<(&str, &str)> = parts.iter().map(|(name, value)| (&**name, &**value)).collect();
        let request = cases.parts(&parts);
        cases.refuse(format!("lists of lists, {width} wide"), request, &["flight.budget."]);
    }
    for depth in [33, 100, 1_000, 50_000] {
        let request = cases.text(format!("[{}{}]", "[".repeat(depth), "]".repeat(depth)));
        cases.refuse(format!("{depth} lists in each other"), request, &["flight.budget."]);
        let request = cases.text(format!("[{}1{}]", "{\"a\":".repeat(depth), "}".repeat(depth)));
        cases.refuse(format!("{depth} objects in each other"), request, &["flight.budget."]);
    }
    let bigint = |digits: usize| format!("[\"$n{}\"]", "9".repeat(digits));
    for digits in [301, 1_000, 100_000] {
        let request = cases.text(bigint(digits));
        cases.refuse(format!("an integer of {digits} digits"), request, &["flight.budget."]);
    }
    let request = cases.text(bigint(300));
    cases.pass("an integer of 300 digits", request);
    for count in [17, 1_001] {
        let request = cases.text(format!("[{}]", vec!["1"; count].join(",")));
        cases.refuse(format!("{count} arguments"), request, &["flight.budget."]);
    }
    let request = cases.text(format!("[{}]", vec!["1"; 16].join(",")));
    cases.pass("16 arguments", request);
    let request = cases.text(format!("[[{}]]", vec!["1"; 10_001].join(",")));
    cases.refuse("a list of 10001", request, &["flight.budget."]);
    let keys: Vec<String> = (0..1_001).map(|number| format!("\"k{number}\":1")).collect();
    let request = cases.text(format!("[{{{}}}]", keys.join(",")));
    cases.refuse("an object of 1001 keys", request, &["flight.budget."]);
    let parts: Vec<(String, String)> = (1..=2_000)
        .map(|number| (format!("{number:x}"), "1".to_owned()))
        .collect();
    let mut parts: Vec<(&str, &str)> = parts.iter().map(|(name, value)| (&**name, &**value)).collect();
    parts.push(("0", "[]"));
    let request = cases.parts(&parts);
    cases.refuse("2000 parts", request, &["flight.", "multipart."]);
    let request = cases.text(format!("[\"{}\"]", "x".repeat(1_100_000)));
    cases.refuse("a body over the limit", request, &["edge.", "flight.budget."]);
    let request = cases.text(format!("[\"{}\"]", "x".repeat(500_000)));
    cases.pass("half a megabyte", request);
}

fn json(cases: &mut Cases<'_>) {
    cases.family("14 JSON");
    let bodies: [(&str, &[u8]); 24] = [
        ("the same key twice", br#"[{"a":1,"a":2}]"#),
        ("the same key twice, once escaped", br#"[{"a":1,"\u0061":2}]"#),
        ("a byte order mark", b"\xef\xbb\xbf[1]"),
        ("half of a surrogate pair", br#"["\ud800"]"#),
        ("the other half", br#"["\udc00"]"#),
        ("halves in the wrong order", br#"["\udc00\ud800"]"#),
        ("bytes that are no UTF-8", b"[\"\xff\xfe\"]"),
        ("an overlong slash", b"[\"\xc0\xaf\"]"),
        ("a surrogate in bytes", b"[\"\xed\xa0\x80\"]"),
        ("NaN", b"[NaN]"),
        ("Infinity", b"[Infinity]"),
        ("a number that is infinite", b"[1e999]"),
        ("something after it", b"[1]x"),
        ("a second value", b"[1][2]"),
        ("nothing", b""),
        ("spaces only", b"  "),
        ("an open list", b"[1"),
        ("a comma too many", b"[1,]"),
        ("a comment", b"[1/* */]"),
        ("single quotes", b"['a']"),
        ("a control character in a text", b"[\"a\x01b\"]"),
        ("a number with a plus", b"[+1]"),
        ("a number with a leading zero", b"[01]"),
        ("an object instead of arguments", br#"{"0":1}"#),
    ];
    for (name, body) in bodies {
        let request = cases.text(body);
        cases.refuse(name, request, &["flight."]);
    }
    for (name, body) in [
        ("every character", "[\"ä€😀\\n\\t\\\\\\\"\\u0000\\ud83d\\ude00\"]"),
        ("spaces", " [ 1 , { \"a\" : 2 } ] "),
    ] {
        let request = cases.text(body);
        cases.pass(name, request);
    }
}

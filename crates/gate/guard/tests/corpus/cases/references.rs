//! Families 1 to 6: references. What a path may lead through, what may be referred to, and how it is spelled.

use super::Cases;

/// Names that every object inherits.
const INHERITED: [&str; 6] = ["__proto__", "prototype", "constructor", "then", "toString", "valueOf"];

/// A value with three levels of its own keys, as an object and as lists.
const OBJECT: &str = r#"{"a":{"b":{"c":1}}}"#;
const LISTS: &str = "[[[1]]]";

pub(crate) fn add(cases: &mut Cases<'_>) {
    prototypes(cases);
    constructors(cases);
    not_own(cases);
    forward(cases);
    cycles(cases);
    syntax(cases);
}

/// The body with a reference of this path into one of four places.
fn reaching(cases: &Cases<'_>, root: &str, path: &str) -> super::Request {
    match root {
        "object" => cases.parts(&[("1", OBJECT), ("0", &format!("[\"$1:{path}\"]"))]),
        "lists" => cases.parts(&[("1", LISTS), ("0", &format!("[\"$1:{path}\"]"))]),
        "later part" => cases.parts(&[("1", "1"), ("2", OBJECT), ("0", &format!("[\"$1\",\"$2:{path}\"]"))]),
        _ => cases.text(format!("[{OBJECT},\"$0:0:{path}\"]")),
    }
}

const ROOTS: [&str; 4] = ["object", "lists", "later part", "first part"];

fn path(root: &str, depth: usize, last: &str) -> String {
    let own = if root == "lists" { ["0", "0"] } else { ["a", "b"] };
    let mut steps: Vec<&str> = own.into_iter().take(depth).collect();
    steps.push(last);
    steps.join(":")
}

fn prototypes(cases: &mut Cases<'_>) {
    cases.family("1 reference through a prototype");
    for root in ROOTS {
        for name in INHERITED {
            for depth in 0..3 {
                let request = reaching(cases, root, &path(root, depth, name));
                cases.refuse(format!("{name} of {root}, after {depth} steps"), request, &["flight."]);
            }
        }
        for depth in 0..2 {
            let own = if root == "lists" { "0" } else { ["a", "b"][depth] };
            let request = reaching(cases, root, &path(root, depth, own));
            cases.pass(format!("an own key of {root}, after {depth} steps"), request);
        }
    }
}

fn constructors(cases: &mut Cases<'_>) {
    cases.family("2 reference through a constructor");
    let chains = [
        "constructor:constructor",
        "constructor:prototype",
        "__proto__:constructor",
        "__proto__:constructor:constructor",
        "constructor:constructor:constructor",
        "constructor:name",
        "__proto__:__proto__",
        "__proto__:then",
    ];
    for root in ROOTS {
        for chain in chains {
            let request = reaching(cases, root, chain);
            cases.refuse(format!("{chain} of {root}"), request, &["flight.reference."]);
        }
    }
}

fn not_own(cases: &mut Cases<'_>) {
    cases.family("3 reference into what has no own keys");
    for (name, value) in [
        ("a string", r#""text""#),
        ("a number", "1"),
        ("null", "null"),
        ("true", "true"),
        ("a date", r#""$D2026-01-01T00:00:00.000Z""#),
        ("a big integer", r#""$n5""#),
        ("undefined", r#""$undefined""#),
        ("not a number", r#""$NaN""#),
        ("the length of a list", "[1]"),
    ] {
        for step in ["length", "0", "size", "getTime"] {
            if step == "0" && name.contains("list") {
                continue;
            }
            let request = cases.text(format!("[{value},\"$0:0:{step}\"]"));
            cases.refuse(format!("{step} of {name}"), request, &["flight."]);
        }
    }
    for (name, path) in [
        ("a key that is not there", "$0:0:missing"),
        ("a position that is not there", "$0:1:9"),
    ] {
        let request = cases.text(format!("[{OBJECT},[1],\"{path}\"]"));
        cases.refuse(name, request, &["flight.reference."]);
    }
    let request = cases.parts(&[("1", r#"[["k",{"a":1}]]"#), ("0", r#"["$Q1","$1:0:1:a"]"#)]);
    cases.refuse("the inside of a map", request, &["flight."]);
    let request = cases.parts(&[("_1_a", "x"), ("0", r#"["$K1","$1:a"]"#)]);
    cases.refuse("a field of form data", request, &["flight."]);
    let request = cases.text(format!("[{{\"a\":{OBJECT},\"b\":\"$0:0:a\"}}]"));
    cases.pass("a shared object", request);
}

fn forward(cases: &mut Cases<'_>) {
    cases.family("4 reference to what is not there yet");
    let undefined = ["$1", "$5", "$ff", "$1:a", "$@1", "$Q1", "$W1", "$i1", "$h1", "$B1"];
    for token in undefined {
        let request = cases.text(format!("[\"{token}\"]"));
        cases.refuse(format!("{token}, and no such part"), request, &["flight."]);
    }
    let request = cases.parts(&[("1", r#"["$2"]"#), ("2", "1"), ("0", r#"["$1"]"#)]);
    cases.refuse("a part that comes later", request, &["flight."]);
    let request = cases.parts(&[("1", r#"["$1"]"#), ("0", r#"["$1"]"#)]);
    cases.refuse("a part that contains itself", request, &["flight."]);
    for token in ["$0", "$0:0", "$0:0:0"] {
        let request = cases.text(format!("[\"{token}\"]"));
        cases.refuse(format!("{token} in itself"), request, &["flight."]);
    }
    let request = cases.text(r#"["$0:1",{"a":1}]"#);
    cases.refuse("what comes later in the first part", request, &["flight."]);
    let request = cases.text(r#"[{"a":1},"$0:0"]"#);
    cases.pass("what has come in the first part", request);
    let request = cases.parts(&[("1", r#"{"a":1}"#), ("0", r#"["$1","$1"]"#)]);
    cases.pass("a part that has come, twice", request);
}

fn cycles(cases: &mut Cases<'_>) {
    cases.family("5 cycles");
    for length in 1..=5_usize {
        for kind in ["", "@", "K"] {
            let mut parts = Vec::new();
            for number in 1..=length {
                let next = number % length + 1;
                let (name, value) = match kind {
                    "K" => (format!("_{number}_a"), format!("\"$K{next}\"")),
                    _ => (number.to_string(), format!("{{\"next\":\"${kind}{next}\"}}")),
                };
                parts.push((name, value));
            }
            parts.push(("0".to_owned(), format!("[\"${kind}1\"]")));
            let parts: Vec<(&str, &str)> = parts.iter().map(|(name, value)| (&**name, &**value)).collect();
            let request = cases.parts(&parts);
            if kind == "K" {
                // Fields of form data are texts: what looks like a reference in one is not read.
                continue;
            }
            cases.refuse(format!("{length} parts by `${kind}`"), request, &["flight."]);
        }
        let inner = (0..length).fold("\"$0:0\"".to_owned(), |inner, _| format!("{{\"a\":{inner}}}"));
        let request = cases.text(format!("[{inner}]"));
        cases.refuse(
            format!("an object that contains itself, {length} deep"),
            request,
            &["flight.reference."],
        );
    }
    let request = cases.parts(&[("_1_a", "$K1"), ("0", r#"["$K1"]"#)]);
    cases.pass("form data with a text that looks like itself", request);
}

fn syntax(cases: &mut Cases<'_>) {
    cases.family("6 references in another spelling");
    let spellings = [
        "$1z",
        "$-1",
        "$0x1",
        "$ 1",
        "$1 ",
        "$+1",
        "$1.0",
        "$1e0",
        "$01",
        "$001",
        "$0000000001",
        "$1234567890ab",
        "$1:",
        "$1::a",
        "$:a",
        "$:",
        "$",
        "$1:a:",
        "$1\\u0000",
        "$1\\n",
        "$\\u0661",
        "$1:a::b",
        "$$1:\\ud800",
    ];
    for token in spellings {
        let request = cases.parts(&[("1", r#"{"a":{"b":1}}"#), ("0", &format!("[\"$1\",\"{token}\"]"))]);
        if token.starts_with("$$") {
            cases.refuse(format!("{token:?}"), request, &["flight."]);
            continue;
        }
        cases.refuse(format!("{token:?}"), request, &["flight."]);
    }
    let request = cases.parts(&[("a", "1"), ("0", r#"["$A"]"#)]);
    cases.refuse("upper-case digits", request, &["flight."]);
    for (name, body) in [
        (
            "a text that begins like a reference",
            r#"["$$1","$$$","$$1:__proto__"]"#,
        ),
        ("a text with dollars", r#"["1$","a$1:b"]"#),
    ] {
        let request = cases.text(body);
        cases.pass(name, request);
    }
}

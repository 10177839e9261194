//! `portcullis inspect`, as a person or a program uses it: the real binary, over recorded requests.

#![expect(
    clippy::expect_used,
    reason = "the lints know tests by their attribute, not the functions beside them"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const ID: &str = "40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no other edge that could read the environment for it"
)]
fn flight() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../gate/flight/tests/vectors");
    std::env::var_os("PORTCULLIS_VECTORS")
        .map_or_else(own, PathBuf::from)
        .join("flight")
}

fn inspect(arguments: &[&str], input: &[u8]) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .arg("inspect")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    // A process that does not read its input has closed it.
    drop(process.stdin.take().expect("a pipe").write_all(input));
    process.wait_with_output().expect("an output")
}

fn check(arguments: &[&str], input: &[u8], code: i32) -> Value {
    let output = inspect(arguments, input);
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
    assert!(
        !output.stdout.contains(&0x1b) && stdout.lines().count() == usize::from(code != 2),
        "{stdout}"
    );
    serde_json::from_str(&stdout).unwrap_or_default()
}

fn post(id: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("Host: a\r\nNext-Action: {id}\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: {length}");
    format!("POST /a HTTP/1.1\r\n{head}\r\n\r\n{body}").into_bytes()
}

#[test]
fn a_call_is_printed_with_its_arguments() {
    let printed = check(
        &["-"],
        &post(ID, "[\"a\",{\"b\":\"$D1970-01-01T00:00:00.000Z\"},\"$NaN\"]"),
        0,
    );
    let expected = r#"{"version":1,"verdict":"accepted","action":"40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","transport":"fetch",
        "arguments":["a",{"b":{"$type":"date","value":"1970-01-01T00:00:00.000Z"}},{"$type":"nan"}]}"#;
    assert_eq!(printed, serde_json::from_str::<Value>(expected).expect("JSON"));
}

#[test]
fn a_refusal_is_printed_with_its_place() {
    let printed = check(&["-"], &post(ID, "[1,\"$0:0:__proto__\"]"), 1);
    assert_eq!(printed["verdict"], "refused");
    assert_eq!(printed["code"], "flight.reference.prototype");
    assert_eq!(
        (&printed["part"], &printed["offset"]),
        (&Value::from("0"), &Value::from(3))
    );
    assert!(printed["message"].as_str().is_some_and(|message| !message.is_empty()));
    let printed = check(&["-"], &post("toString", "[]"), 1);
    assert_eq!(
        (&printed["code"], &printed["part"]),
        (&Value::from("action.id.malformed"), &Value::Null)
    );
    let mut longer = post(ID, "[]");
    longer.push(b' ');
    assert_eq!(check(&["-"], &longer, 1)["code"], "edge.framing.trailing");
}

#[test]
fn what_is_no_action_is_said_to_be_none() {
    let printed = check(&["-"], b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 0);
    assert_eq!(printed["verdict"], "not-an-action");
}

#[test]
fn kinds_and_ids_are_switched_by_options() {
    let request = post(ID, "[\"$T\"]");
    assert_eq!(check(&["-"], &request, 1)["code"], "flight.kind.temporary-reference");
    assert_eq!(
        check(&["--allow", "all", "-"], &request, 0)["arguments"][0]["$type"],
        "temporary_reference"
    );
    let manifest = tempfile::NamedTempFile::new().expect("a file");
    let write = |text: &str| std::fs::write(manifest.path(), text).expect("a file");
    let path = manifest.path().display().to_string();
    write(&format!("{{\"node\":{{\"{ID}\":{{}}}},\"edge\":{{}}}}"));
    check(&["--manifest", &path, "-"], &post(ID, "[]"), 0);
    let other = ID.replace("aa", "bb");
    assert_eq!(
        check(&["--manifest", &path, "-"], &post(&other, "[]"), 1)["code"],
        "action.id.unknown"
    );
    for broken in ["", "{}", "{\"node\":{\"toString\":{}}}"] {
        write(broken);
        check(&["--manifest", &path, "-"], &post(ID, "[]"), 2);
    }
}

#[test]
fn usage_and_files_that_are_no_request_are_errors() {
    check(&["no/such/file"], b"", 2);
    check(&[], b"", 2);
    check(&["--allow", "some", "-"], b"", 2);
    check(&["-"], b"not http", 2);
    check(&["-"], b"POST / HTTP/1.1\r\nHost: a\r\n", 2);
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let output = inspect(&["-"], &post(ID, "[\"\\u001b[31m\\u009b\\u202e\u{9b}\u{202e}\"]"));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(
        text.contains("\\u001b[31m\\u009b\\u202e\\u009b\\u202e") && text.trim_end().is_ascii(),
        "{text}"
    );
}

/// Every recorded request of a real client is accepted, or refused for one of the reasons that are known.
#[test]
fn recorded_requests_are_decided() {
    let manifests = flight().join("manifests");
    let mut seen = 0;
    for label in ["next-14.2.35", "next-15.5.29", "next-16.4.6"] {
        let manifest = manifests.join(label).join("server-reference-manifest.json");
        for case in [
            "fetch-plain",
            "fetch-map",
            "fetch-server_ref_twice",
            "form-nojs-s_bound",
            "form-js-f_file",
            "raw-id_proto",
        ] {
            let request = flight().join("captures").join(label).join(case).join("request.http");
            if !request.exists() || !manifest.exists() {
                continue;
            }
            let (request, manifest) = (request.display().to_string(), manifest.display().to_string());
            let hostile = case.starts_with("raw-");
            let printed = check(
                &["--manifest", &manifest, "--allow", "all", &request],
                b"",
                i32::from(hostile),
            );
            assert_eq!(
                printed["verdict"],
                if hostile { "refused" } else { "accepted" },
                "{printed}"
            );
            assert_eq!(
                hostile || printed["transport"] == "form",
                hostile || case.contains("nojs"),
                "{printed}"
            );
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen} recorded requests");
}

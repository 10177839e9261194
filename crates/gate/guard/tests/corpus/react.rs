//! What React's own encoder has written, in three of its versions: all of it arrives, and means the same.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_flight::{ActionId, DecodeOptions, KnownIds, read_fetch_multipart, read_fetch_text, tagged};
use serde_json::Value;

use super::{application, guard, send};

/// The arguments of a body, as a text to compare.
fn arguments(kind: &str, body: &[u8]) -> String {
    let id = ActionId::new(super::WIDE).unwrap();
    let mut options = DecodeOptions::all();
    options.reserved_keys = true;
    let call = if let Some((_, boundary)) = kind.split_once("boundary=") {
        read_fetch_multipart(id, boundary, body, &KnownIds::Any, &options)
    } else {
        read_fetch_text(id, body, &KnownIds::Any, &options)
    };
    tagged::arguments(&call.unwrap())
}

fn written_by_react() -> Vec<(String, String, Vec<u8>)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flight/tests/vectors/flight/decode-vectors.json");
    // Some results are halves of surrogate pairs, which this parser does not take; bodies have them escaped once more.
    let text = std::fs::read_to_string(file).unwrap();
    let text = text
        .replace("\\\\ud", "\u{0}")
        .replace("\\ud", "\\u0")
        .replace('\u{0}', "\\\\ud");
    // One vector at a time: others of the file are nested deeper than this parser goes.
    let one = |vector: &str| {
        let vector = format!("{{\"name\": {vector}");
        serde_json::Deserializer::from_str(&vector)
            .into_iter::<Value>()
            .next()
            .unwrap()
            .unwrap()
    };
    let encoded = text
        .split("\n{\n\"name\": ")
        .filter(|vector| vector.contains("\n\"category\": \"encoded\","))
        .map(one);
    let written = encoded.filter(|vector| vector["api"] == "decodeReply" && vector["expect"]["decision"] == "accept");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let body = |vector: &Value| match text(&vector["body_base64"]) {
        Some(encoded) => STANDARD.decode(encoded).unwrap(),
        None => text(&vector["body"]).unwrap().into_bytes(),
    };
    written
        .map(|vector| {
            (
                text(&vector["name"]).unwrap(),
                text(&vector["content_type"]).unwrap(),
                body(&vector),
            )
        })
        .collect()
}

#[tokio::test]
async fn what_react_writes_arrives_and_means_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (upstream, arrived) = application().await;
    let (address, _stop) = guard(upstream, folder.path()).await;
    let written = written_by_react();
    assert!(written.len() > 40, "{}", written.len());
    for (name, kind, body) in written {
        arrived.lock().unwrap().clear();
        let mut request = format!(
            "POST /page HTTP/1.1\r\nHost: app.test\r\nOrigin: http://app.test\r\nAccept: text/x-component\r\n\
             Next-Action: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            super::WIDE,
            body.len()
        )
        .into_bytes();
        request.extend(&body);
        let answer = send(address, &request).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
        let got = arrived.lock().unwrap()[0].clone();
        let cut = got.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(got[..cut].to_vec()).unwrap();
        let got_kind = head
            .lines()
            .find_map(|line| line.strip_prefix("content-type: "))
            .unwrap();
        assert_eq!(arguments(got_kind, &got[cut + 4..]), arguments(&kind, &body), "{name}");
    }
}

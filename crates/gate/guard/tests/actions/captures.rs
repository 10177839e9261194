//! Requests that browsers sent to real applications go on with the arguments that they carried.

use std::path::{Path, PathBuf};

use http::{HeaderName, HeaderValue, Method};
use portcullis_flight::{
    DecodeOptions, Head, Identified, KnownIds, identify, read_fetch_multipart, read_fetch_text, read_form, tagged,
};
use portcullis_guard::action::Verdict;

use crate::world::{Request, World};

const POLICY: &str = "[guard]\npublic-origins = [\"http://127.0.0.1:4101\", \"http://127.0.0.1:4301\"]\n\
    [guard.actions]\nunnamed = \"observe\"\n[audit]\nfile = \"audit.jsonl\"\n";

#[expect(clippy::disallowed_methods, reason = "a test reads its own vectors")]
fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap();
    let mut folders: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own vectors")]
fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// A recorded request, without what belongs to the connection.
fn recorded(raw: &[u8]) -> Request {
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let mut request = Request::fetch("", "");
    request.headers.clear();
    request.method = Method::from_bytes(first.next().unwrap().as_bytes()).unwrap();
    let target = first.next().unwrap();
    request.path = target.split('?').next().unwrap_or(target).into();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        if name != "host" && name != "content-length" {
            request
                .headers
                .append(name, HeaderValue::from_str(value.trim()).unwrap());
        }
    }
    request.body = raw[end + 4..].to_vec();
    request
}

/// The arguments of a body; nothing for what is none.
fn arguments(next_action: &[&str], content_type: &str, body: &[u8], options: &DecodeOptions) -> Option<String> {
    let head = Head {
        method: "POST",
        next_action,
        content_type: &[content_type],
        content_encoding: false,
    };
    let call = match identify(&head, &KnownIds::Any, options).ok()? {
        Identified::FetchText(id) => read_fetch_text(id, body, &KnownIds::Any, options).ok()?,
        Identified::FetchMultipart(id, boundary) => {
            read_fetch_multipart(id, boundary, body, &KnownIds::Any, options).ok()?
        }
        Identified::Form(boundary) => read_form(boundary, body, &KnownIds::Any, options).ok()?,
        Identified::NotAnAction(_) => return None,
    };
    Some(tagged::arguments(&call))
}

#[tokio::test]
async fn what_real_clients_send_goes_on_or_is_refused_by_its_kind() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flight/tests/vectors/flight/captures");
    let (mut same, mut refused) = (0, 0);
    for version in folders(&vectors) {
        let world = World::with(POLICY).await;
        for case in folders(&version) {
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("raw-") {
                continue;
            }
            let request = recorded(&read(&case.join("request.http")));
            let text = |name: &str| {
                request
                    .headers
                    .get(name)
                    .map(|value| value.to_str().unwrap().to_owned())
            };
            let id = text("next-action");
            let ids: Vec<&str> = id.iter().map(String::as_str).collect();
            let kind = text("content-type").unwrap_or_default();
            let sent = arguments(&ids, &kind, &request.body, &DecodeOptions::default());
            match (world.judge(request.clone()).await, sent) {
                (Verdict::Forward(forward), Some(sent)) => {
                    let kind = forward.content_type.to_str().unwrap().to_owned();
                    let goes_on = arguments(&ids, &kind, &forward.body, &DecodeOptions::default());
                    assert_eq!(goes_on, Some(sent), "{}", case.display());
                    assert!(forward.set.iter().all(|(name, _)| name == "accept-encoding"));
                    same += 1;
                }
                (Verdict::Refuse(response), None) => {
                    assert!(response.status().is_client_error(), "{}", case.display());
                    refused += 1;
                }
                (verdict, sent) => panic!("{}: {verdict:?} for {sent:?}", case.display()),
            }
        }
    }
    assert!(same > 100 && refused > 5, "{same} went on, {refused} were refused");
}

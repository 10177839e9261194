//! Calls that look like something else: each of these was once sent on without being judged, or could have been.

use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::actions::{ACTION, call, guard_before};
use crate::world::{Application, Running, policy, refusal};

/// A form that calls an action.
fn form() -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"$ACTION_ID_{ACTION}\"\r\n\r\n\r\n--b--\r\n")
}

fn post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nOrigin: http://evil.test\r\n{headers}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

fn is_refused(answer: &str) -> bool {
    (400..500).contains(&refusal(answer).0)
}

/// The bytes of a text whose letters are bytes.
fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|letter| u8::try_from(u32::from(letter)).unwrap())
        .collect()
}

#[tokio::test]
async fn a_form_under_any_spelling_of_its_type_is_judged() {
    let application = Application::hello().await;
    let guard = guard_before(application.address, "").await;
    for kind in [
        "multipart/form-data; boundary=b",
        "multipart/form-data; boundary=b; x=\u{ff}",
        "multipart/form-data; boundary=b\u{a0}",
        "\u{e4}, multipart/form-data; boundary=b",
        "Multipart/Form-Data; boundary=b",
        "MULTIPART/FORM-DATA; boundary=b",
        "multipart/form-data ; boundary=b",
        "multipart/form-data; boundary=b\r\nContent-Type: text/plain",
        "text/plain\r\nContent-Type: multipart/form-data; boundary=b",
        "text/plain, multipart/form-data; boundary=b",
    ] {
        let answer = guard
            .raw(latin1(&post("/page", &format!("Content-Type: {kind}"), &form())))
            .await;
        let (status, _) = refusal(&answer);
        assert!((400..500).contains(&status), "{kind:?}: {answer}");
    }
    assert!(application.requests().is_empty());
}

#[tokio::test]
async fn an_id_that_is_no_text_or_no_post_is_refused() {
    let application = Application::hello().await;
    let guard = guard_before(application.address, "").await;
    let unreadable = call(ACTION, "", "[]").replace(ACTION, &format!("{ACTION}\u{ff}"));
    let answer = guard.raw(latin1(&unreadable)).await;
    assert!((400..500).contains(&refusal(&answer).0), "{answer}");
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS"] {
        let request = call(ACTION, "", "[]").replace("POST", method);
        assert!(is_refused(&guard.raw(&request).await), "{method}");
    }
    for method in ["GET", "HEAD"] {
        let head =
            format!("{method} / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nNext-Action: {ACTION}\r\n\r\n");
        assert!(is_refused(&guard.raw(head).await), "{method}");
    }
    assert!(application.requests().is_empty());
    // Nothing else about these methods changes.
    assert!(
        guard
            .raw("PUT /x HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nContent-Length: 1\r\n\r\na")
            .await
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn http2_has_no_spelling_of_its_own() {
    let application = Application::hello().await;
    let guard = guard_before(application.address, "").await;
    let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(guard.connect().await))
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut ask = async |headers: &[(&str, &str)], uri: &str, body: String| {
        let mut request = Request::post(uri).header("origin", "http://evil.test");
        for (name, value) in headers {
            request = request.header(*name, http::HeaderValue::from_bytes(&latin1(value)).unwrap());
        }
        let answer = sender
            .send_request(request.body(Full::<bytes::Bytes>::from(body)).unwrap())
            .await;
        let Ok(answer) = answer else { return (0, String::new()) };
        let status = answer.status().as_u16();
        let text = answer
            .into_body()
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        (status, String::from_utf8_lossy(&text).into_owned())
    };
    for kind in [
        " multipart/form-data; boundary=b",
        "\tmultipart/form-data; boundary=b",
        "multipart/form-data; boundary=b ",
        "multipart/form-data; boundary=b; x=\u{ff}",
        "Multipart/Form-Data; boundary=b",
        "multipart/form-data; boundary=b",
    ] {
        let (status, text) = ask(&[("content-type", kind)], "http://app.test/page", form()).await;
        assert!((400..500).contains(&status), "{kind:?}: {status} {text}");
    }
    for (headers, uri, code) in [
        (
            &[("content-length", "2"), ("content-length", "2")][..],
            "http://app.test/",
            "edge.length",
        ),
        (&[("content-length", "02")], "http://app.test/", "edge.length"),
        (&[("x-a", " b")], "http://app.test/", "edge.head-syntax"),
    ] {
        let (status, text) = ask(headers, uri, "ab".to_owned()).await;
        // The library may see it first, and end the stream.
        assert!(status == 0 || text.contains(code), "{headers:?}: {status} {text}");
    }
    assert!(application.requests().is_empty());
    // A call of an action goes through as over HTTP/1.
    let (status, _) = ask(
        &[
            ("next-action", ACTION),
            ("content-type", "text/plain;charset=UTF-8"),
            ("accept", "text/x-component"),
        ],
        "http://app.test/page",
        "[]".to_owned(),
    )
    .await;
    assert_eq!(status, 403, "the origin is another one's");
}

/// Paths that guard and Next.js could take for different routes.
#[tokio::test]
async fn forms_are_a_handlers_own_only_where_nobody_can_take_them_for_a_pages() {
    let application = Application::hello().await;
    let folder = tempfile::tempdir().unwrap();
    let server = folder.path().join(".next/server");
    std::fs::create_dir_all(&server).unwrap();
    std::fs::write(
        server.join("server-reference-manifest.json"),
        r#"{"node":{},"edge":{}}"#,
    )
    .unwrap();
    let paths = r#"{"/api/upload/route":"a.js","/[slug]/page":"b.js"}"#;
    std::fs::write(server.join("app-paths-manifest.json"), paths).unwrap();
    let more = "manifest = '.next/server/server-reference-manifest.json'\n[guard.paths]\nencoded-slash = true\n";
    let guard = Running::with_policy(&policy(application.address, more), folder).await;
    let headers = "Content-Type: multipart/form-data; boundary=b";
    for path in [
        "/_next/data/zz/api/upload.json",
        "/api%2Fupload",
        "/api/upload%2F",
        "/api/up%6coad",
    ] {
        let answer = guard.raw(post(path, headers, &form())).await;
        assert!((400..500).contains(&refusal(&answer).0), "{path}: {answer}");
    }
    assert!(application.requests().is_empty());
    let answer = guard.raw(post("/api/upload", headers, &form())).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// "Enforce the payment first" is how people begin: what guard cannot read could be a call of the payment.
#[tokio::test]
async fn one_enforced_action_is_enough_to_refuse_what_cannot_be_read() {
    let application = Application::hello().await;
    let odd = form().replace("\r\n\r\n\r\n", "\r\nX-A: b\r\n\r\n\r\n");
    let headers = "Content-Type: multipart/form-data; boundary=b";
    let guard = guard_before(application.address, "mode = 'enforce'\n").await;
    let observed = std::fs::read_to_string(&guard.policy)
        .unwrap()
        .replace("[guard]\n", "[guard]\nmode = 'observe'\n");
    drop(guard);
    let folder = tempfile::tempdir().unwrap();
    crate::actions::write_manifest(folder.path());
    let guard = Running::with_policy(&observed, folder).await;
    assert!((400..500).contains(&refusal(&guard.raw(post("/page", headers, &odd)).await).0));
    assert!(application.requests().is_empty());
    // Where all of them only record, it goes on.
    let folder = tempfile::tempdir().unwrap();
    crate::actions::write_manifest(folder.path());
    let guard = Running::with_policy(&observed.replace("mode = 'enforce'\n", ""), folder).await;
    let answer = guard.raw(post("/page", headers, &odd)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let get = format!("GET /x HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nNext-Action: {ACTION}\r\n\r\n");
    assert!(guard.raw(get).await.starts_with("HTTP/1.1 200"));
}

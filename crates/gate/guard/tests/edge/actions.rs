//! Calls of actions on their way through the edge: what the gates let through reaches the application in guard's own
//! bytes, and goes on when its client has gone.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::world::{Application, PATIENCE, Running, policy, read_all, read_until, refusal};

/// Uses none of its arguments, says its first byte.
pub(crate) const ACTION: &str = "00abababababababababababababababababababab";

/// A guard whose policy and build have one action, for everybody.
pub(crate) async fn guard_before(address: std::net::SocketAddr, more: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    write_manifest(folder.path());
    let actions = "manifest = '.next/server/server-reference-manifest.json'\n[guard.actions]\nnext = '16'\n\
                   [store]\nurl = 'memory:'\n[actions.'app/actions.ts#save']\naccess = { public = 'a test' }\n";
    Running::with_policy(&policy(address, &format!("{actions}{more}")), folder).await
}

/// A build with one action.
pub(crate) fn write_manifest(folder: &std::path::Path) {
    let server = folder.join(".next/server");
    std::fs::create_dir_all(&server).unwrap();
    let manifest = format!(
        "{{\"node\": {{\"{ACTION}\": {{\"workers\": {{\"app/page\": {{\"moduleId\": 1, \"async\": false}}}}, \
         \"filename\": \"app/actions.ts\", \"exportedName\": \"save\"}}}}, \"edge\": {{}}}}"
    );
    std::fs::write(server.join("server-reference-manifest.json"), manifest).unwrap();
}

pub(crate) fn call(id: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /page?nxtPa=b HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nOrigin: http://app.test\r\nNext-Action: {id}\r\n\
         Accept: text/x-component\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

#[tokio::test]
async fn an_allowed_call_arrives_in_our_own_bytes() {
    let application = Application::hello().await;
    let guard = guard_before(application.address, "").await;
    let answer = guard
        .raw(call(
            ACTION,
            "X-Middleware-Subrequest: x\r\nAccept-Encoding: gzip\r\n",
            "[ ]",
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("cache-control: private, no-cache, no-store"),
        "{answer}"
    );
    let request = application.requests().remove(0);
    assert_eq!((request.target.as_str(), request.body.as_ref()), ("/page", &b"[]"[..]));
    assert_eq!(request.header("next-action"), Some(ACTION));
    assert_eq!(request.header("content-length"), Some("2"));
    assert_eq!(request.header("x-middleware-subrequest"), None);
}

#[tokio::test]
async fn what_the_gates_refuse_does_not_arrive() {
    let application = Application::hello().await;
    let guard = guard_before(application.address, "").await;
    let unknown = ACTION.replace("ab", "cd");
    let foreign = call(ACTION, "", "[]").replace("Origin: http://app.test", "Origin: http://evil.test");
    let compressed = call(ACTION, "Content-Encoding: gzip\r\n", "[]");
    for request in [
        call(&unknown, "", "[]"),
        call("short", "", "[]"),
        foreign,
        call(ACTION, "", "[\"$1:__proto__:x\"]"),
    ] {
        let answer = guard.raw(&request).await;
        let status = refusal(&answer).0;
        assert!((400..500).contains(&status), "{request}\n{answer}");
        assert!(answer.contains("x-request-id: "), "{answer}");
    }
    assert_eq!(
        refusal(&guard.raw(compressed).await),
        (415, "edge.content-encoding".to_owned())
    );
    let large = call(ACTION, "", &format!("[\"{}\"]", "x".repeat(2 << 20)));
    assert_eq!(refusal(&guard.raw(large).await).0, 413);
    assert!(application.requests().is_empty());
}

#[tokio::test]
async fn a_call_that_has_begun_goes_on_without_its_client() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut guard = guard_before(listener.local_addr().unwrap(), "").await;
    let mut client = guard.connect().await;
    client.write_all(call(ACTION, "", "[]").as_bytes()).await.unwrap();
    let (mut application, _) = listener.accept().await.unwrap();
    read_until(&mut application, "\r\n\r\n[]").await;
    drop(client);
    // A stop waits for it as well.
    guard.stop();
    let closed = tokio::time::timeout(
        std::time::Duration::from_millis(300),
        read_until(&mut application, "never"),
    );
    assert!(closed.await.is_err(), "the application was cut off");
    application
        .write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/x-component\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0:{}\n\r\n",
        )
        .await
        .unwrap();
    assert!(!guard.serving.is_finished());
    application.write_all(b"0\r\n\r\n").await.unwrap();
    tokio::time::timeout(PATIENCE, &mut guard.serving)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn an_application_that_dies_cuts_a_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let guard = guard_before(listener.local_addr().unwrap(), "").await;
    let mut client = guard.connect().await;
    client.write_all(call(ACTION, "", "[]").as_bytes()).await.unwrap();
    let (mut application, _) = listener.accept().await.unwrap();
    read_until(&mut application, "\r\n\r\n[]").await;
    application
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        .await
        .unwrap();
    drop(application);
    let answer = read_all(client).await;
    assert!(!answer.ends_with("0\r\n\r\n"), "half an answer looks whole: {answer}");
}

//! Answers that come in pieces: a piece goes on when it is there, and what breaks off on one side breaks off on the other.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http_body_util::channel::Channel;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

use crate::world::{Application, PATIENCE, Running, policy, read_all, read_until, refusal, text};

/// Something that answers in raw bytes, one connection after the other, as the test says.
async fn raw_application() -> (SocketAddr, mpsc::Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if sender.send(stream).await.is_err() {
                break;
            }
        }
    });
    (address, receiver)
}

async fn guard_before(address: SocketAddr, more: &str) -> Running {
    Running::with_policy(&policy(address, more), tempfile::tempdir().unwrap()).await
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_piece_arrives_before_the_next_one_is_sent() {
    let (sender, body) = Channel::<Bytes, std::io::Error>::new(1);
    let body = Arc::new(std::sync::Mutex::new(Some(body)));
    let application = Application::new(move |_| {
        let body = body.lock().unwrap().take();
        body.map_or_else(
            || text("again"),
            |body| Response::new(http_body_util::BodyExt::boxed(body)),
        )
    })
    .await;
    let guard = Running::before(&application, "").await;
    let mut stream = guard.connect().await;
    stream.write_all(GET).await.unwrap();
    let sender = Arc::new(Mutex::new(sender));
    for number in 0..20 {
        let piece = format!("<piece {number}>");
        sender.lock().await.send_data(Bytes::from(piece.clone())).await.unwrap();
        // The next one is not there yet, so nothing can have waited for it.
        read_until(&mut stream, &piece).await;
    }
    drop(sender);
    assert!(read_all(stream).await.ends_with("0\r\n\r\n"));
}

#[tokio::test]
async fn an_application_that_dies_cuts_the_answer() {
    let (address, mut connections) = raw_application().await;
    let guard = guard_before(address, "").await;
    let mut client = guard.connect().await;
    client.write_all(GET).await.unwrap();
    let mut application = connections.recv().await.unwrap();
    read_until(&mut application, "\r\n\r\n").await;
    application
        .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        .await
        .unwrap();
    read_until(&mut client, "hello").await;
    drop(application);
    let rest = read_all(client).await;
    assert!(!rest.contains("0\r\n\r\n"), "half an answer looks whole: {rest:?}");

    let mut client = guard.connect().await;
    client.write_all(GET).await.unwrap();
    let mut application = connections.recv().await.unwrap();
    read_until(&mut application, "\r\n\r\n").await;
    drop(application);
    assert_eq!(
        refusal(&read_all(client).await),
        (502, "edge.upstream-broken".to_owned())
    );
}

#[tokio::test]
async fn an_answer_with_two_lengths_is_none() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nab",
        "nonsense\r\n\r\n",
    ] {
        let (address, mut connections) = raw_application().await;
        let guard = guard_before(address, "").await;
        let mut client = guard.connect().await;
        client.write_all(GET).await.unwrap();
        let mut application = connections.recv().await.unwrap();
        read_until(&mut application, "\r\n\r\n").await;
        application.write_all(head.as_bytes()).await.unwrap();
        assert_eq!(refusal(&read_all(client).await).0, 502, "{head}");
    }
}

#[tokio::test]
async fn slow_applications_have_deadlines() {
    let (address, mut connections) = raw_application().await;
    let guard = guard_before(address, "[guard.limits]\nanswer = '200ms'\nanswer-idle = '200ms'\n").await;
    let mut client = guard.connect().await;
    client.write_all(GET).await.unwrap();
    let silent = connections.recv().await.unwrap();
    assert_eq!(refusal(&read_all(client).await), (504, "edge.upstream-slow".to_owned()));
    drop(silent);

    let mut client = guard.connect().await;
    client.write_all(GET).await.unwrap();
    let mut pausing = connections.recv().await.unwrap();
    read_until(&mut pausing, "\r\n\r\n").await;
    pausing
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        .await
        .unwrap();
    let answer = read_all(client).await;
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn a_client_that_goes_takes_its_request_along() {
    let (address, mut connections) = raw_application().await;
    let guard = guard_before(address, "").await;
    // Before the answer, and in the middle of it.
    for answer in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"] {
        let mut client = guard.connect().await;
        client.write_all(GET).await.unwrap();
        let mut application = connections.recv().await.unwrap();
        read_until(&mut application, "\r\n\r\n").await;
        application.write_all(answer).await.unwrap();
        if !answer.is_empty() {
            read_until(&mut client, "hello").await;
        }
        drop(client);
        let mut byte = [0; 1];
        let ended = tokio::time::timeout(PATIENCE, application.read(&mut byte)).await;
        assert!(
            matches!(ended, Ok(Ok(0) | Err(_))),
            "the application works on for nobody"
        );
    }
}

#[tokio::test]
async fn connections_to_the_application_are_kept() {
    let (address, mut connections) = raw_application().await;
    let guard = guard_before(address, "").await;
    let mut application = None;
    for _ in 0..3 {
        let mut client = guard.connect().await;
        client.write_all(GET).await.unwrap();
        let connection = match application.take() {
            Some(connection) => connection,
            None => connections.recv().await.unwrap(),
        };
        let mut connection = connection;
        read_until(&mut connection, "\r\n\r\n").await;
        connection
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            .await
            .unwrap();
        assert!(read_all(client).await.ends_with("ok"));
        application = Some(connection);
    }
    assert!(connections.try_recv().is_err());
    // One that the application has closed is not used: the request goes over a new one.
    drop(application);
    let mut client = guard.connect().await;
    client.write_all(GET).await.unwrap();
    let mut connection = connections.recv().await.unwrap();
    read_until(&mut connection, "\r\n\r\n").await;
    connection
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .await
        .unwrap();
    assert!(read_all(client).await.ends_with("ok"));
}

#[tokio::test]
async fn protocols_change_where_the_policy_says_so() {
    let (address, mut connections) = raw_application().await;
    let guard = guard_before(address, "[guard.paths]\nupgrades = ['/socket/*']\n").await;
    let ask = |path: &str, origin: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Key: x\r\nOrigin: {origin}\r\n\r\n"
        )
    };
    for (path, origin) in [
        ("/other", "http://app.test"),
        ("/socket/a", "http://evil.test"),
        ("/socket/a", "null"),
    ] {
        let mut client = guard.connect().await;
        client.write_all(ask(path, origin).as_bytes()).await.unwrap();
        let answer = read_until(&mut client, ")\n").await;
        assert_eq!(refusal(&answer), (403, "edge.upgrade".to_owned()), "{path} {origin}");
    }
    assert!(connections.try_recv().is_err());

    let mut client = guard.connect().await;
    client
        .write_all(ask("/socket/a", "http://app.test").as_bytes())
        .await
        .unwrap();
    let mut application = connections.recv().await.unwrap();
    let head = read_until(&mut application, "\r\n\r\n").await;
    assert!(
        head.contains("upgrade: websocket") && head.contains("sec-websocket-key: x"),
        "{head}"
    );
    application
        .write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: y\r\n\r\nfirst")
        .await
        .unwrap();
    let answer = read_until(&mut client, "first").await;
    assert!(
        answer.starts_with("HTTP/1.1 101") && answer.contains("sec-websocket-accept: y"),
        "{answer}"
    );
    // From here on these are no requests, whatever they look like.
    client
        .write_all(b"GET / HTTP/9.9\r\nHost: a\r\nHost: b\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut application, "Host: b\r\n\r\n").await;
    application.write_all(b"over").await.unwrap();
    read_until(&mut client, "over").await;
    drop(application);
    assert_eq!(read_all(client).await, "");
}

#[tokio::test]
async fn an_unasked_change_of_protocol_is_refused() {
    let (address, mut connections) = raw_application().await;
    let guard = guard_before(address, "").await;
    let mut client = guard.connect().await;
    client.write_all(GET).await.unwrap();
    let mut application = connections.recv().await.unwrap();
    read_until(&mut application, "\r\n\r\n").await;
    application
        .write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(refusal(&read_all(client).await).0, 502);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_left() {
    let (address, mut connections) = raw_application().await;
    let guard = guard_before(address, "[guard.limits]\nanswer-idle = '300ms'\n").await;
    let mut client = guard.connect().await;
    client.write_all(GET).await.unwrap();
    let mut application = connections.recv().await.unwrap();
    read_until(&mut application, "\r\n\r\n").await;
    application.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    // More than all buffers on the way hold: without an end to waiting this would be written for ever.
    let piece = vec![b'x'; 1 << 16];
    let writing = async { while application.write_all(&piece).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, writing)
        .await
        .expect("the application still waits for the client");
}

//! Starting, changing the policy and stopping, with requests under way.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::world::{Application, PATIENCE, Running, policy, read_all, read_until, refusal, text};

/// Waits until `is_so`, as an operator would who looks again and again.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("it never becomes so");
}

#[tokio::test]
async fn a_changed_policy_takes_effect_and_a_broken_one_does_not() {
    let application = Application::hello().await;
    let guard = Running::before(&application, "").await;
    assert_eq!(refusal(&guard.get("/a.rsc", "").await).0, 404);
    let observed = policy(application.address, "mode = 'observe'\n");
    std::fs::write(&guard.policy, &observed).unwrap();
    until(async || guard.get("/a.rsc", "").await.starts_with("HTTP/1.1 200")).await;
    // Broken, asked for twice: what was in force stays.
    std::fs::write(&guard.policy, "[guard]\nmode = 'nonsense'\n").unwrap();
    guard.reload.send_modify(|count| *count += 1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    guard.reload.send_modify(|count| *count += 1);
    assert!(guard.get("/a.rsc", "").await.starts_with("HTTP/1.1 200"));
    std::fs::write(&guard.policy, policy(application.address, "")).unwrap();
    guard.reload.send_modify(|count| *count += 1);
    until(async || refusal(&guard.get("/a.rsc", "").await).0 == 404).await;
}

#[tokio::test]
async fn a_stop_waits_for_answers_and_ends_idle_connections() {
    let (sender, body) = http_body_util::channel::Channel::<bytes::Bytes, std::io::Error>::new(1);
    let body = std::sync::Mutex::new(Some(body));
    let application = Application::new(move |_| {
        let body = body.lock().unwrap().take();
        body.map_or_else(
            || text("hello"),
            |body| http::Response::new(http_body_util::BodyExt::boxed(body)),
        )
    })
    .await;
    let mut guard = Running::before(&application, "").await;
    let mut sender = sender;
    let mut busy = guard.connect().await;
    busy.write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n")
        .await
        .unwrap();
    sender.send_data("begun".into()).await.unwrap();
    read_until(&mut busy, "begun").await;
    let mut idle = guard.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut idle, "hello").await;
    guard.stop();
    assert_eq!(read_all(idle).await, "");
    assert!(!guard.serving.is_finished());
    sender.send_data("ended".into()).await.unwrap();
    drop(sender);
    let rest = read_all(busy).await;
    assert!(rest.contains("ended") && rest.ends_with("0\r\n\r\n"), "{rest}");
    tokio::time::timeout(PATIENCE, &mut guard.serving)
        .await
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(guard.address).await.is_err());
}

#[tokio::test]
async fn a_stop_has_an_end_of_its_own() {
    let (_sender, body) = http_body_util::channel::Channel::<bytes::Bytes, std::io::Error>::new(1);
    let body = std::sync::Mutex::new(Some(body));
    let application = Application::new(move |_| {
        let body = body.lock().unwrap().take().unwrap();
        http::Response::new(http_body_util::BodyExt::boxed(body))
    })
    .await;
    let mut guard = Running::before(&application, "[guard.limits]\ndrain = '100ms'\n").await;
    let mut busy = guard.connect().await;
    busy.write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut busy, "\r\n\r\n").await;
    guard.stop();
    tokio::time::timeout(PATIENCE, &mut guard.serving)
        .await
        .unwrap()
        .unwrap();
}

/// The new guard listens before the old one stops, as in a restart by hand or by systemd; the policy is read again all
/// the while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_survive_reloads_and_a_restart() {
    let application = Application::hello().await;
    let mut old = Running::before(&application, "[guard.limits]\nrequests-per-address = '100000/1m'\n").await;
    let address = old.address;
    let text = policy(
        application.address,
        "[guard.limits]\nrequests-per-address = '100000/1m'\n",
    )
    .replace("127.0.0.1:0", &address.to_string());
    let mut new = None;
    for batch in 0..40 {
        let requests: Vec<_> = (0..25).map(|_| tokio::spawn(one(address))).collect();
        match batch {
            5 | 15 | 25 => old.reload.send_modify(|count| *count += 1),
            18 => new = Some(Running::with_policy(&text, tempfile::tempdir().unwrap()).await),
            20 => old.stop(),
            _ => {}
        }
        for request in requests {
            let answer = request.await.unwrap();
            assert!(
                answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"),
                "batch {batch}: {answer:?}"
            );
        }
    }
    assert_eq!(application.requests().len(), 1000);
    tokio::time::timeout(PATIENCE, &mut old.serving).await.unwrap().unwrap();
    assert!(!new.unwrap().serving.is_finished());
}

async fn one(address: std::net::SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    read_all(stream).await
}

//! What others do to guard: stores that go, disks that are full, files half written, applications and clients that stop
//! halfway or never stop. None of it lets a call through, and all of it ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use portcullis_guard::{Guard, Options, Overrides};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::actions::{ACTION, call, guard_before, write_manifest};
use crate::lifecycle::until;
use crate::redis_server::RedisServer;
use crate::world::{Application, PATIENCE, Running, policy, raw, read_all, read_until, refusal};

fn status(answer: &str) -> u16 {
    refusal(answer).0
}

#[tokio::test]
async fn without_redis_calls_are_refused_and_pages_are_not() {
    let Some(mut redis) = RedisServer::start() else { return };
    let application = Application::hello().await;
    let text = policy(
        application.address,
        &format!(
            "manifest = '.next/server/server-reference-manifest.json'\n[guard.admin]\nlisten = '127.0.0.1:0'\n[store]\n\
             url = '{}'\n[actions.'app/actions.ts#save']\naccess = {{ public = 'a test' }}\nrate = '1000/1m per address'\n",
            redis.url()
        ),
    );
    let folder = tempfile::tempdir().unwrap();
    write_manifest(folder.path());
    let guard = Running::with_policy(&text, folder).await;
    let save = async || status(&guard.raw(call(ACTION, "", "[]")).await);
    let ready = async || {
        let head = "GET /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        status(&raw(guard.admin.unwrap(), head).await)
    };
    assert_eq!((save().await, ready().await), (200, 200));
    // Killed and begun again while calls come in: each one is let through by a store that answers, or refused.
    for _ in 0..2 {
        redis.kill();
        let before = application.requests().len();
        for _ in 0..5 {
            assert_eq!(save().await, 503);
        }
        assert_eq!(
            application.requests().len(),
            before,
            "a call got through without its store"
        );
        assert_eq!(ready().await, 503);
        assert!(guard.get("/page", "").await.starts_with("HTTP/1.1 200"));
        redis.restart();
        until(async || save().await == 200).await;
        assert_eq!(ready().await, 200);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_stops_calls_and_not_pages() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let application = Application::hello().await;
    let guard = guard_before(application.address, "[audit]\nfile = '/dev/full'\n").await;
    assert_eq!(status(&guard.raw(call(ACTION, "", "[]")).await), 503);
    assert!(application.requests().is_empty());
    assert!(guard.get("/page", "").await.starts_with("HTTP/1.1 200"));
    // With a reason to go on, calls do.
    let text = std::fs::read_to_string(&guard.policy).unwrap();
    std::fs::write(
        &guard.policy,
        text.replace("'/dev/full'", "'/dev/full'\nfull = 'allow'"),
    )
    .unwrap();
    guard.reload.send_modify(|count| *count += 1);
    until(async || status(&guard.raw(call(ACTION, "", "[]")).await) == 200).await;
}

#[tokio::test]
async fn half_a_list_of_actions_changes_nothing() {
    let application = Application::hello().await;
    let guard = guard_before(application.address, "").await;
    let save = async |id: &str| status(&guard.raw(call(id, "", "[]")).await);
    let server = guard.policy.parent().unwrap().join(".next/server");
    let list = server.join("server-reference-manifest.json");
    let whole = std::fs::read_to_string(&list).unwrap();
    let next = ACTION.replace("ab", "cd");
    let newer = whole.replace(ACTION, &next);
    assert_eq!((save(ACTION).await, save(&next).await), (200, 409));
    let half = newer.get(..newer.len() / 2).unwrap();
    for broken in [half, "", "[]", "{\"node\": 1}"] {
        std::fs::write(&list, broken).unwrap();
        guard.reload.send_modify(|count| *count += 1);
        // Asked for twice, so that the first time has ended.
        tokio::time::sleep(Duration::from_millis(50)).await;
        guard.reload.send_modify(|count| *count += 1);
        assert_eq!((save(ACTION).await, save(&next).await), (200, 409), "{broken}");
    }
    // Gone, as while `next build` runs.
    std::fs::remove_file(&list).unwrap();
    guard.reload.send_modify(|count| *count += 1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(save(ACTION).await, 200);
    std::fs::write(&list, &newer).unwrap();
    until(async || save(&next).await == 200).await;
    assert_eq!(save(ACTION).await, 409);
    // A broken list of routes is half a build as well.
    std::fs::write(server.join("app-paths-manifest.json"), "{\"/page/pa").unwrap();
    std::fs::write(&list, &whole).unwrap();
    guard.reload.send_modify(|count| *count += 1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!((save(ACTION).await, save(&next).await), (409, 200));
    // It is watched: nobody has to say that it is whole now.
    std::fs::write(server.join("app-paths-manifest.json"), "{\"/page/page\": \"a.js\"}").unwrap();
    until(async || save(ACTION).await == 200).await;
}

/// A call that may be made once, and whose answer breaks off: nobody knows whether it was done, so it counts as done.
#[tokio::test]
async fn a_call_whose_answer_breaks_off_is_not_made_twice() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let guard = guard_before(listener.local_addr().unwrap(), "replay = 'once'\n").await;
    let request = call(ACTION, "Idempotency-Key: 4711\r\n", "[]");
    let mut client = guard.connect().await;
    client.write_all(request.as_bytes()).await.unwrap();
    let (mut application, _) = listener.accept().await.unwrap();
    read_until(&mut application, "\r\n\r\n[]").await;
    application
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/x-component\r\nContent-Length: 100\r\n\r\n0:{\"a\":")
        .await
        .unwrap();
    drop(application);
    let answer = read_all(client).await;
    assert!(!answer.ends_with("0\r\n\r\n"), "half an answer looks whole: {answer}");
    let again = guard.raw(&request).await;
    assert!(
        !again.starts_with("HTTP/1.1 200") || again.contains("replay"),
        "{again}"
    );
    let nobody = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
    assert!(nobody.is_err(), "the call was made again");
}

#[tokio::test]
async fn bodies_of_actions_have_an_end() {
    let application = Application::hello().await;
    let limits = "[guard.limits]\naction-body = '300ms'\n";
    let guard = guard_before(application.address, limits).await;
    let head = |framing: &str| call(ACTION, "", "").replace("Content-Length: 0", framing);
    // A byte at a time, never pausing for long.
    let mut client = guard.connect().await;
    client.write_all(head("Content-Length: 1000").as_bytes()).await.unwrap();
    let (mut reading, mut writing) = client.into_split();
    let trickle = tokio::spawn(async move {
        while writing.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = [0; 4096];
    let length = tokio::time::timeout(PATIENCE, reading.read(&mut answer))
        .await
        .unwrap()
        .unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    assert_eq!(refusal(&answer), (408, "edge.body-slow".to_owned()));
    trickle.abort();
    // One that never ends.
    let client = guard.connect().await;
    let (mut reading, mut writing) = client.into_split();
    writing
        .write_all(head("Transfer-Encoding: chunked").as_bytes())
        .await
        .unwrap();
    let endless = tokio::spawn(async move {
        let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
        while writing.write_all(chunk.as_bytes()).await.is_ok() {}
    });
    let mut bytes = [0; 4096];
    let length = tokio::time::timeout(PATIENCE, reading.read(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(status(&String::from_utf8_lossy(&bytes[..length])), 413);
    endless.abort();
    // Nobody waits for the body of a call that is refused whatever its body is.
    let unknown = head("Content-Length: 1000").replace(ACTION, &ACTION.replace("ab", "cd"));
    let mut client = guard.connect().await;
    client.write_all(unknown.as_bytes()).await.unwrap();
    let answer = read_until(&mut client, "\r\n\r\n").await;
    assert_eq!(status(&answer), 409, "{answer}");
    assert!(application.requests().is_empty());
}

#[tokio::test]
async fn what_bodies_hold_has_a_limit() {
    let application = Application::hello().await;
    let guard = guard_before(application.address, "[guard.limits]\nheld = '1KiB'\n").await;
    let large = call(ACTION, "", &format!("[\"{}\"]", "x".repeat(2000)));
    assert_eq!(refusal(&guard.raw(large).await), (503, "edge.busy".to_owned()));
    // What was held is free again.
    for _ in 0..20 {
        let small = call(ACTION, "", &format!("[\"{}\"]", "x".repeat(900)));
        assert_eq!(status(&guard.raw(small).await), 200);
    }
}

/// An action that has begun goes on without its client; one that never ends does not.
#[tokio::test]
async fn an_answer_that_never_ends_is_ended() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = "[guard.limits]\ntotal = '500ms'\n";
    let guard = guard_before(listener.local_addr().unwrap(), limits).await;
    for stays in [true, false] {
        let mut client = guard.connect().await;
        client.write_all(call(ACTION, "", "[]").as_bytes()).await.unwrap();
        let (mut application, _) = listener.accept().await.unwrap();
        read_until(&mut application, "\r\n\r\n[]").await;
        application
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/x-component\r\nTransfer-Encoding: chunked\r\n\r\n")
            .await
            .unwrap();
        if !stays {
            drop(client.shutdown().await);
        }
        let reading = stays.then(|| tokio::spawn(read_all(client)));
        let endless = async {
            while application.write_all(b"6\r\n1:\"a\"\n\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, endless)
            .await
            .expect("the application goes on for ever");
        if let Some(reading) = reading {
            assert!(!reading.await.unwrap().ends_with("0\r\n\r\n"));
        }
    }
}

/// Asks again and again over one connection, as long as guard keeps it, and gives how many answers were lost.
async fn keep_asking(address: SocketAddr, count: usize, answered: Arc<AtomicUsize>) -> usize {
    let mut lost = 0;
    let mut connection: Option<TcpStream> = None;
    for _ in 0..count {
        let mut stream = match connection.take() {
            Some(stream) => stream,
            None => TcpStream::connect(address).await.unwrap(),
        };
        let asked = stream.write_all(b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n").await;
        let mut bytes = Vec::new();
        let mut piece = [0; 2048];
        while asked.is_ok() && !bytes.ends_with(b"hello") {
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(length) => bytes.extend_from_slice(&piece[..length]),
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if text.starts_with("HTTP/1.1 200") && text.ends_with("hello") {
            answered.fetch_add(1, Ordering::SeqCst);
        } else {
            lost += 1;
            continue;
        }
        // What people do between two clicks, made short.
        tokio::time::sleep(Duration::from_millis(2)).await;
        if !text.to_ascii_lowercase().contains("connection: close") {
            connection = Some(stream);
        }
    }
    lost
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kept_connections_lose_nothing_in_a_restart() {
    let application = Application::hello().await;
    let limits = "[guard.limits]\nrequests-per-address = '100000/1m'\n";
    let mut old = Running::before(&application, limits).await;
    let address = old.address;
    let text = policy(application.address, limits).replace("127.0.0.1:0", &address.to_string());
    let answered: Arc<AtomicUsize> = Arc::default();
    let clients: Vec<_> = (0..10)
        .map(|_| tokio::spawn(keep_asking(address, 100, Arc::clone(&answered))))
        .collect();
    until(async || answered.load(Ordering::SeqCst) > 200).await;
    let new = Running::with_policy(&text, tempfile::tempdir().unwrap()).await;
    until(async || answered.load(Ordering::SeqCst) > 300).await;
    old.stop();
    let mut lost = 0;
    for client in clients {
        lost += client.await.unwrap();
    }
    assert_eq!((lost, answered.load(Ordering::SeqCst)), (0, 1000));
    tokio::time::timeout(PATIENCE, &mut old.serving).await.unwrap().unwrap();
    assert!(!new.serving.is_finished());
}

#[tokio::test]
async fn a_log_belongs_to_one_guard() {
    let application = Application::hello().await;
    let guard = guard_before(application.address, "[audit]\nfile = 'audit.jsonl'\n").await;
    let start = || {
        Guard::start(Options {
            policy: Some(guard.policy.clone()),
            folder: guard.policy.parent().unwrap().to_owned(),
            overrides: Overrides::default(),
            secrets: Arc::new(|_| None),
        })
    };
    let second = start().await.unwrap_err().to_string();
    assert!(second.contains("audit.jsonl") && second.contains("{pid}"), "{second}");
    // A reload of the first is not a second.
    guard.reload.send_modify(|count| *count += 1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(status(&guard.raw(call(ACTION, "", "[]")).await), 200);
    let text = std::fs::read_to_string(&guard.policy).unwrap();
    std::fs::write(&guard.policy, text.replace("audit.jsonl", "audit-{pid}.jsonl")).unwrap();
    guard.reload.send_modify(|count| *count += 1);
    let own = guard
        .policy
        .parent()
        .unwrap()
        .join(format!("audit-{}.jsonl", std::process::id()));
    until(async || own.exists()).await;
}

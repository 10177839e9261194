//! Power cuts, crashes, damage and lost connections: a store refuses, and forgets nothing that it has answered.

use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use portcullis_funnel::{Begun, Clock, Consumed, Identity, Limit, NonceStore as _, Revocation, Timestamp};
use portcullis_store::{EmbeddedStore, MemoryStore, OpenError, SharedStore, SystemClock};

use crate::redis_server::RedisServer;
use crate::stores::{START, TestClock, patient};

const CHILD: &str = "PORTCULLIS_STORE_CHILD";

fn end() -> Timestamp {
    Timestamp::from_millis(START + 60_000)
}

fn open(path: &Path) -> Result<EmbeddedStore, OpenError> {
    EmbeddedStore::open(path, TestClock::at(START) as Arc<dyn Clock>)
}

/// Not a test of its own: the process that [`killed_between_consume_and_handler`] starts and kills. It spends nonces as
/// fast as it can, and says so after each answer.
#[tokio::test]
async fn child_that_is_killed() {
    let Some(path) = std::env::var_os(CHILD) else {
        return;
    };
    let store = open(Path::new(&path)).unwrap();
    for number in 0_u64.. {
        let nonce = format!("nonce {number}");
        assert_eq!(store.consume(&nonce, end()).await, Ok(Consumed::First));
        println!("spent {number}");
    }
}

/// `kill -9` after the answer: the nonce stays spent.
#[tokio::test]
async fn killed_between_consume_and_handler() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut spent_in_all = 0_u64;
    for round in 1..=3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "faults::child_that_is_killed", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let last = lines
            .map_while(Result::ok)
            .filter_map(|line| line.rsplit_once("spent ")?.1.parse::<u64>().ok())
            .nth(50 * round)
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let store = open(&path).unwrap();
        for number in 0..=last {
            let nonce = format!("nonce {number}");
            assert_eq!(store.consume(&nonce, end()).await, Ok(Consumed::Again), "{nonce}");
        }
        spent_in_all += last + 1;
        drop(store);
        // The next round spends new ones.
        std::fs::remove_file(&path).unwrap();
    }
    assert!(spent_in_all >= 150);
}

/// What is in the file is there after it was closed: spent nonces, claims, revocations and counters.
#[tokio::test]
async fn everything_survives_a_restart() {
    use portcullis_funnel::{FlashStore as _, IdempotencyStore as _, RateStore as _, RevocationStore as _};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let limit = Limit::new(1, Duration::from_mins(1)).unwrap();
    let revocation = Revocation::User {
        provider: "own".to_owned(),
        user_id: "ada".to_owned(),
        not_before: end(),
    };
    let store = open(&path).unwrap();
    assert!(store.take("k", &limit, 1).await.unwrap().admitted);
    assert_eq!(store.begin("k", "print", end()).await, Ok(Begun::New));
    store.revoke(&revocation, end()).await.unwrap();
    store.put("id", b"hello", end()).await.unwrap();
    drop(store);
    // The thread that writes closes the file after its last work; until then the file is in use.
    let store = loop {
        match open(&path) {
            Err(OpenError::InUse) => std::thread::yield_now(),
            opened => break opened.unwrap(),
        }
    };
    assert!(!store.take("k", &limit, 1).await.unwrap().admitted);
    assert_eq!(store.begin("k", "print", end()).await, Ok(Begun::InProgress));
    let ada = Identity {
        provider: "own",
        user_id: "ada".to_owned(),
        authenticated_at: Some(Timestamp::from_millis(START)),
        ..Identity::default()
    };
    assert_eq!(store.is_revoked(&ada).await, Ok(true));
    assert_eq!(store.take_flash("id").await, Ok(Some(b"hello".to_vec())));
}

#[test]
fn a_damaged_file_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    for damage in [
        &b"not a store, but long enough to have a header of some kind in it"[..],
        b"x",
        &[0; 8_192],
    ] {
        std::fs::write(&path, damage).unwrap();
        let refusal = open(&path).unwrap_err();
        assert!(
            matches!(refusal, OpenError::Damaged(_) | OpenError::Version),
            "{refusal:?}"
        );
        assert_eq!(
            std::fs::read(&path).unwrap(),
            damage,
            "a damaged file is not written over"
        );
    }
    assert!(matches!(open(folder.path()), Err(OpenError::Io(_))));
    assert!(matches!(open(&folder.path().join("none/store")), Err(OpenError::Io(_))));
}

/// Bytes changed inside of a good file: it is refused, or it still knows every nonce; it is never a new file.
#[tokio::test]
async fn a_file_with_changed_bytes_admits_no_replay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let copy = folder.path().join("copy");
    {
        let store = open(&path).unwrap();
        for number in 0..200 {
            assert_eq!(
                store.consume(&format!("nonce {number}"), end()).await,
                Ok(Consumed::First)
            );
        }
    }
    let length = std::fs::metadata(&path).unwrap().len();
    let mut refused = 0;
    for step in 0..40 {
        std::fs::copy(&path, &copy).unwrap();
        let mut file = std::fs::OpenOptions::new().write(true).open(&copy).unwrap();
        file.seek(SeekFrom::Start(length / 40 * step)).unwrap();
        file.write_all(&[0xa5; 64]).unwrap();
        drop(file);
        match open(&copy) {
            Err(_) => refused += 1,
            Ok(store) => {
                for number in 0..200 {
                    let consumed = store.consume(&format!("nonce {number}"), end()).await;
                    assert_ne!(consumed, Ok(Consumed::First), "step {step}, nonce {number}");
                }
            }
        }
    }
    println!("{refused} of 40 changed files are refused, the others know every nonce");
}

#[cfg(unix)]
#[test]
fn the_file_is_private_and_has_one_user() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let _store = open(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(open(&path).unwrap_err(), OpenError::InUse);
}

/// Redis goes away: calls are refused, not admitted. It comes back: calls go on.
#[tokio::test]
async fn redis_is_killed_and_restarted() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    let store = patient(&server);
    let end = SystemClock.now().plus(Duration::from_mins(1));
    assert_eq!(store.consume("a", end).await, Ok(Consumed::First));
    server.kill();
    for _ in 0..3 {
        assert_eq!(store.consume("b", end).await.unwrap_err().backend, "redis");
    }
    server.restart();
    // The first calls may still find the old connection.
    let mut answers = Vec::new();
    for _ in 0..200 {
        let answer = store.consume("c", end).await;
        let is_over = answer.is_ok();
        answers.push(answer);
        if is_over {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(answers.last().unwrap().is_ok(), "{answers:?}");
}

/// Two instances are one store.
#[tokio::test]
async fn instances_share_redis() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let (left, right) = (patient(&server), patient(&server));
    let apart = patient(&server).with_prefix("other");
    let end = SystemClock.now().plus(Duration::from_mins(1));
    assert_eq!(left.consume("a", end).await, Ok(Consumed::First));
    assert_eq!(right.consume("a", end).await, Ok(Consumed::Again));
    assert_eq!(apart.consume("a", end).await, Ok(Consumed::First));
    // By the clock of Redis a nonce of the past is spent.
    assert_eq!(
        left.consume("b", Timestamp::from_millis(START)).await,
        Ok(Consumed::Again)
    );
}

/// Memory that is full of live entries refuses.
#[tokio::test]
async fn full_memory_refuses() {
    let store = MemoryStore::new(TestClock::at(START) as Arc<dyn Clock>, 16);
    let mut refused = 0;
    for number in 0..200 {
        match store.consume(&number.to_string(), end()).await {
            Ok(consumed) => assert_eq!(consumed, Consumed::First),
            Err(unavailable) => {
                assert_eq!(unavailable.backend, "memory");
                refused += 1;
            }
        }
    }
    assert!(refused >= 184, "{refused}");
}

/// Keys that differ in their last digits spread over all of the memory.
#[tokio::test]
async fn memory_fills_evenly() {
    use portcullis_funnel::RateStore as _;
    let store = MemoryStore::new(TestClock::at(START) as Arc<dyn Clock>, 10_000);
    let limit = Limit::new(5, Duration::from_mins(1)).unwrap();
    for number in 0..7_000 {
        let key = format!("comment|user:own:ada|arg:/0/id={number}");
        assert!(store.take(&key, &limit, 1).await.is_ok(), "{number}");
    }
}

#[test]
fn broken_addresses_are_refused() {
    for address in ["", "http://x", "redis//x", "127.0.0.1:6379"] {
        assert!(SharedStore::open(address).is_err(), "{address}");
    }
}

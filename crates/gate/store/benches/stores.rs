//! What an operation of each store costs: one caller after the other, and 64 at once. Run by `cargo bench`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_types,
    reason = "a measurement has a clock, prints, and fails by panicking"
)]

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_funnel::{Clock as _, Limit, Store, Timestamp};
use portcullis_store::{EmbeddedStore, MemoryStore, SharedStore, SystemClock};

const CALLS: u32 = 4_000;
const AT_ONCE: u32 = 64;

#[derive(Clone, Copy)]
enum Operation {
    Rate,
    Nonce,
}

async fn run(store: &dyn Store, operation: Operation, caller: u32, calls: u32, end: Timestamp) {
    let limit = Limit::new(1_000, Duration::from_mins(1)).unwrap();
    for number in 0..calls {
        match operation {
            Operation::Rate => {
                let key = format!("user {}", number % 100);
                let _decision = store.take(&key, &limit, 1).await.unwrap();
            }
            Operation::Nonce => {
                let nonce = format!("{caller} {calls} {number}");
                let _consumed = store.consume(&nonce, end).await.unwrap();
            }
        }
    }
}

async fn measure(name: &str, store: Arc<dyn Store>) {
    let end = SystemClock.now().plus(Duration::from_hours(1));
    for (what, operation) in [("rate limit", Operation::Rate), ("nonce", Operation::Nonce)] {
        let started = Instant::now();
        run(store.as_ref(), operation, 0, CALLS / 4, end).await;
        let alone = started.elapsed().as_secs_f64() / f64::from(CALLS / 4);
        let started = Instant::now();
        let callers: Vec<_> = (0..AT_ONCE)
            .map(|caller| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { run(store.as_ref(), operation, caller, CALLS / 16, end).await })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        let together = f64::from(AT_ONCE * (CALLS / 16)) / started.elapsed().as_secs_f64();
        println!(
            "{name:9} {what:11} {:9.1} us alone {together:10.0} a second, {AT_ONCE} at once",
            alone * 1e6
        );
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    measure("memory", Arc::new(MemoryStore::new(Arc::new(SystemClock), 1_000_000))).await;
    let folder = tempfile::tempdir().unwrap();
    let embedded = EmbeddedStore::open(&folder.path().join("store"), Arc::new(SystemClock)).unwrap();
    measure("embedded", Arc::new(embedded)).await;
    let socket = folder.path().join("redis.sock");
    let server = Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut server) = server else {
        println!("redis     is not installed");
        return;
    };
    while !socket.exists() {
        tokio::task::yield_now().await;
    }
    measure(
        "redis",
        Arc::new(SharedStore::open(&format!("unix://{}", socket.display())).unwrap()),
    )
    .await;
    server.kill().unwrap();
    server.wait().unwrap();
}

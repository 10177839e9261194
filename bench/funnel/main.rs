//! What the gates cost: an action behind all of them beside a bare axum handler with the same SQL, over HTTP, in one run;
//! then each gate by itself, by actions that have one gate more than the one before. `bench/funnel.sh` runs it.
//!
//! The caller is a process of its own. It sends requests that were written before, so that it costs both sides the same.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a measurement has a clock and files, prints, and fails by panicking"
)]

mod application;
mod gates;
mod load;

use std::path::Path;
use std::process::Command;

use application::{Running, Store};

const ROUNDS: usize = 3;
const CONNECTIONS: &str = "32";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let words: Vec<String> = std::env::args().collect();
    if let Some(place) = words.iter().position(|word| word == "--load") {
        return load::run(&words[place + 1..]).await;
    }
    let folder = tempfile::tempdir().unwrap();
    println!("{CONNECTIONS} connections, the best of {ROUNDS} rounds");
    for (name, synchronous, calls) in [
        ("SQLite that does not wait for the disk", "NORMAL", 10_000),
        ("SQLite that waits for the disk with each change", "FULL", 600),
    ] {
        println!("\n{name}, {calls} calls a round");
        compare(folder.path(), synchronous, calls).await;
    }
    println!("\nmicroseconds a call without HTTP and SQL, one caller at a time");
    gates::measure(folder.path()).await;
}

/// One line of the table.
struct Best {
    rate: f64,
    cpu: f64,
}

async fn compare(folder: &Path, synchronous: &str, calls: usize) {
    let kinds = [
        ("bare", Store::Memory, "bare"),
        ("guarded, memory", Store::Memory, "guarded"),
        ("guarded, file", Store::File, "guarded"),
        ("guarded with a nonce, file", Store::File, "once"),
    ];
    let mut best: Vec<Option<Best>> = kinds.iter().map(|_| None).collect();
    let memory = Running::start(folder, synchronous, Store::Memory).await;
    let file = Running::start(folder, synchronous, Store::File).await;
    // Taking turns spreads what else the machine does over all of them; the first round warms up.
    for round in 0..=ROUNDS {
        for (place, (_, store, path)) in kinds.iter().enumerate() {
            let running = if matches!(store, Store::Memory) { &memory } else { &file };
            let measured = measure(folder, running, path, calls).await;
            let better = best[place].as_ref().is_none_or(|best| measured.rate > best.rate);
            if round > 0 && better {
                best[place] = Some(measured);
            }
        }
    }
    let bare = best[0].take().unwrap();
    println!(
        "  {:28} {:8.0} calls/s {:7.1} us of CPU a call",
        "bare", bare.rate, bare.cpu
    );
    for ((name, ..), best) in kinds.iter().zip(best).skip(1) {
        let best = best.unwrap();
        println!(
            "  {name:28} {:8.0} calls/s {:7.1} us of CPU a call, {:5.1} % of the throughput, {:+.1} us",
            best.rate,
            best.cpu,
            100.0 * best.rate / bare.rate,
            best.cpu - bare.cpu
        );
    }
}

async fn measure(folder: &Path, running: &Running, path: &str, calls: usize) -> Best {
    let file = folder.join("requests");
    load::write(&file, (0..calls).map(|number| running.request(path, number)));
    let before = cpu_seconds();
    let address = running.address.to_string();
    let caller = tokio::task::spawn_blocking(move || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--load", &address])
            .arg(file)
            .arg(CONNECTIONS)
            .output()
            .unwrap()
    });
    let output = caller.await.unwrap();
    let used = cpu_seconds() - before;
    let text = String::from_utf8(output.stdout).unwrap();
    let words: Vec<f64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert!(words[1] < 0.5, "{path}: some calls were not answered by 200: {text}");
    let calls = f64::from(u32::try_from(calls).unwrap());
    Best {
        rate: calls / words[0],
        cpu: used * 1e6 / calls,
    }
}

/// What this process has used. The caller is another one.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

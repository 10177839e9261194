//! What the whole funnel costs, with everything around it in memory. Run by `cargo bench`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_types,
    reason = "a measurement has a clock, prints, and fails by panicking"
)]

#[path = "../tests/funnel/world.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod world;

use std::time::Instant;

use world::{request, world};

/// As many as the world's store and limits admit.
const CALLS: u32 = 1_000;
const ROUNDS: u32 = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for (action, what) in [
        ("ping", "public"),
        ("read", "session and limit"),
        ("comment", "and a limit by argument"),
        ("pay", "and a nonce"),
    ] {
        let mut best = f64::MAX;
        for _ in 0..ROUNDS {
            let world = world();
            let calls: Vec<_> = (0..CALLS)
                .map(|number| {
                    let call = request(action).body(&format!(r#"[{{"id":"{number}"}}]"#));
                    match action {
                        "pay" => call.with("x-portcullis-nonce", &world.nonce("pay", Some("ada"))),
                        _ => call,
                    }
                })
                .collect();
            let started = Instant::now();
            for call in calls {
                let _admission = world.call(call).await.unwrap();
            }
            best = best.min(started.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS));
        }
        println!("{action:8} {best:6.1} us a call ({what})");
    }
}

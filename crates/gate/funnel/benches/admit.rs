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

const CALLS: u32 = 20_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for action in ["trial", "read", "comment", "pay"] {
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
        let mut allowed = 0_u32;
        let started = Instant::now();
        for call in calls {
            allowed += u32::from(world.call(call).await.is_ok());
        }
        let micros = started.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS);
        println!("{action:8} {micros:6.1} us a call, {allowed} of {CALLS} admitted");
    }
}

//! What it costs to read a session of each provider. Run by `cargo bench`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement has a clock, prints, and fails by panicking"
)]

#[path = "../tests/vectors/providers.rs"]
mod providers;

use std::hint::black_box;
use std::time::Instant;

use portcullis_funnel::Timestamp;
use portcullis_session::Presented;
use serde_json::Value;

const READS: u32 = 2_000;

fn main() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/sessions");
    for file in [
        "authjs-v4",
        "authjs-v5",
        "auth0-nextjs-v4",
        "better-auth",
        "iron-session-v8",
        "workos-authkit",
        "supabase",
        "clerk",
        "kinde",
        "firebase-session-cookie",
        "oidc-bearer-jwt",
        "db-sessions",
    ] {
        let text = std::fs::read_to_string(format!("{folder}/{file}.json")).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let vector = document["vectors"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["expect"]["ok"] == true)
            .unwrap();
        let (provider, keys) = providers::for_vector(file, &document["config"], vector, true);
        let cookies = vector["cookie_header"].as_str().unwrap_or_default().as_bytes();
        let authorization = vector["headers"]["authorization"].as_str().map(str::as_bytes);
        let now = Timestamp::from_seconds(vector["now"].as_i64().unwrap());
        let started = Instant::now();
        for _ in 0..READS {
            let presented = Presented::parse([black_box(cookies)], authorization, false).unwrap();
            black_box(provider.read(&presented, &keys, now).unwrap());
        }
        println!(
            "{file:24} {:6.1} us",
            started.elapsed().as_secs_f64() * 1e6 / f64::from(READS)
        );
    }
}

//! A public action without a limit.
//! expect: a public action must say how often it may be called

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
use portcullis_actions::{Ctx, Outcome, Public};
async fn handler(_: Ctx<Shop, Public>) -> Outcome<Done> {
    Ok(Done { text: String::new() })
}
pub fn action(client: &Client) {
    let _ = client.action("a").public("why").handler(handler);
}

fn main() {}

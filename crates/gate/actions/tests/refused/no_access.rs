//! An action that does not say who may call it.
//! expect: this action does not say who may call it

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
use portcullis_actions::{Ctx, Outcome, Undecided};
async fn handler(_: Ctx<Shop, Undecided>) -> Outcome<Done> {
    Ok(Done { text: String::new() })
}
pub fn action(client: &Client) {
    let _ = client.action("a").handler(handler);
}

fn main() {}

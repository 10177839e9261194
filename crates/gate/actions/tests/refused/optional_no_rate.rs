//! An action for everybody who may be signed in, without a limit.
//! expect: a public action must say how often it may be called

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
use portcullis_actions::{Ctx, Optional, Outcome};
async fn handler(_: Ctx<Shop, Optional>) -> Outcome<Done> {
    Ok(Done { text: String::new() })
}
pub fn action(client: &Client) {
    let _ = client.action("a").optional_auth("why").handler(handler);
}

fn main() {}

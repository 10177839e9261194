//! The attribute on a public action, without a limit.
//! expect: a public action must say how often it may be called

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
use portcullis_actions::{Ctx, Outcome, Public, action};

#[action(public = "why")]
pub async fn save(_: Ctx<Shop, Public>) -> Outcome<Done> {
    Ok(Done { text: String::new() })
}

fn main() {}

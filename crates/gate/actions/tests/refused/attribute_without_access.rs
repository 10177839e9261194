//! The attribute without an access rule.
//! expect: this action does not say who may call it

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
use portcullis_actions::{Authed, Ctx, Outcome, action};

#[action(rate = "5/1m per user")]
pub async fn save(_: Ctx<Shop, Authed>) -> Outcome<Done> {
    Ok(Done { text: String::new() })
}

fn main() {}

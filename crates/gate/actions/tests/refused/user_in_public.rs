//! The user of a public action.
//! expect: no method named `user`

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
use portcullis_actions::{Ctx, Outcome, Public};
pub async fn handler(ctx: Ctx<Shop, Public>) -> Outcome<Done> {
    Ok(Done {
        text: ctx.user().user_id.clone(),
    })
}

fn main() {}

//! A reference that nothing authorizes.
//! expect: the input carries references to resources that this action never authorizes

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
use portcullis_actions::funnel::Authorized;
use portcullis_actions::{Authed, Ctx, Outcome, Validated};
async fn handler(_: Ctx<Shop, Authed>, _: Validated<Change>, _: Authorized<Document>) -> Outcome<Done> {
    Ok(Done { text: String::new() })
}
pub fn action(client: &Client) {
    let _ = client
        .action("a")
        .authenticated()
        .input::<Change>()
        .owns(|refs| refs.document)
        .handler(handler);
}

fn main() {}

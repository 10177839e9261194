//! An action with all answers.

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
use portcullis_actions::funnel::Authorized;
use portcullis_actions::{Authed, Ctx, Outcome, Validated};
async fn handler(
    _: Ctx<Shop, Authed>,
    _: Validated<Change>,
    _: (Authorized<Document>, Authorized<Document>),
) -> Outcome<Done> {
    Ok(Done { text: String::new() })
}
pub fn action(client: &Client) {
    let _ = client
        .action("a")
        .authenticated()
        .input::<Change>()
        .owns(|refs| refs.target)
        .owns(|refs| refs.document)
        .handler(handler);
}

fn main() {}

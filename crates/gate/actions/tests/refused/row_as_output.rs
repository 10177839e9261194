//! A row of a table as the result.
//! expect: `app::Row` must not leave the server

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
use portcullis_actions::{Authed, Ctx, Outcome};
async fn handler(_: Ctx<Shop, Authed>) -> Outcome<Row> {
    Ok(Row {
        password_hash: String::new(),
    })
}
pub fn action(client: &Client) {
    let _ = client.action("a").authenticated().handler(handler);
}

fn main() {}

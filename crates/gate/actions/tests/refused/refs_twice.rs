//! A reference that is authorized twice, in place of the other one.
//! expect: mismatched types

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
pub fn action(client: &Client) {
    let _ = client
        .action("a")
        .authenticated()
        .input::<Change>()
        .owns(|refs| refs.document)
        .owns(|refs| refs.document);
}

fn main() {}

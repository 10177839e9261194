//! A role of callers who need not be signed in.
//! expect: no method named `min_role`

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
pub fn action(client: &Client) {
    let _ = client.action("a").public("why").min_role(Rank::Admin);
}

fn main() {}

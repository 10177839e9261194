//! A public action that wants no limit.
//! expect: no method named `unlimited`

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
pub fn action(client: &Client) {
    let _ = client.action("a").public("why").unlimited("why");
}

fn main() {}

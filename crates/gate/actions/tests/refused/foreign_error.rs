//! An error of a library as the handler's.
//! expect: does not say which of its errors clients may see

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
use portcullis_actions::{Authed, Ctx};
async fn handler(_: Ctx<Shop, Authed>) -> Result<Done, std::io::Error> {
    Ok(Done { text: String::new() })
}
pub fn action(client: &Client) {
    let _ = client.action("a").authenticated().handler(handler);
}

fn main() {}

//! A field with another name on the wire.
//! expect: named on the wire as in Rust

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
#[derive(portcullis_actions::Input)]
pub struct Renamed {
    #[serde(rename = "t")]
    #[garde(skip)]
    title: String,
}

fn main() {}

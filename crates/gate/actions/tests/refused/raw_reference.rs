//! The id within a reference.
//! expect: private

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
pub fn id(input: &Change) -> &str {
    let _ = &input.document.0;
    ""
}

fn main() {}

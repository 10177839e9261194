//! A field without a rule.
//! expect: `title` has no rule

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
#[derive(portcullis_actions::Input)]
pub struct Loose {
    title: String,
}

fn main() {}

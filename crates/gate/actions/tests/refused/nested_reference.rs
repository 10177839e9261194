//! A reference in a list, which no step could name.
//! expect: a `Ref` stands directly in the input of an action

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
#[derive(portcullis_actions::Input)]
pub struct Many {
    #[garde(skip)]
    documents: Vec<portcullis_actions::Ref<Document>>,
}

fn main() {}

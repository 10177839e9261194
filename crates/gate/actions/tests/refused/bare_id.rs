//! An id that the client chooses.
//! expect: `document_id` is an id that the client chooses

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
#[derive(portcullis_actions::Input)]
pub struct Bare {
    #[garde(length(max = 10))]
    document_id: String,
}

fn main() {}

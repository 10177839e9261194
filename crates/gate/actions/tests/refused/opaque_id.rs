//! An id that names nothing of this application, with its reason.

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
#[derive(portcullis_actions::Input)]
pub struct Told {
    #[input(opaque_id = "the client's own counter")]
    #[garde(skip)]
    request_id: u32,
}

fn main() {}

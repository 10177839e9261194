//! A row within a result.
//! expect: `app::Row` must not leave the server

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
#[derive(portcullis_actions::Dto)]
pub struct Wrapped {
    row: Row,
}

fn main() {}

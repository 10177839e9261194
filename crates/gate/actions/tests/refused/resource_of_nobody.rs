//! A resource that belongs to nobody.
//! expect: owner = "owner_id"

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;

#[derive(portcullis_actions::Resource)]
#[resource(app = Shop, pool = pool, table = "documents")]
pub struct Everybodys {
    id: String,
}

fn main() {}

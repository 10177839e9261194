//! A table whose name is more than a name.
//! expect: a table or column is named by letters

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;

#[derive(portcullis_actions::Resource)]
#[resource(app = Shop, pool = pool, table = "documents; DROP TABLE users", owner = "o")]
pub struct Everybodys {
    id: String,
}

fn main() {}

//! An error that does not say who may see it.
//! expect: `Full` does not say whether clients may see it

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
#[derive(portcullis_actions::ActionError)]
pub enum Failure {
    Full,
}

fn main() {}

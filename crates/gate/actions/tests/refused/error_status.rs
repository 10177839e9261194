//! A public error that looks like a success.
//! expect: a status from 400 to 499

#[path = "../refused_parts/app.rs"]
mod app;

use app::*;
#[derive(portcullis_actions::ActionError)]
pub enum Failure {
    #[public(200, "full")]
    Full,
}

fn main() {}

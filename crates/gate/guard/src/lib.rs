//! A reverse proxy in front of a running Next.js application. It enforces the gates per action, on decoded arguments,
//! and forwards only bytes that it wrote itself.

pub mod action;
mod admin;
pub mod audit_file;
mod doctor;
mod edge;
mod error;
mod guard;
mod log;
pub mod manifest;
mod run;
mod settings;

#[doc(hidden)]
pub use edge::fuzzing;

pub use doctor::{Check, CheckState, diagnose};
pub use error::SetupError;
pub use guard::{Guard, Options, Secrets};
pub use log::{LogForm, start as start_log};
pub use run::run;
pub use settings::Overrides;

//! Acme: documents, comments, a team with roles, invoices, one-time passwords and a profile. Each action says in its own
//! builder who may call it, how often and on what; each page has plain forms that work without scripts.

mod actions;
mod app;
mod database;
mod html;
mod pages;
mod server;
mod web;

pub use app::{Acme, Rank, Right, State};
pub use database::{Database, OpenError};
pub use server::{Outbox, Running, Settings, SetupError, setup};

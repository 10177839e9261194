//! Actions judged as the edge would have them judged: with a policy, a database, a store, and requests of real clients.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the lints know tests by their attribute, not the functions beside them"
)]

mod answers;
mod backends;
mod captures;
mod gates;
#[cfg(unix)]
mod mysql;
#[cfg(unix)]
mod postgres;
#[cfg(unix)]
mod programs;
mod records;
mod replay;
mod server;
mod world;

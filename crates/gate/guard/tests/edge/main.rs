//! The proxy with real sockets: an application that records what reaches it, and clients that write raw bytes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and says what it skips"
)]

mod actions;
mod disguised;
mod faults;
mod framing;
mod lifecycle;
mod operators;
mod passing;
mod readers;
#[path = "../../../store/tests/contract/redis_server.rs"]
mod redis_server;
mod secure;
mod seeds;
mod several;
mod streaming;
mod upstream;
mod world;

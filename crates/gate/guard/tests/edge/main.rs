//! The proxy with real sockets: an application that records what reaches it, and clients that write raw bytes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod actions;
mod framing;
mod lifecycle;
mod operators;
mod passing;
mod readers;
mod secure;
mod seeds;
mod streaming;
mod world;

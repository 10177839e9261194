//! What every store has to do, asked of each of them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test reads its vectors, says what it decided, and fails by panicking"
)]

mod contract;
mod faults;
mod properties;
mod rate_vectors;
mod redis_server;
mod stores;

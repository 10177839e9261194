//! Calls through the whole funnel: what goes through, each way to be refused, and what an attacker would try.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bypasses;
mod gates;
mod outages;
mod records;
mod world;

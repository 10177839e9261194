//! The reader beside recorded facts: what React's encoder writes and its decoder makes of it, and what browsers sent to
//! real applications. The folder is the repository's own, or the one that `PORTCULLIS_VECTORS` names.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "the lints know tests by their attribute, not the functions beside them"
)]

mod captures;
mod folder;
mod json;
mod refusals;
mod vectors;

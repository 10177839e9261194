//! The reader beside recorded facts: what React's encoder writes and its decoder makes of it, and what browsers sent to
//! real applications. The folder is the repository's own, or the one that `PORTCULLIS_VECTORS` names.

mod captures;
mod folder;
mod json;
mod refusals;
mod vectors;

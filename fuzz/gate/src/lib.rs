//! What must hold for every input of the readers around a call. Each module is replayed by the tests of its crate.

pub mod decode;
pub mod edge;
pub mod session;

//! What must hold for every input of every reader.

pub mod checks;

//! From a folder to a linked program: loading, resolving, parsing and lowering.
//!
//! The only crate that knows the parser; nothing of it leaves. What it returns is owned and answers from memory.

pub mod ir;
mod lower;
mod nesting;
mod outline;
mod parse;
mod program;
pub mod project;

pub use lower::bound_symbols;
pub use outline::{Outline, Request, Requested};
pub use program::{Program, Target};

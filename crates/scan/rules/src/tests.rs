//! The pages' code blocks, run.

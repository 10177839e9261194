//! Bodies to values: JSON without duplicate keys, forms in both of their encodings, each within its budgets. What comes
//! out is one JSON value, whatever the transport, and is not checked against anything yet.

pub(crate) mod coerce;
pub(crate) mod form;
pub(crate) mod json;

/// How much one call may bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body.
    pub body: usize,
    /// Nested values.
    pub depth: usize,
    /// Keys of all objects together, or fields of a form.
    pub keys: usize,
    /// Values of any kind together.
    pub values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 256 * 1024,
            depth: 32,
            keys: 1_000,
            values: 10_000,
        }
    }
}

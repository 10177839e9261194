//! Action ids: their shape, and which of them exist. Who may call which one is decided elsewhere.

use std::collections::BTreeSet;
use std::fmt;

use crate::Code;

/// An id of the right shape: 42 lower-case hexadecimal digits (Next.js 15 and 16) or 40 (Next.js 14).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(Box<str>);

impl ActionId {
    /// The id, if it has the right shape.
    pub fn new(text: &str) -> Option<Self> {
        let shape = matches!(text.len(), 40 | 42) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        shape.then(|| Self(text.into()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Next.js 14 made it.
    pub fn is_unsalted(&self) -> bool {
        self.0.len() == 40
    }

    /// Whether it belongs to a cached function: the highest bit of the first byte, in ids of 42 digits.
    pub fn is_cached_function(&self) -> bool {
        !self.is_unsalted() && matches!(self.0.bytes().next(), Some(b'8'..=b'9' | b'a'..=b'f'))
    }
}

impl fmt::Debug for ActionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ActionId({})", self.0)
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Which ids the build has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownIds {
    /// Every well-formed one: there is no manifest.
    Any,
    /// These.
    Listed(BTreeSet<ActionId>),
}

impl KnownIds {
    /// The id that `text` is, if it may be named.
    pub(crate) fn check(&self, text: &str, cached_functions: bool) -> Result<ActionId, Code> {
        let id = ActionId::new(text).ok_or(Code::IdMalformed)?;
        if matches!(self, Self::Listed(ids) if !ids.contains(&id)) {
            return Err(Code::IdUnknown);
        }
        if id.is_cached_function() && !cached_functions {
            return Err(Code::IdCached);
        }
        Ok(id)
    }
}

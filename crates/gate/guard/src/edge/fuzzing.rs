//! The readers of untrusted bytes at the edge, for programs that feed them with mutants. No part of what this crate
//! promises: names and answers change as the readers do.

use std::net::IpAddr;

use super::proxy_protocol;
use super::refusal::Refusal;
use super::target::{PathRules, Target};
use super::wire::chunks::{Chunks, Progress};
use super::wire::head::{self, Framing};

/// The code of a refusal, as callers and logs see it.
pub type Code = &'static str;

/// How a head frames its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    None,
    /// This many bytes, one at least.
    Sized(u64),
    /// Chunks.
    Chunked,
}

/// The head at the start of `bytes`, of which the first `scanned` are known to have no end: its length and its framing,
/// or nothing while its end has not come.
///
/// # Errors
///
/// Why it is refused.
pub fn head(bytes: &[u8], scanned: usize, limit: usize) -> Result<Option<(usize, Body)>, Code> {
    let found = head::read(bytes, scanned, limit).map_err(Refusal::code)?;
    Ok(found.map(|(length, framing)| match framing {
        Framing::None => (length, Body::None),
        Framing::Sized(size) => (length, Body::Sized(size)),
        Framing::Chunked => (length, Body::Chunked),
    }))
}

/// A reader of one body of chunks.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChunkReader(Chunks);

impl ChunkReader {
    /// Goes on with `bytes`: how many of them are the body's, and whether it has ended.
    ///
    /// # Errors
    ///
    /// Why it is refused.
    pub fn read(&mut self, bytes: &[u8]) -> Result<(usize, bool), Code> {
        match self.0.read(bytes).map_err(Refusal::code)? {
            Progress::Within(length) => Ok((length, false)),
            Progress::Ended(length) => Ok((length, true)),
        }
    }
}

/// What the start of a connection says about its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preamble {
    /// There is more to come.
    Partial,
    /// It takes this many bytes.
    Complete(usize, Option<IpAddr>),
    /// It is none.
    Broken,
}

/// The PROXY protocol's preamble at the start of `bytes`.
#[must_use]
pub fn preamble(bytes: &[u8]) -> Preamble {
    match proxy_protocol::read(bytes) {
        proxy_protocol::Preamble::Partial => Preamble::Partial,
        proxy_protocol::Preamble::Complete(length, address) => Preamble::Complete(length, address),
        proxy_protocol::Preamble::Broken => Preamble::Broken,
    }
}

/// What a path and its query become: path and query as they go on, and the page that they are about.
///
/// # Errors
///
/// Why they are refused.
pub fn target(path: &str, query: Option<&str>, encoded_slash: bool) -> Result<(String, String), Code> {
    let rules = PathRules {
        encoded_slash,
        ..PathRules::default()
    };
    let target = Target::read(path, query, rules).map_err(Refusal::code)?;
    Ok((target.path_and_query(), target.page))
}

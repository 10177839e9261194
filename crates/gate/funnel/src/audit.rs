//! The audit log: one line of JSON a decision, each with the hash of the line before, so that a line that was changed,
//! removed or put in shows. It has no payload and no token; text of a caller is escaped down to ASCII.
//!
//! Whoever can write the file can write a whole new chain, and cut off its end. Keep the last hash elsewhere, and give it
//! to [`verify`].

use std::sync::{Mutex, PoisonError};

use ring::digest;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Unavailable, hex};

/// What a chain starts with.
pub const FIRST_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Who called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The provider.
    pub provider: String,
    /// The user's id.
    pub user: String,
    /// SHA-256 of the session's revocation key, in hex; never the key.
    pub session_hash: String,
    /// The organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// Who impersonates the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impersonator: Option<String>,
}

/// One decision, without its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRecord {
    /// When, in milliseconds since 1970.
    pub ts: i64,
    /// The id that the caller got as well.
    pub request_id: String,
    /// The action's name, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// `allowed`, `observed` (it went through although a gate that only records refused it), `denied`, `unavailable`,
    /// `failed` or `aborted`.
    pub decision: String,
    /// The gate that decided, or `handler`.
    pub stage: String,
    /// The denial's code, or what was noted about an allowed call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who called, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// The caller's address as the rate limits see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// How long it took, in milliseconds.
    pub latency_ms: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    v: u8,
    seq: u64,
    prev: &'a str,
    #[serde(flatten)]
    record: &'a AuditRecord,
}

/// Where lines go: a file, a socket.
pub trait AuditSink: Send + Sync {
    /// Writes one line; it has no line break.
    fn write(&self, line: &str) -> Result<(), Unavailable>;
}

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainEnd {
    /// The number of the last line; 0 for an empty log.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

impl Default for ChainEnd {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: FIRST_HASH.to_owned(),
        }
    }
}

/// Writes records as a chain.
pub struct AuditLog {
    end: Mutex<ChainEnd>,
    sink: Box<dyn AuditSink>,
}

impl std::fmt::Debug for AuditLog {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AuditLog").finish_non_exhaustive()
    }
}

const UNWRITABLE: Unavailable = Unavailable::new("audit", "a record cannot be written");

impl AuditLog {
    /// A log that goes on after `end`; [`verify`] of the old lines gives it.
    pub fn new(end: ChainEnd, sink: Box<dyn AuditSink>) -> Self {
        Self {
            end: Mutex::new(end),
            sink,
        }
    }

    /// Writes one record. The chain moves on only if that succeeds.
    pub fn write(&self, record: &AuditRecord) -> Result<(), Unavailable> {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let line = Line {
            v: 1,
            seq: end.seq.saturating_add(1),
            prev: &end.hash,
            record,
        };
        let json = serde_json::to_string(&line).map_err(|_| UNWRITABLE)?;
        let open = ascii(json.strip_suffix('}').ok_or(UNWRITABLE)?);
        let hash = sha256_hex(open.as_bytes());
        self.sink.write(&format!("{open}{HASH}{hash}\"}}"))?;
        *end = ChainEnd { seq: line.seq, hash };
        Ok(())
    }
}

/// What stands between the hashed part of a line and its hash.
const HASH: &str = ",\"hash\":\"";

/// Escapes everything outside of ASCII. Such letters stand only inside of strings, where JSON allows the escape.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() && !letter.is_ascii_control() {
            text.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            text.push_str("\\u");
            text.extend(unit.to_be_bytes().into_iter().flat_map(hex::digits));
        }
    }
    text
}

/// SHA-256 in lower-case hex.
/// The SHA-256 of some bytes, in hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::lower(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Where a chain breaks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokenChain {
    /// A line is no record.
    #[error("line {line} is not a record")]
    Unreadable {
        /// Counted from 1.
        line: u64,
    },
    /// A line was changed.
    #[error("line {line} was changed: its hash does not fit")]
    Changed {
        /// Counted from 1.
        line: u64,
    },
    /// A line is missing, put in, or out of order.
    #[error("line {line} does not follow the one before: a line is missing, put in, or out of order")]
    Unlinked {
        /// Counted from 1.
        line: u64,
    },
    /// The chain is whole and does not end where it should.
    #[error("the log does not end with the expected hash: lines are missing at its end")]
    Truncated,
}

#[derive(Deserialize)]
struct Link {
    v: u8,
    seq: u64,
    prev: String,
    hash: String,
}

impl Link {
    /// Reads a line whose own hash fits.
    fn read(line: &str, index: u64) -> Result<Self, BrokenChain> {
        let unreadable = BrokenChain::Unreadable { line: index };
        let link: Self = serde_json::from_str(line).map_err(|_| unreadable.clone())?;
        let (hashed, _) = line.rsplit_once(HASH).ok_or_else(|| unreadable.clone())?;
        // The line is what we would write: nothing after the hash, no second field of that name.
        if link.v != 1 || line != format!("{hashed}{HASH}{}\"}}", link.hash) {
            return Err(unreadable);
        }
        if sha256_hex(hashed.as_bytes()) != link.hash {
            return Err(BrokenChain::Changed { line: index });
        }
        Ok(link)
    }
}

impl ChainEnd {
    /// Where a log goes on whose last line this is. Of the lines before it nothing is known; [`verify`] checks them.
    pub fn after(last_line: &str) -> Result<Self, BrokenChain> {
        let Link { seq, hash, .. } = Link::read(last_line, 1)?;
        Ok(Self { seq, hash })
    }
}

/// Checks a log from its first line. `expected_end` is the last hash, if it was kept elsewhere.
pub fn verify<T: AsRef<str>>(
    lines: impl IntoIterator<Item = T>,
    expected_end: Option<&str>,
) -> Result<ChainEnd, BrokenChain> {
    let mut end = ChainEnd::default();
    for (index, line) in (1_u64..).zip(lines) {
        let link = Link::read(line.as_ref(), index)?;
        if link.prev != end.hash || link.seq != index {
            return Err(BrokenChain::Unlinked { line: index });
        }
        end = ChainEnd {
            seq: link.seq,
            hash: link.hash,
        };
    }
    if expected_end.is_some_and(|expected| expected != end.hash) {
        return Err(BrokenChain::Truncated);
    }
    Ok(end)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Arc, Mutex};

    use super::{AuditLog, AuditRecord, AuditSink, BrokenChain, ChainEnd, verify};
    use crate::Unavailable;

    /// Keeps lines.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Lines(pub(crate) Arc<Mutex<Vec<String>>>);

    impl AuditSink for Lines {
        fn write(&self, line: &str) -> Result<(), Unavailable> {
            self.0.lock().unwrap().push(line.to_owned());
            Ok(())
        }
    }

    fn record(action: &str) -> AuditRecord {
        AuditRecord {
            ts: 1,
            request_id: "r".to_owned(),
            action: Some(action.to_owned()),
            decision: "denied".to_owned(),
            stage: "rate".to_owned(),
            reason: None,
            actor: None,
            ip: None,
            latency_ms: 2,
        }
    }

    fn log(actions: &[&str]) -> Vec<String> {
        let lines = Lines::default();
        let log = AuditLog::new(ChainEnd::default(), Box::new(lines.clone()));
        actions.iter().for_each(|action| log.write(&record(action)).unwrap());
        let lines = lines.0.lock().unwrap();
        lines.clone()
    }

    fn check(lines: &[String]) -> Result<ChainEnd, BrokenChain> {
        verify(lines.iter().map(String::as_str), None)
    }

    #[test]
    fn a_whole_chain_is_whole_and_goes_on() {
        let lines = log(&["a", "b", "c"]);
        let end = check(&lines).unwrap();
        assert_eq!(end.seq, 3);
        let more = Lines::default();
        AuditLog::new(end, Box::new(more.clone())).write(&record("d")).unwrap();
        let all: Vec<String> = lines.into_iter().chain(more.0.lock().unwrap().clone()).collect();
        assert_eq!(check(&all).unwrap().seq, 4);
    }

    #[test]
    fn every_tampering_shows() {
        let lines = log(&["a", "b", "c", "d"]);
        let with = |change: &dyn Fn(&mut Vec<String>)| {
            let mut lines = lines.clone();
            change(&mut lines);
            check(&lines)
        };
        let at = |line| Err(BrokenChain::Unlinked { line });
        assert_eq!(with(&|lines| drop(lines.remove(1))), at(2));
        assert_eq!(with(&|lines| drop(lines.remove(0))), at(1));
        assert_eq!(with(&|lines| lines.swap(1, 2)), at(2));
        assert_eq!(with(&|lines| lines.insert(1, lines[0].clone())), at(2));
        let changed = with(&|lines| lines[2] = lines[2].replace("denied", "allowed"));
        assert_eq!(changed, Err(BrokenChain::Changed { line: 3 }));
        let appended = with(&|lines| lines[3].push(' '));
        assert_eq!(appended, Err(BrokenChain::Unreadable { line: 4 }));
        assert_eq!(
            with(&|lines| lines[0].clear()),
            Err(BrokenChain::Unreadable { line: 1 })
        );
        // A second `hash` field in front of the real one.
        let doubled = with(&|lines| lines[0] = lines[0].replacen("\"v\":1", "\"v\":1,\"hash\":\"x\"", 1));
        assert_eq!(doubled, Err(BrokenChain::Unreadable { line: 1 }));
        let last = check(&lines).unwrap().hash;
        assert_eq!(
            verify(lines[..3].iter().map(String::as_str), Some(&last)),
            Err(BrokenChain::Truncated)
        );
    }

    #[test]
    fn hostile_text_stays_in_its_line() {
        let hostile = "a\"}\n{\"v\":1}\u{1b}[2J\u{202e}\u{2028}ü\u{1f600}\u{7f}";
        let lines = log(&[hostile]);
        assert!(
            lines[0].bytes().all(|byte| (0x20..0x7f).contains(&byte)),
            "{}",
            lines[0]
        );
        check(&lines).unwrap();
        let value: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(value["action"], hostile);
    }

    #[test]
    fn a_record_that_is_not_written_leaves_no_gap() {
        struct Broken;
        impl AuditSink for Broken {
            fn write(&self, _line: &str) -> Result<(), Unavailable> {
                Err(Unavailable::new("audit", "full"))
            }
        }
        let log = AuditLog::new(ChainEnd::default(), Box::new(Broken));
        assert!(log.write(&record("a")).is_err());
        assert_eq!(*log.end.lock().unwrap(), ChainEnd::default());
    }
}

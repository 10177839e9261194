//! Everything in one file: the default, for a single instance that must not forget. What has been answered survives
//! `kill -9`: a spent nonce, a claimed key and a revocation are on the disk before the answer goes out. Counters of rate
//! limits are kept in memory in front of the file, and follow within a tenth of a second.

mod entries;
mod rates;
mod writer;

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::Arc;

use portcullis_funnel::{
    Answer, Begun, Clock, Consumed, FlashStore, IdempotencyStore, Identity, Limit, NonceStore, RateDecision, RateStore,
    Revocation, RevocationStore, Timestamp, Unavailable,
};
use redb::{Database, DatabaseError, StorageError};
use thiserror::Error;

use crate::limiter;
use crate::records::{Claim, REVOCATION_GRACE};
use entries::Kind;
use writer::{Durable, Writer};

/// Pages of the file that are kept in memory.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// The store in a file.
pub struct EmbeddedStore {
    writer: Writer,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for EmbeddedStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("EmbeddedStore").finish_non_exhaustive()
    }
}

/// Why a file cannot be used. Nothing is ever created anew over a broken one: that would forget every spent nonce.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the store file is in use by another process; several instances share a store through Redis")]
    InUse,
    /// Not a store, or damaged.
    #[error("the store file is damaged ({0}); restore it, or remove it and accept that spent nonces are forgotten")]
    Damaged(String),
    /// Of another version.
    #[error("the store file is of another version")]
    Version,
    /// It cannot be opened or written.
    #[error("the store file cannot be opened ({0})")]
    Io(String),
}

impl From<DatabaseError> for OpenError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            DatabaseError::UpgradeRequired(_) | DatabaseError::LockProtocolMismatch => Self::Version,
            DatabaseError::Storage(StorageError::Io(error)) if error.kind() != std::io::ErrorKind::InvalidData => {
                Self::Io(error.to_string())
            }
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl EmbeddedStore {
    /// Opens the file at `path`, or creates it, readable by its owner only.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        // The file is there, with its rights, before anything is written to it.
        drop(open_private(path).map_err(|error| OpenError::Io(error.to_string()))?);
        // Damage is looked for now, because a damaged page that is met later stops the store in the middle of its work.
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .set_check_integrity_on_open(true)
            .create(path)?;
        entries::check_version(&database)?;
        let writer = Writer::start(database, Arc::clone(&clock)).map_err(|error| OpenError::Io(error.to_string()))?;
        Ok(Self { writer, clock })
    }
}

fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

impl RateStore for EmbeddedStore {
    fn take<'a>(&'a self, key: &'a str, limit: &'a Limit, cost: u32) -> Answer<'a, Result<RateDecision, Unavailable>> {
        let name = limiter::state_key(key, limit);
        let decision = self.writer.take(&name, limit, cost, self.clock.now());
        Box::pin(std::future::ready(decision))
    }
}

impl NonceStore for EmbeddedStore {
    fn consume<'a>(&'a self, nonce: &'a str, expires_at: Timestamp) -> Answer<'a, Result<Consumed, Unavailable>> {
        let (nonce, now) = (nonce.to_owned(), self.clock.now());
        self.writer.run(Durable::BeforeAnswer, move |entries| {
            let spent = expires_at <= now
                || entries.may_have_forgotten(Kind::Nonce, expires_at)?
                || entries.get(Kind::Nonce, &nonce)?.is_some();
            if spent {
                return Ok(Consumed::Again);
            }
            entries.put(Kind::Nonce, &nonce, expires_at, &[])?;
            Ok(Consumed::First)
        })
    }
}

impl IdempotencyStore for EmbeddedStore {
    fn begin<'a>(
        &'a self,
        key: &'a str,
        fingerprint: &'a str,
        expires_at: Timestamp,
    ) -> Answer<'a, Result<Begun, Unavailable>> {
        let (key, fingerprint, now) = (key.to_owned(), fingerprint.to_owned(), self.clock.now());
        self.writer.run(Durable::BeforeAnswer, move |entries| {
            if let Some(claim) = entries.claim(&key, now)? {
                return Ok(claim.begun(&fingerprint));
            }
            entries.put(Kind::Claim, &key, expires_at, &Claim::open(&fingerprint).to_bytes())?;
            Ok(Begun::New)
        })
    }

    fn finish<'a>(
        &'a self,
        key: &'a str,
        fingerprint: &'a str,
        result: &'a [u8],
        expires_at: Timestamp,
    ) -> Answer<'a, Result<(), Unavailable>> {
        let (key, fingerprint, now) = (key.to_owned(), fingerprint.to_owned(), self.clock.now());
        let done = Claim::done(&fingerprint, result).to_bytes();
        self.writer.run(Durable::BeforeAnswer, move |entries| {
            if entries
                .claim(&key, now)?
                .is_none_or(|claim| claim.is_open_for(&fingerprint))
            {
                entries.put(Kind::Claim, &key, expires_at, &done)?;
            }
            Ok(())
        })
    }

    fn abandon<'a>(&'a self, key: &'a str, fingerprint: &'a str) -> Answer<'a, Result<(), Unavailable>> {
        let (key, fingerprint, now) = (key.to_owned(), fingerprint.to_owned(), self.clock.now());
        self.writer.run(Durable::BeforeAnswer, move |entries| {
            if entries
                .claim(&key, now)?
                .is_some_and(|claim| claim.is_open_for(&fingerprint))
            {
                entries.remove(Kind::Claim, &key)?;
            }
            Ok(())
        })
    }
}

impl RevocationStore for EmbeddedStore {
    fn revoke<'a>(&'a self, revocation: &'a Revocation, expires_at: Timestamp) -> Answer<'a, Result<(), Unavailable>> {
        let (key, not_before) = (revocation.store_key(), revocation.not_before());
        let end = expires_at.plus(REVOCATION_GRACE);
        let now = self.clock.now();
        self.writer.run(Durable::BeforeAnswer, move |entries| {
            let stored = entries.get(Kind::Revocation, &key)?.filter(|(end, _)| *end > now);
            let (end, not_before) = stored.map_or((end, not_before), |(old_end, old)| {
                (end.max(old_end), not_before.max(bound(&old)))
            });
            entries.put(Kind::Revocation, &key, end, &not_before.millis().to_be_bytes())
        })
    }

    fn is_revoked<'a>(&'a self, identity: &'a Identity) -> Answer<'a, Result<bool, Unavailable>> {
        let (keys, now) = (Revocation::keys_of(identity), self.clock.now());
        let identity = identity.clone();
        self.writer.read(move |entries| {
            for key in &keys {
                let stored = entries.get(Kind::Revocation, key)?.filter(|(end, _)| *end > now);
                if stored.is_some_and(|(_, bytes)| identity.is_before(bound(&bytes))) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

/// The time before which sessions are revoked; all of them, if it cannot be read.
fn bound(bytes: &[u8]) -> Timestamp {
    bytes.first_chunk::<8>().map_or(Timestamp::NEVER, |chunk| {
        Timestamp::from_millis(i64::from_be_bytes(*chunk))
    })
}

impl FlashStore for EmbeddedStore {
    fn put<'a>(&'a self, id: &'a str, message: &'a [u8], expires_at: Timestamp) -> Answer<'a, Result<(), Unavailable>> {
        let (id, message) = (id.to_owned(), message.to_vec());
        self.writer.run(Durable::Soon, move |entries| {
            entries.put(Kind::Flash, &id, expires_at, &message)
        })
    }

    fn take_flash<'a>(&'a self, id: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, Unavailable>> {
        let (id, now) = (id.to_owned(), self.clock.now());
        self.writer.run(Durable::Soon, move |entries| {
            let stored = entries.get(Kind::Flash, &id)?;
            entries.remove(Kind::Flash, &id)?;
            Ok(stored.filter(|(end, _)| *end > now).map(|(_, message)| message))
        })
    }
}

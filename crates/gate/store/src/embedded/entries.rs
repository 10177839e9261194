//! The tables of the file: entries by kind and key, and an index by their end, through which ended ones are found.

use portcullis_funnel::Timestamp;
use redb::{Database, ReadableTable as _, Table, TableDefinition, WriteTransaction};

use super::OpenError;
use crate::records::Claim;

/// Kind and key; the end in eight bytes, then the content.
pub(super) const ENTRIES: TableDefinition<'_, (u8, &str), &[u8]> = TableDefinition::new("entries");
const ENDS: TableDefinition<'_, (i64, u8, &str), ()> = TableDefinition::new("ends");
/// By kind: the latest end among the entries that were given up.
const FORGOTTEN: TableDefinition<'_, u8, i64> = TableDefinition::new("forgotten");
const FORMAT: TableDefinition<'_, &str, u64> = TableDefinition::new("format");
const VERSION: u64 = 1;

/// What an entry is. The numbers are in files and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Rate = 1,
    Nonce = 2,
    Claim = 3,
    Revocation = 4,
    Flash = 5,
}

/// The open tables of one transaction.
pub(super) struct Entries<'txn> {
    by_key: Table<'txn, (u8, &'static str), &'static [u8]>,
    by_end: Table<'txn, (i64, u8, &'static str), ()>,
    forgotten: Table<'txn, u8, i64>,
}

/// An entry's end and content.
pub(super) type Stored = (Timestamp, Vec<u8>);

/// Splits what a table holds. A short value was written by nobody; it counts as an entry that does not end.
pub(super) fn split(value: &[u8]) -> Stored {
    value.split_first_chunk::<8>().map_or_else(
        || (Timestamp::NEVER, Vec::new()),
        |(end, content)| (Timestamp::from_millis(i64::from_be_bytes(*end)), content.to_vec()),
    )
}

/// Refuses a file of another version, and marks a new one. Creates the tables, so that readers find them.
pub(super) fn check_version(database: &Database) -> Result<(), OpenError> {
    let damaged = |error: redb::Error| OpenError::Damaged(error.to_string());
    let found = mark(database).map_err(damaged)?;
    if found == VERSION {
        Ok(())
    } else {
        Err(OpenError::Version)
    }
}

fn mark(database: &Database) -> Result<u64, redb::Error> {
    let transaction = database.begin_write()?;
    let found = {
        let mut format = transaction.open_table(FORMAT)?;
        let stored = format.get("version")?.map(|version| version.value());
        if stored.is_none() {
            format.insert("version", VERSION)?;
        }
        Entries::open(&transaction)?;
        stored.unwrap_or(VERSION)
    };
    transaction.commit()?;
    Ok(found)
}

impl<'txn> Entries<'txn> {
    pub(super) fn open(transaction: &'txn WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            by_key: transaction.open_table(ENTRIES)?,
            by_end: transaction.open_table(ENDS)?,
            forgotten: transaction.open_table(FORGOTTEN)?,
        })
    }

    pub(super) fn get(&self, kind: Kind, key: &str) -> Result<Option<Stored>, redb::Error> {
        Ok(self.by_key.get((kind as u8, key))?.map(|value| split(value.value())))
    }

    /// The claim on a key, unless it has ended. Bytes that are no claim are an error: taking them for none would run a
    /// call twice.
    pub(super) fn claim(&self, key: &str, now: Timestamp) -> Result<Option<Claim>, redb::Error> {
        let stored = self.get(Kind::Claim, key)?.filter(|(end, _)| *end > now);
        let broken = || redb::Error::Corrupted("an idempotency entry cannot be read".to_owned());
        stored
            .map(|(_, bytes)| Claim::from_bytes(&bytes).ok_or_else(broken))
            .transpose()
    }

    pub(super) fn put(&mut self, kind: Kind, key: &str, end: Timestamp, content: &[u8]) -> Result<(), redb::Error> {
        self.remove(kind, key)?;
        let value = [&end.millis().to_be_bytes(), content].concat();
        self.by_key.insert((kind as u8, key), value.as_slice())?;
        self.by_end.insert((end.millis(), kind as u8, key), ())?;
        Ok(())
    }

    pub(super) fn remove(&mut self, kind: Kind, key: &str) -> Result<(), redb::Error> {
        let end = self
            .by_key
            .remove((kind as u8, key))?
            .map(|value| split(value.value()).0);
        if let Some(end) = end {
            self.by_end.remove((end.millis(), kind as u8, key))?;
        }
        Ok(())
    }

    /// Whether an entry with this end may have been given up.
    pub(super) fn may_have_forgotten(&self, kind: Kind, end: Timestamp) -> Result<bool, redb::Error> {
        let forgotten = self.forgotten.get(kind as u8)?.map(|end| end.value());
        Ok(forgotten.is_some_and(|forgotten| end.millis() <= forgotten))
    }

    /// Gives up at most `count` entries that ended by `now`.
    pub(super) fn forget_ended(&mut self, now: Timestamp, count: usize) -> Result<(), redb::Error> {
        for _ in 0..count {
            let first = self.by_end.first()?.map(|(key, _)| {
                let (end, kind, name) = key.value();
                (end, kind, name.to_owned())
            });
            let Some((end, kind, name)) = first.filter(|(end, ..)| *end <= now.millis()) else {
                return Ok(());
            };
            self.by_end.remove((end, kind, name.as_str()))?;
            self.by_key.remove((kind, name.as_str()))?;
            let before = self.forgotten.get(kind)?.map(|end| end.value());
            self.forgotten
                .insert(kind, before.map_or(end, |before| before.max(end)))?;
        }
        Ok(())
    }
}

//! A map whose entries end. It is bounded, gives up ended entries first, and remembers up to when it has given any up.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_funnel::Timestamp;

/// The map is full of entries that have not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

#[derive(Debug)]
pub(crate) struct Expiring<V> {
    entries: BTreeMap<String, (V, Timestamp)>,
    by_end: BTreeSet<(Timestamp, String)>,
    capacity: usize,
    /// The latest end among the entries that were given up.
    forgotten: Timestamp,
}

impl<V> Expiring<V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: BTreeMap::new(),
            by_end: BTreeSet::new(),
            capacity,
            forgotten: Timestamp::from_millis(i64::MIN),
        }
    }

    /// Gives up entries that ended by `now`.
    pub(crate) fn forget_ended(&mut self, now: Timestamp) {
        while let Some((end, key)) = self.by_end.pop_first() {
            if end > now {
                self.by_end.insert((end, key));
                return;
            }
            self.entries.remove(&key);
            self.forgotten = self.forgotten.max(end);
        }
    }

    /// Whether an entry with this end may have been given up. A clock that jumped ahead and back would otherwise make
    /// the map deny what it knew.
    pub(crate) fn may_have_forgotten(&self, end: Timestamp) -> bool {
        end <= self.forgotten
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key).map(|(value, _)| value)
    }

    pub(crate) fn end(&self, key: &str) -> Option<Timestamp> {
        self.entries.get(key).map(|(_, end)| *end)
    }

    pub(crate) fn insert(&mut self, key: &str, value: V, end: Timestamp) -> Result<(), Full> {
        if !self.entries.contains_key(key) && self.entries.len() >= self.capacity {
            return Err(Full);
        }
        if let Some((_, old)) = self.entries.insert(key.to_owned(), (value, end)) {
            self.by_end.remove(&(old, key.to_owned()));
        }
        self.by_end.insert((end, key.to_owned()));
        Ok(())
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<V> {
        let (value, end) = self.entries.remove(key)?;
        self.by_end.remove(&(end, key.to_owned()));
        Some(value)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use portcullis_funnel::Timestamp;

    use super::{Expiring, Full};

    #[test]
    fn ended_entries_make_room() {
        let at = Timestamp::from_millis;
        let mut map = Expiring::new(2);
        map.insert("a", 1, at(10)).unwrap();
        map.insert("b", 2, at(20)).unwrap();
        assert_eq!(map.insert("c", 3, at(30)), Err(Full));
        // Writing an entry again moves its end and needs no room.
        map.insert("a", 4, at(40)).unwrap();
        map.forget_ended(at(20));
        assert_eq!((map.get("a"), map.get("b"), map.len()), (Some(&4), None, 1));
        assert!(map.may_have_forgotten(at(20)));
        assert!(!map.may_have_forgotten(at(21)));
        map.insert("c", 3, at(30)).unwrap();
        assert_eq!(map.remove("c"), Some(3));
        map.forget_ended(at(39));
        assert_eq!(map.end("a"), Some(at(40)));
    }
}

//! Counters of rate limits, in memory in front of the file. A call is counted here at once; the thread that writes takes
//! what has changed with its next transaction, a tenth of a second later at most. A crash forgets that much, as before:
//! a counter that waits for the disk would cost each call more than all other gates together.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use portcullis_funnel::{Limit, RateDecision, Timestamp, Unavailable};

use super::entries::{Entries, Kind};
use crate::limiter::{self, Numbers};

const SHARDS: usize = 16;
/// Counters behind one lock. What is on the disk makes room; what is not stays.
const EACH: usize = 4_096;

const FULL: Unavailable = Unavailable::new("embedded store", "too many counters wait for the disk");

/// Where the file is, compared with a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It has the counter.
    Same,
    /// It is behind.
    Behind,
    /// A transaction that has not ended yet brings it here. Until then the file cannot be asked for it.
    Catching,
}

#[derive(Debug)]
struct Counter {
    numbers: Numbers,
    end: Timestamp,
    place: Place,
}

type Shard = BTreeMap<String, Counter>;

/// All counters that are in use.
#[derive(Debug)]
pub(super) struct Rates {
    shards: Vec<Mutex<Shard>>,
    places: RandomState,
}

impl Rates {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            places: RandomState::new(),
        }
    }

    fn of(&self, name: &str) -> Option<MutexGuard<'_, Shard>> {
        let place = usize::try_from(self.places.hash_one(name) >> 32).unwrap_or(0) % SHARDS;
        let shard = self.shards.get(place)?;
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a call. `read` asks the file for a counter that is not here.
    pub(super) fn take(
        &self,
        name: &str,
        limit: &Limit,
        cost: u32,
        now: Timestamp,
        read: impl FnOnce() -> Result<Option<Numbers>, Unavailable>,
    ) -> Result<RateDecision, Unavailable> {
        let mut shard = self.of(name).ok_or(FULL)?;
        // What has ended is forgotten, here as in the file.
        if shard.get(name).is_some_and(|counter| counter.end <= now) {
            shard.remove(name);
        }
        if let Some(counter) = shard.get_mut(name) {
            let (decision, end) = limiter::decide(&mut counter.numbers, limit, cost, now);
            // Refusals change some counters too.
            counter.end = end;
            counter.place = Place::Behind;
            return Ok(decision);
        }
        if shard.len() >= EACH {
            shard.retain(|_, counter| counter.place != Place::Same);
        }
        if shard.len() >= EACH {
            return Err(FULL);
        }
        let mut numbers = read()?.unwrap_or_default();
        let (decision, end) = limiter::decide(&mut numbers, limit, cost, now);
        if !numbers.is_empty() {
            let place = Place::Behind;
            shard.insert(name.to_owned(), Counter { numbers, end, place });
        }
        Ok(decision)
    }

    /// Writes what the file does not have. Followed by [`Self::written`] or [`Self::lost`], when the transaction ends.
    pub(super) fn write(&self, entries: &mut Entries<'_>) -> Result<(), redb::Error> {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            for (name, counter) in shard.iter_mut().filter(|(_, counter)| counter.place == Place::Behind) {
                counter.place = Place::Catching;
                let bytes: Vec<u8> = counter.numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
                entries.put(Kind::Rate, name, counter.end, &bytes)?;
            }
        }
        Ok(())
    }

    /// The transaction has succeeded. A counter that has changed in the meantime is behind again, and stays so.
    pub(super) fn written(&self, now: Timestamp) {
        self.settle(Place::Same);
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, counter| counter.place != Place::Same || counter.end > now);
        }
    }

    /// The transaction has failed.
    pub(super) fn lost(&self) {
        self.settle(Place::Behind);
    }

    fn settle(&self, place: Place) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            for counter in shard.values_mut().filter(|counter| counter.place == Place::Catching) {
                counter.place = place;
            }
        }
    }
}

/// The numbers of a counter as they are in the file.
pub(super) fn numbers(bytes: &[u8]) -> Numbers {
    bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|chunk| i64::from_be_bytes(*chunk))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use portcullis_funnel::{Limit, Timestamp, Unavailable};

    use super::{EACH, FULL, Place, Rates, SHARDS};

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn take(rates: &Rates, name: &str) -> Result<bool, Unavailable> {
        let limit = Limit::new(2, Duration::from_mins(1)).unwrap();
        let decision = rates.take(name, &limit, 1, NOW, || Ok(None))?;
        Ok(decision.admitted)
    }

    #[test]
    fn a_counter_goes_on_from_what_the_file_has() {
        let rates = Rates::new();
        let limit = Limit::new(2, Duration::from_mins(1)).unwrap();
        let stored = || Ok(Some(vec![NOW.millis() - 1]));
        assert!(rates.take("k", &limit, 1, NOW, stored).unwrap().admitted);
        assert_eq!(take(&rates, "k"), Ok(false), "the file is not asked again");
        let down = || Err(Unavailable::new("file", "gone"));
        assert!(rates.take("other", &limit, 1, NOW, down).is_err());
    }

    #[test]
    fn counters_that_the_disk_does_not_have_are_never_given_up() {
        let rates = Rates::new();
        let mut names = (0..2 * SHARDS * EACH).map(|number| number.to_string());
        let refused = names.find(|name| take(&rates, name) == Err(FULL)).unwrap();
        // What a transaction brings there right now is not given up either.
        for shard in &rates.shards {
            let mut shard = shard.lock().unwrap();
            shard.values_mut().for_each(|counter| counter.place = Place::Catching);
        }
        assert_eq!(take(&rates, &refused), Err(FULL));
        rates.lost();
        assert_eq!(take(&rates, &refused), Err(FULL));
        for shard in &rates.shards {
            let mut shard = shard.lock().unwrap();
            shard.values_mut().for_each(|counter| counter.place = Place::Catching);
        }
        rates.written(NOW);
        assert_eq!(take(&rates, &refused), Ok(true), "what is on the disk makes room");
    }

    #[test]
    fn a_counter_that_changes_during_a_transaction_is_written_again() {
        let rates = Rates::new();
        assert_eq!(take(&rates, "k"), Ok(true));
        let place = |rates: &Rates| rates.of("k").unwrap()["k"].place;
        rates.of("k").unwrap().get_mut("k").unwrap().place = Place::Catching;
        assert_eq!(take(&rates, "k"), Ok(true));
        rates.written(NOW);
        assert_eq!(place(&rates), Place::Behind);
    }
}

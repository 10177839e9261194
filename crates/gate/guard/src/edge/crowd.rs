//! How many connections and requests one address may make, coarsely and for everything. The limits of single actions
//! are the gates'; this keeps one caller from taking all there is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portcullis_funnel::ClientAddress;
use tokio::time::Instant;

/// Addresses that are remembered; beyond that, the quietest are forgotten.
const MOST_ADDRESSES: usize = 100_000;

/// Counts requests by address: a bucket that fills evenly.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// When it will be full again, if nobody asks.
    full_at: Instant,
}

impl Requests {
    /// Whether a request of `address` is within `limit`: so many in so much time.
    pub(crate) fn allow(&self, address: ClientAddress, limit: (u32, Duration), now: Instant) -> bool {
        let (count, window) = limit;
        let step = window / count.max(1);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_ADDRESSES {
            buckets.retain(|_, bucket| bucket.full_at > now);
        }
        if buckets.len() >= MOST_ADDRESSES {
            // Only very many callers at once come here; then everybody starts anew, and nobody is locked out.
            buckets.clear();
        }
        let bucket = buckets.entry(address.rate_key()).or_insert(Bucket { full_at: now });
        let full_at = bucket.full_at.max(now) + step;
        if full_at.duration_since(now) > window {
            return false;
        }
        bucket.full_at = full_at;
        true
    }
}

impl Requests {
    /// Everybody starts anew.
    pub(crate) fn forget(&self) {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Counts connections, all and by address.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_address: BTreeMap<String, usize>,
}

/// One open connection.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    key: String,
}

impl Connections {
    /// A place for a connection, if there is one.
    pub(crate) fn enter(self: &Arc<Self>, address: ClientAddress, most: usize, most_of_one: usize) -> Option<Place> {
        let key = address.rate_key();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = open.by_address.get(&key).copied().unwrap_or(0);
        if open.all >= most || of_one >= most_of_one {
            return None;
        }
        open.all += 1;
        open.by_address.insert(key.clone(), of_one + 1);
        Some(Place {
            connections: Arc::clone(self),
            key,
        })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        let left = open.by_address.get(&self.key).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            open.by_address.remove(&self.key);
        } else {
            open.by_address.insert(self.key.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use portcullis_funnel::ClientAddress;
    use tokio::time::Instant;

    use super::{Connections, Requests};

    fn address(text: &str) -> ClientAddress {
        ClientAddress::Known(text.parse().unwrap())
    }

    #[test]
    fn an_address_has_its_number_of_requests_and_gets_them_back_evenly() {
        let (requests, limit, start) = (Requests::default(), (10, Duration::from_mins(1)), Instant::now());
        let allowed = |at: u64| requests.allow(address("192.0.2.1"), limit, start + Duration::from_secs(at));
        assert_eq!((0..20).filter(|_| allowed(0)).count(), 10);
        assert!(requests.allow(address("192.0.2.2"), limit, start));
        assert!(!allowed(5));
        assert!(allowed(6));
        assert!(!allowed(6));
        assert_eq!((0..20).filter(|_| allowed(600)).count(), 10);
    }

    #[test]
    fn connections_have_places_that_become_free() {
        let connections = Arc::new(Connections::default());
        let enter = |text: &str| connections.enter(address(text), 3, 2);
        let first = enter("192.0.2.1").unwrap();
        let _second = enter("192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_none());
        let _third = enter("192.0.2.2").unwrap();
        assert!(enter("192.0.2.3").is_none());
        drop(first);
        assert_eq!(connections.count(), 2);
        assert!(enter("192.0.2.1").is_some());
    }
}

//! Everything in the memory of one process: for tests, for development, and for a single instance that may forget at a
//! restart. Bounded; when it is full of live entries it refuses rather than forgets.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use portcullis_funnel::{
    Answer, Begun, Clock, Consumed, FlashStore, IdempotencyStore, Identity, Limit, NonceStore, RateDecision, RateStore,
    Revocation, RevocationStore, Timestamp, Unavailable,
};

use crate::expiring::{Expiring, Full};
use crate::limiter::{self, Numbers};
use crate::records::{Claim, REVOCATION_GRACE};

const SHARDS: usize = 16;

/// The store in memory.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    rates: Shards<Numbers>,
    nonces: Shards<()>,
    claims: Shards<Claim>,
    revocations: Shards<Timestamp>,
    flashes: Shards<Vec<u8>>,
}

/// One map behind several locks. Which key is behind which lock is different in every process, so that nobody can
/// choose keys that fill one of them.
struct Shards<V> {
    maps: Vec<Mutex<Expiring<V>>>,
    places: RandomState,
}

impl<V> Shards<V> {
    fn new(capacity: usize) -> Self {
        let each = capacity.div_ceil(SHARDS).max(1);
        Self {
            maps: (0..SHARDS).map(|_| Mutex::new(Expiring::new(each))).collect(),
            places: RandomState::new(),
        }
    }

    /// The map that holds `key`, without ended entries. A panic elsewhere leaves no half-written entry in it.
    fn of(&self, key: &str, now: Timestamp) -> Result<MutexGuard<'_, Expiring<V>>, Unavailable> {
        let place = usize::try_from(self.places.hash_one(key) >> 32).unwrap_or(0) % SHARDS;
        let shard = self
            .maps
            .get(place)
            .ok_or(Unavailable::new("memory", "it has no shard"))?;
        let mut map = shard.lock().unwrap_or_else(PoisonError::into_inner);
        map.forget_ended(now);
        Ok(map)
    }
}

impl From<Full> for Unavailable {
    fn from(_: Full) -> Self {
        Self::new("memory", "it is full")
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl MemoryStore {
    /// Keeps up to `capacity` entries of each kind.
    pub fn new(clock: Arc<dyn Clock>, capacity: usize) -> Self {
        Self {
            clock,
            rates: Shards::new(capacity),
            nonces: Shards::new(capacity),
            claims: Shards::new(capacity),
            revocations: Shards::new(capacity),
            flashes: Shards::new(capacity),
        }
    }

    fn take_now(&self, key: &str, limit: &Limit, cost: u32) -> Result<RateDecision, Unavailable> {
        let now = self.clock.now();
        let key = limiter::state_key(key, limit);
        let mut rates = self.rates.of(&key, now)?;
        let mut state = rates.get(&key).cloned().unwrap_or_default();
        let (decision, end) = limiter::decide(&mut state, limit, cost, now);
        if !state.is_empty() {
            rates.insert(&key, state, end)?;
        }
        Ok(decision)
    }

    fn consume_now(&self, nonce: &str, expires_at: Timestamp) -> Result<Consumed, Unavailable> {
        let now = self.clock.now();
        let mut nonces = self.nonces.of(nonce, now)?;
        if expires_at <= now || nonces.may_have_forgotten(expires_at) || nonces.get(nonce).is_some() {
            return Ok(Consumed::Again);
        }
        nonces.insert(nonce, (), expires_at)?;
        Ok(Consumed::First)
    }
}

impl RateStore for MemoryStore {
    fn take<'a>(&'a self, key: &'a str, limit: &'a Limit, cost: u32) -> Answer<'a, Result<RateDecision, Unavailable>> {
        Box::pin(std::future::ready(self.take_now(key, limit, cost)))
    }
}

impl NonceStore for MemoryStore {
    fn consume<'a>(&'a self, nonce: &'a str, expires_at: Timestamp) -> Answer<'a, Result<Consumed, Unavailable>> {
        Box::pin(std::future::ready(self.consume_now(nonce, expires_at)))
    }
}

impl IdempotencyStore for MemoryStore {
    fn begin<'a>(
        &'a self,
        key: &'a str,
        fingerprint: &'a str,
        expires_at: Timestamp,
    ) -> Answer<'a, Result<Begun, Unavailable>> {
        Box::pin(async move {
            let mut claims = self.claims.of(key, self.clock.now())?;
            if let Some(claim) = claims.get(key) {
                return Ok(claim.begun(fingerprint));
            }
            claims.insert(key, Claim::open(fingerprint), expires_at)?;
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
        Box::pin(async move {
            let mut claims = self.claims.of(key, self.clock.now())?;
            if claims.get(key).is_none_or(|claim| claim.is_open_for(fingerprint)) {
                claims.insert(key, Claim::done(fingerprint, result), expires_at)?;
            }
            Ok(())
        })
    }

    fn abandon<'a>(&'a self, key: &'a str, fingerprint: &'a str) -> Answer<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let mut claims = self.claims.of(key, self.clock.now())?;
            if claims.get(key).is_some_and(|claim| claim.is_open_for(fingerprint)) {
                claims.remove(key);
            }
            Ok(())
        })
    }
}

impl RevocationStore for MemoryStore {
    fn revoke<'a>(&'a self, revocation: &'a Revocation, expires_at: Timestamp) -> Answer<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let key = revocation.store_key();
            let mut revocations = self.revocations.of(&key, self.clock.now())?;
            let not_before = revocations.get(&key).copied().unwrap_or(revocation.not_before());
            let end = revocations.end(&key).unwrap_or(expires_at);
            revocations.insert(
                &key,
                not_before.max(revocation.not_before()),
                end.max(expires_at.plus(REVOCATION_GRACE)),
            )?;
            Ok(())
        })
    }

    fn is_revoked<'a>(&'a self, identity: &'a Identity) -> Answer<'a, Result<bool, Unavailable>> {
        Box::pin(async move {
            for key in Revocation::keys_of(identity) {
                let revocations = self.revocations.of(&key, self.clock.now())?;
                if revocations
                    .get(&key)
                    .is_some_and(|not_before| identity.is_before(*not_before))
                {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

impl FlashStore for MemoryStore {
    fn put<'a>(&'a self, id: &'a str, message: &'a [u8], expires_at: Timestamp) -> Answer<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let mut flashes = self.flashes.of(id, self.clock.now())?;
            flashes.insert(id, message.to_vec(), expires_at)?;
            Ok(())
        })
    }

    fn take_flash<'a>(&'a self, id: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, Unavailable>> {
        Box::pin(async move { Ok(self.flashes.of(id, self.clock.now())?.remove(id)) })
    }
}

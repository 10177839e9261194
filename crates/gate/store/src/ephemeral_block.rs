//! The process-wide memory of `@upstash/ratelimit`: who was refused is refused here, without asking the store, until
//! its window ends. It saves round trips and refuses more than the limit says; on only to behave as that library does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portcullis_funnel::{Answer, Clock, Limit, RateDecision, RateStore, Timestamp, Unavailable};

use crate::expiring::Expiring;
use crate::limiter::state_key;

/// A rate store behind a memory of refusals.
pub struct EphemeralBlock {
    store: Arc<dyn RateStore>,
    clock: Arc<dyn Clock>,
    blocked: Mutex<Expiring<Timestamp>>,
}

impl std::fmt::Debug for EphemeralBlock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("EphemeralBlock").finish_non_exhaustive()
    }
}

impl EphemeralBlock {
    /// Remembers refusals of up to `capacity` keys; past that, the store is asked.
    pub fn new(store: Arc<dyn RateStore>, clock: Arc<dyn Clock>, capacity: usize) -> Self {
        Self {
            store,
            clock,
            blocked: Mutex::new(Expiring::new(capacity)),
        }
    }

    fn blocked(&self) -> std::sync::MutexGuard<'_, Expiring<Timestamp>> {
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end of a block. The moment of the end itself is still blocked.
    fn block(&self, key: &str, now: Timestamp) -> Option<Timestamp> {
        let mut blocked = self.blocked();
        blocked.forget_ended(now);
        blocked.get(key).copied()
    }
}

impl RateStore for EphemeralBlock {
    fn take<'a>(&'a self, key: &'a str, limit: &'a Limit, cost: u32) -> Answer<'a, Result<RateDecision, Unavailable>> {
        Box::pin(async move {
            let name = state_key(key, limit);
            let now = self.clock.now();
            if let Some(reset_at) = self.block(&name, now) {
                return Ok(RateDecision {
                    admitted: false,
                    remaining: 0,
                    retry_after: reset_at.since(now),
                    reset_at,
                });
            }
            let decision = self.store.take(key, limit, cost).await?;
            if !decision.admitted {
                let end = decision.reset_at.plus(Duration::from_millis(1));
                // Without room the store decides the next call, as it did this one.
                let _full = self.blocked().insert(&name, decision.reset_at, end);
            }
            Ok(decision)
        })
    }
}

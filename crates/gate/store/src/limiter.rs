//! The rate algorithms as pure functions over a short list of numbers, so that the memory and the file decide alike. The
//! scripts of Redis are the same decisions in Lua; one set of vectors holds all of them together.

mod bucket;
mod exact;
mod fixed;
mod gcra;
mod sliding;

use std::time::Duration;

use portcullis_funnel::{Counting, Limit, RateDecision, Timestamp};

/// What is kept for one key. Each algorithm gives the numbers their meaning.
pub(crate) type Numbers = Vec<i64>;

/// Decides, and changes `state` if something was counted. Gives the time after which the state means nothing.
pub(crate) fn decide(state: &mut Numbers, limit: &Limit, cost: u32, now: Timestamp) -> (RateDecision, Timestamp) {
    let decision = match limit.counting() {
        Counting::Exact => exact::decide(state, limit, cost, now.millis()),
        Counting::Upstash => sliding::decide(state, limit, cost, now.millis()),
        Counting::UpstashFixed => fixed::decide(state, limit, cost, now.millis()),
        Counting::UpstashBucket { refill } => bucket::decide(state, limit, refill, cost, now.millis()),
        Counting::Gcra => gcra::decide(state, limit, cost, now.millis()),
    };
    let kept_until = decision.kept_until;
    (decision.answer(now), Timestamp::from_millis(kept_until))
}

/// The name under which the state of a key is kept: another limit on the same key counts on its own.
pub(crate) fn state_key(key: &str, limit: &Limit) -> String {
    let counting = match limit.counting() {
        Counting::Exact => "exact".to_owned(),
        Counting::Upstash => "upstash".to_owned(),
        Counting::UpstashFixed => "fixed".to_owned(),
        Counting::UpstashBucket { refill } => format!("bucket{refill}"),
        Counting::Gcra => "gcra".to_owned(),
    };
    format!("{counting}:{}:{}:{key}", limit.tokens(), limit.window_millis())
}

/// A decision in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    admitted: bool,
    remaining: i64,
    /// When to try again, for a refusal.
    retry_at: i64,
    reset_at: i64,
    kept_until: i64,
}

impl Outcome {
    fn answer(self, now: Timestamp) -> RateDecision {
        let wait = Timestamp::from_millis(self.retry_at).since(now);
        RateDecision {
            admitted: self.admitted,
            remaining: u32::try_from(self.remaining.max(0)).unwrap_or(u32::MAX),
            retry_after: if self.admitted { Duration::ZERO } else { wait },
            reset_at: Timestamp::from_millis(self.reset_at),
        }
    }
}

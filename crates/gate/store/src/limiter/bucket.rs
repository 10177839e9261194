//! The token bucket of `@upstash/ratelimit`: tokens come back all at once, at whole intervals from the first call.
//! State: the time of the last refill and the tokens that are left.

use portcullis_funnel::Limit;

use super::{Numbers, Outcome};

pub(super) fn decide(state: &mut Numbers, limit: &Limit, refill: u32, cost: u32, now: i64) -> Outcome {
    let interval = limit.window_millis();
    let full = i64::from(limit.tokens());
    let (mut refilled_at, mut tokens) = match state.as_slice() {
        [refilled_at, tokens] => (*refilled_at, *tokens),
        _ => (now, full),
    };
    let refills = now.saturating_sub(refilled_at).div_euclid(interval).max(0);
    tokens = full.min(tokens.saturating_add(refills.saturating_mul(i64::from(refill))));
    refilled_at = refilled_at.saturating_add(refills.saturating_mul(interval));
    let next = refilled_at.saturating_add(interval);
    let mut remaining = -1;
    if tokens > 0 || cost == 0 {
        remaining = tokens.saturating_sub(i64::from(cost));
        *state = vec![refilled_at, remaining];
    }
    let missing = full.saturating_sub(remaining).max(0);
    let refill = i64::from(refill.max(1));
    let intervals = missing.saturating_add(refill - 1).div_euclid(refill);
    Outcome {
        admitted: remaining >= 0,
        remaining,
        retry_at: next,
        reset_at: next,
        // As the original: a bucket that is forgotten starts full, with its intervals counted from then.
        kept_until: now.saturating_add(intervals.saturating_mul(interval)),
    }
}

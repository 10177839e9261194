//! The generic cell rate algorithm. State: the time, in microseconds, at which the next call would be exactly on
//! schedule.

use portcullis_funnel::Limit;

use super::{Numbers, Outcome};

pub(super) fn decide(state: &mut Numbers, limit: &Limit, cost: u32, now: i64) -> Outcome {
    let now_micros = now.saturating_mul(1_000);
    let window = limit.window_millis().saturating_mul(1_000);
    let spacing = (window / i64::from(limit.tokens())).max(1);
    let burst = spacing.saturating_mul(i64::from(limit.tokens()));
    // A schedule further ahead than a full burst was written under a clock that was wrong.
    let scheduled = state.first().copied().unwrap_or(now_micros);
    let scheduled = scheduled.clamp(now_micros, now_micros.saturating_add(burst));
    let next = scheduled.saturating_add(spacing.saturating_mul(i64::from(cost)));
    let allowed_at = next.saturating_sub(burst);
    let admitted = now_micros >= allowed_at;
    let standing = if admitted { next } else { scheduled };
    // Written for a refusal too: a schedule that was cut stays cut, and the key is free again after one window.
    *state = vec![standing];
    let left = burst.saturating_sub(standing.saturating_sub(now_micros));
    let up = |micros: i64| micros.saturating_add(999).div_euclid(1_000);
    Outcome {
        admitted,
        remaining: left.div_euclid(spacing),
        retry_at: up(allowed_at),
        reset_at: up(standing),
        kept_until: up(standing),
    }
}

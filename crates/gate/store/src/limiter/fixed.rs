//! The fixed window of `@upstash/ratelimit`: one counter in windows that are aligned to 1970. Refused calls are counted.
//! State: the window's number and its count.

use portcullis_funnel::Limit;

use super::{Numbers, Outcome};

pub(super) fn decide(state: &mut Numbers, limit: &Limit, cost: u32, now: i64) -> Outcome {
    let window = limit.window_millis();
    let index = now.div_euclid(window);
    let before = match state.as_slice() {
        [one, count] if *one == index => *count,
        _ => 0,
    };
    let counted = before.saturating_add(i64::from(cost));
    *state = vec![index, counted];
    let reset_at = index.saturating_add(1).saturating_mul(window);
    let remaining = i64::from(limit.tokens()).saturating_sub(counted);
    Outcome {
        admitted: remaining >= 0,
        remaining,
        retry_at: reset_at,
        reset_at,
        kept_until: reset_at,
    }
}

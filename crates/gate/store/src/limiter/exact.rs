//! The exact sliding window: the times of the last admissions, newest first. A call is admitted if fewer than the limit
//! were in the window that ends now.

use portcullis_funnel::Limit;

use super::{Numbers, Outcome};

pub(super) fn decide(times: &mut Numbers, limit: &Limit, cost: u32, now: i64) -> Outcome {
    let window = limit.window_millis();
    let tokens = usize::try_from(limit.tokens()).unwrap_or(usize::MAX);
    let cost = usize::try_from(cost).unwrap_or(usize::MAX);
    // Times far ahead were written under a clock that was wrong. Counting them as of now keeps them in force for a
    // whole window, and no longer.
    if times.first().is_some_and(|newest| newest.saturating_sub(now) > window) {
        times.iter_mut().for_each(|time| *time = (*time).min(now));
    }
    let refusal = |retry_at: i64, newest: Option<&i64>| Outcome {
        admitted: false,
        remaining: 0,
        retry_at,
        reset_at: newest.map_or(now, |newest| newest.saturating_add(window)),
        kept_until: newest.map_or(now, |newest| newest.saturating_add(window)),
    };
    let Some(slot) = tokens.checked_sub(cost) else {
        // It costs more than a window holds: no waiting helps, and a whole window is the honest bound.
        return refusal(now.saturating_add(window), times.first());
    };
    if cost > 0
        && let Some(oldest) = times.get(slot)
        && now.saturating_sub(*oldest) < window
    {
        return refusal(oldest.saturating_add(window), times.first());
    }
    // A clock that went back a little does not write times out of order.
    let written = times.first().map_or(now, |newest| now.max(*newest));
    times.splice(0..0, std::iter::repeat_n(written, cost));
    times.truncate(tokens);
    let used = times
        .iter()
        .filter(|time| written.saturating_sub(**time) < window)
        .count();
    let reset_at = written.saturating_add(window);
    Outcome {
        admitted: true,
        remaining: i64::try_from(tokens.saturating_sub(used)).unwrap_or(i64::MAX),
        retry_at: now,
        reset_at,
        kept_until: reset_at,
    }
}

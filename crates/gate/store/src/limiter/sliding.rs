//! The sliding window of `@upstash/ratelimit`: two counters in windows that are aligned to 1970, the older one weighted
//! by how much of it is still in view. State: pairs of a window's number and its count.

use portcullis_funnel::Limit;

use super::{Numbers, Outcome};

pub(super) fn decide(counts: &mut Numbers, limit: &Limit, cost: u32, now: i64) -> Outcome {
    let window = limit.window_millis();
    let tokens = i64::from(limit.tokens());
    let index = now.div_euclid(window);
    let before = weighted(count(counts, index.saturating_sub(1)), now.rem_euclid(window), window);
    let current = count(counts, index);
    let reset_at = index.saturating_add(1).saturating_mul(window);
    let kept_until = reset_at.saturating_add(window).saturating_add(1_000);
    let used = before.saturating_add(current);
    let mut remaining = -1;
    if cost == 0 || used < tokens {
        let counted = current.saturating_add(i64::from(cost));
        set(counts, index, counted);
        // The test comes before the addition: a call that costs more than what is left is counted and refused.
        remaining = tokens.saturating_sub(counted.saturating_add(before));
    }
    Outcome {
        admitted: remaining >= 0,
        remaining,
        retry_at: reset_at,
        reset_at,
        kept_until,
    }
}

/// `floor((1 - elapsed / window) * count)`, in the order of operations and the floating point of the original: a rounding
/// elsewhere would decide differently at the borders.
fn weighted(count: i64, elapsed: i64, window: i64) -> i64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "counts and windows are far below 2^53, and the product is not negative"
    )]
    let weight = ((1.0 - elapsed as f64 / window as f64) * count as f64).floor() as i64;
    weight
}

fn count(counts: &[i64], index: i64) -> i64 {
    pairs(counts)
        .find(|[one, _]| *one == index)
        .map_or(0, |[_, count]| *count)
}

fn pairs(counts: &[i64]) -> impl Iterator<Item = &[i64; 2]> {
    counts.as_chunks::<2>().0.iter()
}

/// Writes one count and forgets windows that cannot matter any more. Those ahead stay: the clock may be behind.
fn set(counts: &mut Numbers, index: i64, count: i64) {
    let mut kept: Vec<[i64; 2]> = pairs(counts)
        .filter(|[one, _]| *one != index && *one >= index.saturating_sub(2) && *one <= index.saturating_add(2))
        .copied()
        .collect();
    kept.push([index, count]);
    *counts = kept.concat();
}

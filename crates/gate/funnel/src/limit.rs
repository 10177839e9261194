//! How often something may happen, and what a rate limiter answers.

use std::time::Duration;

use thiserror::Error;

use crate::Timestamp;

/// The largest number of admissions that the exact algorithm keeps for one key.
pub const MAX_EXACT_TOKENS: u32 = 1_000;
const LONGEST_WINDOW: Duration = Duration::from_hours(24 * 366);

/// How admissions are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Counting {
    /// Never more than the limit in any window, wherever it starts. Keeps the time of each admission.
    #[default]
    Exact,
    /// As `@upstash/ratelimit` in its mode `slidingWindow`, bit for bit, so that both can share their counters. It
    /// weights the window before, and so admits more than the limit around its borders.
    Upstash,
    /// As `@upstash/ratelimit` in its mode `fixedWindow`.
    UpstashFixed,
    /// As `@upstash/ratelimit` in its mode `tokenBucket`, with this many tokens coming back each window.
    UpstashBucket {
        /// Tokens that come back each window.
        refill: u32,
    },
    /// The generic cell rate algorithm: evenly spaced, with bursts up to the limit. Admits up to twice the limit in the
    /// first window.
    Gcra,
}

/// So many admissions in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Limit {
    tokens: u32,
    window_millis: i64,
    counting: Counting,
}

/// Why a limit makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BrokenLimit {
    /// Nothing would ever be admitted.
    #[error("a limit admits at least one; to refuse everything, deny the action")]
    NoTokens,
    /// The window is empty or longer than a year.
    #[error("a window has between a millisecond and 366 days")]
    Window,
    /// Too many times to remember.
    #[error("an exact limit counts to 1000; above that, count `by gcra` or `by upstash`")]
    TooManyForExact,
}

impl Limit {
    /// `tokens` admissions in each `window`, counted exactly.
    pub fn new(tokens: u32, window: Duration) -> Result<Self, BrokenLimit> {
        Self::counted(tokens, window, Counting::Exact)
    }

    /// The same, counted as said.
    pub fn counted(tokens: u32, window: Duration, counting: Counting) -> Result<Self, BrokenLimit> {
        if tokens == 0 || counting == (Counting::UpstashBucket { refill: 0 }) {
            return Err(BrokenLimit::NoTokens);
        }
        let window_millis = i64::try_from(window.as_millis()).map_err(|_| BrokenLimit::Window)?;
        if window_millis == 0 || window > LONGEST_WINDOW {
            return Err(BrokenLimit::Window);
        }
        if counting == Counting::Exact && tokens > MAX_EXACT_TOKENS {
            return Err(BrokenLimit::TooManyForExact);
        }
        Ok(Self {
            tokens,
            window_millis,
            counting,
        })
    }

    /// Admissions in a window.
    pub const fn tokens(&self) -> u32 {
        self.tokens
    }

    /// The window in milliseconds; at least 1.
    pub const fn window_millis(&self) -> i64 {
        self.window_millis
    }

    /// How they are counted.
    pub const fn counting(&self) -> Counting {
        self.counting
    }
}

/// What a limiter answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct RateDecision {
    /// Whether this call may go on.
    pub admitted: bool,
    /// How many more would be admitted now.
    pub remaining: u32,
    /// How long to wait before it makes sense to try again; nothing for an admitted call.
    pub retry_after: Duration,
    /// When the counter is back at its start, or its window ends.
    pub reset_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{BrokenLimit, Counting, Limit};

    #[test]
    fn senseless_limits_are_refused() {
        let minute = Duration::from_mins(1);
        assert_eq!(Limit::new(0, minute).err(), Some(BrokenLimit::NoTokens));
        assert_eq!(Limit::new(1, Duration::ZERO).err(), Some(BrokenLimit::Window));
        assert_eq!(Limit::new(1, Duration::MAX).err(), Some(BrokenLimit::Window));
        assert_eq!(Limit::new(1_001, minute).err(), Some(BrokenLimit::TooManyForExact));
        assert!(Limit::counted(1_001, minute, Counting::Upstash).is_ok());
        let empty = Counting::UpstashBucket { refill: 0 };
        assert_eq!(Limit::counted(1, minute, empty).err(), Some(BrokenLimit::NoTokens));
    }
}

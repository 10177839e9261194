//! The system's clock and random numbers: the only ones in front of an action. Everything else takes them as arguments.

use portcullis_funnel::{Clock, Entropy, Timestamp, Unavailable};
use ring::rand::{SecureRandom as _, SystemRandom};

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_types,
        reason = "this is the clock that everything else takes as an argument"
    )]
    fn now(&self) -> Timestamp {
        use std::time::SystemTime;
        // Before 1970 nothing is valid, and nothing has ended.
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(0).plus(since)
    }
}

/// The system's random numbers.
#[derive(Debug, Clone)]
pub struct SystemEntropy(SystemRandom);

impl Default for SystemEntropy {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Unavailable> {
        self.0
            .fill(bytes)
            .map_err(|_| Unavailable::new("entropy", "the system gave no random bytes"))
    }
}

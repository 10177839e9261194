//! The gates in front of an action, in their fixed order, and the permit that only passing them all yields.
//!
//! Pure but for what its traits ask: it knows `http` and `bytes`, no server and no database.

mod answer;
mod limit;
mod principal;
mod sealing;
mod secret;
mod session_source;
mod store;
mod time;

pub use answer::{Answer, Unavailable};
pub use limit::{BrokenLimit, Counting, Limit, MAX_EXACT_TOKENS, RateDecision};
pub use principal::{Identity, Principal};
pub use sealing::{Entropy, KeyRing, SealError};
pub use secret::{MIN_SECRET_BYTES, Secret, WeakSecret, same_bytes};
pub use session_source::{SessionFault, SessionSource};
pub use store::{
    Begun, Consumed, FlashStore, IdempotencyStore, NonceStore, RateStore, Revocation, RevocationStore, Store,
};
pub use time::{Clock, Timestamp};

//! The gates in front of an action, in their fixed order, and the permit that only passing them all yields.
//!
//! Pure but for what its traits ask: it knows `http` and `bytes`, no server and no database.

mod answer;
mod principal;
mod sealing;
mod secret;
mod session_source;
mod time;

pub use answer::{Answer, Unavailable};
pub use principal::{Identity, Principal};
pub use sealing::{Entropy, KeyRing, SealError};
pub use secret::{MIN_SECRET_BYTES, Secret, WeakSecret, same_bytes};
pub use session_source::{SessionFault, SessionSource};
pub use time::{Clock, Timestamp};

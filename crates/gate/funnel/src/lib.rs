//! The gates in front of an action, in their fixed order, and the permit that only passing them all yields.
//!
//! Pure but for what its traits ask: it knows `http` and `bytes`, no server and no database.

mod action_policy;
mod address;
mod admit;
mod answer;
mod audit;
mod authorization;
mod call;
mod captcha;
mod csrf;
mod denial;
mod gates;
mod hex;
mod limit;
mod nonces;
mod origins;
mod permit;
mod principal;
mod rate_rule;
mod reference;
mod sealed;
mod sealing;
mod secret;
mod session_source;
mod store;
mod time;
mod trail;

pub use action_policy::{Access, ActionPolicy, Replay};
pub use address::{BrokenNetwork, ClientAddress, TrustedProxies};
pub use admit::Funnel;
pub use answer::{Answer, Unavailable};
pub use audit::{Actor, AuditLog, AuditRecord, AuditSink, BrokenChain, ChainEnd, FIRST_HASH, sha256_hex, verify};
pub use authorization::{Authorization, Rule, UnknownRole};
pub use call::{
    Arguments, Decoder, Door, Doors, GateFields, NoDoor, Owners, Ownership, Received, Transport, Undecoded, Validator,
};
pub use captcha::{CaptchaService, CaptchaVerdict, CaptchaVerifier, PostForm, SiteVerify};
pub use csrf::{CSRF_COOKIE, CsrfHalves, CsrfTokens};
pub use denial::{Denial, DenialRow, FieldError};
pub use limit::{BrokenLimit, Counting, Limit, MAX_EXACT_TOKENS, RateDecision};
pub use nonces::Nonces;
pub use origins::{BrokenOrigin, Origins};
pub use permit::{Admission, Admitted, Claim, Permit, StoredResult};
pub use principal::{Identity, Principal};
pub use rate_rule::{BrokenRate, RatePart, RateRule};
pub use reference::{Authorized, Loader, Ref, RefTokens};
pub use sealed::{Sealed, SealedError, SealedValues};
pub use sealing::{Entropy, KeyRing, SealError};
pub use secret::{MIN_SECRET_BYTES, Secret, WeakSecret, same_bytes};
pub use session_source::{SessionFault, SessionSource};
pub use store::{
    Begun, Consumed, FlashStore, IdempotencyStore, NonceStore, RateStore, Revocation, RevocationStore, Store,
};
pub use time::{Clock, Timestamp};
pub use trail::{RateNote, Stage, Trail};

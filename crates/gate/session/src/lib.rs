//! Who is calling: the session formats of the common providers, read strictly.
//!
//! Reading is pure: a provider takes what a request presents, the keys and the time, and gives an identity, a row to look
//! up, or the reason for a refusal. Fetching keys and asking tables is the caller's, through traits.

mod claim_map;
mod derivation;
mod instant;
mod iron;
mod jose;
mod jwks_cache;
mod presented;
mod providers;
mod reading;
mod refusal;
mod sessions;
mod strict_json;
mod text;
mod trusted_headers;

pub use claim_map::{BrokenPath, ClaimMap, ClaimPath};
pub use instant::parse_date;
pub use iron::IronPasswords;
pub use jose::{Algorithm, KeyError, KeySet, MAX_KEY_SET_BYTES, MAX_KEYS};
pub use jwks_cache::{Background, FetchKeys, Fetched, JwksCache, KeyFormat, KeyUrl, NotHttps, max_age};
pub use presented::{MAX_CHUNKS, MAX_COOKIES_BYTES, Presented};
pub use providers::{
    Auth0, AuthJsV4, AuthJsV5, Bearer, BetterAuth, CacheFormat, Clerk, Expiry, Firebase, IronSession, Kinde,
    NoAuthorizedParties, Opaque, OwnSession, OwnSessions, Provider, Supabase, Transform, WorkOs, cookie_name,
    cookie_suffix,
};
pub use reading::{Reading, Row, RowQuery, SessionRows};
pub use refusal::Refusal;
pub use sessions::{Keys, Sessions};
pub use trusted_headers::is_forgeable;

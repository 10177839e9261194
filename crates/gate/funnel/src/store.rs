//! What the gates remember between calls. Every operation is one atomic step: there is no "look, then write" for two
//! calls to slip between. A store that cannot answer says so, and the call is refused with 503.

use crate::{Answer, Identity, Limit, RateDecision, Timestamp, Unavailable};

/// Counts admissions.
pub trait RateStore: Send + Sync {
    /// Takes `cost` admissions of `key`, or refuses and takes none.
    fn take<'a>(&'a self, key: &'a str, limit: &'a Limit, cost: u32) -> Answer<'a, Result<RateDecision, Unavailable>>;
}

/// Whether a nonce was spent by this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Consumed {
    /// This call spent it.
    First,
    /// It was spent before, or may have been.
    Again,
}

/// Remembers spent nonces.
pub trait NonceStore: Send + Sync {
    /// Spends a nonce that is valid until `expires_at`, a time that is bound to the nonce: the same nonce always comes
    /// with the same one. Of any number of calls at once exactly one is the first.
    fn consume<'a>(&'a self, nonce: &'a str, expires_at: Timestamp) -> Answer<'a, Result<Consumed, Unavailable>>;
}

/// What is known about an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Begun {
    /// This call owns the key, and has to finish or abandon it.
    New,
    /// Another call owns it, or ended without saying how. It is never run twice.
    InProgress,
    /// It was done before; this is the result.
    Done(Vec<u8>),
    /// The key was used for another request.
    Mismatch,
}

/// Remembers results by idempotency key.
pub trait IdempotencyStore: Send + Sync {
    /// Claims a key for the request with this fingerprint.
    fn begin<'a>(
        &'a self,
        key: &'a str,
        fingerprint: &'a str,
        expires_at: Timestamp,
    ) -> Answer<'a, Result<Begun, Unavailable>>;

    /// Stores the result of the call that owns the key.
    fn finish<'a>(
        &'a self,
        key: &'a str,
        fingerprint: &'a str,
        result: &'a [u8],
        expires_at: Timestamp,
    ) -> Answer<'a, Result<(), Unavailable>>;

    /// Gives the key back: the call that owned it had no effect.
    fn abandon<'a>(&'a self, key: &'a str, fingerprint: &'a str) -> Answer<'a, Result<(), Unavailable>>;
}

/// What is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// One session or token, by its revocation key.
    Session {
        /// The provider.
        provider: String,
        /// [`Identity::revocation_key`].
        key: String,
    },
    /// All sessions of a user that began before a time.
    User {
        /// The provider.
        provider: String,
        /// The user's id.
        user_id: String,
        /// Sessions that began at or after this time stay.
        not_before: Timestamp,
    },
    /// All sessions that began before a time.
    Everything {
        /// Sessions that began at or after this time stay.
        not_before: Timestamp,
    },
}

impl Revocation {
    /// The key under which a store keeps it. Lengths keep parts apart, whatever letters they have.
    pub fn store_key(&self) -> String {
        match self {
            Self::Session { provider, key } => session_key(provider, key),
            Self::User { provider, user_id, .. } => user_key(provider, user_id),
            Self::Everything { .. } => EVERYTHING.to_owned(),
        }
    }

    /// Sessions that began at or after this time stay; for a single session none does.
    pub const fn not_before(&self) -> Timestamp {
        match self {
            Self::Session { .. } => Timestamp::NEVER,
            Self::User { not_before, .. } | Self::Everything { not_before } => *not_before,
        }
    }

    /// The keys that decide about an identity.
    pub fn keys_of(identity: &Identity) -> [String; 3] {
        [
            session_key(identity.provider, &identity.revocation_key),
            user_key(identity.provider, &identity.user_id),
            EVERYTHING.to_owned(),
        ]
    }
}

const EVERYTHING: &str = "everything";

fn session_key(provider: &str, key: &str) -> String {
    format!("session:{provider}:{}:{key}", key.len())
}

fn user_key(provider: &str, user_id: &str) -> String {
    format!("user:{provider}:{}:{user_id}", user_id.len())
}

/// Remembers what is revoked, for as long as it could still be used.
pub trait RevocationStore: Send + Sync {
    /// Revokes. A second revocation of the same target extends the first and never shortens it.
    fn revoke<'a>(&'a self, revocation: &'a Revocation, expires_at: Timestamp) -> Answer<'a, Result<(), Unavailable>>;

    /// Whether an identity's session is revoked.
    fn is_revoked<'a>(&'a self, identity: &'a Identity) -> Answer<'a, Result<bool, Unavailable>>;
}

/// Keeps a message for the next page, once.
pub trait FlashStore: Send + Sync {
    /// Keeps a message under an unguessable id.
    fn put<'a>(&'a self, id: &'a str, message: &'a [u8], expires_at: Timestamp) -> Answer<'a, Result<(), Unavailable>>;

    /// Takes the message away. Of any number of calls at once at most one gets it.
    fn take_flash<'a>(&'a self, id: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, Unavailable>>;
}

/// Everything that the gates remember.
pub trait Store: RateStore + NonceStore + IdempotencyStore + RevocationStore + FlashStore {}

impl<T: RateStore + NonceStore + IdempotencyStore + RevocationStore + FlashStore> Store for T {}

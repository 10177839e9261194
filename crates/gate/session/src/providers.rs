//! One file a provider: where its session is, how it is protected, and which of its claims are who.

mod auth0;
mod authjs;
mod bearer;
mod better_auth;
mod better_auth_cache;
mod clerk;
mod clerk_permissions;
mod firebase;
mod iron_session;
mod kinde;
mod opaque;
mod own;
mod supabase;
mod workos;

pub use auth0::Auth0;
pub use authjs::{AuthJsV4, AuthJsV5};
pub use bearer::Bearer;
pub use better_auth::BetterAuth;
pub use better_auth_cache::CacheFormat;
pub use clerk::{Clerk, NoAuthorizedParties, cookie_suffix};
pub use firebase::Firebase;
pub use iron_session::IronSession;
pub use kinde::Kinde;
pub use opaque::{Expiry, Opaque, Transform};
pub use own::{OwnSession, OwnSessions};
pub use supabase::{Supabase, cookie_name};
pub use workos::WorkOs;

use portcullis_funnel::{Identity, Timestamp};

use crate::jose::{KeySet, Lifetime};
use crate::text::sha256_hex;
use crate::{Presented, Reading, Refusal};

/// A session format: reads what a request presents. Pure: keys and time are arguments, a table is asked by the caller.
pub trait Provider: Send + Sync {
    /// Its name in policy files and audit records.
    fn name(&self) -> &'static str;

    /// Whether it needs keys that are fetched.
    fn needs_keys(&self) -> bool {
        false
    }

    /// Decides, or says which row decides.
    fn read(&self, presented: &Presented, keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal>;
}

/// An identity with the times of its token, which is revoked by its session's id or, without one, by its own.
fn identity(provider: &'static str, user_id: String, lifetime: Lifetime, token: &str) -> Identity {
    Identity {
        provider,
        user_id,
        revocation_key: sha256_hex(what_is_signed(token)),
        authenticated_at: lifetime.authenticated,
        issued_at: lifetime.issued,
        expires_at: Some(lifetime.expires),
        ..Identity::default()
    }
}

/// A signed token without its signature, of which several may be right; any other token as it is.
fn what_is_signed(token: &str) -> &str {
    match token.rsplit_once('.') {
        Some((signed, _)) if signed.bytes().filter(|byte| *byte == b'.').count() == 1 => signed,
        _ => token,
    }
}

/// Lets the session's id, or else the token's, stand for the session in the revocation list.
fn revoked_by(identity: &mut Identity, token_id: Option<String>) {
    if let Some(key) = identity.session_id.clone().or(token_id) {
        identity.revocation_key = key;
    }
}

#[cfg(test)]
mod tests {
    use super::what_is_signed;

    #[test]
    fn a_second_signature_of_one_token_is_no_other_token() {
        assert_eq!(what_is_signed("head.body.signature"), what_is_signed("head.body.other"));
        assert_ne!(
            what_is_signed("head.body.signature"),
            what_is_signed("head.else.signature")
        );
        for whole in ["a", "a.b", "a.b.c.d.e"] {
            assert_eq!(what_is_signed(whole), whole);
        }
    }
}

//! iron-session v8: the application's own object in a seal. Where its user id is, the application says.

use portcullis_funnel::{Identity, Timestamp};
use serde_json::Value;

use super::{Provider, revoked_by};
use crate::claim_map::{ClaimMap, ClaimPath};
use crate::iron::{self, IronPasswords};
use crate::jose::{KeySet, subject};
use crate::text::sha256_hex;
use crate::{Presented, Reading, Refusal};

/// One application with iron-session.
#[derive(Debug, Clone)]
pub struct IronSession {
    /// The cookie's name.
    pub cookie: String,
    /// All passwords that still open sessions.
    pub passwords: IronPasswords,
    /// Where the user's id is.
    pub user_id: ClaimPath,
    /// The id is a whole number rather than a text.
    pub numeric_user_id: bool,
    /// Where role and team are.
    pub claims: ClaimMap,
}

impl Provider for IronSession {
    fn name(&self) -> &'static str {
        "iron-session"
    }

    fn read(&self, presented: &Presented, _keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        let value = presented.cookie(&self.cookie)?.ok_or(Refusal::Missing)?;
        let session = iron::open(value, &self.passwords, now)?;
        // Version 6 sealed its data one level deeper; reading both would let one seal mean two users.
        if session.content.contains_key("persistent") {
            return Err(Refusal::UnsupportedVersion);
        }
        let user = self.user_id.find(&session.content);
        let user_id = match user.and_then(Value::as_u64).filter(|_| self.numeric_user_id) {
            Some(number) => number.to_string(),
            None => subject(user)?,
        };
        let mut identity = Identity {
            provider: "iron-session",
            user_id,
            revocation_key: sha256_hex(value),
            expires_at: session.expires_at,
            ..Identity::default()
        };
        self.claims.fill(&mut identity, &session.content);
        revoked_by(&mut identity, None);
        Ok(Reading::user(identity))
    }
}

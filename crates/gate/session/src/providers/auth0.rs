//! Auth0 for Next.js v4 with its session in the cookie.

use std::time::Duration;

use portcullis_funnel::{Secret, Timestamp, WeakSecret};
use ring::digest;
use serde_json::Value;

use super::{Provider, identity, revoked_by};
use crate::claim_map::ClaimMap;
use crate::derivation::derive;
use crate::jose::{ClaimRules, ContentKey, Encryption, KeySet, decrypt, subject, text};
use crate::presented::Chunks;
use crate::{Presented, Reading, Refusal};

const CHUNKS: Chunks = Chunks {
    separator: "__",
    first_is_bare: false,
    reads_lookalikes: false,
};

const RULES: ClaimRules<'static> = ClaimRules {
    issuer: None,
    audience: None,
    tolerance: 15,
    ignores_issued_at: true,
};

/// Auth0. Cookies of v3 (`appSession`) are not read.
#[derive(Debug, Clone)]
pub struct Auth0 {
    keys: Vec<ContentKey>,
    absolute: Duration,
    claims: ClaimMap,
}

impl Auth0 {
    /// With `AUTH0_SECRET` and the longest life of a session, which is three days unless the application says else.
    pub fn new(secret: &str, absolute: Duration, claims: ClaimMap) -> Result<Self, WeakSecret> {
        let secret = Secret::configured(secret)?;
        let key = derive(&secret, "", "JWE CEK", 32);
        let keys = vec![ContentKey::new(Encryption::A256Gcm, key, &digest::SHA256)];
        Ok(Self { keys, absolute, claims })
    }
}

impl Provider for Auth0 {
    fn name(&self) -> &'static str {
        "auth0"
    }

    fn read(&self, presented: &Presented, _keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        let token = presented.joined("__session", CHUNKS)?.ok_or(Refusal::Missing)?;
        let (header, claims) = decrypt(&token, &self.keys)?;
        if header.contains_key("iat") {
            return Err(Refusal::UnsupportedVersion);
        }
        let mut lifetime = RULES.check(&claims, now)?;
        // Half-finished logins are encrypted under the same key: only this shape is a session.
        let nested = |outer: &str, inner: &str| claims.get(outer).and_then(|value| value.get(inner));
        let user = subject(nested("user", "sub"))?;
        let created = nested("internal", "createdAt")
            .and_then(Value::as_i64)
            .map(Timestamp::from_seconds)
            .ok_or(Refusal::MissingSubject)?;
        if created.plus(self.absolute) <= now {
            return Err(Refusal::AbsoluteLifetime);
        }
        lifetime.authenticated = Some(created);
        let mut identity = identity("auth0", user, lifetime, &token);
        let field = |outer: &str, inner: &str| nested(outer, inner).and_then(Value::as_str).map(str::to_owned);
        identity.session_id = field("internal", "sid");
        identity.email = field("user", "email");
        identity.organization = field("user", "org_id");
        self.claims.fill(&mut identity, &claims);
        revoked_by(&mut identity, text(&claims, "jti"));
        Ok(Reading::user(identity))
    }
}

//! WorkOS AuthKit: an iron seal around a signed access token. Both have to be right, and to name one user.

use portcullis_funnel::Timestamp;
use serde_json::Value;

use super::{Provider, identity, revoked_by};
use crate::claim_map::{BrokenPath, ClaimMap, ClaimPath};
use crate::iron::{self, IronPasswords};
use crate::jose::{Algorithm, ClaimRules, Envelope, KeySet, MAX_TOKEN_BYTES, subject, text, verify};
use crate::{Presented, Reading, Refusal};

/// One WorkOS client.
#[derive(Debug, Clone)]
pub struct WorkOs {
    cookie: String,
    passwords: IronPasswords,
    issuer: String,
    claims: ClaimMap,
}

impl WorkOs {
    /// The cookie's name (`wos-session` unless configured), its password, and the issuer of the client's tokens.
    pub fn new(cookie: &str, passwords: IronPasswords, issuer: &str) -> Result<Self, BrokenPath> {
        let mut claims = ClaimMap::new("role", "org_id")?;
        claims.permissions = Some(ClaimPath::parse("permissions")?);
        Ok(Self {
            cookie: cookie.to_owned(),
            passwords,
            issuer: issuer.to_owned(),
            claims,
        })
    }
}

impl Provider for WorkOs {
    fn name(&self) -> &'static str {
        "workos"
    }

    fn needs_keys(&self) -> bool {
        true
    }

    fn read(&self, presented: &Presented, keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        let sealed = presented.cookie(&self.cookie)?.ok_or(Refusal::Missing)?;
        let session = iron::open(sealed, &self.passwords, now)?.content;
        let token = text(&session, "accessToken").ok_or(Refusal::Malformed("the session has no access token"))?;
        let envelope = Envelope {
            algorithms: &[Algorithm::Rs256],
            types: &["JWT"],
            needs_key_id: false,
            max_bytes: MAX_TOKEN_BYTES,
        };
        let claims = verify(&token, keys, envelope)?.claims;
        let rules = ClaimRules {
            issuer: Some(&self.issuer),
            ..ClaimRules::default()
        };
        let lifetime = rules.check(&claims, now)?;
        let user = subject(claims.get("sub"))?;
        let sealed_user = session
            .get("user")
            .and_then(|user| user.get("id"))
            .and_then(Value::as_str);
        if sealed_user != Some(&user) {
            return Err(Refusal::SubjectMismatch);
        }
        let mut identity = identity("workos", user, lifetime, &token);
        identity.session_id = text(&claims, "sid");
        identity.impersonator = session
            .get("impersonator")
            .and_then(|value| value.get("email"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        self.claims.fill(&mut identity, &claims);
        revoked_by(&mut identity, text(&claims, "jti"));
        Ok(Reading::user(identity))
    }
}

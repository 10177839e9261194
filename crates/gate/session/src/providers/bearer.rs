//! A token of any OpenID Connect or OAuth issuer, in the `Authorization` header.

use portcullis_funnel::Timestamp;

use super::{Provider, identity, revoked_by};
use crate::claim_map::ClaimMap;
use crate::jose::{Algorithm, ClaimRules, Envelope, KeySet, MAX_TOKEN_BYTES, subject, text, verify};
use crate::{Presented, Reading, Refusal};

/// What one issuer's tokens must be.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The exact issuer.
    pub issuer: String,
    /// This application, as the issuer names it.
    pub audience: String,
    /// The algorithms that the issuer signs with.
    pub algorithms: Vec<Algorithm>,
    /// Seconds by which clocks may differ.
    pub tolerance: i64,
    /// Where role and team are.
    pub claims: ClaimMap,
}

impl Provider for Bearer {
    fn name(&self) -> &'static str {
        "jwt"
    }

    fn needs_keys(&self) -> bool {
        true
    }

    fn read(&self, presented: &Presented, keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        let token = presented.bearer().ok_or(Refusal::Missing)?;
        let envelope = Envelope {
            algorithms: &self.algorithms,
            types: &["JWT", "at+jwt"],
            needs_key_id: false,
            max_bytes: MAX_TOKEN_BYTES,
        };
        let signed = verify(token, keys, envelope)?;
        let rules = ClaimRules {
            issuer: Some(&self.issuer),
            audience: Some(&self.audience),
            tolerance: self.tolerance,
            ignores_issued_at: false,
        };
        let lifetime = rules.check(&signed.claims, now)?;
        let mut identity = identity("jwt", subject(signed.claims.get("sub"))?, lifetime, token);
        identity.session_id = text(&signed.claims, "sid");
        self.claims.fill(&mut identity, &signed.claims);
        revoked_by(&mut identity, text(&signed.claims, "jti"));
        Ok(Reading::user(identity))
    }
}

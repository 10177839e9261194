//! Kinde: the access token itself in a cookie. The cookies `access_token_payload`, `id_token_payload` and `user` beside
//! it are unsigned and are not looked at.

use portcullis_funnel::Timestamp;
use serde_json::Value;

use super::{Provider, identity, revoked_by};
use crate::claim_map::{BrokenPath, ClaimMap, ClaimPath};
use crate::jose::{Algorithm, ClaimRules, Envelope, KeySet, MAX_TOKEN_BYTES, subject, text, verify};
use crate::presented::Chunks;
use crate::strict_json::Object;
use crate::{Presented, Reading, Refusal};

const CHUNKS: Chunks = Chunks {
    separator: "",
    first_is_bare: true,
    reads_lookalikes: false,
};

/// One Kinde application.
#[derive(Debug, Clone)]
pub struct Kinde {
    issuer: String,
    audience: Option<String>,
    claims: ClaimMap,
}

impl Kinde {
    /// The issuer without a slash at its end, and the audience if the application asks for one.
    pub fn new(issuer: &str, audience: Option<&str>) -> Result<Self, BrokenPath> {
        let mut claims = ClaimMap::new("roles[].key", "org_code")?;
        claims.permissions = Some(ClaimPath::parse("permissions")?);
        Ok(Self {
            issuer: issuer.to_owned(),
            audience: audience.map(str::to_owned),
            claims,
        })
    }
}

impl Provider for Kinde {
    fn name(&self) -> &'static str {
        "kinde"
    }

    fn needs_keys(&self) -> bool {
        true
    }

    fn read(&self, presented: &Presented, keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        let token = presented.joined("access_token", CHUNKS)?.ok_or(Refusal::Missing)?;
        let envelope = Envelope {
            algorithms: &[Algorithm::Rs256],
            types: &["JWT", "at+jwt"],
            needs_key_id: false,
            max_bytes: MAX_TOKEN_BYTES,
        };
        let claims = verify(&token, keys, envelope)?.claims;
        let rules = ClaimRules {
            issuer: Some(&self.issuer),
            audience: self.audience.as_deref(),
            ..ClaimRules::default()
        };
        let lifetime = rules.check(&claims, now)?;
        if is_id_token(&claims) {
            return Err(Refusal::WrongType);
        }
        let mut identity = identity("kinde", subject(claims.get("sub"))?, lifetime, &token);
        self.claims.fill(&mut identity, &claims);
        revoked_by(&mut identity, text(&claims, "jti"));
        Ok(Reading::user(identity))
    }
}

/// An id token tells the client who signed in. It is made for the client, and binds itself to the other tokens.
fn is_id_token(claims: &Object) -> bool {
    let bound = ["at_hash", "c_hash", "nonce"]
        .iter()
        .any(|name| claims.contains_key(*name));
    let client = claims.get("azp").filter(|client| client.is_string());
    let for_client = client.is_some_and(|client| match claims.get("aud") {
        Some(Value::Array(many)) => many.contains(client),
        Some(one) => one == client,
        None => false,
    });
    bound || for_client
}

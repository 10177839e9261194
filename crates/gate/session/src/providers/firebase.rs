//! Firebase session cookies. Tokens of the emulator are unsigned and are never accepted.

use portcullis_funnel::Timestamp;
use serde_json::Value;

use super::{Provider, identity};
use crate::claim_map::ClaimMap;
use crate::jose::{Algorithm, ClaimRules, Envelope, KeySet, MAX_TOKEN_BYTES, subject, text, verify};
use crate::{Presented, Reading, Refusal};

/// The longest id of a Firebase user.
const MAX_SUBJECT_CHARS: usize = 128;

/// One Firebase project; its keys are certificates.
#[derive(Debug, Clone)]
pub struct Firebase {
    project: String,
    issuer: String,
    cookie: String,
    claims: ClaimMap,
}

impl Firebase {
    /// The project and the name of its cookie, which the application chooses.
    pub fn new(project: &str, cookie: &str, claims: ClaimMap) -> Self {
        Self {
            project: project.to_owned(),
            issuer: format!("https://session.firebase.google.com/{project}"),
            cookie: cookie.to_owned(),
            claims,
        }
    }
}

impl Provider for Firebase {
    fn name(&self) -> &'static str {
        "firebase"
    }

    fn needs_keys(&self) -> bool {
        true
    }

    fn read(&self, presented: &Presented, keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        let token = presented.cookie(&self.cookie)?.ok_or(Refusal::Missing)?;
        let envelope = Envelope {
            algorithms: &[Algorithm::Rs256],
            types: &["JWT"],
            needs_key_id: true,
            max_bytes: MAX_TOKEN_BYTES,
        };
        let claims = verify(token, keys, envelope)?.claims;
        let rules = ClaimRules {
            issuer: Some(&self.issuer),
            ..ClaimRules::default()
        };
        let lifetime = rules.check(&claims, now)?;
        // Firebase writes one text here; an array means another kind of token.
        if claims.get("aud").and_then(Value::as_str) != Some(&self.project) {
            return Err(Refusal::WrongAudience);
        }
        let user = subject(claims.get("sub"))?;
        if user.chars().nth(MAX_SUBJECT_CHARS).is_some() {
            return Err(Refusal::MissingSubject);
        }
        let mut identity = identity("firebase", user, lifetime, token);
        identity.email = text(&claims, "email");
        self.claims.fill(&mut identity, &claims);
        Ok(Reading::user(identity))
    }
}

//! Supabase with `@supabase/ssr`: a session in cookies that scripts can write, around a signed access token. Only the
//! token says who calls; the `user` and `expires_at` beside it are anybody's.

use portcullis_funnel::{Identity, Timestamp};
use serde_json::Value;

use super::{Provider, identity, revoked_by};
use crate::claim_map::ClaimMap;
use crate::jose::{Algorithm, ClaimRules, Envelope, KeySet, MAX_TOKEN_BYTES, subject, text, verify};
use crate::presented::Chunks;
use crate::strict_json::{self, Object};
use crate::text::{base64url, percent_decoded};
use crate::{Presented, Reading, Refusal};

const CHUNKS: Chunks = Chunks {
    separator: ".",
    first_is_bare: false,
    reads_lookalikes: false,
};

const ALGORITHMS: &[Algorithm] = &[Algorithm::Es256, Algorithm::Rs256, Algorithm::Hs256];

/// One Supabase project. Its keys are those of `<url>/auth/v1/.well-known/jwks.json`, with the legacy secret beside them
/// where the project still has one.
#[derive(Debug, Clone)]
pub struct Supabase {
    cookie: String,
    issuer: String,
    claims: ClaimMap,
}

/// The cookie of the project at `url`: it is named after the first label of the host.
pub fn cookie_name(url: &str) -> String {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let label = host.split(['.', ':', '/']).next().unwrap_or_default();
    format!("sb-{label}-auth-token")
}

impl Supabase {
    /// The project at `url`. Roles belong in `app_metadata`: `user_metadata` is written by the user.
    pub fn new(url: &str, cookie: Option<&str>, claims: ClaimMap) -> Self {
        let url = url.trim_end_matches('/');
        Self {
            cookie: cookie.map_or_else(|| cookie_name(url), str::to_owned),
            issuer: format!("{url}/auth/v1"),
            claims,
        }
    }

    fn identify(&self, token: &str, keys: &KeySet, now: Timestamp) -> Result<Identity, Refusal> {
        let envelope = Envelope {
            algorithms: ALGORITHMS,
            types: &["JWT"],
            needs_key_id: false,
            max_bytes: MAX_TOKEN_BYTES,
        };
        let claims = verify(token, keys, envelope)?.claims;
        let rules = ClaimRules {
            issuer: Some(&self.issuer),
            audience: Some("authenticated"),
            ..ClaimRules::default()
        };
        let lifetime = rules.check(&claims, now)?;
        // The public key of a project is a token too, under the same legacy secret.
        if claims.get("role").and_then(Value::as_str) != Some("authenticated") {
            return Err(Refusal::WrongRole);
        }
        let mut identity = identity("supabase", subject(claims.get("sub"))?, lifetime, token);
        identity.session_id = text(&claims, "session_id");
        identity.email = text(&claims, "email");
        identity.authenticated_at = identity.authenticated_at.or_else(|| last_proof(&claims));
        identity.is_anonymous = claims.get("is_anonymous") == Some(&Value::Bool(true));
        self.claims.fill(&mut identity, &claims);
        revoked_by(&mut identity, text(&claims, "jti"));
        Ok(identity)
    }
}

/// The last time that one of the user's ways to sign in was used. Renewing a token is none.
fn last_proof(claims: &Object) -> Option<Timestamp> {
    let methods = claims.get("amr")?.as_array()?.iter();
    let proofs = methods.filter(|one| {
        let method = one.get("method").and_then(Value::as_str);
        method.is_some_and(|method| method != "token_refresh" && method != "anonymous")
    });
    let times = proofs.filter_map(|one| one.get("timestamp").and_then(Value::as_i64));
    times.max().map(Timestamp::from_seconds)
}

impl Provider for Supabase {
    fn name(&self) -> &'static str {
        "supabase"
    }

    fn needs_keys(&self) -> bool {
        true
    }

    fn read(&self, presented: &Presented, keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        let cookie = presented.pieces(&self.cookie, CHUNKS)?;
        match (cookie, presented.bearer()) {
            (Some(_), Some(_)) => Err(Refusal::Ambiguous),
            (None, Some(token)) => self.identify(token, keys, now).map(Reading::user),
            (Some(pieces), None) => self.identify(&access_token(&pieces)?, keys, now).map(Reading::user),
            (None, None) => Err(Refusal::Missing),
        }
    }
}

/// The access token inside the cookie. Pieces are cut on the encoded text, so each one is decoded for itself.
fn access_token(pieces: &[&str]) -> Result<String, Refusal> {
    let mut session = String::new();
    for piece in pieces {
        session.push_str(&percent_decoded(piece)?);
    }
    let json = match session.strip_prefix("base64-") {
        Some(encoded) => base64url(encoded)?,
        None => session.into_bytes(),
    };
    text(&strict_json::object(&json)?, "access_token").ok_or(Refusal::Malformed("the session has no access token"))
}

#[cfg(test)]
mod tests {
    use portcullis_funnel::Timestamp;
    use serde_json::json;

    use super::{cookie_name, last_proof};

    #[test]
    fn renewing_a_token_proves_nothing() {
        let proof = |amr: serde_json::Value| last_proof(json!({"amr": amr}).as_object().unwrap());
        let at = |seconds| Some(Timestamp::from_seconds(seconds));
        let one = |method: &str, seconds: i64| json!({"method": method, "timestamp": seconds});
        assert_eq!(proof(json!([one("password", 5), one("totp", 9)])), at(9));
        assert_eq!(proof(json!([one("password", 5), one("token_refresh", 900)])), at(5));
        for nothing in [json!([one("anonymous", 5)]), json!(["password"]), json!([]), json!(7)] {
            assert_eq!(proof(nothing), None);
        }
    }

    #[test]
    fn the_cookie_is_named_after_the_host() {
        assert_eq!(cookie_name("https://abc.supabase.co"), "sb-abc-auth-token");
        assert_eq!(cookie_name("http://127.0.0.1:54321"), "sb-127-auth-token");
        assert_eq!(cookie_name("http://localhost:54321/"), "sb-localhost-auth-token");
    }
}

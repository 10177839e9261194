//! Better Auth's cached copy of a session, in its three formats. It never stands alone: it must hold the token that the
//! other, signed cookie holds.

use portcullis_funnel::{Identity, Secret, Timestamp, same_bytes};
use ring::{digest, hmac};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::Refusal;
use crate::derivation::derive;
use crate::instant::parse_date;
use crate::jose::{Algorithm, ClaimRules, ContentKey, Encryption, Envelope, KeySet, decrypt, subject, text, verify};
use crate::strict_json::{self, Object};
use crate::text::{base64url, sha256_hex};

/// The version of the cache that applications write unless they changed it.
const VERSION: &str = "1";
const MAX_BYTES: usize = 32 * 1024;

/// How the copy is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheFormat {
    /// JSON with a MAC.
    Compact,
    /// A token under the secret.
    Jwt,
    /// A token under the application's published keys.
    SignedJwt,
    /// An encrypted token.
    Jwe,
}

#[derive(Debug, Clone)]
pub(super) struct CacheReader {
    format: CacheFormat,
    secret: Secret<Vec<u8>>,
    shared: KeySet,
    content_keys: Vec<ContentKey>,
}

impl CacheReader {
    pub(super) fn new(format: CacheFormat, secret: &Secret<Vec<u8>>) -> Self {
        let info = "BetterAuth.js Generated Encryption Key";
        let encryption = Encryption::A256CbcHs512;
        let key = derive(secret, "better-auth-session", info, encryption.key_bytes());
        Self {
            format,
            secret: secret.clone(),
            shared: KeySet::from_secret(secret.clone()),
            content_keys: vec![ContentKey::new(encryption, key, &digest::SHA256)],
        }
    }

    pub(super) fn needs_keys(&self) -> bool {
        self.format == CacheFormat::SignedJwt
    }

    /// The identity in a cached copy that belongs to `token`.
    pub(super) fn read(&self, cached: &str, token: &str, keys: &KeySet, now: Timestamp) -> Result<Identity, Refusal> {
        let content = match self.format {
            CacheFormat::Compact => self.compact(cached, now)?,
            CacheFormat::Jwt => self.signed(cached, &self.shared, &[Algorithm::Hs256], now)?,
            CacheFormat::SignedJwt => {
                let algorithms = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256, Algorithm::Ps256];
                self.signed(cached, keys, &algorithms, now)?
            }
            CacheFormat::Jwe => {
                let (_, claims) = decrypt(cached, &self.content_keys)?;
                ClaimRules::default().check(&claims, now)?;
                claims
            }
        };
        identity(&content, token, now)
    }

    fn signed(&self, cached: &str, keys: &KeySet, algorithms: &[Algorithm], now: Timestamp) -> Result<Object, Refusal> {
        let envelope = Envelope {
            algorithms,
            types: &["JWT", "better-auth.session-cache+jwt"],
            needs_key_id: false,
            max_bytes: MAX_BYTES,
        };
        let claims = verify(cached, keys, envelope)?.claims;
        let rules = ClaimRules {
            // The published keys sign other tokens too, which have other audiences.
            audience: (self.format == CacheFormat::SignedJwt).then_some("better-auth:session-cache"),
            ..ClaimRules::default()
        };
        rules.check(&claims, now)?;
        Ok(claims)
    }

    /// The MAC covers the session's own text with the expiry appended, so the raw text is used and never a re-encoding.
    fn compact(&self, cached: &str, now: Timestamp) -> Result<Object, Refusal> {
        #[derive(Deserialize)]
        struct Compact<'a> {
            #[serde(borrow)]
            session: &'a RawValue,
            #[serde(borrow, rename = "expiresAt")]
            expires_at: &'a RawValue,
            signature: &'a str,
        }
        if cached.len() > MAX_BYTES {
            return Err(Refusal::TooLarge);
        }
        let json = base64url(cached)?;
        strict_json::object(&json)?;
        let broken = Refusal::Malformed("the cached session is broken");
        let compact: Compact<'_> = serde_json::from_slice(&json).map_err(|_| broken)?;
        let open = compact.session.get().strip_suffix('}').ok_or(broken)?;
        let signed = format!(r#"{open},"expiresAt":{}}}"#, compact.expires_at.get());
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.expose());
        hmac::verify(&key, signed.as_bytes(), &base64url(compact.signature)?).map_err(|_| Refusal::BadSignature)?;
        let expires: i64 = compact.expires_at.get().parse().map_err(|_| broken)?;
        if expires <= now.millis() {
            return Err(Refusal::Expired);
        }
        strict_json::object(compact.session.get().as_bytes())
    }
}

/// Reads the authentic copy: version, token, the session's own end, the user.
fn identity(content: &Object, token: &str, now: Timestamp) -> Result<Identity, Refusal> {
    let part = |name: &str| {
        content
            .get(name)
            .and_then(Value::as_object)
            .ok_or(Refusal::Malformed("the cached session lacks a part"))
    };
    if text(content, "version").as_deref() != Some(VERSION) {
        return Err(Refusal::UnsupportedVersion);
    }
    let (session, user) = (part("session")?, part("user")?);
    let cached_token = text(session, "token").unwrap_or_default();
    if !same_bytes(cached_token.as_bytes(), token.as_bytes()) {
        return Err(Refusal::TokenMismatch);
    }
    let date = |object: &Object, name: &str| text(object, name).and_then(|date| parse_date(&date));
    let expires_at = date(session, "expiresAt").ok_or(Refusal::MissingExpiry)?;
    if expires_at <= now {
        return Err(Refusal::Expired);
    }
    let user_id = subject(user.get("id"))?;
    if text(session, "userId").is_some_and(|owner| owner != user_id) {
        return Err(Refusal::SubjectMismatch);
    }
    if user.get("banned") == Some(&Value::Bool(true)) && date(user, "banExpires").is_none_or(|end| end > now) {
        return Err(Refusal::UserDisabled);
    }
    let session_id = text(session, "id");
    Ok(Identity {
        provider: "better-auth",
        user_id,
        revocation_key: session_id.clone().unwrap_or_else(|| sha256_hex(token)),
        session_id,
        // The admin plugin keeps several roles in one text.
        roles: text(user, "role")
            .map(|roles| roles.split(',').map(str::to_owned).collect())
            .unwrap_or_default(),
        organization: text(session, "activeOrganizationId"),
        email: text(user, "email"),
        authenticated_at: date(session, "createdAt"),
        issued_at: date(session, "createdAt"),
        expires_at: Some(expires_at),
        impersonator: text(session, "impersonatedBy"),
        ..Identity::default()
    })
}

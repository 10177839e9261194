//! Better Auth: a signed token in a cookie, and either the table or the cookie's cached copy of the session.
//!
//! With a table the table decides alone. The cached copy outlives a revocation by its whole life, so it counts only
//! where there is no table.

use portcullis_funnel::{Secret, Timestamp, WeakSecret};
use ring::hmac;

use super::Provider;
use super::better_auth_cache::{CacheFormat, CacheReader};
use crate::jose::KeySet;
use crate::presented::Chunks;
use crate::reading::RowQuery;
use crate::text::{base64, percent_decoded};
use crate::{Presented, Reading, Refusal};

const CHUNKS: Chunks = Chunks {
    separator: ".",
    first_is_bare: false,
    reads_lookalikes: false,
};

const MAX_TOKEN_BYTES: usize = 512;

/// One Better Auth application.
#[derive(Debug, Clone)]
pub struct BetterAuth {
    secret: Secret<Vec<u8>>,
    prefix: String,
    cache: Option<CacheReader>,
}

impl BetterAuth {
    /// Decides by the table. `prefix` is `better-auth` unless the application chose another.
    pub fn with_table(secret: &str, prefix: &str) -> Result<Self, WeakSecret> {
        Ok(Self {
            secret: Secret::configured(secret)?,
            prefix: prefix.to_owned(),
            cache: None,
        })
    }

    /// Decides by the cached copy, where no table can be asked. A revoked session lives on until its copy ends.
    pub fn with_cache(secret: &str, prefix: &str, format: CacheFormat) -> Result<Self, WeakSecret> {
        let mut sessions = Self::with_table(secret, prefix)?;
        sessions.cache = Some(CacheReader::new(format, &sessions.secret));
        Ok(sessions)
    }

    fn cookie(&self, presented: &Presented, name: &str) -> String {
        let secure = if presented.is_secure() { "__Secure-" } else { "" };
        format!("{secure}{}.{name}", self.prefix)
    }

    /// The token of a signed cookie: `token.signature`, percent-encoded or, after some proxies, not.
    fn token(&self, cookie: &str) -> Result<String, Refusal> {
        if cookie.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLarge);
        }
        let value = percent_decoded(cookie)?;
        let (token, signature) = value
            .rsplit_once('.')
            .ok_or(Refusal::Malformed("the token is not signed"))?;
        if token.is_empty() || signature.len() != 44 || !signature.ends_with('=') {
            return Err(Refusal::Malformed("the token is not signed"));
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.expose());
        hmac::verify(&key, token.as_bytes(), &base64(signature)?).map_err(|_| Refusal::BadSignature)?;
        Ok(token.to_owned())
    }
}

impl Provider for BetterAuth {
    fn name(&self) -> &'static str {
        "better-auth"
    }

    fn needs_keys(&self) -> bool {
        self.cache.as_ref().is_some_and(CacheReader::needs_keys)
    }

    fn read(&self, presented: &Presented, keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        // Both cookies are looked at in either case: the application behind may read the one that is not used here.
        let cached = presented.joined(&self.cookie(presented, "session_data"), CHUNKS)?;
        let cookie = self.cookie(presented, "session_token");
        let token = self.token(presented.cookie(&cookie)?.ok_or(Refusal::Missing)?)?;
        let Some(reader) = &self.cache else {
            return Ok(Reading::Row(RowQuery {
                provider: "better-auth",
                key: token,
                secret_hash: None,
                valid_at_expiry: false,
            }));
        };
        let cached = cached.ok_or(Refusal::Missing)?;
        reader.read(&cached, &token, keys, now).map(Reading::user)
    }
}

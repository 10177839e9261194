//! Auth.js and its predecessor NextAuth with encrypted tokens. The strategy with a table is [`super::Opaque`].

use portcullis_funnel::{Identity, Secret, Timestamp, WeakSecret};
use ring::digest;

use super::{Provider, identity, revoked_by};
use crate::claim_map::ClaimMap;
use crate::derivation::derive;
use crate::jose::{ClaimRules, ContentKey, Encryption, KeySet, decrypt, subject, text};
use crate::presented::Chunks;
use crate::{Presented, Reading, Refusal};

/// Both generations join every cookie whose name starts like the session's.
const CHUNKS: Chunks = Chunks {
    separator: ".",
    first_is_bare: false,
    reads_lookalikes: true,
};

/// The time of issue is not compared: the application alone can make these tokens, and its own code does not either.
const RULES: ClaimRules<'static> = ClaimRules {
    issuer: None,
    audience: None,
    tolerance: 15,
    ignores_issued_at: true,
};

/// NextAuth v4. It has one secret and no rotation.
#[derive(Debug, Clone)]
pub struct AuthJsV4 {
    keys: Vec<ContentKey>,
    claims: ClaimMap,
}

impl AuthJsV4 {
    /// With the application's `NEXTAUTH_SECRET`.
    pub fn new(secret: &str, claims: ClaimMap) -> Result<Self, WeakSecret> {
        let secret = Secret::configured(secret)?;
        let key = derive(&secret, "", "NextAuth.js Generated Encryption Key", 32);
        let keys = vec![ContentKey::new(Encryption::A256Gcm, key, &digest::SHA256)];
        Ok(Self { keys, claims })
    }
}

impl Provider for AuthJsV4 {
    fn name(&self) -> &'static str {
        "authjs"
    }

    fn read(&self, presented: &Presented, _keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        let name = choose(presented, "next-auth.session-token", "__Secure-next-auth.session-token");
        let token = presented.joined(name, CHUNKS)?.ok_or(Refusal::Missing)?;
        open(&token, &self.keys, &self.claims, now).map(Reading::user)
    }
}

/// Auth.js v5. The cookie's name salts the key, so a token is bound to its cookie.
#[derive(Debug, Clone)]
pub struct AuthJsV5 {
    plain: Vec<ContentKey>,
    secure: Vec<ContentKey>,
    claims: ClaimMap,
}

const V5_PLAIN: &str = "authjs.session-token";
const V5_SECURE: &str = "__Secure-authjs.session-token";

impl AuthJsV5 {
    /// With the application's secrets, the newest first (`AUTH_SECRET_3`, `_2`, `_1`, then `AUTH_SECRET`).
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>, claims: ClaimMap) -> Result<Self, WeakSecret> {
        let secrets: Vec<Secret<Vec<u8>>> = secrets.into_iter().map(Secret::configured).collect::<Result<_, _>>()?;
        let keys = |name: &str| secrets.iter().flat_map(|secret| v5_keys(secret, name)).collect();
        Ok(Self {
            plain: keys(V5_PLAIN),
            secure: keys(V5_SECURE),
            claims,
        })
    }
}

/// A thumbprint has as many bits as its key.
fn v5_keys(secret: &Secret<Vec<u8>>, name: &str) -> [ContentKey; 2] {
    let info = format!("Auth.js Generated Encryption Key ({name})");
    let key = |encryption: Encryption| derive(secret, name, &info, encryption.key_bytes());
    [
        ContentKey::new(Encryption::A256CbcHs512, key(Encryption::A256CbcHs512), &digest::SHA512),
        ContentKey::new(Encryption::A256Gcm, key(Encryption::A256Gcm), &digest::SHA256),
    ]
}

impl Provider for AuthJsV5 {
    fn name(&self) -> &'static str {
        "authjs"
    }

    fn read(&self, presented: &Presented, _keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        let (name, keys) = if presented.is_secure() {
            (V5_SECURE, &self.secure)
        } else {
            (V5_PLAIN, &self.plain)
        };
        let token = presented.joined(name, CHUNKS)?.ok_or(Refusal::Missing)?;
        open(&token, keys, &self.claims, now).map(Reading::user)
    }
}

fn choose(presented: &Presented, plain: &'static str, secure: &'static str) -> &'static str {
    if presented.is_secure() { secure } else { plain }
}

fn open(token: &str, keys: &[ContentKey], map: &ClaimMap, now: Timestamp) -> Result<Identity, Refusal> {
    let (_, claims) = decrypt(token, keys)?;
    let lifetime = RULES.check(&claims, now)?;
    let mut identity = identity("authjs", subject(claims.get("sub"))?, lifetime, token);
    identity.email = text(&claims, "email");
    map.fill(&mut identity, &claims);
    revoked_by(&mut identity, text(&claims, "jti"));
    Ok(identity)
}

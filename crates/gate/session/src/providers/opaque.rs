//! Sessions that are a random id in a cookie and a row in a table: Auth.js with a database, Lucia, your own.

use portcullis_funnel::Timestamp;
use ring::digest;

use super::Provider;
use crate::jose::KeySet;
use crate::presented::Chunks;
use crate::reading::RowQuery;
use crate::text::sha256_hex;
use crate::{Presented, Reading, Refusal};

/// The longest id that is looked up.
const MAX_ID_BYTES: usize = 512;

const CHUNKS: Chunks = Chunks {
    separator: ".",
    first_is_bare: false,
    reads_lookalikes: false,
};

/// How the cookie becomes the key of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    /// As it is.
    Plain,
    /// Its SHA-256 in lower-case hex, so that a leaked table holds no sessions.
    Sha256Hex,
    /// `id.secret`: the row is found by the id, and holds the secret's SHA-256.
    IdAndSecret,
}

/// What a row's time of expiry means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// The session is still valid at that very moment.
    Inclusive,
    /// It is not.
    Exclusive,
}

/// A session by its id.
#[derive(Debug, Clone)]
pub struct Opaque {
    provider: &'static str,
    plain: Vec<String>,
    secure: Vec<String>,
    transform: Transform,
    expiry: Expiry,
}

impl Opaque {
    /// Any table: a cookie and how it becomes the key.
    pub fn new(provider: &'static str, cookie: &str, transform: Transform, expiry: Expiry) -> Self {
        let names = vec![cookie.to_owned()];
        Self {
            provider,
            plain: names.clone(),
            secure: names,
            transform,
            expiry,
        }
    }

    /// Auth.js with a database, of either generation.
    pub fn authjs() -> Self {
        let names = ["authjs.session-token", "next-auth.session-token"];
        Self {
            provider: "authjs",
            plain: names.iter().map(|name| (*name).to_owned()).collect(),
            secure: names.iter().map(|name| format!("__Secure-{name}")).collect(),
            transform: Transform::Plain,
            expiry: Expiry::Inclusive,
        }
    }

    /// The value of the one session cookie. Names with pieces are refused: an id is never cut.
    fn value<'a>(&self, presented: &'a Presented) -> Result<&'a str, Refusal> {
        let names = if presented.is_secure() {
            &self.secure
        } else {
            &self.plain
        };
        let mut found = None;
        for name in names {
            match presented.pieces(name, CHUNKS)?.as_deref() {
                None => {}
                Some([_]) if found.is_some() => return Err(Refusal::Ambiguous),
                Some([value]) => found = Some(*value),
                Some(_) => return Err(Refusal::Malformed("an id is not cut into pieces")),
            }
        }
        found.ok_or(Refusal::Missing)
    }
}

impl Provider for Opaque {
    fn name(&self) -> &'static str {
        self.provider
    }

    fn read(&self, presented: &Presented, _keys: &KeySet, _now: Timestamp) -> Result<Reading, Refusal> {
        let value = self.value(presented)?;
        if value.len() > MAX_ID_BYTES {
            return Err(Refusal::TooLarge);
        }
        let (key, secret_hash) = match self.transform {
            Transform::Plain => (value.to_owned(), None),
            Transform::Sha256Hex => (sha256_hex(value), None),
            Transform::IdAndSecret => {
                let malformed = Refusal::Malformed("the session is not `id.secret`");
                let (id, secret) = value.split_once('.').ok_or(malformed)?;
                if id.is_empty() || secret.is_empty() || secret.contains('.') {
                    return Err(malformed);
                }
                let hash = digest::digest(&digest::SHA256, secret.as_bytes());
                (id.to_owned(), Some(hash.as_ref().to_vec()))
            }
        };
        Ok(Reading::Row(RowQuery {
            provider: self.provider,
            key,
            secret_hash,
            valid_at_expiry: self.expiry == Expiry::Inclusive,
        }))
    }
}

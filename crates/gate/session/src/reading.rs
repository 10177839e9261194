//! What reading a request comes to: an identity, or the row of a table that decides. The table itself is asked by the
//! caller, so that this crate stays without IO.

use portcullis_funnel::{Answer, Identity, Timestamp, Unavailable, same_bytes};

use crate::Refusal;

/// The outcome of reading.
#[derive(Debug)]
pub enum Reading {
    /// The session speaks for itself.
    User(Box<Identity>),
    /// A row has to be looked up.
    Row(RowQuery),
}

impl Reading {
    pub(crate) fn user(identity: Identity) -> Self {
        Self::User(Box::new(identity))
    }
}

/// Which row decides, and how.
#[derive(Debug)]
pub struct RowQuery {
    pub(crate) provider: &'static str,
    pub(crate) key: String,
    pub(crate) secret_hash: Option<Vec<u8>>,
    pub(crate) valid_at_expiry: bool,
}

/// A row of a session table, with its user's columns where the table or a join has them.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The column by which it was found, as it is stored.
    pub key: String,
    /// SHA-256 of the secret half, for tables that have one.
    pub secret_hash: Option<Vec<u8>>,
    /// The user's id.
    pub user_id: String,
    /// The session's own id, where it differs from the key.
    pub session_id: Option<String>,
    /// When the session ends.
    pub expires_at: Option<Timestamp>,
    /// When it began.
    pub created_at: Option<Timestamp>,
    /// The user is banned at the present.
    pub is_disabled: bool,
    /// The user's roles.
    pub roles: Vec<String>,
    /// The user's permissions.
    pub permissions: Vec<String>,
    /// The active organization.
    pub organization: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// Who impersonates the user.
    pub impersonator: Option<String>,
}

impl RowQuery {
    /// What to look for.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Decides by what was found.
    pub fn decide(self, row: Option<Row>, now: Timestamp) -> Result<Identity, Refusal> {
        // A collation that ignores case finds rows that were not asked for: the bytes are compared again.
        let row = row
            .filter(|row| same_bytes(row.key.as_bytes(), self.key.as_bytes()))
            .ok_or(Refusal::NotFound)?;
        if let Some(presented) = &self.secret_hash {
            let stored = row.secret_hash.as_deref().ok_or(Refusal::BadSignature)?;
            if !same_bytes(stored, presented) {
                return Err(Refusal::BadSignature);
            }
        }
        let expires_at = row.expires_at.ok_or(Refusal::MissingExpiry)?;
        let ended = if self.valid_at_expiry {
            expires_at < now
        } else {
            expires_at <= now
        };
        if ended {
            return Err(Refusal::Expired);
        }
        if row.is_disabled {
            return Err(Refusal::UserDisabled);
        }
        if row.user_id.is_empty() || row.user_id.chars().any(char::is_control) {
            return Err(Refusal::MissingSubject);
        }
        let revocation_key = row
            .session_id
            .clone()
            .unwrap_or_else(|| crate::text::sha256_hex(&row.key));
        Ok(Identity {
            provider: self.provider,
            user_id: row.user_id,
            session_id: row.session_id,
            revocation_key,
            roles: row.roles,
            permissions: row.permissions,
            organization: row.organization,
            email: row.email,
            authenticated_at: row.created_at,
            issued_at: row.created_at,
            expires_at: Some(expires_at),
            is_anonymous: false,
            impersonator: row.impersonator,
        })
    }
}

/// A table of sessions.
pub trait SessionRows: Send + Sync {
    /// The row with this key, by one parameterised query.
    fn find<'a>(&'a self, key: &'a str) -> Answer<'a, Result<Option<Row>, Unavailable>>;
}

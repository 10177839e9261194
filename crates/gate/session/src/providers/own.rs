//! Portcullis's own sessions: sealed cookies that only this application can write, under rotating secrets.
//! Opaque ids against a table are [`super::Opaque`] with [`super::Transform::Sha256Hex`].

use portcullis_funnel::{Entropy, Identity, KeyRing, Timestamp, Unavailable};
use serde::{Deserialize, Serialize};

use super::Provider;
use crate::jose::KeySet;
use crate::{Presented, Reading, Refusal};

/// The purpose under which sessions are sealed; nothing else opens as one.
const PURPOSE: &str = "session";

/// Sealed sessions in one cookie.
#[derive(Debug, Clone)]
pub struct OwnSessions {
    keys: KeyRing,
    cookie: String,
}

/// What is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnSession {
    /// The user's id.
    pub user_id: String,
    /// A random id of this session, by which it is revoked.
    pub session_id: String,
    /// The user's roles.
    pub roles: Vec<String>,
    /// The user's permissions.
    pub permissions: Vec<String>,
    /// The active organization.
    pub organization: Option<String>,
    /// When the user proved who they are, in milliseconds since 1970.
    pub authenticated_at: i64,
    /// When the session ends, in milliseconds since 1970.
    pub expires_at: i64,
}

impl OwnSessions {
    /// The cookie gets the prefix `__Host-`: it is bound to the host, HTTPS and the root path.
    pub fn new(keys: KeyRing, name: &str) -> Self {
        Self {
            keys,
            cookie: format!("__Host-{name}"),
        }
    }

    /// The `Set-Cookie` header that starts or renews a session.
    pub fn set_cookie(
        &self,
        session: &OwnSession,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<String, Unavailable> {
        let plain = serde_json::to_vec(session).map_err(|_| Unavailable::new("session", "it cannot be written"))?;
        let sealed = self.keys.seal(PURPOSE, &[&self.cookie], &plain, entropy)?;
        let seconds = Timestamp::from_millis(session.expires_at).since(now).as_secs();
        Ok(self.header(&sealed, seconds))
    }

    /// The `Set-Cookie` header that ends the session in the browser.
    pub fn clear_cookie(&self) -> String {
        self.header("", 0)
    }

    fn header(&self, value: &str, max_age: u64) -> String {
        let name = &self.cookie;
        format!("{name}={value}; Path=/; Max-Age={max_age}; Secure; HttpOnly; SameSite=Lax")
    }
}

impl Provider for OwnSessions {
    fn name(&self) -> &'static str {
        "own"
    }

    fn read(&self, presented: &Presented, _keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        let token = presented.cookie(&self.cookie)?.ok_or(Refusal::Missing)?;
        let plain = self
            .keys
            .open(PURPOSE, &[&self.cookie], token)
            .map_err(|_| Refusal::DecryptFailed)?;
        let session: OwnSession = serde_json::from_slice(plain.expose())
            .map_err(|_| Refusal::Malformed("the session is of another version"))?;
        if session.expires_at <= now.millis() {
            return Err(Refusal::Expired);
        }
        if session.user_id.is_empty() || session.session_id.is_empty() || session.user_id.chars().any(char::is_control)
        {
            return Err(Refusal::MissingSubject);
        }
        Ok(Reading::user(Identity {
            provider: "own",
            user_id: session.user_id,
            revocation_key: session.session_id.clone(),
            session_id: Some(session.session_id),
            roles: session.roles,
            permissions: session.permissions,
            organization: session.organization,
            authenticated_at: Some(Timestamp::from_millis(session.authenticated_at)),
            issued_at: Some(Timestamp::from_millis(session.authenticated_at)),
            expires_at: Some(Timestamp::from_millis(session.expires_at)),
            ..Identity::default()
        }))
    }
}

#[cfg(test)]
mod tests {
    use portcullis_funnel::{Entropy, KeyRing, Timestamp, Unavailable};

    use super::{OwnSession, OwnSessions};
    use crate::jose::KeySet;
    use crate::providers::Provider as _;
    use crate::{Presented, Reading, Refusal};

    struct Zero;

    impl Entropy for Zero {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), Unavailable> {
            bytes.fill(0);
            Ok(())
        }
    }

    fn sessions(name: &str) -> OwnSessions {
        let keys = KeyRing::new("a", "q8Zr1mB5vK0xTn7cWd3yLs9eHf6jPa2u").unwrap();
        OwnSessions::new(keys, name)
    }

    fn read(sessions: &OwnSessions, cookie: &str, now: i64) -> Result<String, Refusal> {
        let presented = Presented::parse([cookie.as_bytes()], [], true)?;
        match sessions.read(&presented, &KeySet::default(), Timestamp::from_seconds(now))? {
            Reading::User(identity) => Ok(identity.user_id),
            Reading::Row(_) => panic!("own sessions need no table"),
        }
    }

    #[test]
    fn a_session_goes_out_and_comes_back() {
        let session = OwnSession {
            user_id: "ada".to_owned(),
            session_id: "s1".to_owned(),
            roles: vec!["admin".to_owned()],
            permissions: Vec::new(),
            organization: None,
            authenticated_at: 100_000,
            expires_at: 200_000,
        };
        let own = sessions("app");
        let header = own.set_cookie(&session, Timestamp::from_seconds(100), &Zero).unwrap();
        let (cookie, attributes) = header.split_once("; ").unwrap();
        assert_eq!(attributes, "Path=/; Max-Age=100; Secure; HttpOnly; SameSite=Lax");
        assert!(cookie.starts_with("__Host-app="));
        assert_eq!(read(&own, cookie, 199), Ok("ada".to_owned()));
        assert_eq!(read(&own, cookie, 200), Err(Refusal::Expired));
        assert_eq!(read(&own, "", 199), Err(Refusal::Missing));
        // The same bytes under another cookie's name are not that cookie's session.
        let renamed = cookie.replace("__Host-app", "__Host-other");
        assert_eq!(read(&sessions("other"), &renamed, 199), Err(Refusal::DecryptFailed));
    }
}

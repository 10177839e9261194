//! The token for forms of browsers that send neither an origin nor fetch metadata: signed, bound to the session, and
//! sent twice, in a cookie and in the form. A foreign site can make a browser send the cookie, and cannot read it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Entropy, Identity, KeyRing, Unavailable, same_bytes};

const PURPOSE: &str = "csrf";

/// The cookie's name. The prefix keeps subdomains from planting one.
pub const CSRF_COOKIE: &str = "__Host-portcullis-csrf";

/// Makes and checks tokens.
#[derive(Debug, Clone)]
pub struct CsrfTokens(KeyRing);

/// Both halves as a request brings them, not looked at yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CsrfHalves {
    /// From the cookie.
    pub cookie: Option<String>,
    /// From the form or the header.
    pub field: Option<String>,
}

/// What a token is bound to: the session, or the fact that there is none.
pub(crate) fn binding(identity: Option<&Identity>) -> String {
    identity.map_or_else(|| "anonymous".to_owned(), Identity::binding)
}

impl CsrfTokens {
    /// With the application's secrets.
    pub const fn new(keys: KeyRing) -> Self {
        Self(keys)
    }

    /// A token for the forms of one session; it goes into the cookie and into the form.
    pub fn issue(&self, identity: Option<&Identity>, entropy: &dyn Entropy) -> Result<String, Unavailable> {
        let mut random = [0; 18];
        entropy.fill(&mut random)?;
        let random = URL_SAFE_NO_PAD.encode(random);
        let signature = self
            .0
            .sign(PURPOSE, &[&random, &binding(identity)])
            .ok_or(Unavailable::new("csrf", "no key is configured"))?;
        Ok(format!("{random}.{signature}"))
    }

    /// The `Set-Cookie` header for a token.
    pub fn set_cookie(token: &str) -> String {
        format!("{CSRF_COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict")
    }

    /// Whether a token is ours and for this session. A page that gets one with its request can use it again, so that
    /// the forms of two tabs do not end each other.
    pub fn is_for(&self, token: &str, identity: Option<&Identity>) -> bool {
        let halves = CsrfHalves {
            cookie: Some(token.to_owned()),
            field: Some(token.to_owned()),
        };
        self.accepts(&halves, identity)
    }

    /// Whether both halves are there, equal, and ours for this session.
    pub(crate) fn accepts(&self, halves: &CsrfHalves, identity: Option<&Identity>) -> bool {
        let (Some(cookie), Some(field)) = (&halves.cookie, &halves.field) else {
            return false;
        };
        let Some((random, signature)) = field.split_once('.') else {
            return false;
        };
        same_bytes(cookie.as_bytes(), field.as_bytes())
            && self.0.is_signed(PURPOSE, &[random, &binding(identity)], signature)
    }
}

#[cfg(test)]
mod tests {
    use super::{CsrfHalves, CsrfTokens};
    use crate::Identity;
    use crate::sealing::tests::{Counter, ring};

    #[test]
    fn both_halves_and_the_session_count() {
        let tokens = CsrfTokens::new(ring());
        let ada = Identity {
            provider: "own",
            session_id: Some("s1".to_owned()),
            ..Identity::default()
        };
        let bob = Identity {
            session_id: Some("s2".to_owned()),
            ..ada.clone()
        };
        let entropy = Counter::default();
        let token = tokens.issue(Some(&ada), &entropy).unwrap();
        let other = tokens.issue(Some(&ada), &entropy).unwrap();
        let halves = |cookie: &str, field: &str| CsrfHalves {
            cookie: Some(cookie.to_owned()),
            field: Some(field.to_owned()),
        };
        assert!(tokens.accepts(&halves(&token, &token), Some(&ada)));
        assert!(!tokens.accepts(&halves(&token, &token), Some(&bob)));
        assert!(!tokens.accepts(&halves(&token, &token), None));
        assert!(!tokens.accepts(&halves(&token, &other), Some(&ada)));
        assert!(!tokens.accepts(&halves("a.b", "a.b"), Some(&ada)));
        assert!(!tokens.accepts(&CsrfHalves::default(), Some(&ada)));
        let one = CsrfHalves {
            cookie: None,
            field: Some(token),
        };
        assert!(!tokens.accepts(&one, Some(&ada)));
    }
}

//! Who calls. A principal comes from a verified session, never from what the request says about itself.

use crate::Timestamp;

/// The caller of an action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Principal {
    /// Nobody is signed in.
    #[default]
    Anonymous,
    /// A signed-in caller.
    User(Box<Identity>),
}

impl Principal {
    /// The identity, if somebody is signed in.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Anonymous => None,
            Self::User(identity) => Some(identity),
        }
    }
}

/// What a verified session says about its user. Never built from unsigned data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Which provider vouches for it, in lower case: `authjs`, `clerk`.
    pub provider: &'static str,
    /// The user's id at the provider. Not empty, without control characters.
    pub user_id: String,
    /// The session's id, where the format has one.
    pub session_id: Option<String>,
    /// What revokes exactly this session: the session's id, the token's id, or the token's SHA-256 in hex.
    pub revocation_key: String,
    /// The user's roles.
    pub roles: Vec<String>,
    /// The user's permissions.
    pub permissions: Vec<String>,
    /// The organization, team or tenant in which the user acts.
    pub organization: Option<String>,
    /// The e-mail address, for display only.
    pub email: Option<String>,
    /// When the user proved who they are. Nothing, where the provider does not say: a token that is renewed in the
    /// background is young, and shows nothing about who sits in front of it.
    pub authenticated_at: Option<Timestamp>,
    /// When this token was issued.
    pub issued_at: Option<Timestamp>,
    /// When the session ends.
    pub expires_at: Option<Timestamp>,
    /// The provider made up this user: nobody signed in with a credential.
    pub is_anonymous: bool,
    /// Who really acts, if support staff impersonates the user.
    pub impersonator: Option<String>,
}

impl Identity {
    /// Whether "revoke everything before `not_before`" covers this session. One that does not tell its age is covered.
    pub fn is_before(&self, not_before: Timestamp) -> bool {
        self.authenticated_at
            .or(self.issued_at)
            .is_none_or(|at| at < not_before)
    }

    /// What nonces, sealed values, tokens of forms and limits by session are bound to: the session, or the user, where
    /// the format has no session that outlives its tokens. Never a token's own id: a page that was made under one token
    /// is sent under the next.
    pub(crate) fn binding(&self) -> String {
        let (kind, id) = match &self.session_id {
            Some(id) => ("session", id),
            None => ("user", &self.user_id),
        };
        format!("{kind}:{}:{}:{id}", self.provider, id.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use crate::Timestamp;

    #[test]
    fn a_session_without_age_is_covered_by_a_revocation_of_everything_older() {
        let at = |seconds| Identity {
            authenticated_at: Some(Timestamp::from_seconds(seconds)),
            ..Identity::default()
        };
        let cut = Timestamp::from_seconds(100);
        assert!(at(99).is_before(cut));
        assert!(!at(100).is_before(cut));
        assert!(Identity::default().is_before(cut));
    }

    #[test]
    fn a_renewed_token_does_not_make_a_session_younger() {
        let at = Timestamp::from_seconds;
        let renewed = Identity {
            authenticated_at: Some(at(10)),
            issued_at: Some(at(200)),
            ..Identity::default()
        };
        assert!(renewed.is_before(at(100)));
        let untold = Identity {
            authenticated_at: None,
            ..renewed
        };
        assert!(!untold.is_before(at(100)));
        assert!(untold.is_before(at(201)));
    }

    #[test]
    fn what_is_bound_survives_the_next_token() {
        let token = |key: &str, session: Option<&str>| Identity {
            provider: "own",
            user_id: "ada".to_owned(),
            session_id: session.map(str::to_owned),
            revocation_key: key.to_owned(),
            ..Identity::default()
        };
        assert_eq!(token("jti1", Some("s")).binding(), token("jti2", Some("s")).binding());
        assert_eq!(token("jti1", None).binding(), token("jti2", None).binding());
        assert_ne!(token("k", Some("s")).binding(), token("k", Some("t")).binding());
        assert_ne!(token("k", Some("ada")).binding(), token("k", None).binding());
    }
}

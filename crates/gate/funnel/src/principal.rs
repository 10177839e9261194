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
    /// When the user proved who they are, or when the session was issued.
    pub authenticated_at: Option<Timestamp>,
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
        self.authenticated_at.is_none_or(|at| at < not_before)
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
}

//! Who may do what: ordered roles, permissions that roles carry, and the application's own rules. What is not granted
//! is refused, and a role that nobody declared grants nothing.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::{Answer, Identity, Principal, Unavailable};

/// Roles in their order, and what each one may do beside what the lower ones may.
#[derive(Debug, Clone, Default)]
pub struct Authorization {
    order: Vec<String>,
    permissions: BTreeMap<String, BTreeSet<String>>,
}

/// A role that is not declared.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the role `{0}` is not declared in the order of roles")]
pub struct UnknownRole(pub String);

impl Authorization {
    /// The roles, the lowest first.
    pub fn new(order: impl IntoIterator<Item = String>) -> Self {
        Self {
            order: order.into_iter().collect(),
            permissions: BTreeMap::new(),
        }
    }

    /// Gives a permission to a role and to all higher ones.
    pub fn grant(mut self, role: &str, permission: &str) -> Result<Self, UnknownRole> {
        if self.rank(role).is_none() {
            return Err(UnknownRole(role.to_owned()));
        }
        self.permissions
            .entry(role.to_owned())
            .or_default()
            .insert(permission.to_owned());
        Ok(self)
    }

    fn rank(&self, role: &str) -> Option<usize> {
        self.order.iter().position(|one| one == role)
    }

    /// The highest of the user's roles.
    fn highest(&self, identity: &Identity) -> Option<usize> {
        identity.roles.iter().filter_map(|role| self.rank(role)).max()
    }

    /// Whether the user has `role` or a higher one.
    pub fn reaches(&self, identity: &Identity, role: &str) -> bool {
        let (Some(highest), Some(wanted)) = (self.highest(identity), self.rank(role)) else {
            return false;
        };
        highest >= wanted
    }

    /// Whether the session or one of the user's roles carries the permission.
    pub fn permits(&self, identity: &Identity, permission: &str) -> bool {
        let by_role = |role: &String| self.permissions.get(role).is_some_and(|all| all.contains(permission));
        let reached = self.highest(identity).map_or(0, |highest| highest.saturating_add(1));
        identity.permissions.iter().any(|one| one == permission) || self.order.iter().take(reached).any(by_role)
    }
}

/// The application's own decision about who may call an action. It sees no arguments: those are decoded later.
pub trait Rule: Send + Sync {
    /// Whether the caller may go on. A backend that does not answer is neither yes nor no.
    fn allows<'a>(&'a self, action: &'a str, principal: &'a Principal) -> Answer<'a, Result<bool, Unavailable>>;
}

#[cfg(test)]
mod tests {
    use super::{Authorization, UnknownRole};
    use crate::Identity;

    fn roles() -> Authorization {
        Authorization::new(["viewer", "editor", "admin"].map(str::to_owned))
            .grant("viewer", "read")
            .and_then(|roles| roles.grant("editor", "update"))
            .unwrap()
    }

    fn user(role: &str) -> Identity {
        Identity {
            roles: vec![role.to_owned()],
            permissions: vec!["extra".to_owned()],
            ..Identity::default()
        }
    }

    #[test]
    fn higher_roles_include_lower_ones() {
        let roles = roles();
        assert!(roles.reaches(&user("admin"), "editor"));
        assert!(roles.reaches(&user("editor"), "editor"));
        assert!(!roles.reaches(&user("viewer"), "editor"));
        assert!(roles.permits(&user("admin"), "update") && roles.permits(&user("admin"), "read"));
        assert!(!roles.permits(&user("viewer"), "update"));
        assert!(roles.permits(&user("viewer"), "extra"));
    }

    #[test]
    fn what_is_not_declared_grants_nothing() {
        let roles = roles();
        for role in ["", "Admin", "root", "admin "] {
            assert!(!roles.reaches(&user(role), "viewer"), "{role}");
            assert!(!roles.permits(&user(role), "read"), "{role}");
        }
        assert!(!roles.reaches(&user("admin"), "owner"));
        assert_eq!(roles.grant("owner", "x").unwrap_err(), UnknownRole("owner".to_owned()));
    }
}

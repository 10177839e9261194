//! What an application tells the library about itself, as types: its state, its roles in their order, its permissions.

use portcullis_funnel::{Authorization, UnknownRole};

/// An application.
pub trait App: Send + Sync + 'static {
    /// What handlers work with: connections, settings.
    type State: Send + Sync + 'static;
    /// The roles of its users. Without roles: [`NoRoles`].
    type Role: Role;
    /// The permissions that actions ask for. Without permissions: [`NoPermissions`].
    type Permission: Permission;

    /// Permissions that a role carries; higher roles carry them too.
    fn grants() -> Vec<(Self::Role, Self::Permission)> {
        Vec::new()
    }
}

/// A role of users.
pub trait Role: Copy + Send + Sync + 'static {
    /// All roles, the lowest first.
    const ORDER: &'static [Self];

    /// The name that sessions have for it.
    fn name(self) -> &'static str;
}

/// Something that an action may ask its caller to be allowed.
pub trait Permission: Copy + Send + Sync + 'static {
    /// The name that sessions and inventories have for it.
    fn name(self) -> &'static str;
}

/// For applications without roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoles {}

impl Role for NoRoles {
    const ORDER: &'static [Self] = &[];

    fn name(self) -> &'static str {
        match self {}
    }
}

/// For applications without permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPermissions {}

impl Permission for NoPermissions {
    fn name(self) -> &'static str {
        match self {}
    }
}

/// Roles and grants as the gates want them.
pub(crate) fn authorization<A: App>() -> Result<Authorization, UnknownRole> {
    let order = A::Role::ORDER.iter().map(|role| role.name().to_owned());
    A::grants()
        .into_iter()
        .try_fold(Authorization::new(order), |authorization, (role, permission)| {
            authorization.grant(role.name(), permission.name())
        })
}

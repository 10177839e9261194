//! What one action requires. A policy begins with who may call: there is no policy without that answer, and none for
//! everybody without a limit.

use std::sync::Arc;
use std::time::Duration;

use crate::{RateRule, Rule, Stage};

/// Who may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public {
        /// Why that is right; it is shown in inventories.
        reason: String,
    },
    /// Who is signed in.
    Authenticated,
}

/// What keeps a call from being run twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Replay {
    /// Nothing: running it twice does no harm.
    #[default]
    NotRequired,
    /// A nonce that is spent with the call.
    Once,
    /// A key of the client; a second call gets the result of the first.
    Idempotent,
    /// A key of the client where it sends one, as [`Self::Idempotent`]; without one, the same caller with the same
    /// arguments is refused for so long.
    Window(Duration),
}

/// The policy of one action.
#[derive(Clone)]
pub struct ActionPolicy {
    pub(crate) name: String,
    pub(crate) access: Access,
    pub(crate) refuses_impersonation: bool,
    pub(crate) admits_provisional_users: bool,
    pub(crate) minimum_role: Option<String>,
    pub(crate) permissions: Vec<String>,
    pub(crate) rules: Vec<Arc<dyn Rule>>,
    pub(crate) rates: Vec<RateRule>,
    pub(crate) checks_ownership: bool,
    pub(crate) replay: Replay,
    pub(crate) captcha: Option<String>,
    pub(crate) observed: Vec<Stage>,
}

impl std::fmt::Debug for ActionPolicy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ActionPolicy")
            .field("name", &self.name)
            .field("access", &self.access)
            .field("replay", &self.replay)
            .finish_non_exhaustive()
    }
}

impl ActionPolicy {
    /// For callers who are signed in.
    pub fn authenticated(name: &str) -> Self {
        Self::with_access(name, Access::Authenticated)
    }

    /// For everybody, and no more often than `rate`.
    pub fn public(name: &str, reason: &str, rate: RateRule) -> Self {
        let reason = reason.to_owned();
        Self::with_access(name, Access::Public { reason }).rate(rate)
    }

    fn with_access(name: &str, access: Access) -> Self {
        Self {
            name: name.to_owned(),
            access,
            refuses_impersonation: false,
            admits_provisional_users: false,
            minimum_role: None,
            permissions: Vec::new(),
            rules: Vec::new(),
            rates: Vec::new(),
            checks_ownership: false,
            replay: Replay::NotRequired,
            captcha: None,
            observed: Vec::new(),
        }
    }

    /// The same policy for an action of another name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The action's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who may call.
    pub const fn access(&self) -> &Access {
        &self.access
    }

    /// Adds a limit; all of them hold.
    #[must_use]
    pub fn rate(mut self, rate: RateRule) -> Self {
        self.rates.push(rate);
        self
    }

    /// The lowest role that may call.
    #[must_use]
    pub fn minimum_role(mut self, role: &str) -> Self {
        self.minimum_role = Some(role.to_owned());
        self
    }

    /// A permission that the caller has to have; all of them are needed.
    #[must_use]
    pub fn permission(mut self, permission: &str) -> Self {
        self.permissions.push(permission.to_owned());
        self
    }

    /// The application's own rule; all of them have to agree.
    #[must_use]
    pub fn rule(mut self, rule: Arc<dyn Rule>) -> Self {
        self.rules.push(rule);
        self
    }

    /// Staff that impersonates a user may not call.
    #[must_use]
    pub const fn refuse_impersonation(mut self) -> Self {
        self.refuses_impersonation = true;
        self
    }

    /// Users that the provider made up, who signed in with nothing, count as signed in.
    #[must_use]
    pub const fn admit_provisional_users(mut self) -> Self {
        self.admits_provisional_users = true;
        self
    }

    /// The arguments name resources, which have to be the caller's.
    #[must_use]
    pub const fn owned(mut self) -> Self {
        self.checks_ownership = true;
        self
    }

    /// What keeps a call from being run twice.
    #[must_use]
    pub const fn replay(mut self, replay: Replay) -> Self {
        self.replay = replay;
        self
    }

    /// What this gate refuses is recorded and goes through. Which action is called, and what its arguments are, is always
    /// enforced: without them there is nothing to let through.
    #[must_use]
    pub fn observe(mut self, gate: Stage) -> Self {
        if !self.observed.contains(&gate) {
            self.observed.push(gate);
        }
        self
    }

    /// The gates that only record.
    pub fn observed(&self) -> &[Stage] {
        &self.observed
    }

    /// A proof of a human, made for this action of the widget.
    #[must_use]
    pub fn captcha(mut self, action: &str) -> Self {
        self.captcha = Some(action.to_owned());
        self
    }
}

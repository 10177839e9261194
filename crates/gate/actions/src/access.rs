//! Who may call, as a state of the builder: an action without an answer has no `handler`.

use portcullis_funnel::{ActionPolicy, Identity, Principal, RateRule};

/// Nobody has said yet who may call.
#[derive(Debug)]
pub enum Undecided {}

/// Callers are signed in.
#[derive(Debug)]
pub enum Authed {}

/// Everybody may call, and the handler does not learn who does.
#[derive(Debug)]
pub enum Public {}

/// Everybody may call, and the handler learns who does, if they are signed in.
#[derive(Debug)]
pub enum Optional {}

/// No limit was set.
#[derive(Debug)]
pub enum Unpaced {}

/// There is a limit.
#[derive(Debug)]
pub enum Paced {}

/// Somebody said that no limit is needed, and why.
#[derive(Debug)]
pub enum Unlimited {}

/// The action says who may call it.
#[diagnostic::on_unimplemented(
    message = "this action does not say who may call it",
    label = "an answer is missing before `.handler(..)`",
    note = "call `.authenticated()` for signed-in callers, `.public(\"why\")` for everybody, or `.optional_auth(\"why\")`"
)]
pub trait AccessDecided: sealed::Access + Send + Sync + 'static {}

impl AccessDecided for Authed {}
impl AccessDecided for Public {}
impl AccessDecided for Optional {}

/// The action says how often it may be called, as far as its access rule asks for that.
#[diagnostic::on_unimplemented(
    message = "a public action must say how often it may be called",
    label = "a limit is missing before `.handler(..)`",
    note = "call `.rate_limit(\"5/1m per ip\")`: everybody can call this action, so it has no default and no exception"
)]
pub trait RateDecidedFor<Access> {}

// The first mistake is reported alone.
impl<Rate> RateDecidedFor<Undecided> for Rate {}
impl<Rate> RateDecidedFor<Authed> for Rate {}
impl RateDecidedFor<Public> for Paced {}
impl RateDecidedFor<Optional> for Paced {}

pub(crate) mod sealed {
    use super::{ActionPolicy, Authed, Optional, Principal, Public, RateRule, Undecided};

    /// What an access rule means to the gates.
    pub trait Access {
        /// The policy that begins with this rule. `None` if the rule needs a limit and there is none.
        fn policy(name: &str, reason: &str, rates: Vec<RateRule>) -> Option<ActionPolicy>;

        /// Everybody may call.
        const NEEDS_RATE: bool = false;

        /// Who the handler sees.
        fn visible(principal: Principal) -> Principal {
            principal
        }
    }

    impl Access for Undecided {
        fn policy(_name: &str, _reason: &str, _rates: Vec<RateRule>) -> Option<ActionPolicy> {
            None
        }
    }

    impl Access for Authed {
        fn policy(name: &str, _reason: &str, rates: Vec<RateRule>) -> Option<ActionPolicy> {
            let policy = ActionPolicy::authenticated(name);
            Some(rates.into_iter().fold(policy, ActionPolicy::rate))
        }
    }

    fn for_everybody(name: &str, reason: &str, rates: Vec<RateRule>) -> Option<ActionPolicy> {
        let mut rates = rates.into_iter();
        let policy = ActionPolicy::public(name, reason, rates.next()?);
        Some(rates.fold(policy, ActionPolicy::rate))
    }

    impl Access for Public {
        const NEEDS_RATE: bool = true;

        fn policy(name: &str, reason: &str, rates: Vec<RateRule>) -> Option<ActionPolicy> {
            for_everybody(name, reason, rates)
        }

        fn visible(_principal: Principal) -> Principal {
            Principal::Anonymous
        }
    }

    impl Access for Optional {
        const NEEDS_RATE: bool = true;

        fn policy(name: &str, reason: &str, rates: Vec<RateRule>) -> Option<ActionPolicy> {
            for_everybody(name, reason, rates)
        }
    }
}

/// Nobody, for a context that has no user.
pub(crate) fn nobody() -> &'static Identity {
    static NOBODY: std::sync::OnceLock<Identity> = std::sync::OnceLock::new();
    NOBODY.get_or_init(Identity::default)
}

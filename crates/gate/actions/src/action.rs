//! The builder of one action. Its type says what has been answered; `handler` is there once everything is.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use portcullis_funnel::{RateRule, Replay, Rule};

use crate::access::{AccessDecided, Authed, Optional, Paced, Public, RateDecidedFor, Undecided, Unlimited, Unpaced};
use crate::handler::{Handler, Ready, erased};
use crate::output::Dto;
use crate::references::{Allows, Flat, Lookup, Owns, Policy, RefField, RefsCovered, Resource, Steps, Without};
use crate::{ActionClient, ActionError, App, Ctx, Input, NoInput, Permission as _, Role as _, Validated};

/// An action in the making: `Access`, `Rate` and `Left` say what is still to be answered, `I` is its input, `Done` the
/// steps that open its references.
pub struct Action<A: App, Access, Rate, I, Left, Done> {
    pub(crate) client: ActionClient<A>,
    pub(crate) draft: Draft,
    done: Done,
    state: Answered<(Access, Rate, I, Left)>,
}

/// Types that stand for answers, without a value of them.
type Answered<T> = PhantomData<fn() -> T>;

/// The action after a step, with the references that are left.
type After<A, X, L, I, Left, Done, Step> = Action<A, X, L, I, Left, (Done, Step)>;

/// The action after a policy was asked about a reference.
type AfterPolicy<A, X, L, I, Left, Done, R, Q, const N: usize> = After<A, X, L, I, Left, Done, Allows<I, R, Q, N>>;

/// What has been said so far.
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) access: &'static str,
    pub(crate) reason: String,
    pub(crate) unlimited: Option<String>,
    pub(crate) role: Option<&'static str>,
    pub(crate) permissions: Vec<&'static str>,
    pub(crate) rules: Vec<Arc<dyn Rule>>,
    pub(crate) rates: Vec<(String, Option<RateRule>)>,
    pub(crate) replay: Replay,
    pub(crate) captcha: Option<String>,
    pub(crate) step_up: Option<Duration>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) refuses_impersonation: bool,
    pub(crate) admits_provisional_users: bool,
    pub(crate) faults: Vec<String>,
}

impl<A: App, X, L, I, P, D> fmt::Debug for Action<A, X, L, I, P, D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Action").field(&self.draft.name).finish()
    }
}

impl<A: App> Action<A, Undecided, Unpaced, NoInput, (), ()> {
    pub(crate) fn new(client: ActionClient<A>, name: &str) -> Self {
        let draft = Draft {
            name: name.to_owned(),
            access: "",
            reason: String::new(),
            unlimited: None,
            role: None,
            permissions: Vec::new(),
            rules: Vec::new(),
            rates: Vec::new(),
            replay: Replay::NotRequired,
            captcha: None,
            step_up: None,
            timeout: None,
            refuses_impersonation: false,
            admits_provisional_users: false,
            faults: Vec::new(),
        };
        Self {
            client,
            draft,
            done: (),
            state: PhantomData,
        }
    }
}

impl<A: App, X, L, I, P, D> Action<A, X, L, I, P, D> {
    fn become_<X2, L2, I2, P2>(self) -> Action<A, X2, L2, I2, P2, D> {
        Action {
            client: self.client,
            draft: self.draft,
            done: self.done,
            state: PhantomData,
        }
    }

    fn replayed(&mut self, replay: Replay) {
        if self.draft.replay != Replay::NotRequired {
            let fault = "it asks twice for what makes a call unique: choose a nonce or an idempotency key";
            self.draft.faults.push(fault.to_owned());
        }
        self.draft.replay = replay;
    }

    fn rated(&mut self, rate: &str) {
        let rule = rate.parse::<RateRule>();
        if let Err(broken) = &rule {
            self.draft.faults.push(broken.to_string());
        }
        self.draft.rates.push((rate.to_owned(), rule.ok()));
    }

    /// A limit, as in `5/1m per user`; all limits of an action hold. What is counted by: `ip`, `user`, `session`, `org`,
    /// `arg:/name`, or several of them joined by `+`.
    #[must_use]
    pub fn rate_limit(mut self, rate: &str) -> Action<A, X, Paced, I, P, D> {
        self.rated(rate);
        self.become_()
    }

    /// A limit of which one call takes several.
    #[must_use]
    pub fn rate_limit_with_cost(mut self, rate: &str, cost: u32) -> Action<A, X, Paced, I, P, D> {
        self.rated(rate);
        if let Some((_, Some(rule))) = self.draft.rates.last_mut() {
            if cost == 0 || cost > rule.limit().tokens() {
                let fault = format!("a cost of {cost} makes `{rate}` no limit: write one from 1 to its number");
                self.draft.faults.push(fault);
            }
            *rule = rule.clone().with_cost(cost);
        }
        self.become_()
    }

    /// A proof of a human, made for this action of the widget.
    #[must_use]
    pub fn captcha(mut self, widget_action: &str) -> Self {
        if self.draft.captcha.replace(widget_action.to_owned()).is_some() {
            self.draft.faults.push("it asks for two proofs of a human".to_owned());
        }
        self
    }

    /// The caller brings a nonce, which is spent with the call: it runs once.
    #[must_use]
    pub fn nonce(mut self) -> Self {
        self.replayed(Replay::Once);
        self
    }

    /// The caller brings a key of its own; a second call with it gets the stored result of the first.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.replayed(Replay::Idempotent);
        self
    }

    /// How long the handler may take.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.draft.timeout = Some(timeout);
        self
    }
}

impl<A: App, L, I, P, D> Action<A, Undecided, L, I, P, D> {
    fn open_to(mut self, access: &'static str, reason: &str) -> Self {
        if reason.trim().is_empty() {
            let fault = "an action that everybody may call says why".to_owned();
            self.draft.faults.push(fault);
        }
        self.draft.access = access;
        reason.clone_into(&mut self.draft.reason);
        self
    }

    /// Signed-in callers only.
    #[must_use]
    pub fn authenticated(mut self) -> Action<A, Authed, L, I, P, D> {
        self.draft.access = "authenticated";
        self.become_()
    }

    /// Everybody. The reason is shown in inventories.
    #[must_use]
    pub fn public(self, reason: &str) -> Action<A, Public, L, I, P, D> {
        self.open_to("public", reason).become_()
    }

    /// Everybody, and the handler learns who it is when they are signed in.
    #[must_use]
    pub fn optional_auth(self, reason: &str) -> Action<A, Optional, L, I, P, D> {
        self.open_to("optional", reason).become_()
    }
}

impl<A: App, L, I, P, D> Action<A, Authed, L, I, P, D> {
    /// The lowest role that may call.
    #[must_use]
    pub fn min_role(mut self, role: A::Role) -> Self {
        if self.draft.role.replace(role.name()).is_some() {
            self.draft.faults.push("it names two lowest roles".to_owned());
        }
        self
    }

    /// A permission that the caller has to have; all of them are needed.
    #[must_use]
    pub fn permission(mut self, permission: A::Permission) -> Self {
        self.draft.permissions.push(permission.name());
        self
    }

    /// The application's own rule about who may call; all of them have to agree.
    #[must_use]
    pub fn rule(mut self, rule: Arc<dyn Rule>) -> Self {
        self.draft.rules.push(rule);
        self
    }

    /// The caller proved who they are at most this long ago.
    #[must_use]
    pub fn step_up(mut self, within: Duration) -> Self {
        // The stricter one counts.
        self.draft.step_up = Some(self.draft.step_up.map_or(within, |before| before.min(within)));
        self
    }

    /// Staff that impersonates a user may not call.
    #[must_use]
    pub const fn refuse_impersonation(mut self) -> Self {
        self.draft.refuses_impersonation = true;
        self
    }

    /// Users whom the provider made up, who signed in with nothing, may call.
    #[must_use]
    pub const fn admit_provisional_users(mut self) -> Self {
        self.draft.admits_provisional_users = true;
        self
    }
}

impl<A: App, I, P, D> Action<A, Authed, Unpaced, I, P, D> {
    /// Without a limit, not even the default one. The reason is shown in inventories.
    #[must_use]
    pub fn unlimited(mut self, reason: &str) -> Action<A, Authed, Unlimited, I, P, D> {
        self.draft.unlimited = Some(reason.to_owned());
        self.become_()
    }
}

impl<A: App, X, L> Action<A, X, L, NoInput, (), ()> {
    /// What the action takes.
    #[must_use]
    pub fn input<I: Input>(self) -> Action<A, X, L, I, I::Refs, ()> {
        self.become_()
    }
}

impl<A: App, X, L, I: Input, P, D> Action<A, X, L, I, P, D> {
    fn step<Step, P2>(self, step: Step) -> Action<A, X, L, I, P2, (D, Step)> {
        Action {
            client: self.client,
            draft: self.draft,
            done: (self.done, step),
            state: PhantomData,
        }
    }

    /// The caller owns the resource of this reference. The handler gets it loaded.
    #[must_use]
    pub fn owns<R, const N: usize, Place>(
        self,
        field: impl FnOnce(I::Fields) -> RefField<I, R, N>,
    ) -> After<A, X, L, I, P::Rest, D, Owns<I, R, N>>
    where
        R: Resource<A>,
        P: Without<RefField<I, R, N>, Place>,
    {
        self.step(Owns(field(I::fields())))
    }

    /// The application's policy allows the caller to use the resource of this reference. The handler gets it loaded.
    #[must_use]
    pub fn authorize<R, Q, const N: usize, Place>(
        self,
        field: impl FnOnce(I::Fields) -> RefField<I, R, N>,
        policy: Q,
    ) -> AfterPolicy<A, X, L, I, P::Rest, D, R, Q, N>
    where
        R: Lookup<A>,
        Q: Policy<A, R>,
        P: Without<RefField<I, R, N>, Place>,
    {
        self.step(Allows(field(I::fields()), policy))
    }

    /// The function behind the gates. It takes the context, the input, and what the references opened, if there are any.
    pub fn handler<F, Shape, O, E>(self, handler: F) -> Ready<A, X, I, D, O, E>
    where
        X: AccessDecided,
        L: RateDecidedFor<X>,
        P: RefsCovered,
        D: Steps<A, I>,
        D::Opened: Flat,
        F: Handler<Ctx<A, X>, Validated<I>, <D::Opened as Flat>::Resources, Shape, Output = Result<O, E>>,
        O: Dto,
        E: ActionError,
    {
        Ready::new(self.client, self.draft, self.done, erased(handler))
    }
}

//! The client: what all actions of an application share. It is built once, and refuses to be built unsafely.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use portcullis_funnel::{
    AuditLog, Authorization, CaptchaVerifier, Clock, CsrfTokens, Denial, Entropy, Nonces, Origins, Principal, RateRule,
    RefTokens, RevocationStore, SealedValues, SessionFault, SessionSource, Store, Trail, TrustedProxies, Unavailable,
};
use serde::Serialize;

use crate::access::{Undecided, Unpaced};
use crate::action::Action;
use crate::builder::Builder;
use crate::{App, Limits, NoInput, Resource, Sealed};

/// What all actions share. Clones are the same client.
pub struct ActionClient<A: App>(pub(crate) Arc<Shared<A>>);

pub(crate) struct Shared<A: App> {
    pub(crate) state: A::State,
    pub(crate) sessions: Arc<dyn SessionSource>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) origins: Origins,
    pub(crate) is_secure: bool,
    pub(crate) proxies: TrustedProxies,
    pub(crate) authorization: Authorization,
    pub(crate) nonces: Nonces,
    pub(crate) csrf: CsrfTokens,
    pub(crate) sealed: SealedValues,
    pub(crate) references: RefTokens,
    pub(crate) captcha: Option<Arc<dyn CaptchaVerifier>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) log: Arc<AuditLog>,
    pub(crate) limits: Limits,
    pub(crate) default_rate: Option<RateRule>,
    pub(crate) address_rate: Option<RateRule>,
    pub(crate) timeout: Duration,
    pub(crate) sign_in_page: Option<String>,
}

impl<A: App> Clone for ActionClient<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: App> fmt::Debug for ActionClient<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ActionClient").finish_non_exhaustive()
    }
}

impl<A: App> ActionClient<A> {
    /// Starts to build a client.
    pub fn builder(state: A::State) -> Builder<A> {
        Builder::new(state)
    }

    /// Starts an action. Its name is a part of its address.
    pub fn action(&self, name: &str) -> Action<A, Undecided, Unpaced, NoInput, (), ()> {
        Action::new(self.clone(), name)
    }

    /// The application's state.
    pub fn state(&self) -> &A::State {
        &self.0.state
    }

    /// The time.
    pub fn clock(&self) -> &dyn Clock {
        self.0.clock.as_ref()
    }

    /// What the gates remember: for revocations from other code, and for own limits.
    pub fn store(&self) -> &dyn Store {
        self.0.store.as_ref()
    }

    pub(crate) fn sealed_values(&self) -> &SealedValues {
        &self.0.sealed
    }

    /// Who asks for a page, by the same session and revocation as for actions. A session that is not believed is none.
    pub async fn identify(&self, headers: &HeaderMap) -> Result<Principal, Denial> {
        let now = self.0.clock.now();
        let principal = match self.0.sessions.identify(headers, self.0.is_secure, now).await {
            Ok(principal) => principal,
            Err(SessionFault::Refused { .. }) => Principal::Anonymous,
            Err(SessionFault::Ambiguous) => return Err(Denial::AmbiguousSession),
            Err(SessionFault::Unavailable(unavailable)) => return Err(unavailable.into()),
        };
        if let Some(identity) = principal.identity()
            && RevocationStore::is_revoked(self.store(), identity).await?
        {
            return Ok(Principal::Anonymous);
        }
        Ok(principal)
    }

    /// Seals a value for a later call of `action` by this caller, for the page that is being made.
    pub fn seal<T: Serialize>(
        &self,
        value: &T,
        action: &str,
        principal: &Principal,
        life: Duration,
    ) -> Result<Sealed<T>, Unavailable> {
        let end = self.0.clock.now().plus(life);
        let entropy = self.0.entropy.as_ref();
        let sealed = self.0.sealed.seal(value, action, principal.identity(), end, entropy)?;
        Ok(Sealed(sealed))
    }

    /// A reference to a resource for this caller's session, in place of its id.
    pub fn reference<R: Resource<A>>(
        &self,
        id: &str,
        principal: &Principal,
        life: Duration,
    ) -> Result<String, Unavailable> {
        let end = self.0.clock.now().plus(life);
        let entropy = self.0.entropy.as_ref();
        self.0.references.issue(R::KIND, id, principal.identity(), end, entropy)
    }

    /// A nonce for one call of `action` by this caller.
    pub fn nonce(&self, action: &str, principal: &Principal, life: Duration) -> Result<String, Unavailable> {
        let end = self.0.clock.now().plus(life);
        self.0
            .nonces
            .issue(action, principal.identity(), end, self.0.entropy.as_ref())
    }

    pub(crate) fn random_id(&self) -> Result<String, Unavailable> {
        let mut bytes = [0; 18];
        self.0.entropy.fill(&mut bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// A trail with a new request id. Without random bytes the id is the time, which is no secret.
    pub(crate) fn trail(&self) -> Trail {
        let request_id = self
            .random_id()
            .unwrap_or_else(|_| self.0.clock.now().millis().to_string());
        Trail::start(Arc::clone(&self.0.log), Arc::clone(&self.0.clock), request_id)
    }
}

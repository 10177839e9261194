//! What a handler knows about its call. Who calls is there only where the action asks for it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portcullis_funnel::{Identity, Principal, Revocation, RevocationStore, SealedError, Timestamp, Unavailable};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::access::{Authed, Optional, nobody};
use crate::sealed::{Opener, Sealed};
use crate::{ActionClient, App, Resource};

/// The context of one call.
pub struct Ctx<A: App, Access> {
    client: ActionClient<A>,
    call: Arc<Call>,
    access: PhantomData<fn() -> Access>,
}

/// What is known about one call.
pub(crate) struct Call {
    pub(crate) action: Arc<str>,
    /// Who the handler may see.
    pub(crate) principal: Principal,
    /// Who calls: what is sealed is bound to them, also where the handler does not learn who they are.
    pub(crate) caller: Principal,
    pub(crate) request_id: String,
    pub(crate) now: Timestamp,
    pub(crate) cookies: Mutex<Vec<String>>,
}

impl<A: App, Access> fmt::Debug for Ctx<A, Access> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ctx")
            .field("action", &self.call.action)
            .field("request_id", &self.call.request_id)
            .finish_non_exhaustive()
    }
}

impl<A: App, Access> Ctx<A, Access> {
    pub(crate) const fn new(client: ActionClient<A>, call: Arc<Call>) -> Self {
        Self {
            client,
            call,
            access: PhantomData,
        }
    }

    /// The application's state.
    pub fn state(&self) -> &A::State {
        self.client.state()
    }

    /// The id that the caller gets with the answer, and the audit record has.
    pub fn request_id(&self) -> &str {
        &self.call.request_id
    }

    /// When the call began. All decisions about it use this time.
    pub fn now(&self) -> Timestamp {
        self.call.now
    }

    /// Adds a `Set-Cookie` header to the answer.
    pub fn set_cookie(&self, header: String) {
        let mut cookies = self.call.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.push(header);
    }

    /// Revokes sessions from now on.
    pub async fn revoke(&self, revocation: &Revocation, until: Timestamp) -> Result<(), Unavailable> {
        RevocationStore::revoke(self.client.store(), revocation, until).await
    }

    /// Random bytes, in an alphabet for ids and cookies.
    pub fn random_id(&self) -> Result<String, Unavailable> {
        self.client.random_id()
    }

    /// Seals a value for a later call of `action` by the same caller.
    pub fn seal<T: Serialize>(&self, value: &T, action: &str, life: Duration) -> Result<Sealed<T>, Unavailable> {
        self.client.seal(value, action, &self.call.caller, life)
    }

    /// Opens a sealed value of this action's input.
    pub fn unseal<T: DeserializeOwned>(&self, sealed: &Sealed<T>) -> Result<T, SealedError> {
        let opener = Opener {
            values: self.client.sealed_values(),
            action: &self.call.action,
            identity: self.call.caller.identity(),
            now: self.call.now,
        };
        opener.open(sealed)
    }

    /// A reference to a resource for this session, in place of its id.
    pub fn reference<R: Resource<A>>(&self, id: &str, life: Duration) -> Result<String, Unavailable> {
        self.client.reference::<R>(id, &self.call.caller, life)
    }
}

impl<A: App> Ctx<A, Authed> {
    /// Who calls.
    pub fn user(&self) -> &Identity {
        // The session gate lets nobody through to an action that needs a user.
        self.call.principal.identity().unwrap_or_else(|| nobody())
    }
}

impl<A: App> Ctx<A, Optional> {
    /// Who calls, if they are signed in.
    pub fn user(&self) -> Option<&Identity> {
        self.call.principal.identity()
    }
}

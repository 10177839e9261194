//! The permit: what passing every gate yields, and what calling a handler or an upstream takes. It is used up by that.

use crate::gates::replay::Spent;
use crate::{Door, IdempotencyStore, Principal, Received, Store, Timestamp, Unavailable};

/// A call that passed every gate. There is no other way to one, and no second use of one:
///
/// ```compile_fail
/// use portcullis_funnel::Permit;
/// fn twice(permit: Permit<()>) {
///     permit.redeem();
///     permit.redeem();
/// }
/// ```
///
/// ```compile_fail
/// use portcullis_funnel::{Admitted, Permit};
/// fn forge(admitted: Admitted<()>) -> Permit<()> {
///     Permit(Box::new(admitted))
/// }
/// ```
///
/// ```compile_fail
/// use portcullis_funnel::Permit;
/// fn copy(permit: &Permit<()>) -> Permit<()> {
///     permit.clone()
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Permit<A>(Box<Admitted<A>>);

/// What the gates decided about a call that they did not refuse.
#[derive(Debug)]
#[must_use]
pub enum Admission<A> {
    /// It may be run, once.
    Go(Permit<A>),
    /// It was run before; this is what it came to.
    Stored(StoredResult),
}

/// The stored result of an earlier call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResult(Vec<u8>);

impl StoredResult {
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes that [`Claim::finish`] stored.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// What a permit holds, once it is used.
#[derive(Debug)]
pub struct Admitted<A> {
    /// The action.
    pub door: Door,
    /// The request as it arrived. Who sends something on sends the arguments, never this.
    pub received: Received,
    /// Who calls.
    pub principal: Principal,
    /// The arguments that were decoded and checked.
    pub arguments: A,
    /// The idempotency key that this call owns.
    pub claim: Option<Claim>,
}

impl<A> Permit<A> {
    /// Takes the witness of the last gate, which is made there only.
    pub(crate) fn new(_last_gate: Spent, admitted: Admitted<A>) -> Self {
        Self(Box::new(admitted))
    }

    /// Uses the permit.
    pub fn redeem(self) -> Admitted<A> {
        *self.0
    }
}

/// An idempotency key that a call owns. If it is neither finished nor abandoned, because the process died, the key
/// stays claimed: running the call again could do its work twice.
#[derive(Debug)]
#[must_use]
pub struct Claim {
    key: String,
    fingerprint: String,
    ends: Timestamp,
}

impl Claim {
    pub(crate) const fn new(key: String, fingerprint: String, ends: Timestamp) -> Self {
        Self { key, fingerprint, ends }
    }

    /// Stores the result for later calls with the same key.
    pub async fn finish(self, store: &dyn Store, result: &[u8]) -> Result<(), Unavailable> {
        IdempotencyStore::finish(store, &self.key, &self.fingerprint, result, self.ends).await
    }

    /// Gives the key back: the call had no effect.
    pub async fn abandon(self, store: &dyn Store) -> Result<(), Unavailable> {
        IdempotencyStore::abandon(store, &self.key, &self.fingerprint).await
    }
}

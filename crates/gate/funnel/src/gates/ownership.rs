//! Gate 9: is it theirs. What is another's gets the answer of what does not exist.

use super::Call;
use super::validate::Validated;
use crate::{Denial, Owners, Ownership, Principal, Trail};

/// The resources are the caller's.
#[derive(Debug)]
pub(crate) struct Owned<A> {
    call: Call,
    principal: Principal,
    arguments: A,
}

impl<A> Owned<A> {
    pub(super) fn into_parts(self) -> (Call, Principal, A) {
        (self.call, self.principal, self.arguments)
    }
}

pub(crate) async fn check<A>(
    validated: Validated<A>,
    owners: &dyn Owners<A>,
    trail: &mut Trail,
) -> Result<Owned<A>, Denial> {
    let (call, principal, arguments) = validated.into_parts();
    let policy = &call.door.policy;
    if policy.checks_ownership {
        let decision = match owners.ownership(policy, &principal, &arguments).await {
            Ok(Ownership::Owned) => Ok(()),
            Ok(Ownership::NotOwned) => Err(Denial::NotOwner),
            Ok(Ownership::Missing) => Err(Denial::NotFound),
            Err(unavailable) => Err(unavailable.into()),
        };
        trail.decided(decision)?;
    } else {
        trail.note("ownership.not-required");
    }
    Ok(Owned {
        call,
        principal,
        arguments,
    })
}

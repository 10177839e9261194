//! Gate 6: may they. Before validation, so that field errors do not teach the schema to those who may not call.

use super::Call;
use super::rate::Paced;
use crate::{ActionPolicy, Authorization, Denial, Principal, Trail};

/// The caller may call this action.
#[derive(Debug)]
pub(crate) struct Permitted {
    call: Call,
    principal: Principal,
}

impl Permitted {
    pub(super) fn into_parts(self) -> (Call, Principal) {
        (self.call, self.principal)
    }
}

pub(crate) async fn check(paced: Paced, authorization: &Authorization, trail: &mut Trail) -> Result<Permitted, Denial> {
    let (call, principal) = paced.into_parts();
    let decision = decide(&call.door.policy, &principal, authorization).await;
    trail.decided(decision)?;
    Ok(Permitted { call, principal })
}

async fn decide(policy: &ActionPolicy, principal: &Principal, authorization: &Authorization) -> Result<(), Denial> {
    let identity = principal.identity();
    if let Some(role) = &policy.minimum_role
        && !identity.is_some_and(|identity| authorization.reaches(identity, role))
    {
        return Err(Denial::MissingRole);
    }
    let has = |permission: &String| identity.is_some_and(|identity| authorization.permits(identity, permission));
    if !policy.permissions.iter().all(has) {
        return Err(Denial::MissingPermission);
    }
    for rule in &policy.rules {
        if !rule.allows(policy.name(), principal).await? {
            return Err(Denial::RefusedByRule);
        }
    }
    Ok(())
}

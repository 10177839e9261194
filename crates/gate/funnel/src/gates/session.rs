//! Gate 3: who. The identity comes from the session and from nowhere else. Where the policy asks for nobody, a session
//! that is not believed counts as none; a request that shows two identities is refused anyway.

use super::Call;
use super::origin::SameOrigin;
use crate::{Access, CsrfHalves, CsrfTokens, Denial, Principal, SessionFault, SessionSource, Timestamp, Trail};

/// The caller is known, or known to be nobody where that is allowed.
#[derive(Debug)]
pub(crate) struct Authenticated {
    call: Call,
    principal: Principal,
}

impl Authenticated {
    pub(super) fn into_parts(self) -> (Call, Principal) {
        (self.call, self.principal)
    }
}

pub(crate) async fn check(
    same_origin: SameOrigin,
    sessions: &dyn SessionSource,
    csrf: &CsrfTokens,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Authenticated, Denial> {
    let (call, token) = same_origin.into_parts();
    let principal = identify(&call, sessions, now, trail).await;
    let principal = trail.decided(principal)?;
    let suits = suits(&call, token.as_ref(), &principal, csrf);
    trail.decided(suits)?;
    if is_public(&call) {
        trail.note("session.not-required");
    }
    Ok(Authenticated { call, principal })
}

fn is_public(call: &Call) -> bool {
    matches!(call.door.policy.access, Access::Public { .. })
}

async fn identify(
    call: &Call,
    sessions: &dyn SessionSource,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Principal, Denial> {
    let received = &call.received;
    let principal = match sessions.identify(&received.headers, received.is_secure, now).await {
        Ok(principal) => principal,
        Err(SessionFault::Ambiguous) => return Err(Denial::AmbiguousSession),
        Err(SessionFault::Unavailable(unavailable)) => return Err(unavailable.into()),
        Err(SessionFault::Refused { code }) if is_public(call) => {
            trail.note(code);
            Principal::Anonymous
        }
        Err(SessionFault::Refused {
            code: "session.expired",
        }) => return Err(Denial::ExpiredSession),
        Err(SessionFault::Refused { .. }) => return Err(Denial::InvalidSession),
    };
    if let Some(identity) = principal.identity() {
        trail.is_by(identity);
    }
    Ok(principal)
}

/// Whether this principal may be the caller of this action at all.
fn suits(call: &Call, token: Option<&CsrfHalves>, principal: &Principal, csrf: &CsrfTokens) -> Result<(), Denial> {
    let policy = &call.door.policy;
    let identity = principal.identity();
    if policy.refuses_impersonation && identity.is_some_and(|identity| identity.impersonator.is_some()) {
        return Err(Denial::Impersonated);
    }
    let is_user = identity.is_some_and(|identity| policy.admits_provisional_users || !identity.is_anonymous);
    if !is_public(call) && !is_user {
        return Err(Denial::SignInRequired);
    }
    if token.is_some_and(|halves| !csrf.accepts(halves, identity)) {
        return Err(Denial::ForgedRequest);
    }
    Ok(())
}

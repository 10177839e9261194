//! Gate 4: still. A signature that is right says when a session was made, and not that it still counts.

use super::Call;
use super::session::Authenticated;
use crate::{Denial, Principal, RevocationStore, Store, Trail};

/// The session, if there is one, is not revoked.
#[derive(Debug)]
pub(crate) struct Live {
    call: Call,
    principal: Principal,
}

impl Live {
    pub(super) fn into_parts(self) -> (Call, Principal) {
        (self.call, self.principal)
    }
}

pub(crate) async fn check(authenticated: Authenticated, store: &dyn Store, trail: &mut Trail) -> Result<Live, Denial> {
    let (call, principal) = authenticated.into_parts();
    let decision = decide(&principal, store).await;
    trail.decided(decision)?;
    Ok(Live { call, principal })
}

/// Refused for public actions too: the code behind them may still read this session.
async fn decide(principal: &Principal, store: &dyn Store) -> Result<(), Denial> {
    if let Some(identity) = principal.identity()
        && RevocationStore::is_revoked(store, identity).await?
    {
        return Err(Denial::RevokedSession);
    }
    Ok(())
}

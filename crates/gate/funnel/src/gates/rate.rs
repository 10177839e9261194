//! Gate 5: how often. Limits that do not look at arguments come before everything expensive; the others right after the
//! arguments are decoded.

use super::Call;
use super::decode::Decoded;
use super::revocation::Live;
use crate::{Arguments, ClientAddress, Denial, Principal, RateRule, RateStore, Store, Trail};

/// No limit without arguments is exceeded.
#[derive(Debug)]
pub(crate) struct Paced {
    call: Call,
    principal: Principal,
}

impl Paced {
    pub(super) fn into_parts(self) -> (Call, Principal) {
        (self.call, self.principal)
    }
}

pub(crate) async fn check(live: Live, store: &dyn Store, trail: &mut Trail) -> Result<Paced, Denial> {
    let (call, principal) = live.into_parts();
    if call.door.policy.rates.is_empty() {
        trail.note("rate.not-required");
    }
    for rule in call.door.policy.rates.iter().filter(|rule| !rule.needs_arguments()) {
        let decision = take(rule, &call, &principal, |_| None, store, trail).await;
        trail.decided(decision)?;
    }
    Ok(Paced { call, principal })
}

/// The second half: the state stays, because the arguments mean the same before and after it.
pub(crate) async fn check_arguments<A: Arguments>(
    decoded: Decoded<A>,
    store: &dyn Store,
    trail: &mut Trail,
) -> Result<Decoded<A>, Denial> {
    let (call, principal, arguments) = decoded.parts();
    for rule in call.door.policy.rates.iter().filter(|rule| rule.needs_arguments()) {
        let decision = take(rule, call, principal, |pointer| arguments.text(pointer), store, trail).await;
        trail.decided(decision)?;
    }
    Ok(decoded)
}

async fn take(
    rule: &RateRule,
    call: &Call,
    principal: &Principal,
    argument: impl Fn(&str) -> Option<String>,
    store: &dyn Store,
    trail: &mut Trail,
) -> Result<(), Denial> {
    let address: ClientAddress = call.address;
    let key = rule.key(call.door.policy.name(), address, principal, argument);
    let decision = RateStore::take(store, &key, rule.limit(), rule.cost()).await?;
    trail.is_paced(rule.limit().tokens(), &decision);
    if decision.admitted {
        return Ok(());
    }
    Err(Denial::RateLimited {
        retry_after: decision.retry_after,
    })
}

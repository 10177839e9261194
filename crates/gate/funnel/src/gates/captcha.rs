//! Gate 11: a human. The proof is spent by checking it, so nothing that the caller can get wrong comes after it; only
//! the nonce does, which a failure here must not burn.

use super::replay::Fresh;
use crate::{Arguments, CaptchaVerdict, CaptchaVerifier, ClientAddress, Denial, Trail, Unavailable};

/// A human calls, or need not.
#[derive(Debug)]
pub(crate) struct Human<A>(Fresh<A>);

impl<A> Human<A> {
    pub(super) fn into_fresh(self) -> Fresh<A> {
        self.0
    }
}

pub(crate) async fn check<A: Arguments>(
    fresh: Fresh<A>,
    verifier: Option<&dyn CaptchaVerifier>,
    trail: &mut Trail,
) -> Result<Human<A>, Denial> {
    let decision = decide(&fresh, verifier).await;
    trail.decided(decision)?;
    Ok(Human(fresh))
}

async fn decide<A: Arguments>(fresh: &Fresh<A>, verifier: Option<&dyn CaptchaVerifier>) -> Result<(), Denial> {
    let call = fresh.call();
    let Some(action) = &call.door.policy.captcha else {
        return Ok(());
    };
    let verifier = verifier.ok_or(Unavailable::new("captcha", "no service is configured"))?;
    let token = call
        .door
        .fields
        .captcha
        .clone()
        .or_else(|| call.header("x-portcullis-captcha"))
        .or_else(|| fresh.arguments().captcha());
    let token = token.ok_or(Denial::MissingCaptcha)?;
    let address = match call.address {
        ClientAddress::Known(address) => Some(address),
        ClientAddress::Unknown => None,
    };
    match verifier.verify(&token, address, action).await? {
        CaptchaVerdict::Accepted => Ok(()),
        CaptchaVerdict::Rejected => Err(Denial::RejectedCaptcha),
    }
}

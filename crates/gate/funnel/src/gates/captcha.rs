//! Gate 11: a human. The proof is spent by checking it, so nothing that the caller can get wrong comes after it; only
//! the nonce does, which a failure here must not burn.

use super::replay::Fresh;
use crate::{CaptchaVerdict, CaptchaVerifier, ClientAddress, Denial, Unavailable};

/// A human calls, or need not.
#[derive(Debug)]
pub(crate) struct Human<A>(Fresh<A>);

impl<A> Human<A> {
    pub(super) fn into_fresh(self) -> Fresh<A> {
        self.0
    }
}

pub(crate) async fn check<A>(fresh: Fresh<A>, verifier: Option<&dyn CaptchaVerifier>) -> Result<Human<A>, Denial> {
    let call = fresh.call();
    let Some(action) = &call.door.policy.captcha else {
        return Ok(Human(fresh));
    };
    let verifier = verifier.ok_or(Unavailable::new("captcha", "no service is configured"))?;
    let token = call
        .door
        .fields
        .captcha
        .clone()
        .or_else(|| call.header("x-portcullis-captcha"));
    let token = token.ok_or(Denial::MissingCaptcha)?;
    let address = match call.address {
        ClientAddress::Known(address) => Some(address),
        ClientAddress::Unknown => None,
    };
    match verifier.verify(&token, address, action).await? {
        CaptchaVerdict::Accepted => Ok(Human(fresh)),
        CaptchaVerdict::Rejected => Err(Denial::RejectedCaptcha),
    }
}

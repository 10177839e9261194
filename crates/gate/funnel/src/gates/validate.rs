//! Gate 8: is it well-formed. Arguments match the schema of their action, and have no field that it does not name.

use super::Call;
use super::decode::Decoded;
use crate::{Denial, Principal, Trail, Validator};

/// The arguments match.
#[derive(Debug)]
pub(crate) struct Validated<A> {
    call: Call,
    principal: Principal,
    arguments: A,
}

impl<A> Validated<A> {
    pub(super) fn into_parts(self) -> (Call, Principal, A) {
        (self.call, self.principal, self.arguments)
    }
}

pub(crate) fn check<A>(
    decoded: Decoded<A>,
    validator: &dyn Validator<A>,
    trail: &mut Trail,
) -> Result<Validated<A>, Denial> {
    let (call, principal, arguments) = decoded.into_parts();
    let arguments = match validator.review(&call.door.policy, arguments) {
        (Some(arguments), errors) if errors.is_empty() => arguments,
        (Some(arguments), errors) => trail.decided(Err(Denial::Invalid(errors))).map(|()| arguments)?,
        (None, errors) => return Err(Denial::Invalid(errors)),
    };
    Ok(Validated {
        call,
        principal,
        arguments,
    })
}

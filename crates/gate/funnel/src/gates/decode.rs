//! Gate 7: what. The parser is the attack surface, so it comes as late as it can, for callers who may call, and takes
//! one strict grammar.

use super::Call;
use super::permission::Permitted;
use crate::{Decoder, Denial, Principal};

/// The arguments are values.
#[derive(Debug)]
pub(crate) struct Decoded<A> {
    call: Call,
    principal: Principal,
    arguments: A,
}

impl<A> Decoded<A> {
    pub(super) fn into_parts(self) -> (Call, Principal, A) {
        (self.call, self.principal, self.arguments)
    }

    pub(super) const fn parts(&self) -> (&Call, &Principal, &A) {
        (&self.call, &self.principal, &self.arguments)
    }
}

pub(crate) fn decode<D: Decoder>(permitted: Permitted, decoder: &D) -> Result<Decoded<D::Arguments>, Denial> {
    let (call, principal) = permitted.into_parts();
    let arguments = decoder.decode(&call.received, &call.door)?;
    Ok(Decoded {
        call,
        principal,
        arguments,
    })
}

//! The gates, one file each, in their order. A gate's state has private fields and is made in its gate's file only.

pub(crate) mod captcha;
pub(crate) mod decode;
pub(crate) mod identify;
pub(crate) mod origin;
pub(crate) mod ownership;
pub(crate) mod permission;
pub(crate) mod rate;
pub(crate) mod replay;
pub(crate) mod revocation;
pub(crate) mod session;
pub(crate) mod validate;

use crate::{ClientAddress, Door, Received};

/// What every state carries along. Having one means nothing: it is inside of the states that mean something.
#[derive(Debug)]
struct Call {
    received: Received,
    door: Door,
    address: ClientAddress,
}

impl Call {
    /// The one value of a header; several are none, and never the first or the last.
    fn header(&self, name: &str) -> Option<String> {
        let mut values = self.received.headers.get_all(name).into_iter();
        let value = values.next()?.to_str().ok()?.to_owned();
        values.next().is_none().then_some(value)
    }
}

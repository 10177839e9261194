//! Gate 1: which action. Refuses what is not POST, content types that no action is called with, and actions that do not
//! exist. Nothing is decoded for a door that is not there.

use http::Method;
use http::header::CONTENT_TYPE;

use super::Call;
use crate::{Denial, Doors, Received, Trail, TrustedProxies};

/// Content types in which a call can travel.
const CONTENT_TYPES: &[&str] = &[
    "multipart/form-data",
    "application/x-www-form-urlencoded",
    "application/json",
    "text/plain",
];

/// The action is known, and has a policy.
#[derive(Debug)]
pub(crate) struct Identified(Call);

impl Identified {
    pub(super) fn into_call(self) -> Call {
        self.0
    }
}

pub(crate) fn identify(
    received: Received,
    doors: &dyn Doors,
    proxies: &TrustedProxies,
    trail: &mut Trail,
) -> Result<Identified, Denial> {
    let address = proxies.client(received.peer, &received.headers);
    trail.comes_from(address);
    if received.method != Method::POST {
        return Err(Denial::Method);
    }
    let content_type = content_type(&received).ok_or(Denial::ContentType)?;
    let door = doors.find(&received, &content_type)?;
    trail.is_for(&door.policy);
    Ok(Identified(Call {
        received,
        door,
        address,
    }))
}

/// The one content type, in lower case and without parameters.
fn content_type(received: &Received) -> Option<String> {
    let mut values = received.headers.get_all(CONTENT_TYPE).into_iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() || value.contains(',') {
        return None;
    }
    let essence = value.split(';').next()?.trim().to_ascii_lowercase();
    CONTENT_TYPES.contains(&essence.as_str()).then_some(essence)
}

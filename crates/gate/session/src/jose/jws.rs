//! Signed tokens: exactly three parts, an algorithm from the provider's list, a key from the configured set.

use serde_json::Value;

use super::{Algorithm, KeySet, header, key_id};
use crate::Refusal;
use crate::strict_json::{self, Object};
use crate::text::base64url;

/// What a provider's tokens look like from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Envelope<'a> {
    /// The algorithms of this provider.
    pub(crate) algorithms: &'a [Algorithm],
    /// The values of `typ` that mean a session; its absence is allowed as well.
    pub(crate) types: &'a [&'a str],
    /// A token without a key id is refused.
    pub(crate) needs_key_id: bool,
    /// The most bytes of the token.
    pub(crate) max_bytes: usize,
}

/// The content of a token whose signature is right. Nothing is said yet about times and issuer.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) header: Object,
    pub(crate) claims: Object,
}

/// Verifies a compact token.
pub(crate) fn verify(token: &str, keys: &KeySet, envelope: Envelope<'_>) -> Result<Signed, Refusal> {
    if token.len() > envelope.max_bytes {
        return Err(Refusal::TooLarge);
    }
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::Malformed("a signed token has three parts"));
    };
    let header = header(head)?;
    let algorithm = header
        .get("alg")
        .and_then(Value::as_str)
        .and_then(Algorithm::named)
        .filter(|algorithm| envelope.algorithms.contains(algorithm))
        .ok_or(Refusal::AlgorithmNotAllowed)?;
    let id = key_id(&header)?;
    if id.is_none() && envelope.needs_key_id {
        return Err(Refusal::UnknownKey);
    }
    check_type(&header, envelope.types)?;
    let message_len = head.len().saturating_add(body.len()).saturating_add(1);
    let message = token
        .get(..message_len)
        .ok_or(Refusal::Malformed("a signed token has three parts"))?;
    keys.verify(algorithm, id, message.as_bytes(), &base64url(signature)?)?;
    let claims = strict_json::object(&base64url(body)?)?;
    Ok(Signed { header, claims })
}

/// A DPoP proof or a logout token is signed by the same keys, and is no session.
fn check_type(header: &Object, types: &[&str]) -> Result<(), Refusal> {
    let Some(kind) = header.get("typ") else {
        return Ok(());
    };
    let kind = kind.as_str().ok_or(Refusal::WrongType)?;
    if types.iter().any(|one| one.eq_ignore_ascii_case(kind)) {
        return Ok(());
    }
    Err(Refusal::WrongType)
}

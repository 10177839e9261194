//! Signed and encrypted tokens in compact form. Signatures and ciphers come from `ring` and RustCrypto; what is decided
//! here is the strict envelope around them: parts, headers, algorithms, keys and times.

mod algorithm;
mod claims;
mod jwe;
mod jws;
mod keys;

pub use algorithm::Algorithm;
pub use keys::{KeyError, KeySet, MAX_KEY_SET_BYTES, MAX_KEYS};

pub(crate) use claims::{ClaimRules, Lifetime, subject, text};
pub(crate) use jwe::{ContentKey, Encryption, decrypt, open_cbc};
pub(crate) use jws::{Envelope, verify};

use crate::Refusal;
use crate::strict_json::{self, Object};
use crate::text::base64url;

/// The most bytes of a signed token.
pub(crate) const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Reads the first part of a token. Extensions that change what the rest means are refused: none of them is known here.
fn header(part: &str) -> Result<Object, Refusal> {
    let header = strict_json::object(&base64url(part)?)?;
    if ["crit", "b64", "zip"].iter().any(|name| header.contains_key(*name)) {
        return Err(Refusal::Malformed("the header has an extension"));
    }
    Ok(header)
}

/// The key id of a header; one that is not a string is an error, not an absence.
fn key_id(header: &Object) -> Result<Option<&str>, Refusal> {
    match header.get("kid") {
        None => Ok(None),
        Some(value) => value
            .as_str()
            .map(Some)
            .ok_or(Refusal::Malformed("the key id is not a string")),
    }
}

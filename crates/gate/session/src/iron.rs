//! Iron seals (`Fe26.2`), as iron-session and WorkOS use them: a MAC over everything, then AES-256-CBC.
//!
//! The format derives its keys with one round of PBKDF2, so the password's own strength is all there is. That is why
//! passwords under 32 bytes are not taken.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use portcullis_funnel::{Secret, Timestamp, WeakSecret, same_bytes};
use ring::{hmac, pbkdf2};

use crate::Refusal;
use crate::jose::open_cbc;
use crate::strict_json::{self, Object};
use crate::text::base64url;

/// Milliseconds by which the sealing clock may differ.
const SKEW_MILLIS: i64 = 60_000;
const MAX_BYTES: usize = 32 * 1024;

/// The passwords of one application, by their id. A new one is added under a higher id; all of them open.
#[derive(Debug, Clone, Default)]
pub struct IronPasswords(BTreeMap<String, Secret<Vec<u8>>>);

impl IronPasswords {
    /// The one password of an application that does not rotate: its id is `1`.
    pub fn single(password: &str) -> Result<Self, WeakSecret> {
        Self::default().with("1", password)
    }

    /// Adds a password.
    pub fn with(mut self, id: &str, password: &str) -> Result<Self, WeakSecret> {
        self.0.insert(id.to_owned(), Secret::configured(password)?);
        Ok(self)
    }
}

/// What was sealed, and when it ends.
#[derive(Debug)]
pub(crate) struct Unsealed {
    pub(crate) content: Object,
    pub(crate) expires_at: Option<Timestamp>,
}

/// Opens the value of a cookie: a seal and its version.
pub(crate) fn open(value: &str, passwords: &IronPasswords, now: Timestamp) -> Result<Unsealed, Refusal> {
    if value.len() > MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    let (seal, version) = value.split_once('~').ok_or(Refusal::UnsupportedVersion)?;
    match version {
        "2" => {}
        version if version.contains('~') => return Err(Refusal::Malformed("text follows the version")),
        _ => return Err(Refusal::UnsupportedVersion),
    }
    let parts: Vec<&str> = seal.split('*').collect();
    let [prefix, id, cipher_salt, nonce, text, expires, mac_salt, mac] = parts.as_slice() else {
        return Err(Refusal::Malformed("a seal has eight parts"));
    };
    if *prefix != "Fe26.2" {
        return Err(Refusal::Malformed("the seal is of another kind"));
    }
    let password = passwords.0.get(*id).ok_or(Refusal::UnknownKey)?;
    let expires_at = expiry(expires)?;
    let sealed_length = [prefix, id, cipher_salt, nonce, text, expires]
        .iter()
        .map(|part| part.len().saturating_add(1))
        .sum::<usize>()
        .saturating_sub(1);
    let sealed = seal
        .get(..sealed_length)
        .ok_or(Refusal::Malformed("a seal has eight parts"))?;
    let key = derive(password, mac_salt);
    let expected = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.expose()), sealed.as_bytes());
    if !same_bytes(expected.as_ref(), &base64url(mac)?) {
        return Err(Refusal::BadSignature);
    }
    if expires_at.is_some_and(|end| end.millis() <= now.millis().saturating_sub(SKEW_MILLIS)) {
        return Err(Refusal::Expired);
    }
    let key = derive(password, cipher_salt);
    let plain = open_cbc(key.expose(), &base64url(nonce)?, base64url(text)?).ok_or(Refusal::DecryptFailed)?;
    Ok(Unsealed {
        content: strict_json::object(plain.expose())?,
        expires_at,
    })
}

/// Milliseconds since 1970, or nothing for a seal that does not end.
fn expiry(text: &str) -> Result<Option<Timestamp>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Malformed("the expiry is not a number"));
    }
    text.parse()
        .map(|millis| Some(Timestamp::from_millis(millis)))
        .map_err(|_| Refusal::Malformed("the expiry is not a number"))
}

/// The salt is the hex text itself, not the bytes that it spells.
fn derive(password: &Secret<Vec<u8>>, salt: &str) -> Secret<Vec<u8>> {
    let mut key = vec![0; 32];
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA1,
        NonZeroU32::MIN,
        salt.as_bytes(),
        password.expose(),
        &mut key,
    );
    Secret::new(key)
}

//! Encrypted tokens under a shared key: `dir` with A256GCM or A256CBC-HS512, and nothing else. Key derivation from the
//! token's own header (PBES2) and RSA are refused before any work.

use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use portcullis_funnel::{Secret, same_bytes};
use ring::{aead, digest, hmac};
use serde_json::Value;

use super::{header, key_id};
use crate::Refusal;
use crate::strict_json::{self, Object};
use crate::text::{base64url, to_base64url};

/// The most bytes of an encrypted token; it may arrive in pieces.
const MAX_BYTES: usize = 32 * 1024;

/// How the content is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    A256Gcm,
    A256CbcHs512,
}

impl Encryption {
    fn named(name: &str) -> Option<Self> {
        match name {
            "A256GCM" => Some(Self::A256Gcm),
            "A256CBC-HS512" => Some(Self::A256CbcHs512),
            _ => None,
        }
    }

    /// The bytes of a key.
    pub(crate) const fn key_bytes(self) -> usize {
        match self {
            Self::A256Gcm => 32,
            Self::A256CbcHs512 => 64,
        }
    }
}

/// A key and what it is for.
#[derive(Debug, Clone)]
pub(crate) struct ContentKey {
    encryption: Encryption,
    key: Secret<Vec<u8>>,
    id: String,
}

impl ContentKey {
    /// A key whose id is its thumbprint under `algorithm`.
    pub(crate) fn new(encryption: Encryption, key: Secret<Vec<u8>>, algorithm: &'static digest::Algorithm) -> Self {
        let thumbprint = Secret::new(format!(r#"{{"k":"{}","kty":"oct"}}"#, to_base64url(key.expose())));
        let id = to_base64url(digest::digest(algorithm, thumbprint.expose().as_bytes()).as_ref());
        Self { encryption, key, id }
    }
}

/// Decrypts a compact token. A token with a key id is opened by that key of `keys` only, one without by the first key of
/// its encryption.
pub(crate) fn decrypt(token: &str, keys: &[ContentKey]) -> Result<(Object, Object), Refusal> {
    if token.len() > MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [head, wrapped_key, nonce, text, tag] = parts.as_slice() else {
        return Err(Refusal::Malformed("an encrypted token has five parts"));
    };
    let header = header(head)?;
    let name = |field: &str| header.get(field).and_then(Value::as_str);
    if name("alg") != Some("dir") {
        return Err(Refusal::AlgorithmNotAllowed);
    }
    let encryption = name("enc")
        .and_then(Encryption::named)
        .filter(|encryption| keys.iter().any(|key| key.encryption == *encryption))
        .ok_or(Refusal::AlgorithmNotAllowed)?;
    if !wrapped_key.is_empty() {
        return Err(Refusal::Malformed("a token under a shared key carries no key"));
    }
    let id = key_id(&header)?;
    let key = keys
        .iter()
        .filter(|key| key.encryption == encryption)
        .find(|key| id.is_none_or(|id| same_bytes(key.id.as_bytes(), id.as_bytes())))
        .ok_or(Refusal::UnknownKey)?;
    let sealed = Sealed {
        associated: head.as_bytes(),
        nonce: base64url(nonce)?,
        text: base64url(text)?,
        tag: base64url(tag)?,
    };
    let plain = match encryption {
        Encryption::A256Gcm => sealed.open_gcm(key.key.expose()),
        Encryption::A256CbcHs512 => sealed.open_cbc_hmac(key.key.expose()),
    }
    .ok_or(Refusal::DecryptFailed)?;
    let claims = strict_json::object(plain.expose())?;
    Ok((header, claims))
}

struct Sealed<'a> {
    associated: &'a [u8],
    nonce: Vec<u8>,
    text: Vec<u8>,
    tag: Vec<u8>,
}

impl Sealed<'_> {
    fn open_gcm(self, key: &[u8]) -> Option<Secret<Vec<u8>>> {
        if self.tag.len() != 16 {
            return None;
        }
        let nonce = aead::Nonce::try_assume_unique_for_key(&self.nonce).ok()?;
        let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, key).ok()?);
        let mut sealed = [self.text, self.tag].concat();
        let length = key
            .open_in_place(nonce, aead::Aad::from(self.associated), &mut sealed)
            .ok()?
            .len();
        sealed.truncate(length);
        Some(Secret::new(sealed))
    }

    fn open_cbc_hmac(self, key: &[u8]) -> Option<Secret<Vec<u8>>> {
        let (mac_key, cipher_key) = key.split_at_checked(32)?;
        let bits = u64::try_from(self.associated.len()).ok()?.checked_mul(8)?;
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA512, mac_key));
        for part in [self.associated, &self.nonce, &self.text, &bits.to_be_bytes()] {
            context.update(part);
        }
        let mac = context.sign();
        if !same_bytes(mac.as_ref().get(..32)?, &self.tag) {
            return None;
        }
        open_cbc(cipher_key, &self.nonce, self.text)
    }
}

/// AES-256-CBC with PKCS#7. The caller has verified a MAC over the text.
pub(crate) fn open_cbc(key: &[u8], nonce: &[u8], mut text: Vec<u8>) -> Option<Secret<Vec<u8>>> {
    let cipher = cbc::Decryptor::<aes::Aes256>::new_from_slices(key, nonce).ok()?;
    let length = cipher.decrypt_padded::<Pkcs7>(&mut text).ok()?.len();
    text.truncate(length);
    Some(Secret::new(text))
}

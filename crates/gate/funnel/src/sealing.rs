//! Values that travel through the caller and come back as they were: encrypted, authenticated, and bound to what they
//! are for. Cookies, sealed arguments and reference tokens all use this one construction.
//!
//! Each value has a key of its own, derived from the secret and 24 random bytes, so that no nonce can repeat under one
//! key however many values are sealed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{aead, hkdf, hmac};
use thiserror::Error;

use crate::{Secret, Unavailable, WeakSecret};

const VERSION: &str = "p1";
const SALT_BYTES: usize = 24;
/// The longest sealed text that is looked at.
const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// Where random bytes come from. The system's generator lives in `portcullis-store`.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Unavailable>;
}

/// Secrets for sealing and signing, by id. The first one seals; all of them open, so that secrets can be rotated.
#[derive(Debug, Clone)]
pub struct KeyRing {
    keys: Vec<(String, Secret<Vec<u8>>)>,
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// Not a sealed value.
    #[error("the sealed value breaks its format")]
    Malformed,
    /// Sealed under a secret that is not, or no longer, configured.
    #[error("the sealed value names an unknown key")]
    UnknownKey,
    /// Changed, or sealed for something else.
    #[error("the sealed value does not open here")]
    Forged,
}

impl KeyRing {
    /// A ring with one secret. The id is public and has letters and digits only.
    pub fn new(id: &str, secret: &str) -> Result<Self, WeakSecret> {
        Ok(Self {
            keys: vec![(plain_id(id), Secret::configured(secret)?)],
        })
    }

    /// Adds an older secret, which opens and does not seal.
    pub fn with_older(mut self, id: &str, secret: &str) -> Result<Self, WeakSecret> {
        self.keys.push((plain_id(id), Secret::configured(secret)?));
        Ok(self)
    }

    /// Seals `plain` for one purpose and one context; both have to be the same when it is opened.
    pub fn seal(
        &self,
        purpose: &str,
        context: &[&str],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<String, Unavailable> {
        const FAILED: Unavailable = Unavailable::new("sealing", "no value could be sealed");
        let (id, secret) = self.keys.first().ok_or(FAILED)?;
        let mut salt = [0; SALT_BYTES];
        entropy.fill(&mut salt)?;
        let key = aead_key(secret, &salt, purpose).ok_or(FAILED)?;
        let mut sealed = plain.to_vec();
        let associated = associated(id, purpose, context);
        key.seal_in_place_append_tag(zero_nonce(), aead::Aad::from(associated), &mut sealed)
            .map_err(|_| FAILED)?;
        let body = URL_SAFE_NO_PAD.encode([&salt[..], &sealed].concat());
        Ok(format!("{VERSION}.{id}.{body}"))
    }

    /// Opens what [`Self::seal`] made.
    pub fn open(&self, purpose: &str, context: &[&str], token: &str) -> Result<Secret<Vec<u8>>, SealError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(SealError::Malformed);
        }
        let mut parts = token.split('.');
        let (Some(VERSION), Some(id), Some(body), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SealError::Malformed);
        };
        let secret = self.secret(id).ok_or(SealError::UnknownKey)?;
        let mut body = URL_SAFE_NO_PAD.decode(body).map_err(|_| SealError::Malformed)?;
        let (salt, _) = body.split_first_chunk::<SALT_BYTES>().ok_or(SealError::Malformed)?;
        let key = aead_key(secret, salt, purpose).ok_or(SealError::Forged)?;
        let associated = associated(id, purpose, context);
        let length = key
            .open_within(zero_nonce(), aead::Aad::from(associated), &mut body, SALT_BYTES..)
            .map_err(|_| SealError::Forged)?
            .len();
        body.truncate(length);
        Ok(Secret::new(body))
    }

    /// Signs a message that may be read by anybody. Gives the id and the signature: `<id>.<signature>`.
    pub fn sign(&self, purpose: &str, parts: &[&str]) -> Option<String> {
        let (id, secret) = self.keys.first()?;
        let tag = hmac::sign(&mac_key(secret), &associated(id, purpose, parts));
        Some(format!("{id}.{}", URL_SAFE_NO_PAD.encode(tag)))
    }

    /// Whether `signature` is that of the message under any of the secrets.
    pub fn is_signed(&self, purpose: &str, parts: &[&str], signature: &str) -> bool {
        let Some((id, tag)) = signature.split_once('.') else {
            return false;
        };
        let (Some(secret), Ok(tag)) = (self.secret(id), URL_SAFE_NO_PAD.decode(tag)) else {
            return false;
        };
        hmac::verify(&mac_key(secret), &associated(id, purpose, parts), &tag).is_ok()
    }

    fn secret(&self, id: &str) -> Option<&Secret<Vec<u8>>> {
        self.keys.iter().find(|(one, _)| one == id).map(|(_, secret)| secret)
    }
}

fn plain_id(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn mac_key(secret: &Secret<Vec<u8>>) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.expose())
}

fn aead_key(secret: &Secret<Vec<u8>>, salt: &[u8], purpose: &str) -> Option<aead::LessSafeKey> {
    let material = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret.expose());
    let info = [b"portcullis seal ", purpose.as_bytes()];
    let key = material.expand(&info, &aead::AES_256_GCM).ok()?;
    Some(aead::LessSafeKey::new(aead::UnboundKey::from(key)))
}

/// The nonce can be fixed: a key seals one value.
fn zero_nonce() -> aead::Nonce {
    aead::Nonce::assume_unique_for_key([0; aead::NONCE_LEN])
}

/// Everything that a value is bound to. Lengths go in too, so that no two lists run together into the same bytes.
fn associated(id: &str, purpose: &str, context: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [VERSION, id, purpose].iter().chain(context) {
        bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::{Entropy, KeyRing, SealError};
    use crate::Unavailable;

    /// Counts up: no two fillings are alike.
    #[derive(Debug, Default)]
    pub(crate) struct Counter(AtomicU8);

    impl Entropy for Counter {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), Unavailable> {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
            Ok(())
        }
    }

    pub(crate) fn ring() -> KeyRing {
        KeyRing::new("k2", "new-q8Zr1mB5vK0xTn7cWd3yLs9eHf6jPa2u")
            .unwrap()
            .with_older("k1", "old-q8Zr1mB5vK0xTn7cWd3yLs9eHf6jPa2u")
            .unwrap()
    }

    #[test]
    fn a_value_opens_only_where_it_was_sealed_for() {
        let ring = ring();
        let token = ring.seal("cookie", &["a", "b"], b"hello", &Counter::default()).unwrap();
        assert_eq!(ring.open("cookie", &["a", "b"], &token).unwrap().expose(), b"hello");
        for (purpose, context) in [
            ("other", &["a", "b"][..]),
            ("cookie", &["a"]),
            ("cookie", &["ab"]),
            ("cookie", &["a", "b", ""]),
            ("cookie", &["b", "a"]),
        ] {
            assert_eq!(ring.open(purpose, context, &token).err(), Some(SealError::Forged));
        }
    }

    #[test]
    fn every_changed_letter_is_noticed() {
        let ring = ring();
        let token = ring.seal("x", &[], b"hello", &Counter::default()).unwrap();
        for index in 0..token.len() {
            let mut letters: Vec<char> = token.chars().collect();
            letters[index] = if letters[index] == 'A' { 'B' } else { 'A' };
            let changed: String = letters.into_iter().collect();
            assert!(ring.open("x", &[], &changed).is_err(), "{changed}");
        }
        assert!(ring.open("x", &[], token.split_at(token.len() - 1).0).is_err());
        assert!(ring.open("x", &[], "p1.k2.").is_err());
    }

    #[test]
    fn secrets_rotate() {
        let old = KeyRing::new("k1", "old-q8Zr1mB5vK0xTn7cWd3yLs9eHf6jPa2u").unwrap();
        let token = old.seal("x", &[], b"hello", &Counter::default()).unwrap();
        assert_eq!(ring().open("x", &[], &token).unwrap().expose(), b"hello");
        let token = ring().seal("x", &[], b"hello", &Counter::default()).unwrap();
        assert!(token.starts_with("p1.k2."));
        assert_eq!(old.open("x", &[], &token).err(), Some(SealError::UnknownKey));
    }

    #[test]
    fn signatures_are_bound_to_their_parts() {
        let ring = ring();
        let signature = ring.sign("csrf", &["a", "b"]).unwrap();
        assert!(ring.is_signed("csrf", &["a", "b"], &signature));
        assert!(!ring.is_signed("csrf", &["ab", ""], &signature));
        assert!(!ring.is_signed("other", &["a", "b"], &signature));
        assert!(!ring.is_signed("csrf", &["a", "b"], "k2."));
        assert!(!ring.is_signed("csrf", &["a", "b"], ""));
    }
}

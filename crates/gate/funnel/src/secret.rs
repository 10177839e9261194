//! Values that must not leak: no `Debug` of the content, wiped when dropped, compared in constant time.
//! Also the start-up check that refuses secrets which are short or known from a library's source.

use std::fmt;

use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroize;

/// The shortest secret that is taken, in bytes.
pub const MIN_SECRET_BYTES: usize = 32;

/// Secrets that stand in the source of a library, so that everybody has them.
const KNOWN_DEFAULTS: &[&str] = &["better-auth-secret-12345678901234567890"];

/// A secret value.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value. The caller's other copies are not wiped.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The content, for the one call that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Whether `other` is the content. The time does not depend on where they differ, only on the lengths.
    pub fn matches(&self, other: &[u8]) -> bool {
        same_bytes(self.0.as_ref(), other)
    }
}

impl Secret<Vec<u8>> {
    /// A secret that an operator configured: refused when it is short or known.
    pub fn configured(text: &str) -> Result<Self, WeakSecret> {
        if KNOWN_DEFAULTS.contains(&text) {
            return Err(WeakSecret::KnownDefault);
        }
        if text.len() < MIN_SECRET_BYTES {
            return Err(WeakSecret::TooShort);
        }
        if text.bytes().all(|byte| Some(byte) == text.bytes().next()) {
            return Err(WeakSecret::Repetition);
        }
        Ok(Self(text.as_bytes().to_vec()))
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// Compares in constant time for equal lengths.
pub fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Why a configured secret is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WeakSecret {
    /// Whoever reads the library's source has it.
    #[error("this secret is a library's default that everybody knows; set one of your own")]
    KnownDefault,
    /// It can be guessed.
    #[error("a secret has at least 32 bytes; generate one with `openssl rand -base64 33`")]
    TooShort,
    /// One character, repeated.
    #[error("this secret repeats one character; generate one with `openssl rand -base64 33`")]
    Repetition,
}

#[cfg(test)]
mod tests {
    use super::{Secret, WeakSecret};

    #[test]
    fn the_content_is_not_printed() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }

    #[test]
    fn weak_secrets_are_refused() {
        let refusal = |text: &str| Secret::configured(text).err();
        assert_eq!(refusal("short"), Some(WeakSecret::TooShort));
        assert_eq!(
            refusal("better-auth-secret-12345678901234567890"),
            Some(WeakSecret::KnownDefault)
        );
        assert_eq!(
            refusal("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            Some(WeakSecret::Repetition)
        );
        assert_eq!(refusal("q8Zr1mB5vK0xTn7cWd3yLs9eHf6jPa2u"), None);
    }

    #[test]
    fn equality_needs_every_byte() {
        let secret = Secret::new(b"abcd".to_vec());
        assert!(secret.matches(b"abcd"));
        for other in [&b"abce"[..], b"abc", b"abcde", b""] {
            assert!(!secret.matches(other));
        }
    }
}

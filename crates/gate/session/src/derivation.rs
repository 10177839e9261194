//! HKDF with SHA-256: one secret, a key for each purpose.

use portcullis_funnel::Secret;
use ring::hkdf;

/// Derives `bytes` bytes from `secret`. Lengths are constants of formats, far below HKDF's bound of 8,160 bytes; past
/// that bound the key would be empty, and an empty key opens nothing.
pub(crate) fn derive(secret: &Secret<Vec<u8>>, salt: &str, info: &str, bytes: usize) -> Secret<Vec<u8>> {
    let mut key = vec![0; bytes];
    let filled = hkdf::Salt::new(hkdf::HKDF_SHA256, salt.as_bytes())
        .extract(secret.expose())
        .expand(&[info.as_bytes()], Length(bytes))
        .and_then(|material| material.fill(&mut key));
    if filled.is_err() {
        key.clear();
    }
    Secret::new(key)
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

//! The keys that sign sessions: from a JWKS, a PEM, certificates, or a configured secret. A token selects among them by
//! its key id and never brings one along.

use portcullis_funnel::Secret;
use ring::signature::{RsaPublicKeyComponents, UnparsedPublicKey};
use ring::{hmac, signature};
use serde_json::Value;
use thiserror::Error;
use x509_cert::der::DecodePem as _;
use x509_cert::spki::{ObjectIdentifier, SubjectPublicKeyInfoOwned};

use super::Algorithm;
use crate::Refusal;
use crate::strict_json::{self, Object};
use crate::text::base64url;

/// The most bytes of a key set.
pub const MAX_KEY_SET_BYTES: usize = 64 * 1024;
/// The most keys of a key set.
pub const MAX_KEYS: usize = 32;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Why keys cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Over 64 KiB or 32 keys.
    #[error("the key set is too large")]
    TooLarge,
    /// Not the expected JSON or PEM.
    #[error("the keys cannot be read")]
    Unreadable,
    /// Nothing in it verifies signatures.
    #[error("no usable key is in the set")]
    Empty,
}

/// Keys of one provider.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    /// The operator named exactly this key, so a token's key id does not matter.
    pinned: bool,
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Debug, Clone)]
enum Material {
    RsaParts { modulus: Vec<u8>, exponent: Vec<u8> },
    RsaDer(Vec<u8>),
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
    Hmac(Secret<Vec<u8>>),
}

impl KeySet {
    /// A JSON Web Key Set. Keys for encryption, symmetric keys and unknown kinds are left out.
    pub fn from_jwks(json: &[u8]) -> Result<Self, KeyError> {
        let object = bounded_object(json)?;
        let keys = object
            .get("keys")
            .and_then(Value::as_array)
            .ok_or(KeyError::Unreadable)?;
        if keys.len() > MAX_KEYS {
            return Err(KeyError::TooLarge);
        }
        Self::usable(keys.iter().filter_map(|key| Key::from_jwk(key.as_object()?)).collect())
    }

    /// Certificates by key id, as Firebase publishes them: `{"<kid>": "<PEM>"}`. The certificates are trusted because of
    /// where they were fetched; their names and dates are not looked at.
    pub fn from_certificates(json: &[u8]) -> Result<Self, KeyError> {
        let object = bounded_object(json)?;
        if object.len() > MAX_KEYS {
            return Err(KeyError::TooLarge);
        }
        let read = |(id, pem): (&String, &Value)| {
            let certificate = x509_cert::Certificate::from_pem(pem.as_str()?.trim()).ok()?;
            let material = Material::from_spki(certificate.tbs_certificate().subject_public_key_info())?;
            Some(Key {
                id: Some(id.clone()),
                pinned: false,
                algorithm: None,
                material,
            })
        };
        Self::usable(object.iter().filter_map(read).collect())
    }

    /// One public key in PEM. It is used whatever key id a token names.
    pub fn from_public_key_pem(pem: &str) -> Result<Self, KeyError> {
        let spki = SubjectPublicKeyInfoOwned::from_pem(pem.trim()).map_err(|_| KeyError::Unreadable)?;
        let material = Material::from_spki(&spki).ok_or(KeyError::Empty)?;
        Ok(Self::pinned(material, None))
    }

    /// One shared secret for HS256.
    pub fn from_secret(secret: Secret<Vec<u8>>) -> Self {
        Self::pinned(Material::Hmac(secret), Some(Algorithm::Hs256))
    }

    /// The keys of both sets.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self
    }

    /// Whether a key has this id.
    pub fn knows(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id.as_deref() == Some(id))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn pinned(material: Material, algorithm: Option<Algorithm>) -> Self {
        let key = Key {
            id: None,
            pinned: true,
            algorithm,
            material,
        };
        Self { keys: vec![key] }
    }

    fn usable(keys: Vec<Key>) -> Result<Self, KeyError> {
        if keys.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(Self { keys })
    }

    /// Verifies a signature with the one key that the id and the algorithm select.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Refusal> {
        let named = |key: &Key| !key.pinned && key.id.as_deref() == id;
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.pinned || id.is_none() || named(key))
            .filter(|key| key.fits(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => key.material.verify(algorithm, message, signature),
            // Two keys of one id, or no id and several candidates: trying them all would make the id meaningless.
            (Some(_), Some(_)) => Err(Refusal::UnknownKey),
            (None, _) if id.is_some() && self.keys.iter().any(named) => Err(Refusal::KeyTypeMismatch),
            (None, _) => Err(Refusal::UnknownKey),
        }
    }
}

fn bounded_object(json: &[u8]) -> Result<Object, KeyError> {
    if json.len() > MAX_KEY_SET_BYTES {
        return Err(KeyError::TooLarge);
    }
    strict_json::object(json).map_err(|_| KeyError::Unreadable)
}

impl Key {
    fn from_jwk(jwk: &Object) -> Option<Self> {
        let field = |name: &str| jwk.get(name).map(Value::as_str);
        let required = |name: &str| field(name).flatten();
        if !matches!(field("use"), None | Some(Some("sig"))) {
            return None;
        }
        if let Some(operations) = jwk.get("key_ops")
            && !operations.as_array()?.iter().any(|one| one == "verify")
        {
            return None;
        }
        let bytes = |name: &str| base64url(required(name)?).ok();
        let material = match (required("kty")?, required("crv")) {
            ("RSA", _) => Material::RsaParts {
                modulus: bytes("n")?,
                exponent: bytes("e")?,
            },
            ("EC", Some("P-256")) => Material::P256(point(&bytes("x")?, &bytes("y")?, 32)?),
            ("EC", Some("P-384")) => Material::P384(point(&bytes("x")?, &bytes("y")?, 48)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x")?),
            // `oct` too: a secret that is published is none.
            _ => return None,
        };
        let algorithm = match field("alg") {
            None => None,
            Some(name) => Some(Algorithm::named(name?)?),
        };
        Some(Self {
            id: required("kid").map(str::to_owned),
            pinned: false,
            algorithm,
            material,
        })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|own| own == algorithm) && self.material.fits(algorithm)
    }
}

/// An uncompressed point.
fn point(x: &[u8], y: &[u8], size: usize) -> Option<Vec<u8>> {
    (x.len() == size && y.len() == size).then(|| [&[4], x, y].concat())
}

impl Material {
    fn from_spki(spki: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        let bits = spki.subject_public_key.as_bytes()?.to_vec();
        let curve = || spki.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok();
        match spki.algorithm.oid {
            RSA_ENCRYPTION => Some(Self::RsaDer(bits)),
            EC_PUBLIC_KEY if curve() == Some(P256) => Some(Self::P256(bits)),
            EC_PUBLIC_KEY if curve() == Some(P384) => Some(Self::P384(bits)),
            ED25519 => Some(Self::Ed25519(bits)),
            _ => None,
        }
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::RsaParts { .. } | Self::RsaDer(_) => algorithm.rsa().is_some(),
            Self::P256(_) => algorithm == Algorithm::Es256,
            Self::P384(_) => algorithm == Algorithm::Es384,
            Self::Ed25519(_) => algorithm == Algorithm::EdDsa,
            Self::Hmac(_) => algorithm == Algorithm::Hs256,
        }
    }

    fn verify(&self, algorithm: Algorithm, message: &[u8], bytes: &[u8]) -> Result<(), Refusal> {
        let mismatch = Refusal::KeyTypeMismatch;
        let verdict = match self {
            Self::RsaParts { modulus, exponent } => RsaPublicKeyComponents {
                n: modulus,
                e: exponent,
            }
            .verify(algorithm.rsa().ok_or(mismatch)?, message, bytes),
            Self::RsaDer(der) => {
                let parameters: &dyn signature::VerificationAlgorithm = algorithm.rsa().ok_or(mismatch)?;
                UnparsedPublicKey::new(parameters, der).verify(message, bytes)
            }
            Self::P256(point) | Self::P384(point) | Self::Ed25519(point) => {
                UnparsedPublicKey::new(algorithm.curve().ok_or(mismatch)?, point).verify(message, bytes)
            }
            Self::Hmac(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
                hmac::verify(&key, message, bytes)
            }
        };
        verdict.map_err(|_| Refusal::BadSignature)
    }
}

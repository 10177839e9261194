//! Arguments that the server made and the client only carries: in place of a captured or bound variable. Encrypted,
//! authenticated, and bound to one action, one session and an end.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::csrf::binding;
use crate::{Entropy, Identity, KeyRing, SealError, Timestamp, Unavailable};

const PURPOSE: &str = "sealed argument";

/// A sealed value of type `T`, as it travels. It is a text to everybody but [`SealedValues::open`].
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed<T> {
    token: String,
    value: PhantomData<fn() -> T>,
}

impl<T> Sealed<T> {
    /// The text that travels.
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealed(..)")
    }
}

impl<T> Serialize for Sealed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.token)
    }
}

impl<'de, T> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            token: String::deserialize(deserializer)?,
            value: PhantomData,
        })
    }
}

/// Why a sealed value does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealedError {
    /// Changed, or made for another action or session.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It has ended.
    #[error("the sealed value has expired")]
    Expired,
    /// It was sealed as another type.
    #[error("the sealed value is of another type")]
    Type,
}

/// Seals and opens values.
#[derive(Debug, Clone)]
pub struct SealedValues(KeyRing);

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    end: i64,
    value: T,
}

impl SealedValues {
    /// With the application's secrets.
    pub const fn new(keys: KeyRing) -> Self {
        Self(keys)
    }

    /// Seals a value for one action and one session.
    pub fn seal<T: Serialize>(
        &self,
        value: &T,
        action: &str,
        identity: Option<&Identity>,
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Sealed<T>, Unavailable> {
        let envelope = Envelope {
            end: expires_at.millis(),
            value,
        };
        let plain = serde_json::to_vec(&envelope).map_err(|_| Unavailable::new("sealing", "it cannot be written"))?;
        let token = self.0.seal(PURPOSE, &[action, &binding(identity)], &plain, entropy)?;
        Ok(Sealed {
            token,
            value: PhantomData,
        })
    }

    /// Opens a value where it was sealed for.
    pub fn open<T: DeserializeOwned>(
        &self,
        sealed: &Sealed<T>,
        action: &str,
        identity: Option<&Identity>,
        now: Timestamp,
    ) -> Result<T, SealedError> {
        let plain = self.0.open(PURPOSE, &[action, &binding(identity)], &sealed.token)?;
        let envelope: Envelope<T> = serde_json::from_slice(plain.expose()).map_err(|_| SealedError::Type)?;
        if envelope.end <= now.millis() {
            return Err(SealedError::Expired);
        }
        Ok(envelope.value)
    }
}

#[cfg(test)]
mod tests {
    use super::{Sealed, SealedError, SealedValues};
    use crate::sealing::tests::{Counter, ring};
    use crate::{SealError, Timestamp};

    #[test]
    fn a_value_opens_for_its_action_session_and_time() {
        let values = SealedValues::new(ring());
        let at = Timestamp::from_seconds;
        let sealed = values.seal(&42_u32, "buy", None, at(100), &Counter::default()).unwrap();
        // It goes to the client and comes back as a text that does not show the value.
        let text = serde_json::to_string(&sealed).unwrap();
        let sealed: Sealed<u32> = serde_json::from_str(&text).unwrap();
        assert_eq!(format!("{sealed:?}"), "Sealed(..)");
        assert_eq!(values.open(&sealed, "buy", None, at(99)), Ok(42));
        assert_eq!(values.open(&sealed, "buy", None, at(100)), Err(SealedError::Expired));
        let elsewhere = values.open(&sealed, "sell", None, at(99));
        assert_eq!(elsewhere, Err(SealedError::Seal(SealError::Forged)));
        let other: Sealed<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(values.open(&other, "buy", None, at(99)), Err(SealedError::Type));
    }
}

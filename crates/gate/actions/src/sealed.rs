//! Values that the server made and the client only carries, in place of a captured or bound variable. The gates check
//! each one before the handler runs; the handler opens it.

use std::borrow::Cow;
use std::fmt;

use portcullis_funnel::{Identity, SealedError, SealedValues, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::input::{InputField, PlainField};

/// A sealed value of type `T`, bound to one action, one session and an end. [`crate::Ctx::seal`] makes it,
/// [`crate::Ctx::unseal`] opens it.
pub struct Sealed<T>(pub(crate) portcullis_funnel::Sealed<T>);

impl<T> Sealed<T> {
    /// The text that travels, for a hidden field. It needs no escaping.
    pub fn token(&self) -> &str {
        self.0.token()
    }
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealed(..)")
    }
}

impl<T> Serialize for Sealed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        portcullis_funnel::Sealed::deserialize(deserializer).map(Self)
    }
}

impl<T> JsonSchema for Sealed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Sealed".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "sealed"})
    }
}

/// A sealed value that is not ours, or not for this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

impl From<SealedError> for Broken {
    fn from(_: SealedError) -> Self {
        Self
    }
}

/// What opening takes: the keys, and what the value was bound to.
#[derive(Debug)]
pub struct Opener<'a> {
    pub(crate) values: &'a SealedValues,
    pub(crate) action: &'a str,
    pub(crate) identity: Option<&'a Identity>,
    pub(crate) now: Timestamp,
}

impl Opener<'_> {
    pub(crate) fn open<T: DeserializeOwned>(&self, sealed: &Sealed<T>) -> Result<T, SealedError> {
        self.values.open(&sealed.0, self.action, self.identity, self.now)
    }
}

impl<T: DeserializeOwned> InputField for Sealed<T> {
    type Wire = Self;

    fn from_wire(wire: Self) -> Self {
        wire
    }

    fn check_seals(&self, opener: &Opener<'_>) -> Result<(), Broken> {
        opener.open(self)?;
        Ok(())
    }
}

impl<T: DeserializeOwned> PlainField for Sealed<T> {}

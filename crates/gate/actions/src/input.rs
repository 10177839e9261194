//! What an action takes. A type becomes an input by `#[derive(Input)]` alone: unknown fields are refused, each field has
//! a rule, and references to resources are fields of their own kind.

use std::ops::Deref;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::sealed::{Broken, Opener};

/// The type of an action's input. Derive it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the input of an action",
    note = "derive it: `#[derive(Input)]`, with a `#[garde(..)]` rule on each field"
)]
pub trait Input: InputField + Send + Sync + 'static {
    /// The references that have to be authorized: a list of [`crate::RefField`].
    type Refs;
    /// The same by their names, for `.owns(|refs| refs.document)`.
    type Fields;

    /// The names.
    fn fields() -> Self::Fields;
}

/// A type that may stand in an input.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of an input",
    note = "plain values, `Option`, `Vec`, `Sealed`, `Upload` and types with `#[derive(Input)]` can",
    note = "a `Ref` stands directly in the input of an action, so that the action has to authorize it"
)]
pub trait InputField: Sized {
    /// What is read from the request.
    type Wire: DeserializeOwned + JsonSchema + Send;

    /// The value.
    fn from_wire(wire: Self::Wire) -> Self;

    /// Checks the rules of this value and of all that is in it, whether or not the field says `dive`.
    fn check_wire(_wire: &Self::Wire, _path: &garde::Path, _report: &mut garde::Report) {}

    /// Whether all sealed values in it are ours.
    fn check_seals(&self, _opener: &Opener<'_>) -> Result<(), Broken> {
        Ok(())
    }
}

/// A type without references in it, so that it may stand at any depth.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of an input",
    note = "plain values, `Option`, `Vec`, `Sealed`, `Upload` and types with `#[derive(Input)]` can",
    note = "a `Ref` stands directly in the input of an action, so that the action has to authorize it"
)]
pub trait PlainField: InputField {}

macro_rules! plain {
    ($($ty:ty),* $(,)?) => {$(
        impl InputField for $ty {
            type Wire = Self;

            fn from_wire(wire: Self) -> Self {
                wire
            }
        }

        impl PlainField for $ty {}
    )*};
}

plain!(bool, u8, u16, u32, i8, i16, i32, i64, u64, f64, String);

impl<T: InputField> InputField for Option<T> {
    type Wire = Option<T::Wire>;

    fn from_wire(wire: Self::Wire) -> Self {
        wire.map(T::from_wire)
    }

    fn check_wire(wire: &Self::Wire, path: &garde::Path, report: &mut garde::Report) {
        if let Some(one) = wire {
            T::check_wire(one, path, report);
        }
    }

    fn check_seals(&self, opener: &Opener<'_>) -> Result<(), Broken> {
        self.as_ref().map_or(Ok(()), |one| one.check_seals(opener))
    }
}

impl<T: PlainField> PlainField for Option<T> {}

impl<T: InputField> InputField for Vec<T> {
    type Wire = Vec<T::Wire>;

    fn from_wire(wire: Self::Wire) -> Self {
        wire.into_iter().map(T::from_wire).collect()
    }

    fn check_wire(wire: &Self::Wire, path: &garde::Path, report: &mut garde::Report) {
        for (index, one) in wire.iter().enumerate() {
            T::check_wire(one, &path.join(index), report);
        }
    }

    fn check_seals(&self, opener: &Opener<'_>) -> Result<(), Broken> {
        self.iter().try_for_each(|one| one.check_seals(opener))
    }
}

impl<T: PlainField> PlainField for Vec<T> {}

/// The input of an action that takes none: `{}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoInput {}

impl InputField for NoInput {
    type Wire = Self;

    fn from_wire(wire: Self) -> Self {
        wire
    }
}

impl Input for NoInput {
    type Refs = ();
    type Fields = ();

    fn fields() {}
}

/// An input that passed its rules. Only the gates make one.
#[derive(Debug)]
pub struct Validated<T>(T);

impl<T> Validated<T> {
    pub(crate) const fn new(input: T) -> Self {
        Self(input)
    }

    /// The input itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Validated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

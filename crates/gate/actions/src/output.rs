//! What an action gives back: types that were made for that. A row of a table is none of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::sealed::Sealed;

/// The type of an action's result. Derive it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` must not leave the server",
    label = "this is what the handler gives back",
    note = "an action gives back a type with `#[derive(Dto)]`, which has the fields that clients may see and no others"
)]
pub trait Dto: DtoField {}

/// A type that may stand in a result.
#[diagnostic::on_unimplemented(
    message = "`{Self}` must not leave the server",
    note = "fields of a `Dto` are plain values, `Option`, `Vec`, maps by text, `Sealed` and types with `#[derive(Dto)]`"
)]
pub trait DtoField: Serialize + JsonSchema + derived::FromDerive {}

/// Behind the derive macro, so that no row becomes a result by accident. Whoever implements this by hand means it.
#[doc(hidden)]
pub(crate) mod derived {
    pub trait FromDerive {}
}

macro_rules! field {
    ($($ty:ty),* $(,)?) => {$(
        impl derived::FromDerive for $ty {}
        impl DtoField for $ty {}
    )*};
}

field!(
    bool,
    u8,
    u16,
    u32,
    i8,
    i16,
    i32,
    i64,
    u64,
    f64,
    String,
    &'static str,
    ()
);

impl Dto for () {}

impl<T: DtoField> derived::FromDerive for Option<T> {}
impl<T: DtoField> DtoField for Option<T> {}
impl<T: DtoField> derived::FromDerive for Vec<T> {}
impl<T: DtoField> DtoField for Vec<T> {}
impl<T: Dto> Dto for Vec<T> {}
impl<T: Dto> Dto for Option<T> {}
impl<T: DtoField> derived::FromDerive for BTreeMap<String, T> {}
impl<T: DtoField> DtoField for BTreeMap<String, T> {}
impl<T> derived::FromDerive for Sealed<T> {}
impl<T> DtoField for Sealed<T> {}

//! Server Actions in Rust, on axum: an action that does not say who may call it does not compile.

extern crate self as portcullis_actions;

mod access;
mod action;
mod app;
mod arguments;
mod builder;
mod client;
mod context;
mod decode;
mod endpoint;
mod failure;
mod flash;
#[doc(hidden)]
pub mod fuzzing;
mod handler;
mod headers;
mod input;
mod inventory;
mod mount;
mod output;
mod problems;
mod references;
mod sealed;
mod secrets;
pub mod testing;
mod typescript;
mod upload;
mod verdict;

pub use access::{AccessDecided, Authed, Optional, Paced, Public, RateDecidedFor, Undecided, Unlimited, Unpaced};
pub use action::Action;
pub use app::{App, NoPermissions, NoRoles, Permission, Role};
pub use builder::{BuildError, Builder, Environment, Memory};
pub use client::ActionClient;
pub use context::Ctx;
pub use decode::Limits;
pub use failure::{ActionError, ErrorCode, Shielded};
pub use flash::{Flash, FormError, FormFields, FormState};
pub use handler::{Handler, Mount, Mounted, OfContext, OfInput, OfResources, Ready};
pub use headers::{CspNonce, Headers};
pub use input::{Input, InputField, NoInput, PlainField, Validated};
pub use inventory::{ActionInfo, ActionTable};
pub use mount::{Actions, BrokenActions};
pub use output::{Dto, DtoField};
pub use portcullis_actions_macros::{ActionError, Dto, Input, Resource, action};
pub use references::{
    Allows, Flat, Here, Lookup, Opening, Owns, Policy, Ref, RefField, RefsCovered, Resource, Steps, There, Without,
};
pub use sealed::{Broken, Opener, Sealed};
pub use typescript::{NoClient, TypeScriptClient};
pub use upload::{Upload, UploadWire};

/// What the gates are made of, for settings and for own implementations of their traits.
pub use portcullis_funnel as funnel;
/// Formats of sessions.
pub use portcullis_session as session;
/// Stores, the system's clock and random bytes.
pub use portcullis_store as store;

/// For the derive macros.
#[doc(hidden)]
pub mod private {
    pub use garde;
    pub use schemars;
    pub use serde;
    pub use serde_json;

    pub use crate::access::sealed::Access;
    pub use crate::output::derived::FromDerive;

    /// The references of an input; written by the derive macro, read by `Input`.
    pub trait Marks {
        type Refs;
        type Fields;

        fn fields() -> Self::Fields;
    }

    /// A field of a result, as it is.
    pub const fn shown<T: crate::DtoField>(field: &T) -> &T {
        field
    }

    /// The schema of a field of a result.
    pub fn schema<T: crate::DtoField>(generator: &mut schemars::SchemaGenerator) -> serde_json::Value {
        generator.subschema_for::<T>().to_value()
    }

    /// A query of a gate failed: the call is refused with 503, and the log says why.
    pub fn query_failed(cause: impl std::fmt::Display) -> crate::funnel::Unavailable {
        tracing::error!(%cause, "a query of a gate failed");
        crate::funnel::Unavailable::new("database", "a query failed")
    }

    /// A parameter of a public error. What cannot be written is left out.
    pub fn param(value: impl crate::DtoField) -> serde_json::Value {
        serde_json::to_value(value).unwrap_or_default()
    }

    /// The parameters of a public error.
    pub fn params<const N: usize>(
        list: [(&'static str, serde_json::Value); N],
    ) -> serde_json::Map<String, serde_json::Value> {
        list.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// What a handler gives back.
pub type Outcome<O, E = std::convert::Infallible> = Result<O, E>;

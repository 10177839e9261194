//! What libraries mean to the analysis: who tells the caller's identity, what writes, what ends a path.
//!
//! All of it is data, one TOML file a library, in the format that users extend in their own configuration. This
//! crate parses and links those files; it decides nothing about code.

mod catalog;
mod format;
mod libraries;
pub mod parts;
mod spec;

pub use catalog::{
    Builder, BuilderId, Call, Callback, Catalog, CatalogError, EffectKind, Member, MemberId, Template, TypeId, Yield,
};
pub use format::{BuilderStep, NativeEntry, Part};
pub use spec::{Spec, TypeRef};

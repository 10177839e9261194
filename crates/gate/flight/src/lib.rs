//! What React sends to a Server Action, read strictly into plain values, and written back canonically.
//!
//! The crate decides what a request body *means*, or refuses it with a stable [`Code`]. It does not decide who may
//! call, nor whether the arguments fit a schema. It is pure: bytes in, values or bytes out; no clock, no file, no
//! socket, no randomness.
//!
//! | Step | Where |
//! | --- | --- |
//! | Is this request an action, and which transport carries it? | [`identify`] |
//! | Body to arguments | [`read_fetch_text`], [`read_fetch_multipart`], [`read_form`] |
//! | Which action does a form call? | [`form_action`] |
//! | Arguments to a body of our own | [`write()`] |
//! | The rows of a response | [`rows`] |
//! | Looking at values | [`Call`], [`Value`], [`Kind`]; [`tagged`] prints them as JSON |
//!
//! **Strings** are JavaScript strings: sequences of UTF-16 code units, which may hold half of a surrogate pair. They
//! are kept as WTF-8, which is UTF-8 for every string without such a half. See [`JsStr`].
//!
//! **Sharing** is kept: an object that stands at two places of the arguments is one node of the [`Document`], and
//! stays one object when it is written. Cycles are refused unless [`DecodeOptions::cycles`] is on.
//!
//! **Bounds**: every reader works in time and memory linear in the body, under the [`Budgets`], and without recursion
//! beyond the depth that they name.

mod body;
mod call;
mod code;
mod date;
mod decode;
mod document;
mod form;
mod identifier;
mod json;
mod model;
mod multipart;
mod number;
mod options;
mod parts;
mod reference;
mod refusal;
mod request;
pub mod rows;
mod same;
mod settle;
pub mod tagged;
mod text;
mod token;
mod value;
mod write;

pub use body::{read_fetch_multipart, read_fetch_text};
pub use call::{Call, Transport};
pub use code::Code;
pub use date::Date;
pub use document::{Document, NodeId};
pub use form::{form_action, read_form};
pub use identifier::{ActionId, KnownIds};
pub use options::{Budgets, DecodeOptions, Dialect, Promises};
pub use refusal::Refusal;
pub use request::{Head, Identified, identify};
pub use text::JsStr;
pub use value::{Fields, File, Items, Kind, Pairs, ServerReference, Stream, StreamKind, Value, View};
pub use write::{Body, WriteError, write};

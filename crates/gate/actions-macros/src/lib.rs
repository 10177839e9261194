//! The derive macros of `portcullis-actions`. Each one writes what could be written by hand, and refuses what should not.

mod action;
mod action_error;
mod dto;
mod input;
mod names;
mod resource;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// The input of an action: unknown fields are refused, each field has a `#[garde(..)]` rule, references are
/// `Ref<..>` fields that the action has to authorize.
///
/// On a field: `#[input(secret)]` for what is never given back, `#[input(opaque_id = "why")]` for an id that names no
/// resource of this application.
#[proc_macro_derive(Input, attributes(input, garde, serde))]
pub fn derive_input(tokens: TokenStream) -> TokenStream {
    let item = parse_macro_input!(tokens as DeriveInput);
    input::expand(&item)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// The result of an action: the fields that clients may see.
#[proc_macro_derive(Dto)]
pub fn derive_dto(tokens: TokenStream) -> TokenStream {
    let item = parse_macro_input!(tokens as DeriveInput);
    dto::expand(&item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// The errors of an action: `#[public(409, "code")]` on a variant that clients may see, with `field = "name"` if it
/// belongs to a field of the input; `#[internal]` on every other one, with `#[from]` on its cause.
#[proc_macro_derive(ActionError, attributes(public, internal, unavailable, from))]
pub fn derive_action_error(tokens: TokenStream) -> TokenStream {
    let item = parse_macro_input!(tokens as DeriveInput);
    action_error::expand(&item)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// A row that a client may refer to, if it is the caller's: `#[resource(app = MyApp, pool = State::pool, table =
/// "documents", owner = "owner_id")]`. The fields are the columns that are read. `team = ".."` compares the caller's
/// organization, and stands beside the owner as "or". The query is a constant with `$1`, `$2` and `$3`, as `SQLite` and
/// `PostgreSQL` read them.
#[proc_macro_derive(Resource, attributes(resource))]
pub fn derive_resource(tokens: TokenStream) -> TokenStream {
    let item = parse_macro_input!(tokens as DeriveInput);
    resource::expand(&item)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// The builder in front of its handler: `#[action(auth, min_role = Rank::Editor, rate = "5/1m per user", owns(document))]`
/// on `async fn update_document(..)` makes `fn update_document_action(client) -> impl Mount<App>`, an action with the name
/// `updateDocument`. Policies for `authorize` are written with the builder itself.
#[proc_macro_attribute]
pub fn action(attribute: TokenStream, tokens: TokenStream) -> TokenStream {
    let function = parse_macro_input!(tokens as syn::ItemFn);
    action::expand(attribute.into(), &function)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

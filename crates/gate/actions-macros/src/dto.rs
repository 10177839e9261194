//! `#[derive(Dto)]`: how a result is written and what its schema is. Every field is named here, so no other one leaves.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::names::{Shape, plain, shape, snake};

pub(crate) fn expand(item: &DeriveInput) -> syn::Result<TokenStream> {
    let name = &item.ident;
    let text = name.to_string();
    let (write, schema) = match shape(item, "a result")? {
        Shape::Struct(fields) => {
            let count = fields.named.len();
            let names: Vec<String> = fields
                .named
                .iter()
                .filter_map(|one| one.ident.as_ref())
                .map(plain)
                .collect();
            let idents: Vec<_> = fields.named.iter().filter_map(|one| one.ident.as_ref()).collect();
            let types: Vec<_> = fields.named.iter().map(|field| &field.ty).collect();
            let write = quote! {
                use ::portcullis_actions::private::serde::ser::SerializeStruct as _;
                let mut written = serializer.serialize_struct(#text, #count)?;
                #(written.serialize_field(#names, ::portcullis_actions::private::shown(&self.#idents))?;)*
                written.end()
            };
            let schema = quote! {
                let mut properties = ::portcullis_actions::private::serde_json::Map::new();
                #(properties.insert(#names.to_owned(), ::portcullis_actions::private::schema::<#types>(generator));)*
                ::portcullis_actions::private::schemars::json_schema!({
                    "type": "object",
                    "properties": properties,
                    "required": [#(#names),*],
                    "additionalProperties": false,
                })
            };
            (write, schema)
        }
        Shape::Enum(variants) => {
            let names: Vec<String> = variants.iter().map(|variant| snake(variant)).collect();
            let write = quote! {
                serializer.serialize_str(match self { #(Self::#variants => #names),* })
            };
            let schema = quote! {
                let _ = generator;
                ::portcullis_actions::private::schemars::json_schema!({"type": "string", "enum": [#(#names),*]})
            };
            (write, schema)
        }
    };
    Ok(quote! {
        impl ::portcullis_actions::private::serde::Serialize for #name {
            fn serialize<S: ::portcullis_actions::private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #write
            }
        }

        impl ::portcullis_actions::private::schemars::JsonSchema for #name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(#text)
            }

            fn json_schema(
                generator: &mut ::portcullis_actions::private::schemars::SchemaGenerator,
            ) -> ::portcullis_actions::private::schemars::Schema {
                #schema
            }
        }

        impl ::portcullis_actions::private::FromDerive for #name {}
        impl ::portcullis_actions::DtoField for #name {}
        impl ::portcullis_actions::Dto for #name {}
    })
}

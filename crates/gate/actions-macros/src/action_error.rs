//! `#[derive(ActionError)]`: which errors clients may see. A variant that does not say is refused here.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitInt, LitStr, Meta, Path, Token, Variant};

use crate::names::{plain, snake};

pub(crate) fn expand(item: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Enum(data) = &item.data else {
        return Err(syn::Error::new_spanned(
            &item.ident,
            "the errors of an action are an enum",
        ));
    };
    let name = &item.ident;
    let mut arms = Vec::new();
    let mut codes = Vec::new();
    let mut conversions = Vec::new();
    for variant in &data.variants {
        match audience(variant)? {
            Audience::Public(public) => {
                arms.push(public_arm(variant, &public)?);
                let Public { status, code, field } = public;
                let field = option(field.as_deref());
                codes.push(quote!(::portcullis_actions::ErrorCode { code: #code, status: #status, field: #field }));
            }
            Audience::Internal => arms.push(hidden_arm(variant, &quote!(Internal))),
            Audience::Unavailable(None) => arms.push(hidden_arm(variant, &quote!(Unavailable))),
            Audience::Unavailable(Some(when)) => arms.push(sometimes_unavailable_arm(variant, &when)?),
        }
        conversions.extend(conversion(name, variant));
    }
    Ok(quote! {
        impl ::portcullis_actions::ActionError for #name {
            fn shield(self) -> ::portcullis_actions::Shielded {
                match self { #(#arms)* }
            }

            fn codes() -> ::std::vec::Vec<::portcullis_actions::ErrorCode> {
                ::std::vec![#(#codes),*]
            }
        }

        #(#conversions)*
    })
}

/// Who may see a variant.
enum Audience {
    Public(Public),
    Internal,
    /// A backend is down; with a function, only if that says so of the cause.
    Unavailable(Option<Path>),
}

struct Public {
    status: u16,
    code: String,
    field: Option<String>,
}

/// What stands in `#[public(..)]`.
struct Words {
    status: LitInt,
    code: Option<LitStr>,
    field: Option<LitStr>,
}

impl Parse for Words {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut words = Self {
            status: input.parse()?,
            code: None,
            field: None,
        };
        while input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            if input.peek(LitStr) {
                words.code = Some(input.parse()?);
                continue;
            }
            let key: Ident = input.parse()?;
            if key != "field" {
                return Err(syn::Error::new_spanned(
                    key,
                    "a code and `field = \"name\"` are known here",
                ));
            }
            input.parse::<Token![=]>()?;
            words.field = Some(input.parse()?);
        }
        Ok(words)
    }
}

fn audience(variant: &Variant) -> syn::Result<Audience> {
    for attribute in &variant.attrs {
        if attribute.path().is_ident("internal") {
            return Ok(Audience::Internal);
        }
        if attribute.path().is_ident("unavailable") {
            return Ok(Audience::Unavailable(when(attribute)?));
        }
        if attribute.path().is_ident("public") {
            let words: Words = attribute.parse_args()?;
            let status: u16 = words.status.base10_parse()?;
            if !(400..500).contains(&status) {
                let message = "an error that clients may see has a status from 400 to 499";
                return Err(syn::Error::new_spanned(&words.status, message));
            }
            let code = words.code.map_or_else(|| snake(&variant.ident), |code| code.value());
            let field = words.field.map(|field| field.value());
            return Ok(Audience::Public(Public { status, code, field }));
        }
    }
    let message = format!(
        "`{}` does not say whether clients may see it: write `#[public(409, \"code\")]`, `#[internal]`, or \
         `#[unavailable]` for a backend that is down",
        variant.ident
    );
    Err(syn::Error::new_spanned(variant, message))
}

/// `#[unavailable]`, or `#[unavailable(when = function)]`.
fn when(attribute: &Attribute) -> syn::Result<Option<Path>> {
    if matches!(attribute.meta, Meta::Path(_)) {
        return Ok(None);
    }
    let mut function = None;
    attribute.parse_nested_meta(|meta| {
        if !meta.path.is_ident("when") {
            return Err(meta.error("`when = function` is known here"));
        }
        function = Some(meta.value()?.parse()?);
        Ok(())
    })?;
    Ok(function)
}

fn option(text: Option<&str>) -> TokenStream {
    text.map_or_else(
        || quote!(::core::option::Option::None),
        |text| quote!(::core::option::Option::Some(#text)),
    )
}

fn public_arm(variant: &Variant, public: &Public) -> syn::Result<TokenStream> {
    let ident = &variant.ident;
    let (status, code) = (public.status, &public.code);
    let field = option(public.field.as_deref());
    let (pattern, params) = match &variant.fields {
        Fields::Unit => (quote!(), quote!()),
        Fields::Named(fields) => {
            let idents: Vec<_> = fields.named.iter().filter_map(|one| one.ident.as_ref()).collect();
            let names = idents.iter().map(|ident| plain(ident));
            let params = quote!(#((#names, ::portcullis_actions::private::param(#idents))),*);
            (quote!({ #(#idents),* }), params)
        }
        Fields::Unnamed(fields) => {
            let message = "what clients see has names: give the fields of this variant some";
            return Err(syn::Error::new_spanned(fields, message));
        }
    };
    Ok(quote! {
        Self::#ident #pattern => {
            let params = ::portcullis_actions::private::params([#params]);
            ::portcullis_actions::Shielded::Public { status: #status, code: #code, field: #field, params }
        }
    })
}

/// A variant of which only the log learns more than that it happened.
fn hidden_arm(variant: &Variant, shielded: &TokenStream) -> TokenStream {
    let ident = &variant.ident;
    let text = ident.to_string();
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => quote! {
            Self::#ident(cause) => ::portcullis_actions::Shielded::#shielded {
                cause: ::std::format!("{}: {cause}", #text),
            },
        },
        _ => quote! {
            Self::#ident { .. } => ::portcullis_actions::Shielded::#shielded { cause: #text.to_owned() },
        },
    }
}

/// A variant with one cause, of which a function says whether trying again makes sense.
fn sometimes_unavailable_arm(variant: &Variant, when: &Path) -> syn::Result<TokenStream> {
    let ident = &variant.ident;
    let text = ident.to_string();
    if !matches!(&variant.fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1) {
        let message = "a variant that is only sometimes unavailable has one field, its cause";
        return Err(syn::Error::new_spanned(variant, message));
    }
    Ok(quote! {
        Self::#ident(cause) => {
            let is_down: bool = #when(&cause);
            let cause = ::std::format!("{}: {cause}", #text);
            if is_down {
                ::portcullis_actions::Shielded::Unavailable { cause }
            } else {
                ::portcullis_actions::Shielded::Internal { cause }
            }
        }
    })
}

/// `From` for the cause that is marked.
fn conversion(name: &Ident, variant: &Variant) -> Option<TokenStream> {
    let Fields::Unnamed(fields) = &variant.fields else {
        return None;
    };
    let field = fields.unnamed.first().filter(|_| fields.unnamed.len() == 1)?;
    let is_marked = field.attrs.iter().any(|one| one.path().is_ident("from"));
    let (ident, ty) = (&variant.ident, &field.ty);
    is_marked.then(|| {
        quote! {
            impl ::core::convert::From<#ty> for #name {
                fn from(cause: #ty) -> Self {
                    Self::#ident(cause)
                }
            }
        }
    })
}

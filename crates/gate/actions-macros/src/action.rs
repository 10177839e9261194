//! `#[action(..)]`: the builder's calls, written in front of the handler. It adds nothing that the builder has not: what
//! is missing is refused by the builder's types, but for the access rule, which is asked for here.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Expr, FnArg, GenericArgument, Ident, ItemFn, Lit, Meta, PathArguments, Token, Type};

/// Calls in the order of the builder.
#[derive(Default)]
struct Calls {
    name: Option<Expr>,
    access: Option<TokenStream>,
    before: Vec<TokenStream>,
    refs: Vec<TokenStream>,
    after: Vec<TokenStream>,
}

impl Calls {
    fn read(tokens: TokenStream) -> syn::Result<Self> {
        let mut calls = Self::default();
        for meta in Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens)? {
            let word = meta.path().get_ident().map(ToString::to_string).unwrap_or_default();
            match (&meta, word.as_str()) {
                (Meta::Path(_), "auth") => calls.decide(&meta, quote!(.authenticated()))?,
                (Meta::NameValue(pair), "public") => {
                    let reason = &pair.value;
                    calls.decide(&meta, quote!(.public(#reason)))?;
                }
                (Meta::NameValue(pair), "optional") => {
                    let reason = &pair.value;
                    calls.decide(&meta, quote!(.optional_auth(#reason)))?;
                }
                (Meta::NameValue(pair), "name") => calls.name = Some(pair.value.clone()),
                (Meta::NameValue(pair), "rate") => calls.with("rate_limit", &pair.value),
                (
                    Meta::NameValue(pair),
                    "min_role" | "permission" | "captcha" | "step_up" | "timeout" | "unlimited",
                ) => {
                    calls.with(&word, &pair.value);
                }
                (Meta::Path(_), "nonce" | "idempotent" | "refuse_impersonation") => {
                    let method = format_ident!("{word}");
                    calls.before.push(quote!(.#method()));
                }
                (Meta::List(list), "owns") => {
                    let fields = list.parse_args_with(Punctuated::<Ident, Token![,]>::parse_terminated)?;
                    calls
                        .refs
                        .extend(fields.iter().map(|field| quote!(.owns(|refs| refs.#field))));
                }
                (Meta::NameValue(pair), "form_page" | "redirect_to") => {
                    let (method, value) = (format_ident!("{word}"), &pair.value);
                    calls.after.push(quote!(.#method(#value)));
                }
                _ => {
                    let message = "known here: `auth`, `public = \"why\"`, `optional = \"why\"`, `name`, `rate`, `unlimited`, \
                                   `min_role`, `permission`, `captcha`, `step_up`, `timeout`, `nonce`, `idempotent`, \
                                   `refuse_impersonation`, `owns(field, ..)`, `form_page`, `redirect_to`";
                    return Err(syn::Error::new_spanned(&meta, message));
                }
            }
        }
        Ok(calls)
    }

    fn decide(&mut self, meta: &Meta, call: TokenStream) -> syn::Result<()> {
        if self.access.replace(call).is_some() {
            return Err(syn::Error::new_spanned(meta, "an action has one access rule"));
        }
        Ok(())
    }

    fn with(&mut self, method: &str, value: &Expr) {
        let method = format_ident!("{method}");
        self.before.push(quote!(.#method(#value)));
    }
}

/// `T` of the argument `position`, which is a `Wrapper<T, ..>`.
fn parameter<'a>(function: &'a ItemFn, position: usize, wrapper: &str) -> Option<&'a Type> {
    let FnArg::Typed(argument) = function.sig.inputs.iter().nth(position)? else {
        return None;
    };
    let Type::Path(path) = argument.ty.as_ref() else {
        return None;
    };
    let last = path.path.segments.last().filter(|segment| segment.ident == wrapper)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// `update_document` as `updateDocument`.
fn camel(name: &Ident) -> String {
    let text = name.to_string();
    let mut words = text.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut text, word| {
        let mut letters = word.chars();
        text.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        text.extend(letters);
        text
    })
}

pub(crate) fn expand(tokens: TokenStream, function: &ItemFn) -> syn::Result<TokenStream> {
    let calls = Calls::read(tokens)?;
    let handler = &function.sig.ident;
    let access = calls.access.ok_or_else(|| {
        let message =
            "this action does not say who may call it: write `auth`, `public = \"why\"` or `optional = \"why\"`";
        syn::Error::new_spanned(handler, message)
    })?;
    let app = parameter(function, 0, "Ctx").ok_or_else(|| {
        let message = "the first argument of a handler is `ctx: Ctx<App, ..>`";
        syn::Error::new(function.sig.inputs.span(), message)
    })?;
    let input = parameter(function, 1, "Validated").map(|input| quote!(.input::<#input>()));
    let name = match calls.name {
        Some(Expr::Lit(literal)) if matches!(literal.lit, Lit::Str(_)) => quote!(#literal),
        Some(other) => return Err(syn::Error::new_spanned(other, "a name is a text")),
        None => {
            let name = camel(handler);
            quote!(#name)
        }
    };
    let (before, refs, after) = (&calls.before, &calls.refs, &calls.after);
    let (vis, action) = (&function.vis, format_ident!("{handler}_action"));
    let doc = format!("The action of [`{handler}`].");
    Ok(quote! {
        #function

        #[doc = #doc]
        #vis fn #action(
            client: &::portcullis_actions::ActionClient<#app>,
        ) -> impl ::portcullis_actions::Mount<#app> + use<> {
            client.action(#name) #access #(#before)* #input #(#refs)* .handler(#handler) #(#after)*
        }
    })
}

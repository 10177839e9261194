//! `#[derive(Input)]`: a second type with the same fields is what is read from the request; the input itself is made from
//! it once its rules hold.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, Field, FieldsNamed, GenericArgument, LitStr, PathArguments, Type};

use crate::names::{Shape, holds, last_word, plain, shape, snake};

pub(crate) fn expand(item: &DeriveInput) -> syn::Result<TokenStream> {
    match shape(item, "an input")? {
        Shape::Struct(fields) => of_struct(item, fields),
        Shape::Enum(variants) => Ok(of_enum(item, &variants)),
    }
}

/// One field, understood.
struct Part<'a> {
    field: &'a Field,
    name: &'a Ident,
    is_secret: bool,
    /// What it refers to.
    resource: Option<&'a Type>,
}

impl<'a> Part<'a> {
    fn read(field: &'a Field) -> syn::Result<Self> {
        let name = field
            .ident
            .as_ref()
            .ok_or_else(|| syn::Error::new_spanned(field, "a field has a name"))?;
        let mut part = Self {
            field,
            name,
            is_secret: false,
            resource: resource(&field.ty),
        };
        let mut is_opaque = false;
        for attribute in &field.attrs {
            if attribute.path().is_ident("serde") {
                let message = "fields of an input are named on the wire as in Rust, so that errors name them the same";
                return Err(syn::Error::new_spanned(attribute, message));
            }
            if !attribute.path().is_ident("input") {
                continue;
            }
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("secret") {
                    part.is_secret = true;
                    return Ok(());
                }
                if meta.path.is_ident("opaque_id") {
                    let reason: LitStr = meta.value()?.parse()?;
                    is_opaque = !reason.value().trim().is_empty();
                    return if is_opaque { Ok(()) } else { Err(meta.error("say why")) };
                }
                Err(meta.error("`secret` and `opaque_id = \"why\"` are known here"))
            })?;
        }
        if part.resource.is_none() && holds(&field.ty, "Ref") {
            let message = "a `Ref` stands directly in the input of an action, so that the action has to authorize it: \
                           for several resources write several actions, or several fields";
            return Err(syn::Error::new_spanned(&field.ty, message));
        }
        let text = plain(name);
        let is_id = text == "id" || text.ends_with("_id") || text.ends_with("_ids");
        let is_sealed = last_word(&field.ty).as_deref() == Some("Sealed");
        if is_id && part.resource.is_none() && !is_sealed && !is_opaque {
            let message = format!(
                "`{text}` is an id that the client chooses: write `Ref<..>`, which the action has to authorize, or \
                 `#[input(opaque_id = \"why\")]` if it names no resource of this application"
            );
            return Err(syn::Error::new_spanned(field, message));
        }
        Ok(part)
    }

    /// The rules, and a rule for types that have none of their own to set.
    fn rules(&self) -> syn::Result<TokenStream> {
        let rules: Vec<_> = self
            .field
            .attrs
            .iter()
            .filter(|one| one.path().is_ident("garde"))
            .collect();
        let has_none = matches!(last_word(&self.field.ty).as_deref(), Some("Ref" | "Sealed" | "bool"));
        if rules.is_empty() && has_none {
            return Ok(quote!(#[garde(skip)]));
        }
        if rules.is_empty() {
            let message = format!(
                "`{}` has no rule: write `#[garde(length(max = 200))]` or another one, or `#[garde(skip)]` if every \
                 value is right",
                plain(self.name)
            );
            return Err(syn::Error::new_spanned(self.field, message));
        }
        Ok(quote!(#(#rules)*))
    }
}

/// `R` of a `Ref<R>`.
fn resource(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Ref")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(ty)) => Some(ty),
        _ => None,
    }
}

fn of_struct(item: &DeriveInput, fields: &FieldsNamed) -> syn::Result<TokenStream> {
    let (name, vis) = (&item.ident, &item.vis);
    let text = name.to_string();
    let (wire, refs) = (format_ident!("{name}Wire"), format_ident!("{name}Refs"));
    let parts = fields.named.iter().map(Part::read).collect::<syn::Result<Vec<_>>>()?;

    let mut wire_fields = Vec::new();
    for part in &parts {
        let (field, ty, rules) = (part.name, &part.field.ty, part.rules()?);
        let docs = part.field.attrs.iter().filter(|one| one.path().is_ident("doc"));
        let read = if part.resource.is_some() {
            quote!(#ty)
        } else {
            quote_spanned!(ty.span() => <#ty as ::portcullis_actions::InputField>::Wire)
        };
        let secret = part.is_secret.then(|| quote!(#[schemars(extend("writeOnly" = true))]));
        wire_fields.push(quote! { #(#docs)* #rules #secret #field: #read, });
    }
    let moved = parts.iter().map(|part| {
        let (field, ty) = (part.name, &part.field.ty);
        if part.resource.is_some() {
            quote!(#field: wire.#field,)
        } else {
            quote!(#field: <#ty as ::portcullis_actions::InputField>::from_wire(wire.#field),)
        }
    });
    let seals = parts.iter().filter(|part| part.resource.is_none()).map(|part| {
        let field = part.name;
        quote!(::portcullis_actions::InputField::check_seals(&self.#field, opener)?;)
    });
    let plain_types = parts.iter().filter(|part| part.resource.is_none()).map(|part| {
        let ty = &part.field.ty;
        quote_spanned!(ty.span() => plain::<#ty>();)
    });
    let nested = parts.iter().filter(|part| part.resource.is_none()).map(|part| {
        let (field, text, ty) = (part.name, plain(part.name), &part.field.ty);
        quote!(<#ty as ::portcullis_actions::InputField>::check_wire(&wire.#field, &path.join(#text), report);)
    });
    let references: Vec<(usize, &Part<'_>, &Type)> = parts
        .iter()
        .filter_map(|part| part.resource.map(|resource| (part, resource)))
        .enumerate()
        .map(|(number, (part, resource))| (number, part, resource))
        .collect();
    let marks = marks(name, vis, &refs, &references);
    let is_plain = references
        .is_empty()
        .then(|| quote!(impl ::portcullis_actions::PlainField for #name {}));
    let doc = format!("What is read from a request for [`{text}`].");

    Ok(quote! {
        #[doc = #doc]
        #[derive(
            ::portcullis_actions::private::serde::Deserialize,
            ::portcullis_actions::private::garde::Validate,
            ::portcullis_actions::private::schemars::JsonSchema,
        )]
        #[serde(crate = "::portcullis_actions::private::serde", deny_unknown_fields)]
        #[schemars(crate = "::portcullis_actions::private::schemars", rename = #text)]
        #vis struct #wire { #(#wire_fields)* }

        impl ::core::fmt::Debug for #wire {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.write_str(#text)
            }
        }

        const _: fn() = || {
            fn plain<T: ::portcullis_actions::PlainField>() {}
            #(#plain_types)*
        };

        impl ::portcullis_actions::InputField for #name {
            type Wire = #wire;

            fn from_wire(wire: #wire) -> Self {
                Self { #(#moved)* }
            }

            fn check_wire(
                wire: &#wire,
                path: &::portcullis_actions::private::garde::Path,
                report: &mut ::portcullis_actions::private::garde::Report,
            ) {
                let rules = <#wire as ::portcullis_actions::private::garde::Validate>::validate_into;
                rules(wire, &(), &mut || path.clone(), report);
                #(#nested)*
            }

            fn check_seals(
                &self,
                opener: &::portcullis_actions::Opener<'_>,
            ) -> ::core::result::Result<(), ::portcullis_actions::Broken> {
                let _ = opener;
                #(#seals)*
                ::core::result::Result::Ok(())
            }
        }

        #is_plain

        #marks

        impl ::portcullis_actions::Input for #name {
            type Refs = <Self as ::portcullis_actions::private::Marks>::Refs;
            type Fields = <Self as ::portcullis_actions::private::Marks>::Fields;

            fn fields() -> Self::Fields {
                <Self as ::portcullis_actions::private::Marks>::fields()
            }

        }
    })
}

/// The references of an input by their names, and as a list.
fn marks(name: &Ident, vis: &syn::Visibility, refs: &Ident, references: &[(usize, &Part<'_>, &Type)]) -> TokenStream {
    if references.is_empty() {
        return quote! {
            impl ::portcullis_actions::private::Marks for #name {
                type Refs = ();
                type Fields = ();

                fn fields() {}
            }
        };
    }
    let list = references.iter().rev().fold(
        quote!(()),
        |tail, (number, _, resource)| quote!((::portcullis_actions::RefField<#name, #resource, #number>, #tail)),
    );
    let fields = references.iter().map(|(number, part, resource)| {
        let field = part.name;
        let doc = format!("The reference `{field}`.");
        quote!(#[doc = #doc] #vis #field: ::portcullis_actions::RefField<#name, #resource, #number>,)
    });
    let values = references.iter().map(|(_, part, _)| {
        let (field, text) = (part.name, plain(part.name));
        quote!(#field: ::portcullis_actions::RefField::new(#text, |input: &#name| &input.#field),)
    });
    let doc = format!("The references of [`{name}`].");
    quote! {
        #[doc = #doc]
        #[derive(Debug)]
        #vis struct #refs { #(#fields)* }

        impl ::portcullis_actions::private::Marks for #name {
            type Refs = #list;
            type Fields = #refs;

            fn fields() -> #refs {
                #refs { #(#values)* }
            }
        }
    }
}

fn of_enum(item: &DeriveInput, variants: &[&Ident]) -> TokenStream {
    let (name, vis) = (&item.ident, &item.vis);
    let text = name.to_string();
    let wire = Ident::new(&format!("{name}Wire"), Span::call_site());
    let doc = format!("What is read from a request for [`{text}`].");
    let names = variants.iter().map(|variant| snake(variant));
    quote! {
        #[doc = #doc]
        #[derive(
            Debug,
            ::portcullis_actions::private::serde::Deserialize,
            ::portcullis_actions::private::schemars::JsonSchema,
        )]
        #[serde(crate = "::portcullis_actions::private::serde")]
        #[schemars(crate = "::portcullis_actions::private::schemars", rename = #text)]
        #vis enum #wire { #(#[doc = ""] #[serde(rename = #names)] #variants),* }

        impl ::portcullis_actions::InputField for #name {
            type Wire = #wire;

            fn from_wire(wire: #wire) -> Self {
                match wire { #(#wire::#variants => Self::#variants),* }
            }
        }

        impl ::portcullis_actions::PlainField for #name {}
    }
}

//! Names on the wire, and the shapes of types that the macros tell apart.

use proc_macro2::Ident;
use syn::{Data, DeriveInput, Fields, FieldsNamed, Type};

/// `TeamFull` as `team_full`.
pub(crate) fn snake(name: &Ident) -> String {
    let mut text = String::new();
    for letter in name.to_string().chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// The field's name without `r#`.
pub(crate) fn plain(name: &Ident) -> String {
    let text = name.to_string();
    text.strip_prefix("r#").map_or(text.clone(), str::to_owned)
}

/// The last word of a type's path: `Ref` of `portcullis_actions::Ref<Document>`.
pub(crate) fn last_word(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string())
}

/// Whether a type has this word in one of its parameters, at any depth.
pub(crate) fn holds(ty: &Type, word: &str) -> bool {
    use syn::{GenericArgument, PathArguments};
    let Type::Path(path) = ty else { return false };
    path.path.segments.iter().any(|segment| {
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return false;
        };
        arguments.args.iter().any(|argument| match argument {
            GenericArgument::Type(ty) => last_word(ty).as_deref() == Some(word) || holds(ty, word),
            _ => false,
        })
    })
}

/// What the macros take: a struct with named fields, or an enum without any.
pub(crate) enum Shape<'a> {
    Struct(&'a FieldsNamed),
    Enum(Vec<&'a Ident>),
}

pub(crate) fn shape<'a>(item: &'a DeriveInput, what: &str) -> syn::Result<Shape<'a>> {
    if !item.generics.params.is_empty() {
        let message = format!("{what} has no type parameters: its schema is that of one type");
        return Err(syn::Error::new_spanned(&item.generics, message));
    }
    let refused = || {
        let message = format!("{what} is a struct with named fields, or an enum whose variants have none");
        syn::Error::new_spanned(&item.ident, message)
    };
    match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(Shape::Struct(fields)),
            Fields::Unnamed(_) | Fields::Unit => Err(refused()),
        },
        Data::Enum(data) => {
            let bare = data.variants.iter().map(|variant| match variant.fields {
                Fields::Unit => Ok(&variant.ident),
                Fields::Named(_) | Fields::Unnamed(_) => Err(refused()),
            });
            bare.collect::<syn::Result<_>>().map(Shape::Enum)
        }
        Data::Union(_) => Err(refused()),
    }
}

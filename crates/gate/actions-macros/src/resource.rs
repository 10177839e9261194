//! `#[derive(Resource)]`: a row that its owner may use, by one constant query with both conditions in it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Expr, LitStr, Path};

use crate::names::{Shape, plain, shape, snake};

/// What stands in `#[resource(..)]`.
#[derive(Default)]
struct Words {
    app: Option<Path>,
    pool: Option<Expr>,
    table: Option<LitStr>,
    id: Option<LitStr>,
    owner: Option<LitStr>,
    team: Option<LitStr>,
    by_token: bool,
}

impl Words {
    fn read(item: &DeriveInput) -> syn::Result<Self> {
        let mut words = Self::default();
        for attribute in item.attrs.iter().filter(|one| one.path().is_ident("resource")) {
            attribute.parse_nested_meta(|meta| {
                let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                match name.as_str() {
                    "app" => words.app = Some(meta.value()?.parse()?),
                    "pool" => words.pool = Some(meta.value()?.parse()?),
                    "table" => words.table = Some(meta.value()?.parse()?),
                    "id" => words.id = Some(meta.value()?.parse()?),
                    "owner" => words.owner = Some(meta.value()?.parse()?),
                    "team" => words.team = Some(meta.value()?.parse()?),
                    "by_token" => words.by_token = true,
                    _ => {
                        let message = "`app`, `pool`, `table`, `id`, `owner`, `team` and `by_token` are known here";
                        return Err(meta.error(message));
                    }
                }
                Ok(())
            })?;
        }
        Ok(words)
    }
}

/// A name of a table or column: nothing that could be more than a name.
fn checked(text: &LitStr) -> syn::Result<String> {
    let name = text.value();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(syn::Error::new_spanned(
            text,
            "a table or column is named by letters, digits and `_`",
        ));
    }
    Ok(name)
}

pub(crate) fn expand(item: &DeriveInput) -> syn::Result<TokenStream> {
    let Shape::Struct(fields) = shape(item, "a resource")? else {
        return Err(syn::Error::new_spanned(
            &item.ident,
            "a resource is a struct with the columns that are read",
        ));
    };
    let words = Words::read(item)?;
    let missing = |what: &str| syn::Error::new_spanned(&item.ident, format!("write `#[resource({what})]`"));
    let app = words.app.ok_or_else(|| missing("app = MyApp, .."))?;
    let pool = words.pool.ok_or_else(|| missing("pool = State::pool, .."))?;
    let table = checked(&words.table.ok_or_else(|| missing("table = \"documents\", .."))?)?;
    let id = words.id.map_or_else(|| Ok("id".to_owned()), |id| checked(&id))?;
    let owner = words.owner.as_ref().map(checked).transpose()?;
    let team = words.team.as_ref().map(checked).transpose()?;
    let columns: Vec<_> = fields.named.iter().filter_map(|field| field.ident.as_ref()).collect();
    let names: Vec<String> = columns.iter().map(|column| plain(column)).collect();

    let whose = match (&owner, &team) {
        (Some(owner), Some(team)) => format!("({owner} = $2 OR {team} = $3)"),
        (Some(owner), None) => format!("{owner} = $2"),
        (None, Some(team)) => format!("{team} = $2"),
        (None, None) => return Err(missing("owner = \"owner_id\" or team = \"team_id\"")),
    };
    let query = format!("SELECT {} FROM {table} WHERE {id} = $1 AND {whose}", names.join(", "));
    let by_owner = owner.map(|_| quote!(let query = query.bind(&identity.user_id);));
    let by_team = team.map(|_| {
        quote! {
            // Who is in no team is in none of the row's.
            let Some(team) = &identity.organization else {
                return ::core::result::Result::Ok(::core::option::Option::None);
            };
            let query = query.bind(team);
        }
    });
    // With both conditions, a caller without a team can still be the owner.
    let by_team = match (&by_owner, by_team) {
        (Some(_), Some(_)) => Some(quote!(let query = query.bind(identity.organization.as_deref());)),
        (_, by_team) => by_team,
    };
    let (name, kind, by_token) = (&item.ident, snake(&item.ident), words.by_token);
    Ok(quote! {
        impl ::portcullis_actions::Resource<#app> for #name {
            const KIND: &'static str = #kind;
            const BY_TOKEN: bool = #by_token;

            fn load<'a>(
                state: &'a <#app as ::portcullis_actions::App>::State,
                id: &'a str,
                principal: &'a ::portcullis_actions::funnel::Principal,
            ) -> ::portcullis_actions::funnel::Answer<
                'a,
                ::core::result::Result<::core::option::Option<Self>, ::portcullis_actions::funnel::Unavailable>,
            > {
                ::std::boxed::Box::pin(async move {
                    let ::core::option::Option::Some(identity) = principal.identity() else {
                        return ::core::result::Result::Ok(::core::option::Option::None);
                    };
                    let query = ::sqlx::query(#query).bind(id);
                    #by_owner
                    #by_team
                    let row = query
                        .fetch_optional((#pool)(state))
                        .await
                        .map_err(::portcullis_actions::private::query_failed)?;
                    let ::core::option::Option::Some(row) = row else {
                        return ::core::result::Result::Ok(::core::option::Option::None);
                    };
                    ::core::result::Result::Ok(::core::option::Option::Some(Self {
                        #(#columns: ::sqlx::Row::try_get(&row, #names)
                            .map_err(::portcullis_actions::private::query_failed)?,)*
                    }))
                })
            }
        }
    })
}

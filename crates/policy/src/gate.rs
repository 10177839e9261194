//! What the policy says of guard itself: where it listens, which roles there are, where it keeps state.

use toml::de::DeTable;

use crate::action::Located;
use crate::edge::{self, EdgeConfig};
use crate::judging::{self, JudgingConfig};
use crate::keys::{GUARD, MODES, ROLES, STORE};
use crate::reader::Reader;

/// `[guard]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuardConfig {
    /// The address to listen on: `127.0.0.1:8080`.
    pub listen: Option<Located<String>>,
    /// Where the application is: `http://127.0.0.1:3000`.
    pub upstream: Option<Located<String>>,
    /// The origins under which browsers know the application.
    pub public_origins: Vec<Located<String>>,
    /// The build's list of action ids, relative to the policy.
    pub manifest: Option<Located<String>>,
    /// Whether refusals take effect.
    pub mode: Mode,
    /// What holds for every request.
    pub edge: EdgeConfig,
    /// `[guard.actions]`.
    pub actions: JudgingConfig,
}

/// Whether refusals take effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// They do.
    #[default]
    Enforce,
    /// They are logged, and the call goes through.
    Observe,
}

/// `[roles]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolesConfig {
    /// The roles, from the one that may least; each may what those before it may.
    pub order: Vec<Located<String>>,
}

/// `[store]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreConfig {
    /// Where state is kept: `redb:portcullis.redb`, `redis://...`, `memory:`.
    pub url: Option<Located<String>>,
}

/// Reads `[guard]`.
pub(crate) fn guard(reader: &mut Reader, table: &DeTable<'_>) -> GuardConfig {
    let mut guard = GuardConfig::default();
    for (key, value) in reader.known(table, "guard", GUARD) {
        let located = |text: String| Located {
            value: text,
            span: value.span(),
        };
        match key.name {
            "listen" => {
                guard.listen = reader
                    .text(value, "guard.listen", "`listen = \"127.0.0.1:8080\"`")
                    .map(located);
                let bad = guard
                    .listen
                    .as_ref()
                    .filter(|listen| listen.value.parse::<std::net::SocketAddr>().is_err());
                if let Some(bad) = bad {
                    let message = format!("`{}` is not an address and port", bad.value);
                    reader.error(bad.span.clone(), message, vec!["write `127.0.0.1:8080`".to_owned()]);
                }
            }
            "upstream" => {
                guard.upstream = reader
                    .text(value, "guard.upstream", "`upstream = \"http://127.0.0.1:3000\"`")
                    .map(located);
                if let Some(upstream) = &guard.upstream {
                    origin(reader, upstream);
                }
            }
            "public-origins" => {
                for (text, span) in reader.texts(value, "guard.public-origins", "`[\"https://app.example.com\"]`") {
                    let public = Located {
                        value: text.to_owned(),
                        span,
                    };
                    origin(reader, &public);
                    guard.public_origins.push(public);
                }
            }
            "manifest" => {
                let example = "`manifest = \".next/server/server-reference-manifest.json\"`";
                guard.manifest = reader.text(value, "guard.manifest", example).map(located);
            }
            "actions" => {
                if let Some(table) = reader.table(value, "guard.actions") {
                    guard.actions = judging::read(reader, table);
                }
            }
            "mode" => {
                let mode = reader.choice(value, "guard.mode", MODES);
                guard.mode = if mode == Some("observe") {
                    Mode::Observe
                } else {
                    Mode::Enforce
                };
            }
            other => edge::read(reader, other, value, &mut guard.edge),
        }
    }
    guard
}

/// Scheme, host and port, and nothing after them.
fn origin(reader: &mut Reader, text: &Located<String>) {
    let rest = text
        .value
        .strip_prefix("https://")
        .or_else(|| text.value.strip_prefix("http://"));
    let is_origin =
        rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', '*', ' ']) && host.is_ascii());
    if !is_origin {
        reader.error(
            text.span.clone(),
            format!("`{}` is not an origin", text.value),
            vec!["write scheme, host and port alone: `https://app.example.com`".to_owned()],
        );
    }
}

/// Reads `[roles]`.
pub(crate) fn roles(reader: &mut Reader, table: &DeTable<'_>) -> RolesConfig {
    let mut roles = RolesConfig::default();
    for (_, value) in reader.known(table, "roles", ROLES) {
        for (text, span) in reader.texts(value, "roles.order", "`[\"viewer\", \"editor\", \"admin\"]`") {
            if roles.order.iter().any(|known| known.value == text) {
                let message = format!("the role `{text}` stands here twice");
                reader.error(
                    span,
                    message,
                    vec!["name each role once, from the one that may least".to_owned()],
                );
                continue;
            }
            roles.order.push(Located {
                value: text.to_owned(),
                span,
            });
        }
    }
    roles
}

/// Reads `[store]`.
pub(crate) fn store(reader: &mut Reader, table: &DeTable<'_>) -> StoreConfig {
    let mut store = StoreConfig::default();
    for (_, value) in reader.known(table, "store", STORE) {
        let url = reader.text(value, "store.url", "`url = \"redb:portcullis.redb\"`");
        let is_known = |url: &str| {
            ["redb:", "redis://", "rediss://", "memory:"]
                .iter()
                .any(|scheme| url.starts_with(scheme))
        };
        if url.as_deref().is_some_and(|url| !is_known(url)) {
            // The whole text may hold a password, so it is pointed at and not repeated.
            let help = "write `redb:FILE`, `redis://HOST`, `rediss://HOST` or `memory:`".to_owned();
            reader.error(value.span(), "this is no store that guard knows".to_owned(), vec![help]);
            continue;
        }
        store.url = url.map(|value_text| Located {
            value: value_text,
            span: value.span(),
        });
    }
    store
}

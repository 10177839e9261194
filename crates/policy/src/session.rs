//! What the policy says of sessions: whose they are, where their secrets are, and where they say who.

use toml::de::DeTable;

use crate::keys::{CACHES, PROVIDERS, SESSION, TRANSFORMS};
use crate::reader::{Reader, Value};

/// `[session]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionConfig {
    /// Whose sessions these are.
    pub provider: Option<Provider>,
    /// Environment variables with the secrets, the newest first.
    pub secret_env: Vec<String>,
    /// The cookie's name, where the application chooses it.
    pub cookie: Option<String>,
    /// The prefix of the cookies of Better Auth.
    pub prefix: Option<String>,
    /// The form of the cached session of Better Auth.
    pub cache: Option<CacheForm>,
    /// The address of the Supabase project.
    pub url: Option<String>,
    /// The Firebase project.
    pub project: Option<String>,
    /// The client id at `WorkOS`.
    pub client_id: Option<String>,
    /// The publishable key of Clerk.
    pub publishable_key: Option<String>,
    /// The origins for which Clerk makes sessions.
    pub authorized_parties: Vec<String>,
    /// The exact issuer of tokens.
    pub issuer: Option<String>,
    /// What tokens are made for.
    pub audience: Option<String>,
    /// The algorithms that the issuer signs with.
    pub algorithms: Vec<String>,
    /// Seconds by which clocks may differ.
    pub tolerance: Option<u64>,
    /// Where keys are published.
    pub jwks: Option<String>,
    /// An environment variable with a public key.
    pub public_key_env: Option<String>,
    /// A query for the row of a session.
    pub query: Option<String>,
    /// How the cookie becomes the key of the row.
    pub transform: Option<KeyTransform>,
    /// Where the session holds the user's id.
    pub user_id: Option<String>,
    /// The user's id is a number.
    pub numeric_user_id: bool,
    /// Where the session holds roles.
    pub roles: Option<String>,
    /// Where it holds permissions.
    pub permissions: Option<String>,
    /// Where it holds the organization.
    pub organization: Option<String>,
    /// Where it holds its own id.
    pub session_id: Option<String>,
    /// Where it holds the address.
    pub email: Option<String>,
    /// Seconds that a session lives at most.
    pub longest_life: Option<u64>,
    /// The page to which callers without a session are sent.
    pub sign_in: Option<String>,
}

/// Whose sessions these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Auth.js 5.
    Authjs,
    /// Auth.js 4, `NextAuth`.
    AuthjsV4,
    /// Auth.js with sessions in a database.
    AuthjsDatabase,
    /// Supabase.
    Supabase,
    /// Clerk.
    Clerk,
    /// Better Auth.
    BetterAuth,
    /// iron-session.
    IronSession,
    /// Auth0.
    Auth0,
    /// Firebase.
    Firebase,
    /// Kinde.
    Kinde,
    /// `WorkOS` AuthKit.
    Workos,
    /// A signed token.
    Jwt,
    /// A table of the application.
    Table,
    /// Sealed by this program's own library.
    Own,
}

/// The form of the cached session of Better Auth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of Better Auth")]
pub enum CacheForm {
    Compact,
    Jwt,
    Jwe,
}

/// How a cookie becomes the key of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyTransform {
    /// As it is.
    None,
    /// Its SHA-256 in hex.
    Sha256,
    /// The id before a dot; the secret after it is compared with a hash.
    IdAndSecret,
}

/// Reads `[session]`.
pub(crate) fn read(reader: &mut Reader, table: &DeTable<'_>) -> SessionConfig {
    let mut session = SessionConfig::default();
    for (key, value) in reader.known(table, "session", SESSION) {
        let path = format!("session.{}", key.name);
        if let Some(field) = text_field(&mut session, key.name) {
            *field = reader.text(value, &path, &format!("`{} = \"...\"`", key.name));
            continue;
        }
        if let Some(field) = list_field(&mut session, key.name) {
            *field = texts(reader, value, &path);
            continue;
        }
        match key.name {
            "provider" => session.provider = reader.choice(value, &path, PROVIDERS).map(provider),
            "cache" => {
                session.cache = reader.choice(value, &path, CACHES).map(|name| match name {
                    "compact" => CacheForm::Compact,
                    "jwt" => CacheForm::Jwt,
                    _ => CacheForm::Jwe,
                });
            }
            "transform" => {
                session.transform = reader.choice(value, &path, TRANSFORMS).map(|name| match name {
                    "none" => KeyTransform::None,
                    "sha256" => KeyTransform::Sha256,
                    _ => KeyTransform::IdAndSecret,
                });
            }
            "tolerance" => session.tolerance = reader.number(value, &path),
            "longest-life" => session.longest_life = reader.number(value, &path),
            _ => session.numeric_user_id = reader.flag(value, &path).unwrap_or_default(),
        }
    }
    session
}

fn texts(reader: &mut Reader, value: &Value<'_>, path: &str) -> Vec<String> {
    // One text is a list of one: most applications have one secret.
    if let Some(one) = value.get_ref().as_str() {
        return vec![one.to_owned()];
    }
    let found = reader.texts(value, path, "`[\"AUTH_SECRET\"]`");
    found.into_iter().map(|(text, _)| text.to_owned()).collect()
}

fn provider(name: &str) -> Provider {
    match name {
        "authjs" => Provider::Authjs,
        "authjs-v4" => Provider::AuthjsV4,
        "authjs-database" => Provider::AuthjsDatabase,
        "supabase" => Provider::Supabase,
        "clerk" => Provider::Clerk,
        "better-auth" => Provider::BetterAuth,
        "iron-session" => Provider::IronSession,
        "auth0" => Provider::Auth0,
        "firebase" => Provider::Firebase,
        "kinde" => Provider::Kinde,
        "workos" => Provider::Workos,
        "jwt" => Provider::Jwt,
        "table" => Provider::Table,
        _ => Provider::Own,
    }
}

fn text_field<'a>(session: &'a mut SessionConfig, name: &str) -> Option<&'a mut Option<String>> {
    Some(match name {
        "cookie" => &mut session.cookie,
        "prefix" => &mut session.prefix,
        "url" => &mut session.url,
        "project" => &mut session.project,
        "client-id" => &mut session.client_id,
        "publishable-key" => &mut session.publishable_key,
        "issuer" => &mut session.issuer,
        "audience" => &mut session.audience,
        "jwks" => &mut session.jwks,
        "public-key-env" => &mut session.public_key_env,
        "query" => &mut session.query,
        "user-id" => &mut session.user_id,
        "roles" => &mut session.roles,
        "permissions" => &mut session.permissions,
        "organization" => &mut session.organization,
        "session-id" => &mut session.session_id,
        "email" => &mut session.email,
        "sign-in" => &mut session.sign_in,
        _ => return None,
    })
}

fn list_field<'a>(session: &'a mut SessionConfig, name: &str) -> Option<&'a mut Vec<String>> {
    Some(match name {
        "secret-env" => &mut session.secret_env,
        "authorized-parties" => &mut session.authorized_parties,
        "algorithms" => &mut session.algorithms,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::keys::{Kind, SESSION};
    use crate::{Provider, SessionConfig};

    /// A key that is in the table and not here would be taken for another.
    #[test]
    fn every_key_reaches_its_own_field() {
        for key in SESSION {
            let value = match key.kind {
                Kind::Texts => "['x']".to_owned(),
                Kind::Number => "7".to_owned(),
                Kind::Flag => "true".to_owned(),
                Kind::Choice(names) => format!("'{}'", names[0]),
                _ => "'x'".to_owned(),
            };
            let config = crate::parse(&format!("[session]\n{} = {value}\n", key.name)).unwrap();
            let session = config.session.unwrap();
            assert_ne!(session, SessionConfig::default(), "{}", key.name);
            let printed = format!("{session:?}");
            let field = key.name.replace('-', "_");
            let default = format!("{:?}", SessionConfig::default());
            let entry = |text: &str| {
                let (_, after) = text
                    .split_once(&format!("{field}: "))
                    .expect("a field of the key's name");
                after.split(", ").next().map(str::to_owned)
            };
            assert_ne!(entry(&printed), entry(&default), "{}", key.name);
        }
    }

    #[test]
    fn one_secret_is_a_list_of_one() {
        let config = crate::parse("[session]\nprovider = 'authjs-v4'\nsecret-env = 'NEXTAUTH_SECRET'\n").unwrap();
        let session = config.session.unwrap();
        assert_eq!(session.provider, Some(Provider::AuthjsV4));
        assert_eq!(session.secret_env, ["NEXTAUTH_SECRET"]);
    }
}

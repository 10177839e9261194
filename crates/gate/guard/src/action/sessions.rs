//! From `[session]` to what identifies callers: the provider with its secrets, its keys, its table.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use portcullis_funnel::{
    Answer, Clock, KeyRing, Principal, Secret, SessionFault, SessionSource, Timestamp, WeakSecret,
};
use portcullis_policy::{CacheForm, Config, KeyTransform, Provider as Name, SessionConfig};
use portcullis_session::{
    Algorithm, Auth0, AuthJsV4, AuthJsV5, Bearer, BetterAuth, CacheFormat, ClaimMap, ClaimPath, Clerk, Expiry,
    Firebase, IronPasswords, IronSession, JwksCache, KeyFormat, KeySet, KeyUrl, Keys, Kinde, Opaque, OwnSessions,
    Provider, SessionRows, Sessions, Supabase, Transform, WorkOs,
};

use super::SetupError;
use super::client::{Client, Tasks};
use super::database::{Database, SessionTable, Statement};

const FIREBASE_KEYS: &str = "https://www.googleapis.com/identitytoolkit/v3/relyingparty/publicKeys";
const AUTH0_LIFE: Duration = Duration::from_hours(72);

/// Nobody is ever signed in: there is no `[session]`.
#[derive(Debug)]
pub(crate) struct Nobody;

impl SessionSource for Nobody {
    fn identify<'a>(
        &'a self,
        _headers: &'a HeaderMap,
        _is_secure: bool,
        _now: Timestamp,
    ) -> Answer<'a, Result<Principal, SessionFault>> {
        Box::pin(std::future::ready(Ok(Principal::Anonymous)))
    }
}

/// What the parts of a provider are made from.
struct Parts<'a> {
    session: &'a SessionConfig,
    origins: &'a [String],
    secrets: &'a (dyn Fn(&str) -> Option<String> + Sync),
    client: &'a Client,
    clock: &'a Arc<dyn Clock>,
}

fn problem(text: &str) -> SetupError {
    SetupError::section("session", text)
}

fn weak(variable: &str, weakness: WeakSecret) -> SetupError {
    problem(&format!("the secret in `{variable}`: {weakness}"))
}

/// Makes the session source of a configuration.
pub(crate) fn source(
    config: &Config,
    database: Option<&Database>,
    secrets: &(dyn Fn(&str) -> Option<String> + Sync),
    client: &Client,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn SessionSource>, SetupError> {
    let Some(session) = &config.session else {
        return Ok(Arc::new(Nobody));
    };
    let name = session
        .provider
        .ok_or_else(|| problem("it does not say whose sessions these are: set `provider`"))?;
    let guard = config.guard.as_ref();
    let origins: Vec<String> = guard
        .map(|guard| guard.public_origins.iter().map(|origin| origin.value.clone()).collect())
        .unwrap_or_default();
    let parts = Parts {
        session,
        origins: &origins,
        secrets,
        client,
        clock,
    };
    let (provider, keys) = parts.provider(name)?;
    let rows = parts.rows(name, database)?;
    Ok(Arc::new(Sessions::new(provider, keys, rows)))
}

impl Parts<'_> {
    fn provider(&self, name: Name) -> Result<(Box<dyn Provider>, Keys), SetupError> {
        let none = || Keys::Configured(KeySet::default());
        let session = self.session;
        Ok(match name {
            Name::Authjs => {
                let secrets = self.all_secrets(&["AUTH_SECRET_3", "AUTH_SECRET_2", "AUTH_SECRET_1", "AUTH_SECRET"])?;
                let texts = secrets.iter().map(|(_, secret)| secret.as_str());
                let claims = self.claims("role", None)?;
                let provider = AuthJsV5::new(texts, claims).map_err(|weakness| weak("AUTH_SECRET", weakness))?;
                (Box::new(provider), none())
            }
            Name::AuthjsV4 => {
                let (variable, secret) = self.secret("NEXTAUTH_SECRET")?;
                let provider = AuthJsV4::new(&secret, self.claims("role", None)?);
                (
                    Box::new(provider.map_err(|weakness| weak(&variable, weakness))?),
                    none(),
                )
            }
            Name::AuthjsDatabase => (Box::new(Opaque::authjs()), none()),
            Name::Auth0 => {
                let (variable, secret) = self.secret("AUTH0_SECRET")?;
                let life = session.longest_life.map_or(AUTH0_LIFE, Duration::from_secs);
                let provider = Auth0::new(&secret, life, self.claims("user.role", None)?);
                (
                    Box::new(provider.map_err(|weakness| weak(&variable, weakness))?),
                    none(),
                )
            }
            Name::BetterAuth => {
                let (variable, secret) = self.secret("BETTER_AUTH_SECRET")?;
                let prefix = session.prefix.as_deref().unwrap_or("better-auth");
                let provider = match session.cache {
                    None => BetterAuth::with_table(&secret, prefix),
                    Some(form) => BetterAuth::with_cache(&secret, prefix, cache(form)),
                };
                (
                    Box::new(provider.map_err(|weakness| weak(&variable, weakness))?),
                    none(),
                )
            }
            Name::Clerk => self.clerk()?,
            Name::Firebase => {
                let project = self.needed("project", session.project.as_deref())?;
                let cookie = session.cookie.as_deref().unwrap_or("__session");
                let provider = Firebase::new(project, cookie, self.claims("role", None)?);
                let keys = self.published(FIREBASE_KEYS, KeyFormat::Certificates, KeySet::default())?;
                (Box::new(provider), keys)
            }
            Name::IronSession => {
                let provider = IronSession {
                    cookie: self.needed("cookie", session.cookie.as_deref())?.to_owned(),
                    passwords: self.iron_passwords("SESSION_PASSWORD")?,
                    user_id: self.path(session.user_id.as_deref().unwrap_or("userId"))?,
                    numeric_user_id: session.numeric_user_id,
                    claims: self.claims("role", None)?,
                };
                (Box::new(provider), none())
            }
            Name::Kinde => {
                let issuer = self.needed("issuer", session.issuer.as_deref())?.trim_end_matches('/');
                let provider =
                    Kinde::new(issuer, session.audience.as_deref()).map_err(|broken| problem(&broken.to_string()))?;
                let keys = self.published(
                    &format!("{issuer}/.well-known/jwks.json"),
                    KeyFormat::Jwks,
                    KeySet::default(),
                )?;
                (Box::new(provider), keys)
            }
            Name::Supabase => {
                let url = self.needed("url", session.url.as_deref())?.trim_end_matches('/');
                let provider = Supabase::new(url, session.cookie.as_deref(), self.claims("app_metadata.role", None)?);
                // The project's legacy secret, where it still has one.
                let legacy = if session.secret_env.is_empty() {
                    KeySet::default()
                } else {
                    let (variable, secret) = self.secret("")?;
                    let secret = Secret::configured(&secret).map_err(|weakness| weak(&variable, weakness))?;
                    KeySet::from_secret(secret)
                };
                let keys = format!("{url}/auth/v1/.well-known/jwks.json");
                (Box::new(provider), self.published(&keys, KeyFormat::Jwks, legacy)?)
            }
            Name::Workos => {
                let client = self.needed("client-id", session.client_id.as_deref())?;
                let cookie = session.cookie.as_deref().unwrap_or("wos-session");
                let usual = format!("https://api.workos.com/user_management/{client}");
                let issuer = session.issuer.as_deref().unwrap_or(&usual);
                let passwords = self.iron_passwords("WORKOS_COOKIE_PASSWORD")?;
                let provider = WorkOs::new(cookie, passwords, issuer).map_err(|broken| problem(&broken.to_string()))?;
                let keys = format!("https://api.workos.com/sso/jwks/{client}");
                (
                    Box::new(provider),
                    self.published(&keys, KeyFormat::Jwks, KeySet::default())?,
                )
            }
            Name::Jwt => self.bearer()?,
            Name::Table => {
                let cookie = self.needed("cookie", session.cookie.as_deref())?;
                let transform = match session.transform {
                    None | Some(KeyTransform::None) => Transform::Plain,
                    Some(KeyTransform::Sha256) => Transform::Sha256Hex,
                    Some(KeyTransform::IdAndSecret) => Transform::IdAndSecret,
                };
                (
                    Box::new(Opaque::new("table", cookie, transform, Expiry::Exclusive)),
                    none(),
                )
            }
            Name::Own => {
                let (variable, secret) = self.secret("PORTCULLIS_SECRET")?;
                let keys = KeyRing::new("k1", &secret).map_err(|weakness| weak(&variable, weakness))?;
                let cookie = session.cookie.as_deref().unwrap_or("session");
                (Box::new(OwnSessions::new(keys, cookie)), none())
            }
        })
    }

    fn clerk(&self) -> Result<(Box<dyn Provider>, Keys), SetupError> {
        let session = self.session;
        let key = self.needed("publishable-key", session.publishable_key.as_deref())?;
        let host = frontend_api(key).ok_or_else(|| problem("`publishable-key` is no key of Clerk"))?;
        let parties = if session.authorized_parties.is_empty() {
            self.origins.to_vec()
        } else {
            session.authorized_parties.clone()
        };
        let provider = Clerk::new(key, &host, parties).map_err(|broken| problem(&broken.to_string()))?;
        let url = format!("https://{host}/.well-known/jwks.json");
        let keys = match self.public_key()? {
            Some(key) => Keys::Configured(key),
            None => self.published(&url, KeyFormat::Jwks, KeySet::default())?,
        };
        Ok((Box::new(provider), keys))
    }

    fn bearer(&self) -> Result<(Box<dyn Provider>, Keys), SetupError> {
        let session = self.session;
        let names = session.algorithms.iter().map(|name| {
            Algorithm::named(name).ok_or_else(|| problem(&format!("`{name}` is no algorithm that is read")))
        });
        let algorithms: Vec<Algorithm> = names.collect::<Result<_, _>>()?;
        let provider = Bearer {
            issuer: self.needed("issuer", session.issuer.as_deref())?.to_owned(),
            audience: self.needed("audience", session.audience.as_deref())?.to_owned(),
            algorithms: if algorithms.is_empty() {
                vec![Algorithm::Rs256, Algorithm::Es256]
            } else {
                algorithms
            },
            tolerance: session
                .tolerance
                .and_then(|seconds| i64::try_from(seconds).ok())
                .unwrap_or(15),
            claims: self.claims("roles", Some("permissions"))?,
        };
        let keys = if let Some(url) = &session.jwks {
            self.published(url, KeyFormat::Jwks, KeySet::default())?
        } else if let Some(key) = self.public_key()? {
            Keys::Configured(key)
        } else if session.secret_env.is_empty() {
            return Err(problem("it has no keys: set `jwks`, `public-key-env` or `secret-env`"));
        } else {
            let (variable, secret) = self.secret("")?;
            let secret = Secret::configured(&secret).map_err(|weakness| weak(&variable, weakness))?;
            Keys::Configured(KeySet::from_secret(secret))
        };
        Ok((Box::new(provider), keys))
    }

    fn rows(&self, name: Name, database: Option<&Database>) -> Result<Option<Arc<dyn SessionRows>>, SetupError> {
        let needs = match name {
            Name::AuthjsDatabase | Name::Table => true,
            Name::BetterAuth => self.session.cache.is_none(),
            _ => false,
        };
        if !needs {
            return Ok(None);
        }
        let query = self.needed("query", self.session.query.as_deref())?;
        let database = database.ok_or_else(|| problem("it asks a table, and there is no `[database]`"))?;
        let statement = Statement::new(query, &["1"], database.placeholders());
        let statement = statement.map_err(|broken| problem(&format!("`query`: {broken}")))?;
        let database = database.clone();
        Ok(Some(Arc::new(SessionTable { database, statement })))
    }

    fn needed<'b>(&self, key: &str, value: Option<&'b str>) -> Result<&'b str, SetupError> {
        value.ok_or_else(|| problem(&format!("this provider needs `{key}`")))
    }

    /// Every secret that is there, of those that the policy names or of the usual ones.
    fn all_secrets(&self, usual: &[&str]) -> Result<Vec<(String, String)>, SetupError> {
        let named: Vec<&str> = self.session.secret_env.iter().map(String::as_str).collect();
        let variables = if named.is_empty() { usual } else { named.as_slice() };
        let found = variables
            .iter()
            .filter_map(|variable| Some(((*variable).to_owned(), (self.secrets)(variable)?)));
        let found: Vec<_> = found.collect();
        if found.is_empty() {
            let last = variables.last().copied().unwrap_or_default();
            return Err(SetupError::variable("session.secret-env", last));
        }
        Ok(found)
    }

    fn secret(&self, usual: &str) -> Result<(String, String), SetupError> {
        let mut all = self.all_secrets(&[usual])?;
        Ok(all.swap_remove(0))
    }

    fn iron_passwords(&self, usual: &str) -> Result<IronPasswords, SetupError> {
        let secrets = self.all_secrets(&[usual])?;
        // The newest one has the highest number, as in iron-session's own maps.
        let numbers = (1..=secrets.len()).rev();
        numbers
            .zip(&secrets)
            .try_fold(IronPasswords::default(), |passwords, (number, (variable, secret))| {
                passwords
                    .with(&number.to_string(), secret)
                    .map_err(|weakness| weak(variable, weakness))
            })
    }

    fn public_key(&self) -> Result<Option<KeySet>, SetupError> {
        let Some(variable) = &self.session.public_key_env else {
            return Ok(None);
        };
        let pem = (self.secrets)(variable).ok_or_else(|| SetupError::variable("session.public-key-env", variable))?;
        let keys = KeySet::from_public_key_pem(&pem.replace("\\n", "\n"));
        keys.map(Some)
            .map_err(|broken| problem(&format!("the key in `{variable}`: {broken}")))
    }

    fn published(&self, usual: &str, format: KeyFormat, configured: KeySet) -> Result<Keys, SetupError> {
        let url = self.session.jwks.as_deref().unwrap_or(usual);
        let url = KeyUrl::parse(url).map_err(|broken| problem(&broken.to_string()))?;
        let fetcher = Box::new(self.client.clone());
        Ok(Keys::Published(JwksCache::new(
            url,
            format,
            configured,
            fetcher,
            Box::new(Tasks),
            Arc::clone(self.clock),
        )))
    }

    fn path(&self, text: &str) -> Result<ClaimPath, SetupError> {
        ClaimPath::parse(text).map_err(|broken| problem(&format!("`{text}`: {broken}")))
    }

    /// Where claims are; the usual places are those that each provider's documentation shows.
    fn claims(&self, roles: &str, permissions: Option<&str>) -> Result<ClaimMap, SetupError> {
        let session = self.session;
        let read = |chosen: &Option<String>, usual: Option<&str>| {
            let text = chosen.as_deref().or(usual).filter(|text| !text.is_empty());
            text.map(|text| self.path(text)).transpose()
        };
        Ok(ClaimMap {
            roles: read(&session.roles, Some(roles))?,
            permissions: read(&session.permissions, permissions)?,
            organization: read(&session.organization, None)?,
            session_id: read(&session.session_id, None)?,
            email: read(&session.email, None)?,
            ..ClaimMap::default()
        })
    }
}

const fn cache(form: CacheForm) -> CacheFormat {
    match form {
        CacheForm::Compact => CacheFormat::Compact,
        CacheForm::Jwt => CacheFormat::Jwt,
        CacheForm::Jwe => CacheFormat::Jwe,
    }
}

/// The host in a publishable key: `pk_live_` and its base64, with a dollar at the end.
fn frontend_api(key: &str) -> Option<String> {
    let encoded = key.strip_prefix("pk_live_").or_else(|| key.strip_prefix("pk_test_"))?;
    let decoded = super::base64_text(encoded)?;
    let host = decoded.strip_suffix('$')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    (!host.is_empty() && host.bytes().all(plain)).then(|| host.to_owned())
}

//! From a configuration to everything that judges: files are read, secrets are asked for, schemas and queries compiled,
//! so that a mistake shows when the policy is loaded and not when somebody calls.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use portcullis_flight::rows::NextMajor;
use portcullis_funnel::{
    AuditLog, Authorization, CaptchaService, CaptchaVerifier, Clock, CsrfTokens, Entropy as _, Funnel, KeyRing, Nonces,
    Origins, Secret, SiteVerify, Store, TrustedProxies,
};
use portcullis_policy::{Access, Captcha, Config, Mode, NextVersion, Unnamed};
use portcullis_store::{EmbeddedStore, MemoryStore, SharedStore, SystemClock, SystemEntropy};

use super::builds::Builds;
use super::client::Client;
use super::database::{Database, Statement};
use super::doors::{Catalogue, Reader, unbuilt};
use super::endpoint::Endpoint;
use super::metrics::Recorder;
use super::owners::OwnerQueries;
use super::routes::routes_beside;
use super::{Actions, SetupError, audit, sessions};

/// Where Next.js puts the list of ids.
pub(crate) const USUAL_MANIFEST: &str = ".next/server/server-reference-manifest.json";
/// Entries of each kind that the store in memory keeps.
const MEMORY_ENTRIES: usize = 100_000;
const USUAL_SECRET: &str = "PORTCULLIS_SECRET";

/// What outlives a reload.
#[derive(Clone)]
pub(crate) struct Lasting {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) recorder: Arc<Recorder>,
    store: (String, Arc<dyn Store>),
    audit: (Option<PathBuf>, Arc<AuditLog>),
    client: Client,
    /// Whether a list of ids was there at any time.
    had_builds: Arc<AtomicBool>,
    /// For tokens that only this process has to open, where no secret is configured.
    own_secret: String,
}

impl std::fmt::Debug for Lasting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Lasting").finish_non_exhaustive()
    }
}

type Secrets<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

impl Lasting {
    fn new(config: &Config, folder: &Path, before: Option<&Self>, clock: &Arc<dyn Clock>) -> Result<Self, SetupError> {
        let section = config.store.as_ref().and_then(|store| store.url.as_ref());
        let url = section.map_or("memory:", |url| url.value.as_str());
        let store = match before {
            Some(before) if before.store.0 == url => Arc::clone(&before.store.1),
            _ => store(url, folder, clock)?,
        };
        let file = config.audit.as_ref().and_then(|audit| audit.file.as_ref());
        let process = std::process::id().to_string();
        let path = file.map(|file| folder.join(file.value.replace("{pid}", &process)));
        let log = match before {
            // A file that was moved away is begun anew.
            Some(before) if before.audit.0 == path && path.as_ref().is_none_or(|path| path.exists()) => {
                Arc::clone(&before.audit.1)
            }
            _ => match &path {
                None => audit::nowhere(),
                Some(path) => {
                    audit::open(path).map_err(|problem| SetupError::file(&path.display().to_string(), &problem))?
                }
            },
        };
        Ok(Self {
            clock: Arc::clone(clock),
            recorder: before.map(|before| Arc::clone(&before.recorder)).unwrap_or_default(),
            store: (url.to_owned(), store),
            audit: (path, log),
            client: before.map_or_else(Client::new, |before| Ok(before.client.clone()))?,
            had_builds: before.map(|before| Arc::clone(&before.had_builds)).unwrap_or_default(),
            own_secret: before.map_or_else(random_secret, |before| Ok(before.own_secret.clone()))?,
        })
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store.1
    }

    pub(crate) fn log(&self) -> &Arc<AuditLog> {
        &self.audit.1
    }
}

fn random_secret() -> Result<String, SetupError> {
    let mut random = [0; 32];
    let filled = SystemEntropy::default().fill(&mut random);
    filled.map_err(|_| SetupError::section("guard", "the system has no random numbers"))?;
    Ok(super::hex(&random))
}

fn store(url: &str, folder: &Path, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Store>, SetupError> {
    if let Some(file) = url.strip_prefix("redb:") {
        let store = EmbeddedStore::open(&folder.join(file), Arc::clone(clock));
        let store = store.map_err(|problem| SetupError::file(file, &problem.to_string()))?;
        return Ok(Arc::new(store));
    }
    if url.starts_with("memory:") {
        return Ok(Arc::new(MemoryStore::new(Arc::clone(clock), MEMORY_ENTRIES)));
    }
    let store = SharedStore::open(url).map_err(|problem| SetupError::section("store", &problem.to_string()))?;
    Ok(Arc::new(store))
}

/// Loads a configuration. `before` is what was in force.
pub(crate) fn load(
    config: &Config,
    folder: &Path,
    secrets: Secrets<'_>,
    before: Option<&Lasting>,
) -> Result<Actions, SetupError> {
    let clock: Arc<dyn Clock> = match before {
        Some(before) => Arc::clone(&before.clock),
        None => Arc::new(SystemClock),
    };
    load_at(config, folder, secrets, before, &clock)
}

/// The same with a clock.
pub(crate) fn load_at(
    config: &Config,
    folder: &Path,
    secrets: Secrets<'_>,
    before: Option<&Lasting>,
    clock: &Arc<dyn Clock>,
) -> Result<Actions, SetupError> {
    check(config)?;
    let lasting = Lasting::new(config, folder, before, clock)?;
    let guard = config.guard.clone().unwrap_or_default();
    let judging = &guard.actions;

    let endpoints = endpoints(config, folder)?;
    let builds = builds(config, folder)?;
    // A list that was there and is gone belongs to a build under way, and not to an application without actions.
    if !builds.is_listed && before.is_some_and(|before| before.had_builds.load(Ordering::Relaxed)) {
        return Err(SetupError::file(USUAL_MANIFEST, "it was there before, and is gone"));
    }
    let major = match judging.next {
        Some(NextVersion::Fourteen) => NextMajor::Fourteen,
        Some(NextVersion::Fifteen) => NextMajor::Fifteen,
        Some(NextVersion::Sixteen) => NextMajor::Sixteen,
        None => builds.major.unwrap_or(NextMajor::Sixteen),
    };
    let unnamed = match judging.unnamed {
        Some(Unnamed::Observe) => true,
        Some(Unnamed::Deny) => false,
        // Without a policy everything would be refused: that is no way to begin.
        None => config.actions.is_empty(),
    };
    let unnamed = unnamed.then(|| Endpoint::unnamed("unlisted", config)).transpose()?;
    let unbuilt = unbuilt(&builds, &endpoints);
    lasting.had_builds.fetch_or(builds.is_listed, Ordering::Relaxed);
    let catalogue = Arc::new(Catalogue::new(builds, endpoints, unnamed.map(Arc::new)));

    let database = Database::open(config, folder, secrets)?;
    let owners = owners(config, database.clone())?;
    let sessions = sessions::source(config, database.as_ref(), secrets, &lasting.client, clock)?;
    let keys = keys(config, secrets, &lasting.own_secret)?;
    let reader = Reader(Arc::clone(&catalogue));
    let funnel = Funnel {
        doors: Box::new(reader.clone()),
        origins: origins(config)?,
        csrf: CsrfTokens::new(keys.clone()),
        sessions,
        store: Arc::clone(lasting.store()),
        // The edge knows which proxies it believes, and passes on the caller's address.
        proxies: TrustedProxies::default(),
        authorization: Authorization::new(config.roles.order.iter().map(|role| role.value.clone())),
        decoder: reader.clone(),
        validator: Box::new(reader),
        owners: Box::new(owners),
        nonces: Nonces::new(keys),
        captcha: captcha(config, secrets, &lasting.client)?,
        clock: Arc::clone(clock),
    };
    Ok(Actions {
        catalogue,
        funnel,
        major,
        lasting,
        secrets_in_results: judging.secrets_in_results,
        is_observed: guard.mode == Mode::Observe,
        hides: judging.hide_from_strangers,
        sign_in: config.session.as_ref().and_then(|session| session.sign_in.clone()),
        allows_unrecorded: config.audit.as_ref().is_some_and(|audit| audit.allows_unrecorded),
        files: files(config, folder),
        unbuilt,
    })
}

/// What parsing cannot see: sections that need each other.
fn check(config: &Config) -> Result<(), SetupError> {
    let of = |demands: fn(&portcullis_policy::ActionPolicy) -> bool| {
        config
            .actions
            .iter()
            .find(|(_, action)| demands(action))
            .map(|(name, _)| name)
    };
    if let (Some(name), None) = (of(|action| action.access == Access::Authenticated), &config.session) {
        let cause = "it asks who calls, and there is no `[session]`: add one with `provider`";
        return Err(SetupError::endpoint(name, cause));
    }
    if let (Some(name), None) = (of(|action| !action.owns.is_empty()), &config.database) {
        let cause = "it asks whose a resource is, and there is no `[database]`: add one with `url` or `url-env`";
        return Err(SetupError::endpoint(name, cause));
    }
    if let (Some(name), None) = (of(|action| action.captcha.is_some()), &config.captcha) {
        let cause = "it asks for a proof of a human, and there is no `[captcha]`: add one with `secret-env`";
        return Err(SetupError::endpoint(name, cause));
    }
    Ok(())
}

fn endpoints(config: &Config, folder: &Path) -> Result<BTreeMap<String, Arc<Endpoint>>, SetupError> {
    let made = config.actions.iter().map(|(name, section)| {
        let endpoint = Endpoint::named(name, config, section, folder)?;
        Ok((name.clone(), Arc::new(endpoint)))
    });
    made.collect()
}

fn builds(config: &Config, folder: &Path) -> Result<Builds, SetupError> {
    let guard = config.guard.as_ref();
    let named = guard.and_then(|guard| guard.manifest.as_ref());
    let more = guard
        .map(|guard| guard.actions.manifests.as_slice())
        .unwrap_or_default();
    let paths: Vec<&str> = named.into_iter().chain(more).map(|path| path.value.as_str()).collect();
    let usual = named.is_none().then_some(USUAL_MANIFEST);
    let names: BTreeSet<&str> = config.actions.keys().map(String::as_str).collect();
    let root = guard.and_then(|guard| guard.actions.source_root.as_deref());
    let mut builds = Builds::read(folder, &paths, usual, &names, root)?;
    if let Some(guard) = guard {
        builds.routes.name(&guard.actions.handlers);
    }
    Ok(builds)
}

fn owners(config: &Config, database: Option<Database>) -> Result<OwnerQueries, SetupError> {
    let mut statements = BTreeMap::new();
    let Some(asked) = &database else {
        return Ok(OwnerQueries::default());
    };
    for (name, action) in config.actions.iter().filter(|(_, action)| !action.owns.is_empty()) {
        let each = action.owns.iter().map(|owns| {
            let statement = Statement::new(&owns.query, &["1", "user"], asked.placeholders());
            statement.map_err(|problem| SetupError::endpoint(name, problem))
        });
        statements.insert(name.clone(), each.collect::<Result<_, _>>()?);
    }
    Ok(OwnerQueries { database, statements })
}

fn keys(config: &Config, secrets: Secrets<'_>, own: &str) -> Result<KeyRing, SetupError> {
    let named = config
        .guard
        .as_ref()
        .and_then(|guard| guard.actions.secret_env.as_deref());
    let variable = named.unwrap_or(USUAL_SECRET);
    let secret = match secrets(variable) {
        Some(secret) => secret,
        None if named.is_some() => return Err(SetupError::variable("guard.actions.secret-env", variable)),
        None => own.to_owned(),
    };
    KeyRing::new("k1", &secret)
        .map_err(|weakness| SetupError::section("guard.actions", &format!("the secret in `{variable}`: {weakness}")))
}

fn public_origins(config: &Config) -> impl Iterator<Item = &str> {
    let guard = config.guard.as_ref().into_iter();
    guard.flat_map(|guard| guard.public_origins.iter().map(|origin| origin.value.as_str()))
}

fn origins(config: &Config) -> Result<Origins, SetupError> {
    Origins::new(public_origins(config))
        .map_err(|problem| SetupError::section("guard", &format!("`public-origins`: {problem}")))
}

fn captcha(
    config: &Config,
    secrets: Secrets<'_>,
    client: &Client,
) -> Result<Option<Arc<dyn CaptchaVerifier>>, SetupError> {
    let mut services = config.actions.values().filter_map(|action| action.captcha);
    let (Some(first), Some(section)) = (services.next(), &config.captcha) else {
        return Ok(None);
    };
    let problem = |cause: &str| SetupError::section("captcha", cause);
    if services.any(|other| other != first) {
        return Err(problem(
            "endpoints name different services; there is one account, so name one",
        ));
    }
    let variable = section
        .secret_env
        .as_deref()
        .ok_or_else(|| problem("set `secret-env`"))?;
    let secret = secrets(variable).ok_or_else(|| SetupError::variable("captcha.secret-env", variable))?;
    let service = match (first, section.minimum_score) {
        (Captcha::Turnstile, _) => CaptchaService::Turnstile,
        (Captcha::Hcaptcha, _) => CaptchaService::HCaptcha {
            site_key: section
                .site_key
                .clone()
                .ok_or_else(|| problem("hCaptcha needs `site-key`"))?,
        },
        (Captcha::Recaptcha, None) => CaptchaService::Recaptcha,
        (Captcha::Recaptcha, Some(score)) => CaptchaService::RecaptchaScore {
            minimum: f64::from(u32::try_from(score.min(100)).unwrap_or(100)) / 100.0,
        },
    };
    let hostnames = if section.hostnames.is_empty() {
        public_origins(config).filter_map(host).collect()
    } else {
        section.hostnames.clone()
    };
    if hostnames.is_empty() {
        return Err(problem(
            "set `hostnames`, or `public-origins` in `[guard]`: proofs made for other sites do not count",
        ));
    }
    let mut verifier = SiteVerify::new(service, Secret::new(secret), hostnames, Arc::new(client.clone()));
    if let Some(url) = &section.url {
        let url = portcullis_session::KeyUrl::parse(url)
            .map_err(|_| problem("`url` has to begin with `https://`, because the secret goes there"))?;
        verifier = verifier.at(url.as_str());
    }
    Ok(Some(Arc::new(verifier)))
}

fn host(origin: &str) -> Option<String> {
    let (_, host) = origin.split_once("://")?;
    let bare = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    Some(bare.map_or(host, |(bare, _)| bare).to_owned())
}

/// The files whose change is a reason to load again.
fn files(config: &Config, folder: &Path) -> Vec<PathBuf> {
    let guard = config.guard.as_ref();
    let named = guard.and_then(|guard| guard.manifest.as_ref());
    let more = guard
        .map(|guard| guard.actions.manifests.as_slice())
        .unwrap_or_default();
    let manifests = named.into_iter().chain(more).map(|path| path.value.as_str());
    let usual = named.is_none().then_some(USUAL_MANIFEST);
    let lists = manifests.clone().chain(usual);
    let routes: Vec<PathBuf> = lists.flat_map(|path| routes_beside(&folder.join(path))).collect();
    let schemas = config.actions.values().filter_map(|action| action.schema.as_ref());
    let schemas = schemas.map(|schema| schema.value.as_str());
    manifests
        .chain(usual)
        .chain(schemas)
        .map(|path| folder.join(path))
        .chain(routes)
        .collect()
}

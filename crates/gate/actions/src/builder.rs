//! Building a client. What is missing or unsafe is an error that says what to set; nothing has a default that opens.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use portcullis_funnel::{
    AuditLog, AuditSink, BrokenNetwork, BrokenOrigin, BrokenRate, CaptchaVerifier, ChainEnd, Clock, CsrfTokens,
    Entropy, KeyRing, Nonces, Origins, RateRule, RefTokens, SealedValues, SessionSource, Store, TrustedProxies,
    UnknownRole, WeakSecret,
};
use portcullis_store::{EmbeddedStore, MemoryStore, OpenError, SharedStore, SystemClock, SystemEntropy};
use thiserror::Error;

use crate::app::authorization;
use crate::client::Shared;
use crate::{ActionClient, App, Limits};

/// Where the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Environment {
    /// For users: everything that is only fit for a developer's machine is refused.
    #[default]
    Production,
    /// On a developer's machine, or in a test.
    Development,
}

/// Why a client cannot be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There is no session source.
    #[error("no session source: call `.session(..)`, so that callers can be identified")]
    NoSessions,
    /// There is no secret.
    #[error("no secret: call `.secret(\"k1\", ..)` with 32 random bytes or more, from `openssl rand -base64 33`")]
    NoSecret,
    /// There is no store.
    #[error("no store: call `.store(Memory::redb(path))`, or `.store(Memory::redis(url))` for several instances")]
    NoStore,
    /// There is no audit log.
    #[error("no audit log: call `.audit(..)` with a file or another sink")]
    NoAudit,
    /// There is no origin.
    #[error("no origin: call `.origins([\"https://app.example.com\"])` with the origin of this application")]
    NoOrigins,
    /// An origin without encryption, in production.
    #[error("the origin `{0}` is not encrypted: use `https://`, or `.development()` on your own machine")]
    PlainOrigin(String),
    /// A store that forgets, in production.
    #[error(
        "the store in memory forgets nonces and revocations at a restart and shares nothing with other instances: \
         use `Memory::redb(path)` or `Memory::redis(url)`, or `.development()` on your own machine"
    )]
    ForgetfulStore,
    /// A secret is weak.
    #[error("the secret `{id}` is refused: {cause}")]
    WeakSecret {
        /// Its id.
        id: String,
        /// Why.
        cause: WeakSecret,
    },
    /// Two secrets have one id, and only one of them would count.
    #[error("two secrets have the id `{0}`: give the new one another id, so that the old one still opens")]
    SecretTwice(String),
    /// An origin is none.
    #[error(transparent)]
    Origin(#[from] BrokenOrigin),
    /// A network is none.
    #[error(transparent)]
    Network(#[from] BrokenNetwork),
    /// A rate is none.
    #[error(transparent)]
    Rate(#[from] BrokenRate),
    /// A grant names a role that is not in the order.
    #[error(transparent)]
    Role(#[from] UnknownRole),
    /// A page is not a path of this application.
    #[error("`{0}` is no path of this application: write `/sign-in`")]
    Page(String),
    /// The store's file cannot be opened.
    #[error("the store cannot be opened: {0}")]
    Store(#[from] OpenError),
    /// The store's address is broken.
    #[error("the store's address is broken: {0}")]
    Address(String),
}

/// Where everything that the gates remember is kept.
pub struct Memory(Kind);

enum Kind {
    Process,
    File(std::path::PathBuf),
    Redis(String),
    Own(Arc<dyn Store>),
}

impl fmt::Debug for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Memory(..)")
    }
}

impl Memory {
    /// The memory of this process. For development: it forgets.
    pub const fn process() -> Self {
        Self(Kind::Process)
    }

    /// A file, for one instance.
    pub fn redb(path: impl Into<std::path::PathBuf>) -> Self {
        Self(Kind::File(path.into()))
    }

    /// Redis, for several instances.
    pub fn redis(url: &str) -> Self {
        Self(Kind::Redis(url.to_owned()))
    }

    /// A store of your own.
    pub fn own(store: Arc<dyn Store>) -> Self {
        Self(Kind::Own(store))
    }

    fn open(self, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Store>, BuildError> {
        const ENTRIES: usize = 1_000_000;
        Ok(match self.0 {
            Kind::Process => Arc::new(MemoryStore::new(Arc::clone(clock), ENTRIES)),
            Kind::File(path) => Arc::new(EmbeddedStore::open(&path, Arc::clone(clock))?),
            Kind::Redis(url) => {
                Arc::new(SharedStore::open(&url).map_err(|broken| BuildError::Address(broken.to_string()))?)
            }
            Kind::Own(store) => store,
        })
    }
}

/// A client in the making.
pub struct Builder<A: App> {
    state: A::State,
    environment: Environment,
    sessions: Option<Arc<dyn SessionSource>>,
    memory: Option<Memory>,
    origins: Vec<String>,
    proxies: Vec<String>,
    secrets: Vec<(String, String)>,
    captcha: Option<Arc<dyn CaptchaVerifier>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    audit: Option<(ChainEnd, Box<dyn AuditSink>)>,
    limits: Limits,
    default_rate: Option<String>,
    address_rate: Option<String>,
    timeout: Duration,
    sign_in_page: Option<String>,
}

impl<A: App> fmt::Debug for Builder<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Builder").finish_non_exhaustive()
    }
}

impl<A: App> Builder<A> {
    pub(crate) fn new(state: A::State) -> Self {
        Self {
            state,
            environment: Environment::default(),
            sessions: None,
            memory: None,
            origins: Vec::new(),
            proxies: Vec::new(),
            secrets: Vec::new(),
            captcha: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy::default()),
            audit: None,
            limits: Limits::default(),
            default_rate: Some("60/1m per user".to_owned()),
            address_rate: Some("600/1m per ip".to_owned()),
            timeout: Duration::from_secs(30),
            sign_in_page: None,
        }
    }

    /// Settings for a developer's machine are allowed: plain HTTP, a store that forgets.
    #[must_use]
    pub const fn development(mut self) -> Self {
        self.environment = Environment::Development;
        self
    }

    /// Who calls.
    #[must_use]
    pub fn session(mut self, sessions: Arc<dyn SessionSource>) -> Self {
        self.sessions = Some(sessions);
        self
    }

    /// Where everything is kept that the gates remember.
    #[must_use]
    pub fn store(mut self, memory: Memory) -> Self {
        self.memory = Some(memory);
        self
    }

    /// The origins of this application, exactly as browsers send them.
    #[must_use]
    pub fn origins<'a>(mut self, origins: impl IntoIterator<Item = &'a str>) -> Self {
        self.origins.extend(origins.into_iter().map(str::to_owned));
        self
    }

    /// The proxies in front of this program, whose word about addresses counts. Without any, the other end of the
    /// connection is the caller.
    #[must_use]
    pub fn proxies<'a>(mut self, networks: impl IntoIterator<Item = &'a str>) -> Self {
        self.proxies.extend(networks.into_iter().map(str::to_owned));
        self
    }

    /// A secret under a short id. The first one seals and signs; older ones only open, so that secrets can be changed.
    #[must_use]
    pub fn secret(mut self, id: &str, secret: &str) -> Self {
        self.secrets.push((id.to_owned(), secret.to_owned()));
        self
    }

    /// Who checks proofs of a human.
    #[must_use]
    pub fn captcha(mut self, verifier: Arc<dyn CaptchaVerifier>) -> Self {
        self.captcha = Some(verifier);
        self
    }

    /// Where audit records go, as a new chain.
    #[must_use]
    pub fn audit(self, sink: Box<dyn AuditSink>) -> Self {
        self.audit_after(ChainEnd::default(), sink)
    }

    /// Where audit records go, as the continuation of a chain.
    #[must_use]
    pub fn audit_after(mut self, end: ChainEnd, sink: Box<dyn AuditSink>) -> Self {
        self.audit = Some((end, sink));
        self
    }

    /// How much a call may bring.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The limit of actions for signed-in callers that name none of their own: `60/1m per user` unless set.
    #[must_use]
    pub fn rate_default(mut self, rate: &str) -> Self {
        self.default_rate = Some(rate.to_owned());
        self
    }

    /// The limit of all calls of one address together, before their bodies are read: `600/1m per ip` unless set.
    #[must_use]
    pub fn address_rate(mut self, rate: &str) -> Self {
        self.address_rate = Some(rate.to_owned());
        self
    }

    /// How long a call may take: to arrive, and again to be handled. 30 seconds unless set.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Where forms send a caller who is not signed in.
    #[must_use]
    pub fn sign_in_page(mut self, path: &str) -> Self {
        self.sign_in_page = Some(path.to_owned());
        self
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Another source of random bytes, for tests.
    #[must_use]
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    fn ring(&self) -> Result<KeyRing, BuildError> {
        let mut ring: Option<KeyRing> = None;
        let mut ids = BTreeSet::new();
        for (id, secret) in &self.secrets {
            // The letters and digits of an id are what counts.
            let plain: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
            if !ids.insert(plain) {
                return Err(BuildError::SecretTwice(id.clone()));
            }
            let next = match ring {
                None => KeyRing::new(id, secret),
                Some(ring) => ring.with_older(id, secret),
            };
            ring = Some(next.map_err(|cause| BuildError::WeakSecret { id: id.clone(), cause })?);
        }
        ring.ok_or(BuildError::NoSecret)
    }

    fn check(&self) -> Result<(), BuildError> {
        if self.origins.is_empty() {
            return Err(BuildError::NoOrigins);
        }
        if let Some(page) = self.sign_in_page.as_ref().filter(|page| !is_own_path(page)) {
            return Err(BuildError::Page(page.clone()));
        }
        if self.environment == Environment::Development {
            return Ok(());
        }
        if let Some(plain) = self.origins.iter().find(|origin| !origin.starts_with("https://")) {
            return Err(BuildError::PlainOrigin(plain.clone()));
        }
        if matches!(self.memory, Some(Memory(Kind::Process))) {
            return Err(BuildError::ForgetfulStore);
        }
        Ok(())
    }

    /// The client, or what is missing or unsafe.
    pub fn build(self) -> Result<ActionClient<A>, BuildError> {
        let ring = self.ring()?;
        self.check()?;
        let rate = |text: &Option<String>| text.as_deref().map(str::parse::<RateRule>).transpose();
        let (default_rate, address_rate) = (rate(&self.default_rate)?, rate(&self.address_rate)?);
        let (end, sink) = self.audit.ok_or(BuildError::NoAudit)?;
        Ok(ActionClient(Arc::new(Shared {
            state: self.state,
            sessions: self.sessions.ok_or(BuildError::NoSessions)?,
            store: self.memory.ok_or(BuildError::NoStore)?.open(&self.clock)?,
            origins: Origins::new(self.origins.iter().map(String::as_str))?,
            is_secure: self.origins.iter().all(|origin| origin.starts_with("https://")),
            proxies: TrustedProxies::parse(self.proxies.iter().map(String::as_str))?,
            authorization: authorization::<A>()?,
            nonces: Nonces::new(ring.clone()),
            csrf: CsrfTokens::new(ring.clone()),
            sealed: SealedValues::new(ring.clone()),
            references: RefTokens::new(ring),
            captcha: self.captcha,
            clock: self.clock,
            entropy: self.entropy,
            log: Arc::new(AuditLog::new(end, sink)),
            limits: self.limits,
            default_rate,
            address_rate,
            timeout: self.timeout,
            sign_in_page: self.sign_in_page,
        })))
    }
}

/// Whether a text is a path of this application, and nothing that a browser takes for another host.
pub(crate) fn is_own_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::is_own_path;

    #[test]
    fn only_paths_of_this_application_are_gone_to() {
        for path in ["/", "/docs/1?saved=1#top"] {
            assert!(is_own_path(path), "{path}");
        }
        for path in [
            "",
            "docs",
            "//evil.test",
            "/\\evil.test",
            "https://evil.test",
            "/a\nb",
            "/a b",
            "/\t/evil.test",
        ] {
            assert!(!is_own_path(path), "{path:?}");
        }
    }
}

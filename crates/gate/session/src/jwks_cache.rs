//! The published keys of a provider, kept at hand. Requests wait for a fetch only when there is nothing to use: shortly
//! before keys go stale they are fetched again in the background, a failed fetch leaves the old ones in use for a day,
//! and a token with an unknown key id starts at most one fetch in half a minute.
//!
//! The network, the clock and the background are the caller's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portcullis_funnel::{Answer, Clock, Timestamp, Unavailable};
use thiserror::Error;

use crate::jose::{KeyError, KeySet};

const SHORTEST_LIFE: Duration = Duration::from_mins(5);
const LONGEST_LIFE: Duration = Duration::from_hours(24);
/// How long keys stay in use when they cannot be fetched again.
const STALE_LIFE: Duration = Duration::from_hours(24);
/// Between two fetches that somebody's request asked for.
const COOL_DOWN: Duration = Duration::from_secs(30);
/// The same while there is no key at all.
const COOL_DOWN_WITHOUT_KEYS: Duration = Duration::from_secs(1);
/// A clock that goes back by more makes every age unknown.
const CLOCK_SLACK: Duration = Duration::from_mins(5);

/// Where keys are published: HTTPS, or a local address for development.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUrl(String);

/// Keys over plain HTTP would be anybody's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("keys are fetched over https, because whoever can change them can sign in as anybody")]
pub struct NotHttps;

impl KeyUrl {
    /// Checks an address.
    pub fn parse(text: &str) -> Result<Self, NotHttps> {
        let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let is_local = local.iter().any(|start| {
            text.strip_prefix(start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        });
        if (text.starts_with("https://") || is_local) && !text.contains('@') {
            return Ok(Self(text.to_owned()));
        }
        Err(NotHttps)
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a fetch brought.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The body of a response with status 200.
    pub body: Vec<u8>,
    /// `max-age` of its `Cache-Control`.
    pub max_age: Option<Duration>,
}

/// Fetches keys: without following redirects, with a time-out, and no more than [`crate::MAX_KEY_SET_BYTES`].
pub trait FetchKeys: Send + Sync {
    /// Fetches what stands at `url`.
    fn fetch<'a>(&'a self, url: &'a KeyUrl) -> Answer<'a, Result<Fetched, Unavailable>>;
}

/// Runs a task in the background.
pub trait Background: Send + Sync {
    /// Starts the task.
    fn start(&self, task: Answer<'static, ()>);
}

/// The form in which a provider publishes its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFormat {
    /// A JSON Web Key Set.
    Jwks,
    /// Certificates by key id.
    Certificates,
}

/// `max-age` of a `Cache-Control` header.
pub fn max_age(cache_control: &str) -> Option<Duration> {
    cache_control.split(',').find_map(|directive| {
        let (name, value) = directive.split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case("max-age");
        is_it
            .then(|| value.trim().parse().ok().map(Duration::from_secs))
            .flatten()
    })
}

/// The keys of one provider.
#[derive(Clone)]
pub struct JwksCache {
    inner: Arc<Inner>,
}

struct Inner {
    url: KeyUrl,
    format: KeyFormat,
    /// Configured keys, which are there beside the fetched ones.
    configured: KeySet,
    fetcher: Box<dyn FetchKeys>,
    background: Box<dyn Background>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Held while a fetch is under way, so that there is one at a time.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    keys: Option<Kept>,
    last_attempt: Option<Timestamp>,
    is_refreshing: bool,
}

#[derive(Clone)]
struct Kept {
    keys: Arc<KeySet>,
    fetched_at: Timestamp,
    life: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Freshness {
    Fresh,
    /// Usable; a new fetch is due.
    Ageing,
    /// Past its life; used only while fetching fails.
    Stale,
    /// Not used.
    Dead,
}

impl Kept {
    fn freshness(&self, now: Timestamp) -> Freshness {
        let age = now.since(self.fetched_at);
        let ahead = self.fetched_at.since(now);
        if age >= self.life.saturating_add(STALE_LIFE) {
            Freshness::Dead
        } else if age >= self.life || ahead > CLOCK_SLACK {
            Freshness::Stale
        } else if age >= self.life.mul_f64(0.8) {
            Freshness::Ageing
        } else {
            Freshness::Fresh
        }
    }
}

impl std::fmt::Debug for JwksCache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("JwksCache")
            .field("url", &self.inner.url)
            .finish_non_exhaustive()
    }
}

impl JwksCache {
    /// A cache that has fetched nothing yet. `configured` keys are used beside the fetched ones.
    pub fn new(
        url: KeyUrl,
        format: KeyFormat,
        configured: KeySet,
        fetcher: Box<dyn FetchKeys>,
        background: Box<dyn Background>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let inner = Inner {
            url,
            format,
            configured,
            fetcher,
            background,
            clock,
            state: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The keys, fetched now if there are none that can be used.
    pub async fn keys(&self) -> Result<Arc<KeySet>, Unavailable> {
        let now = self.inner.clock.now();
        let kept = self.inner.kept();
        match kept.as_ref().map_or(Freshness::Dead, |kept| kept.freshness(now)) {
            Freshness::Fresh => {}
            Freshness::Ageing => self.refresh_in_background(),
            // One request waits for the fetch; the others do not, as long as old keys will do.
            Freshness::Stale if self.inner.flight.try_lock().is_err() => {}
            Freshness::Stale | Freshness::Dead => return self.inner.refreshed(now).await,
        }
        kept.map(|kept| kept.keys).ok_or(NO_KEYS)
    }

    /// The keys after a token named one that is not there: fetched again, unless that was tried a moment ago.
    pub async fn keys_after_unknown(&self) -> Result<Arc<KeySet>, Unavailable> {
        self.inner.refreshed(self.inner.clock.now()).await
    }

    fn refresh_in_background(&self) {
        {
            let mut state = self.inner.state();
            if state.is_refreshing {
                return;
            }
            state.is_refreshing = true;
        }
        let inner = Arc::clone(&self.inner);
        self.inner.background.start(Box::pin(async move {
            // The outcome is in the state; a failure leaves the old keys in use, and the next request tries again.
            let _outcome = inner.refreshed(inner.clock.now()).await;
            inner.state().is_refreshing = false;
        }));
    }
}

const NO_KEYS: Unavailable = Unavailable::new("keys", "no key could be fetched");

impl Inner {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> Option<Kept> {
        self.state().keys.clone()
    }

    /// Fetches, unless that was tried since `asked` or a moment before; then what is kept has to do.
    async fn refreshed(&self, asked: Timestamp) -> Result<Arc<KeySet>, Unavailable> {
        let _flight = self.flight.lock().await;
        let now = self.clock.now();
        if self.may_fetch(now, asked) {
            self.state().last_attempt = Some(now);
            let fetched = self.fetcher.fetch(&self.url).await;
            if let Ok(kept) = fetched.and_then(|fetched| self.read(&fetched)) {
                self.state().keys = Some(kept);
            }
        }
        self.kept()
            .filter(|kept| kept.freshness(self.clock.now()) < Freshness::Dead)
            .map(|kept| kept.keys)
            .ok_or(NO_KEYS)
    }

    fn may_fetch(&self, now: Timestamp, asked: Timestamp) -> bool {
        let state = self.state();
        let Some(last) = state.last_attempt else {
            return true;
        };
        let cool_down = if state.keys.is_some() {
            COOL_DOWN
        } else {
            COOL_DOWN_WITHOUT_KEYS
        };
        let went_back = last.since(now) > CLOCK_SLACK;
        // Who waited for another's fetch has its outcome.
        let is_answered = last >= asked && !went_back;
        !is_answered && (went_back || now.since(last) >= cool_down)
    }

    fn read(&self, fetched: &Fetched) -> Result<Kept, Unavailable> {
        let keys = match self.format {
            KeyFormat::Jwks => KeySet::from_jwks(&fetched.body),
            KeyFormat::Certificates => KeySet::from_certificates(&fetched.body),
        };
        let keys = keys.map_err(|error| Unavailable::new("keys", cause(error)))?;
        Ok(Kept {
            keys: Arc::new(keys.with(self.configured.clone())),
            fetched_at: self.clock.now(),
            life: fetched
                .max_age
                .unwrap_or(SHORTEST_LIFE)
                .clamp(SHORTEST_LIFE, LONGEST_LIFE),
        })
    }
}

const fn cause(error: KeyError) -> &'static str {
    match error {
        KeyError::TooLarge => "the key set is too large",
        KeyError::Unreadable => "the key set cannot be read",
        KeyError::Empty => "the key set has no usable key",
    }
}

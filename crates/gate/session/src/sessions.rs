//! A provider together with its keys and its table, as the session gate wants it.

use std::sync::Arc;

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};
use portcullis_funnel::{Answer, Identity, Principal, SessionFault, SessionSource, Timestamp, Unavailable};

use crate::jose::KeySet;
use crate::{JwksCache, Presented, Provider, Reading, Refusal, SessionRows};

/// Where the keys of a provider are.
#[derive(Debug)]
pub enum Keys {
    /// They are configured, or none are needed.
    Configured(KeySet),
    /// They are published.
    Published(JwksCache),
}

/// One provider, ready to identify callers.
pub struct Sessions {
    provider: Box<dyn Provider>,
    keys: Keys,
    rows: Option<Arc<dyn SessionRows>>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Sessions")
            .field("provider", &self.provider.name())
            .finish_non_exhaustive()
    }
}

enum Failure {
    Refused(Refusal),
    Unavailable(Unavailable),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Unavailable> for Failure {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl Sessions {
    /// Puts the parts together. `rows` is the table, for providers that have one.
    pub fn new(provider: Box<dyn Provider>, keys: Keys, rows: Option<Arc<dyn SessionRows>>) -> Self {
        Self { provider, keys, rows }
    }

    async fn identity(&self, presented: &Presented, now: Timestamp) -> Result<Identity, Failure> {
        match self.read(presented, now).await? {
            Reading::User(identity) => Ok(*identity),
            Reading::Row(query) => {
                const NO_TABLE: Unavailable = Unavailable::new("sessions", "no table is configured");
                let rows = self.rows.as_ref().ok_or(NO_TABLE)?;
                let row = rows.find(query.key()).await?;
                Ok(query.decide(row, now)?)
            }
        }
    }

    /// Reads with the keys at hand, and once more with new ones if the token names a key that is not there.
    async fn read(&self, presented: &Presented, now: Timestamp) -> Result<Reading, Failure> {
        let cache = match &self.keys {
            Keys::Configured(keys) => return Ok(self.provider.read(presented, keys, now)?),
            Keys::Published(cache) => cache,
        };
        // Who sends no session must not wait for keys, nor fail because they are missing.
        match self.provider.read(presented, &KeySet::default(), now) {
            Err(Refusal::UnknownKey) => {}
            decided => return Ok(decided?),
        }
        match self.provider.read(presented, cache.keys().await?.as_ref(), now) {
            Err(Refusal::UnknownKey) => {
                let keys = cache.keys_after_unknown().await?;
                Ok(self.provider.read(presented, keys.as_ref(), now)?)
            }
            decided => Ok(decided?),
        }
    }
}

impl SessionSource for Sessions {
    fn identify<'a>(
        &'a self,
        headers: &'a HeaderMap,
        is_secure: bool,
        now: Timestamp,
    ) -> Answer<'a, Result<Principal, SessionFault>> {
        Box::pin(async move {
            let all = |name| headers.get_all(name).into_iter().map(http::HeaderValue::as_bytes);
            let outcome = match Presented::parse(all(COOKIE), all(AUTHORIZATION), is_secure) {
                Ok(presented) => self.identity(&presented, now).await,
                Err(refusal) => Err(refusal.into()),
            };
            match outcome {
                Ok(identity) => Ok(Principal::User(Box::new(identity))),
                Err(Failure::Refused(Refusal::Missing)) => Ok(Principal::Anonymous),
                Err(Failure::Refused(Refusal::Ambiguous)) => Err(SessionFault::Ambiguous),
                Err(Failure::Refused(refusal)) => Err(SessionFault::Refused { code: refusal.code() }),
                Err(Failure::Unavailable(unavailable)) => Err(SessionFault::Unavailable(unavailable)),
            }
        })
    }
}

//! Everything in Redis, for several instances that share limits, nonces and revocations. Each operation is one script,
//! which Redis runs without anything in between, by the clock of Redis: instances whose clocks differ still agree.

mod scripts;

use std::sync::Arc;
use std::time::Duration;

use portcullis_funnel::{
    Answer, Begun, Clock, Consumed, Counting, FlashStore, IdempotencyStore, Identity, Limit, NonceStore, RateDecision,
    RateStore, Revocation, RevocationStore, Timestamp, Unavailable,
};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{ErrorKind, FromRedisValue, RedisError, Script};
use thiserror::Error;
use tokio_rustls::rustls::crypto::ring;

use crate::limiter;
use crate::records::REVOCATION_GRACE;
use scripts::Scripts;

/// How long a connection or an answer may take. After it the call is refused with 503.
const ANSWER: Duration = Duration::from_millis(500);

/// The store in Redis.
pub struct SharedStore {
    connection: ConnectionManager,
    scripts: Scripts,
    prefix: String,
    upstash_prefix: String,
    clock: Option<Arc<dyn Clock>>,
}

/// The address of Redis cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the address of the store is not of the form `redis://host:port/database`, or `rediss://` for TLS")]
pub struct BrokenAddress;

impl std::fmt::Debug for SharedStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SharedStore").finish_non_exhaustive()
    }
}

impl SharedStore {
    /// A store at `url`. It connects with the first call, and again whenever the connection is lost. Has to be called
    /// inside of the runtime of tokio.
    pub fn open(url: &str) -> Result<Self, BrokenAddress> {
        Self::open_within(url, ANSWER)
    }

    /// The same with another time for an answer.
    pub fn open_within(url: &str, answer: Duration) -> Result<Self, BrokenAddress> {
        if url.starts_with("rediss:") {
            // Named, so that no other part of the program decides which one it is; if one has been named before, that one is it.
            drop(ring::default_provider().install_default());
        }
        let client = redis::Client::open(url).map_err(|_| BrokenAddress)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(answer))
            .set_response_timeout(Some(answer))
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(10))
            .set_max_delay(Duration::from_millis(100));
        let connection = ConnectionManager::new_lazy_with_config(client, config).map_err(|_| BrokenAddress)?;
        Ok(Self {
            connection,
            scripts: Scripts::new(),
            prefix: "portcullis".to_owned(),
            upstash_prefix: "@upstash/ratelimit".to_owned(),
            clock: None,
        })
    }

    /// Keeps its keys apart from those of other applications in the same database.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// The prefix that the application's own `@upstash/ratelimit` has, to share its counters.
    #[must_use]
    pub fn with_upstash_prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.upstash_prefix);
        self
    }

    /// Takes the time from `clock` instead of Redis, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    fn key(&self, kind: &str, name: &str) -> String {
        format!("{}:{kind}:{name}", self.prefix)
    }

    /// Runs a script. Its first argument is the time, or nothing for the time of Redis.
    async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[String],
        arguments: &[Vec<u8>],
    ) -> Result<T, Unavailable> {
        let now = self
            .clock
            .as_ref()
            .map_or_else(String::new, |clock| clock.now().millis().to_string());
        let mut call = script.prepare_invoke();
        for key in keys {
            call.key(key);
        }
        call.arg(now);
        for argument in arguments {
            call.arg(argument.as_slice());
        }
        let mut connection = self.connection.clone();
        call.invoke_async(&mut connection)
            .await
            .map_err(|error| unavailable(&error))
    }
}

/// Fixed words for a failure: what Redis says may quote a key.
fn unavailable(error: &RedisError) -> Unavailable {
    let cause = if error.is_timeout() {
        "no answer in time"
    } else if error.is_io_error() || error.is_connection_dropped() || error.is_connection_refusal() {
        "no connection"
    } else if matches!(error.kind(), ErrorKind::AuthenticationFailed) {
        "the password is wrong"
    } else {
        "it answered with an error"
    };
    Unavailable::new("redis", cause)
}

fn number(value: i64) -> Vec<u8> {
    value.to_string().into_bytes()
}

impl RateStore for SharedStore {
    fn take<'a>(&'a self, key: &'a str, limit: &'a Limit, cost: u32) -> Answer<'a, Result<RateDecision, Unavailable>> {
        Box::pin(async move {
            let own = self.key("rate", &limiter::state_key(key, limit));
            let upstash = format!("{}:{key}", self.upstash_prefix);
            let (script, key, extra) = match limit.counting() {
                Counting::Exact => (&self.scripts.exact, own, 0),
                Counting::Gcra => (&self.scripts.gcra, own, 0),
                Counting::Upstash => (&self.scripts.sliding, upstash, 0),
                Counting::UpstashFixed => (&self.scripts.fixed, upstash, 0),
                Counting::UpstashBucket { refill } => (&self.scripts.bucket, upstash, i64::from(refill)),
            };
            let arguments = [
                number(i64::from(limit.tokens())),
                number(limit.window_millis()),
                number(i64::from(cost)),
                number(extra),
            ];
            let (admitted, remaining, retry_at, reset_at, now): (i64, i64, i64, i64, i64) =
                self.run(script, &[key], &arguments).await?;
            let admitted = admitted == 1;
            let wait = Timestamp::from_millis(retry_at).since(Timestamp::from_millis(now));
            Ok(RateDecision {
                admitted,
                remaining: u32::try_from(remaining.max(0)).unwrap_or(u32::MAX),
                retry_after: if admitted { Duration::ZERO } else { wait },
                reset_at: Timestamp::from_millis(reset_at),
            })
        })
    }
}

impl NonceStore for SharedStore {
    fn consume<'a>(&'a self, nonce: &'a str, expires_at: Timestamp) -> Answer<'a, Result<Consumed, Unavailable>> {
        Box::pin(async move {
            let key = self.key("nonce", nonce);
            let first: i64 = self
                .run(&self.scripts.consume, &[key], &[number(expires_at.millis())])
                .await?;
            Ok(if first == 1 { Consumed::First } else { Consumed::Again })
        })
    }
}

impl IdempotencyStore for SharedStore {
    fn begin<'a>(
        &'a self,
        key: &'a str,
        fingerprint: &'a str,
        expires_at: Timestamp,
    ) -> Answer<'a, Result<Begun, Unavailable>> {
        Box::pin(async move {
            let key = self.key("claim", key);
            let arguments = [fingerprint.into(), number(expires_at.millis())];
            let (state, result): (String, Vec<u8>) = self.run(&self.scripts.begin, &[key], &arguments).await?;
            Ok(match state.as_str() {
                "new" => Begun::New,
                "done" => Begun::Done(result),
                "mismatch" => Begun::Mismatch,
                _ => Begun::InProgress,
            })
        })
    }

    fn finish<'a>(
        &'a self,
        key: &'a str,
        fingerprint: &'a str,
        result: &'a [u8],
        expires_at: Timestamp,
    ) -> Answer<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let key = self.key("claim", key);
            let arguments = [fingerprint.into(), number(expires_at.millis()), result.to_vec()];
            self.run(&self.scripts.finish, &[key], &arguments).await
        })
    }

    fn abandon<'a>(&'a self, key: &'a str, fingerprint: &'a str) -> Answer<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let key = self.key("claim", key);
            self.run(&self.scripts.abandon, &[key], &[fingerprint.into()]).await
        })
    }
}

impl RevocationStore for SharedStore {
    fn revoke<'a>(&'a self, revocation: &'a Revocation, expires_at: Timestamp) -> Answer<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let key = self.key("revoked", &revocation.store_key());
            let arguments = [
                number(revocation.not_before().millis()),
                number(expires_at.plus(REVOCATION_GRACE).millis()),
            ];
            self.run(&self.scripts.revoke, &[key], &arguments).await
        })
    }

    fn is_revoked<'a>(&'a self, identity: &'a Identity) -> Answer<'a, Result<bool, Unavailable>> {
        Box::pin(async move {
            let keys = Revocation::keys_of(identity).map(|key| self.key("revoked", &key));
            let bounds: Vec<Option<String>> = self.run(&self.scripts.revoked, &keys, &[]).await?;
            // A bound that cannot be read revokes everything it covers.
            let bound = |text: &str| text.parse().map_or(Timestamp::NEVER, Timestamp::from_millis);
            Ok(bounds.iter().flatten().any(|text| identity.is_before(bound(text))))
        })
    }
}

impl FlashStore for SharedStore {
    fn put<'a>(&'a self, id: &'a str, message: &'a [u8], expires_at: Timestamp) -> Answer<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let key = self.key("flash", id);
            let arguments = [message.to_vec(), number(expires_at.millis())];
            self.run(&self.scripts.put, &[key], &arguments).await
        })
    }

    fn take_flash<'a>(&'a self, id: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, Unavailable>> {
        Box::pin(async move {
            let key = self.key("flash", id);
            self.run(&self.scripts.take, &[key], &[]).await
        })
    }
}

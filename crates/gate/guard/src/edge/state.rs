//! What all connections share: the policy in force, which is swapped as a whole, and what is counted beside it.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::crowd::{Connections, Requests};
use super::held::Held;
use super::trace::Ids;
use super::upstream::Upstream;
use super::wire::{InFlight, WireState};
use crate::action::Actions;
use crate::admin::Metrics;
use crate::settings::Settings;

/// One policy in force. Requests that began under it end under it.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) settings: Settings,
    pub(crate) config: portcullis_policy::Config,
    pub(crate) actions: Arc<Actions>,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) tls: Option<Tls>,
}

/// The certificate in use.
#[derive(Clone)]
pub(crate) struct Tls(pub(crate) TlsAcceptor);

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tls(..)")
    }
}

/// Ready when guard is told to stop.
pub(crate) async fn stopped(stops: &mut watch::Receiver<bool>) {
    drop(stops.wait_for(|stops| *stops).await);
}

/// The edge.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) live: ArcSwap<Live>,
    pub(crate) ids: Ids,
    pub(crate) requests: Requests,
    pub(crate) connections: Arc<Connections>,
    pub(crate) metrics: Arc<Metrics>,
    /// Bodies of actions that are being read or judged.
    pub(crate) held: Arc<Held>,
    /// Who sends them, and how many at once.
    pub(crate) senders: Arc<Connections>,
}

impl Edge {
    pub(crate) fn new(live: Live, metrics: Arc<Metrics>) -> Self {
        Self {
            live: ArcSwap::from_pointee(live),
            ids: Ids::new(),
            requests: Requests::default(),
            connections: Arc::default(),
            metrics,
            held: Arc::default(),
            senders: Arc::default(),
        }
    }
}

/// What is known about a connection.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Whose it is, by the system or by the PROXY protocol.
    pub(crate) address: Option<IpAddr>,
    pub(crate) is_tls: bool,
    pub(crate) is_http2: bool,
    /// Nothing for HTTP/2.
    pub(crate) wire: Option<Arc<WireState>>,
    /// Held by everything that a shutdown waits for.
    pub(crate) alive: watch::Receiver<bool>,
}

impl Peer {
    /// Marks a request as under way.
    pub(crate) fn in_flight(&self) -> Option<InFlight> {
        self.wire.as_ref().map(WireState::request)
    }
}

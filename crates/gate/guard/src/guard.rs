//! Guard as a whole: from a policy to open listeners, from a changed policy to a new one in force, and to an orderly end.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use portcullis_funnel::Secret;
use portcullis_policy::Config;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::SetupError;
use crate::action::Actions;
use crate::admin::{self, Admin, Metrics};
use crate::edge::{self, Edge, Live, Upstream};
use crate::settings::{Overrides, Settings, overridden};

/// Where secrets come from: the value of an environment variable.
pub type Secrets = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// How guard is started.
#[derive(Clone)]
pub struct Options {
    /// The policy; without one, only what needs none is enforced.
    pub policy: Option<PathBuf>,
    /// Where relative paths of a policy that is not there would start.
    pub folder: PathBuf,
    /// What the command line says.
    pub overrides: Overrides,
    /// Where secrets come from.
    pub secrets: Secrets,
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("policy", &self.policy)
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}

/// Guard with its listeners open.
#[derive(Debug)]
pub struct Guard {
    options: Options,
    edge: Arc<Edge>,
    listener: TcpListener,
    admin: Option<(TcpListener, Secret<Vec<u8>>)>,
    forward_auth: Option<TcpListener>,
}

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(500);

impl Guard {
    /// Reads the policy and opens the listeners.
    pub async fn start(options: Options) -> Result<Self, SetupError> {
        let live = load(&options, None).await?;
        let listener = open(live.settings.listen)?;
        let admin = match live.settings.admin {
            Some(address) => Some((open(address)?, admin_token(&options, &live.settings)?)),
            None => None,
        };
        let forward_auth = live.settings.forward_auth.map(|asked| open(asked.listen)).transpose()?;
        let metrics = Arc::new(Metrics::new());
        Ok(Self {
            options,
            edge: Arc::new(Edge::new(live, metrics)),
            listener,
            admin,
            forward_auth,
        })
    }

    /// Where it listens; the port is the system's if the policy said 0.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    pub(crate) const fn edge(&self) -> &Arc<Edge> {
        &self.edge
    }

    /// Where operators reach it.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Where other proxies reach it.
    pub fn forward_auth_address(&self) -> Option<SocketAddr> {
        self.forward_auth
            .as_ref()
            .and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until `ends` is ready; then no request is begun, and those under way may end.
    pub async fn serve(self, reload: watch::Receiver<u64>, ends: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let edge = Arc::clone(&self.edge);
        let accepting = tokio::spawn(edge::accept(Arc::clone(&edge), self.listener, stopped.clone()));
        if let Some((listener, token)) = self.admin {
            let admin = Arc::new(Admin {
                edge: Arc::clone(&edge),
                token,
            });
            tokio::spawn(admin::serve(admin, listener, stopped.clone()));
        }
        if let Some(listener) = self.forward_auth {
            tokio::spawn(admin::serve_forward_auth(Arc::clone(&edge), listener, stopped.clone()));
        }
        let watching = tokio::spawn(follow(self.options, Arc::clone(&edge), reload, stopped));
        ends.await;
        stop.send(true).unwrap_or_default();
        let drain = edge.live.load().settings.limits.drain;
        let connections = edge.connections.count();
        tracing::info!(connections, "stopping: requests under way may end");
        drop(watching.await);
        drop(accepting.await);
        if timeout(drain, stop.closed()).await.is_err() {
            tracing::warn!(
                connections = edge.connections.count(),
                "stopped before all requests had ended"
            );
        }
    }
}

/// Without a token, operators could be anybody.
fn admin_token(options: &Options, settings: &Settings) -> Result<Secret<Vec<u8>>, SetupError> {
    let name = &settings.admin_token;
    let token = (options.secrets)(name).and_then(|token| Secret::configured(&token).ok());
    token.ok_or_else(|| SetupError::AdminToken(name.clone()))
}

fn open(address: SocketAddr) -> Result<TcpListener, SetupError> {
    edge::open(address).map_err(|cause| SetupError::Listener { address, cause })
}

/// The configuration in force, and the folder that its paths start at.
pub(crate) fn read_policy(options: &Options) -> Result<(Config, PathBuf), SetupError> {
    let Some(path) = &options.policy else {
        return Ok((
            overridden(Config::default(), &options.overrides)?,
            options.folder.clone(),
        ));
    };
    let shown = path.display().to_string();
    #[expect(clippy::disallowed_methods, reason = "guard reads its own policy")]
    let text = std::fs::read_to_string(path).map_err(|cause| SetupError::Unreadable {
        path: shown.clone(),
        cause,
    })?;
    let config = match portcullis_policy::parse(&text) {
        Ok(config) => config,
        Err(errors) => {
            return Err(SetupError::Policy {
                path: shown,
                text,
                errors,
            });
        }
    };
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    Ok((overridden(config, &options.overrides)?, folder))
}

/// Reads everything anew. What is remembered about calls stays, and so do connections to the application.
async fn load(options: &Options, before: Option<&Live>) -> Result<Live, SetupError> {
    let (config, folder) = read_policy(options)?;
    let settings = Settings::new(&config, &folder)?;
    let secrets = |name: &str| (options.secrets)(name);
    let actions = match before {
        Some(before) => before.actions.reload(&config, &folder, &secrets).await?,
        None => Actions::load(&config, &folder, &secrets).await?,
    };
    let tls = settings.tls.as_ref().map(edge::acceptor).transpose()?;
    let kept = before
        .map(|before| &before.upstream)
        .filter(|upstream| *upstream.address() == settings.upstream);
    let upstream = match kept {
        Some(upstream) => Arc::clone(upstream),
        None => Arc::new(Upstream::new(settings.upstream.clone(), settings.limits.connect)?),
    };
    Ok(Live {
        settings,
        config,
        actions: Arc::new(actions),
        upstream,
        tls,
    })
}

/// Puts a changed policy in force when it, or a file that it names, changes, or when `reload` says so.
async fn follow(options: Options, edge: Arc<Edge>, mut reload: watch::Receiver<u64>, mut stops: watch::Receiver<bool>) {
    let mut seen = fingerprint(&options, &edge.live.load());
    let mut pending = None;
    loop {
        let is_asked = tokio::select! {
            // Nobody may be there to ask; files are looked at all the same.
            Ok(()) = reload.changed() => true,
            () = tokio::time::sleep(LOOK) => false,
            () = edge::stopped(&mut stops) => return,
        };
        if *stops.borrow() {
            return;
        }
        let now = fingerprint(&options, &edge.live.load());
        // A file that is still being written changes again: it is read once it has been the same twice.
        let is_settled = pending.as_ref() == Some(&now);
        if !is_asked && now == seen {
            pending = None;
            continue;
        }
        if !is_asked && !is_settled {
            pending = Some(now);
            continue;
        }
        pending = None;
        take_up(&options, &edge).await;
        seen = fingerprint(&options, &edge.live.load());
    }
}

async fn take_up(options: &Options, edge: &Edge) {
    let before = edge.live.load_full();
    match load(options, Some(&before)).await {
        Ok(live) => {
            for (what, is_changed) in [
                ("listen", live.settings.listen != before.settings.listen),
                ("admin.listen", live.settings.admin != before.settings.admin),
                (
                    "forward-auth",
                    live.settings.forward_auth.map(|asked| asked.listen)
                        != before.settings.forward_auth.map(|asked| asked.listen),
                ),
            ] {
                if is_changed {
                    tracing::warn!(key = what, "this key takes effect at the next start only");
                }
            }
            edge.live.store(Arc::new(live));
            edge.metrics.reloaded(true);
            tracing::info!("the policy was read again and is in force");
        }
        Err(error) => {
            edge.metrics.reloaded(false);
            tracing::error!(%error, "the policy cannot be put in force: the one before stays");
        }
    }
}

/// What files look like from outside.
type Fingerprint = Vec<Option<(u64, i64)>>;

fn fingerprint(options: &Options, live: &Live) -> Fingerprint {
    watched(options, live).iter().map(|path| look(path)).collect()
}

fn look(path: &Path) -> Option<(u64, i64)> {
    let metadata = std::fs::metadata(path).ok()?;
    let modified = metadata.modified().ok()?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Some((metadata.len(), i64::try_from(since.as_micros()).unwrap_or(i64::MAX)))
}

/// The files that decide: the policy, the certificate, lists of actions, schemas.
fn watched(options: &Options, live: &Live) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = options.policy.iter().cloned().collect();
    if let Some(tls) = &live.settings.tls {
        paths.extend([tls.certificate.clone(), tls.key.clone()]);
    }
    paths.extend(live.actions.files().iter().cloned());
    paths
}

//! Puts the parts together: the client with its settings, the actions, the pages, the headers.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use portcullis_actions::funnel::{AuditSink, Clock, KeyRing, WeakSecret};
use portcullis_actions::session::{Keys, OwnSessions, Sessions};
use portcullis_actions::store::SystemClock;
use portcullis_actions::{ActionClient, ActionTable, BrokenActions, BuildError, Headers, Memory};
use thiserror::Error;

use crate::actions;
use crate::app::{Acme, State};
use crate::database::{Database, OpenError};
use crate::{pages, web};

/// How the program is started.
pub struct Settings {
    /// The database, as in `sqlite:acme.db` or `postgres://user@host/acme`.
    pub database: String,
    /// The file of the store; without one it is in memory.
    pub store: Option<PathBuf>,
    /// The folder of the front end that Vite has built, if it is to be served below `/app`.
    pub web: Option<PathBuf>,
    /// Where the pages are seen.
    pub origin: String,
    /// Proxies whose word about addresses counts.
    pub proxies: Vec<String>,
    /// 32 bytes or more.
    pub secret: String,
    /// Where audit records go.
    pub audit: Box<dyn AuditSink>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// One-time passwords go to the terminal.
    pub prints_messages: bool,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// For a developer's machine: everything in memory, seen at `origin`.
    pub fn development(origin: &str, secret: &str, audit: Box<dyn AuditSink>) -> Self {
        Self {
            database: "sqlite::memory:".to_owned(),
            store: None,
            web: None,
            origin: origin.to_owned(),
            proxies: Vec::new(),
            secret: secret.to_owned(),
            audit,
            clock: Arc::new(SystemClock),
            prints_messages: true,
        }
    }
}

/// Why it does not start.
#[derive(Debug, Error)]
pub enum SetupError {
    /// The database.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The secret.
    #[error(transparent)]
    Secret(#[from] WeakSecret),
    /// The client.
    #[error(transparent)]
    Client(#[from] BuildError),
    /// The actions.
    #[error(transparent)]
    Actions(#[from] BrokenActions),
    /// The front end.
    #[error("the front end cannot be read, build it with `npm run build`: {0}")]
    Web(#[from] std::io::Error),
}

/// The application, ready to be served.
#[derive(Debug)]
pub struct Running {
    router: Router,
    client: ActionClient<Acme>,
    /// What it can do.
    pub table: ActionTable,
}

impl Running {
    /// For `axum::serve`. The gates need the address of the caller.
    pub fn service(self) -> IntoMakeServiceWithConnectInfo<Router, SocketAddr> {
        self.router.into_make_service_with_connect_info()
    }

    /// The messages that a real application would have sent.
    pub fn outbox(&self) -> Outbox {
        Outbox(self.client.clone())
    }
}

/// Messages that were sent.
#[derive(Debug, Clone)]
pub struct Outbox(ActionClient<Acme>);

impl Outbox {
    /// All of them.
    pub fn messages(&self) -> Vec<String> {
        let outbox = self
            .0
            .state()
            .outbox
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        outbox.clone()
    }

    /// The database, to look at.
    pub fn database(&self) -> &Database {
        &self.0.state().database
    }
}

/// Builds the application.
pub async fn setup(settings: Settings) -> Result<Running, SetupError> {
    let keys = KeyRing::new("k1", &settings.secret)?;
    let sessions = OwnSessions::new(keys.clone(), "acme");
    let is_encrypted = settings.origin.starts_with("https://");
    let state = State {
        database: Database::open(&settings.database).await?,
        sessions: sessions.clone(),
        keys,
        outbox: Mutex::default(),
        prints_messages: settings.prints_messages,
    };
    let source = Sessions::new(
        Box::new(sessions),
        Keys::Configured(portcullis_actions::session::KeySet::default()),
        None,
    );
    let builder = ActionClient::<Acme>::builder(state)
        .session(Arc::new(source))
        .origins([settings.origin.as_str()])
        .proxies(settings.proxies.iter().map(String::as_str))
        .secret("k1", &settings.secret)
        .audit(settings.audit)
        .clock(settings.clock)
        .sign_in_page("/sign-in");
    let client = match settings.store {
        Some(path) if is_encrypted => builder.store(Memory::redb(path)),
        Some(path) => builder.development().store(Memory::redb(path)),
        None => builder.development().store(Memory::process()),
    }
    .build()?;
    let mounted = client.mount(actions::all(&client))?;
    let site = Arc::new(client.clone());
    let front_end = match &settings.web {
        Some(folder) => web::routes(folder, Arc::clone(&site))?,
        None => Router::new(),
    };
    let router = mounted
        .router
        .merge(pages::routes(site))
        .merge(front_end)
        .route("/icon.svg", get(async || ([(CONTENT_TYPE, "image/svg+xml")], ICON)));
    let headers = if is_encrypted {
        Headers::strict()
    } else {
        Headers::strict().unencrypted()
    };
    Ok(Running {
        router: client.with_headers(router, headers),
        client,
        table: mounted.table,
    })
}

const ICON: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><path d=\"M1 8V3l3-3 3 3v5H5V5H3v3z\"/></svg>";

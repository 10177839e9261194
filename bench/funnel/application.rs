//! One application with the same change of one row three times: bare, guarded, and guarded with a nonce.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State as Extracted;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use portcullis_actions::funnel::{AuditSink, Authorized, Clock as _, Identity, KeyRing, Principal, Unavailable};
use portcullis_actions::session::{KeySet, Keys, OwnSession, OwnSessions, Sessions};
use portcullis_actions::store::{SystemClock, SystemEntropy};
use portcullis_actions::{
    ActionClient, ActionError, App, Authed, Ctx, Dto, Input, Memory, NoPermissions, Outcome, Ref, Resource, Role,
    Validated, actions,
};
use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;

pub(crate) const SECRET: &str = "q8Zr1mB5vK0xTn7cWd3yLs9eHf6jPa2u";
pub(crate) const ORIGIN: &str = "https://app.example.com";
pub(crate) const USERS: usize = 2_000;

pub(crate) struct Bench;

impl App for Bench {
    type State = SqlitePool;
    type Role = Rank;
    type Permission = NoPermissions;
}

#[derive(Clone, Copy)]
pub(crate) enum Rank {
    Viewer,
    Editor,
}

impl Role for Rank {
    const ORDER: &'static [Self] = &[Self::Viewer, Self::Editor];

    fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
        }
    }
}

const fn pool(pool: &SqlitePool) -> &SqlitePool {
    pool
}

#[derive(Debug, Resource)]
#[resource(app = Bench, pool = pool, table = "notes", owner = "owner_id")]
struct Note {
    id: String,
}

#[derive(Input)]
struct Update {
    note: Ref<Note>,
    #[garde(length(chars, min = 1, max = 200))]
    title: String,
    #[garde(length(chars, max = 2000))]
    text: String,
}

#[derive(Dto)]
struct NoteDto {
    id: String,
    title: String,
}

#[derive(Debug, ActionError)]
enum Failure {
    #[internal]
    Database(#[from] sqlx::Error),
}

const UPDATE: &str = "UPDATE notes SET title = $1, body = $2 WHERE id = $3 AND owner_id = $4";

async fn update(
    ctx: Ctx<Bench, Authed>,
    input: Validated<Update>,
    note: Authorized<Note>,
) -> Outcome<NoteDto, Failure> {
    let Update { title, text, .. } = input.into_inner();
    sqlx::query(UPDATE)
        .bind(&title)
        .bind(&text)
        .bind(&note.id)
        .bind(&ctx.user().user_id)
        .execute(ctx.state())
        .await?;
    let id = note.into_inner().id;
    Ok(NoteDto { id, title })
}

#[derive(Debug, serde::Deserialize)]
struct BareUpdate {
    note: String,
    title: String,
    text: String,
}

/// The same queries, and nothing else: whoever calls says who they are.
async fn bare(
    Extracted(pool): Extracted<SqlitePool>,
    headers: HeaderMap,
    Json(input): Json<BareUpdate>,
) -> Result<Json<Value>, StatusCode> {
    let failed = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let user = headers
        .get("x-user")
        .and_then(|user| user.to_str().ok())
        .unwrap_or_default();
    let row = sqlx::query("SELECT id FROM notes WHERE id = $1 AND owner_id = $2")
        .bind(&input.note)
        .bind(user)
        .fetch_optional(&pool)
        .await
        .map_err(failed)?;
    let _owned = row.ok_or(StatusCode::NOT_FOUND)?;
    sqlx::query(UPDATE)
        .bind(&input.title)
        .bind(&input.text)
        .bind(&input.note)
        .bind(user)
        .execute(&pool)
        .await
        .map_err(failed)?;
    Ok(Json(
        json!({"ok": true, "data": {"id": input.note, "title": input.title}}),
    ))
}

/// Audit records, a line each, in a file.
struct Lines(Mutex<std::fs::File>);

impl AuditSink for Lines {
    fn write(&self, line: &str) -> Result<(), Unavailable> {
        use std::io::Write as _;
        let mut file = self.0.lock().unwrap();
        file.write_all(format!("{line}\n").as_bytes())
            .map_err(|_| Unavailable::new("audit", "it cannot be written"))
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Store {
    Memory,
    File,
}

pub(crate) fn client(folder: &Path, state: SqlitePool, store: Store) -> ActionClient<Bench> {
    let sessions = OwnSessions::new(KeyRing::new("k1", SECRET).unwrap(), "bench");
    let source = Sessions::new(Box::new(sessions), Keys::Configured(KeySet::default()), None);
    let name = SystemEntropy::default();
    let mut random = [0; 8];
    portcullis_actions::funnel::Entropy::fill(&name, &mut random).unwrap();
    let name = u64::from_le_bytes(random);
    let audit = std::fs::File::create(folder.join(format!("audit-{name}"))).unwrap();
    ActionClient::<Bench>::builder(state)
        .development()
        .session(Arc::new(source))
        .store(match store {
            Store::Memory => Memory::process(),
            Store::File => Memory::redb(folder.join(format!("store-{name}"))),
        })
        .origins([ORIGIN])
        .proxies(["127.0.0.1"])
        .secret("k1", SECRET)
        .audit(Box::new(Lines(Mutex::new(audit))))
        .rate_default("600/1m per user")
        .build()
        .unwrap()
}

/// A served application, with its users' sessions.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    client: ActionClient<Bench>,
    cookies: Vec<String>,
}

pub(crate) fn user(number: usize) -> String {
    format!("user-{}", number % USERS)
}

fn cookie(number: usize) -> String {
    let sessions = OwnSessions::new(KeyRing::new("k1", SECRET).unwrap(), "bench");
    let now = SystemClock.now();
    let session = OwnSession {
        user_id: user(number),
        session_id: format!("session-{number}"),
        roles: vec!["editor".to_owned()],
        permissions: Vec::new(),
        organization: None,
        authenticated_at: now.millis(),
        expires_at: now.plus(Duration::from_hours(1)).millis(),
    };
    let header = sessions.set_cookie(&session, now, &SystemEntropy::default()).unwrap();
    header.split(';').next().unwrap().to_owned()
}

pub(crate) fn cookies() -> Vec<String> {
    (0..USERS).map(cookie).collect()
}

pub(crate) fn principal(number: usize) -> Principal {
    let number = number % USERS;
    Principal::User(Box::new(Identity {
        provider: "own",
        user_id: user(number),
        session_id: Some(format!("session-{number}")),
        ..Identity::default()
    }))
}

async fn database(folder: &Path, synchronous: &str) -> SqlitePool {
    let url = format!(
        "sqlite:{}?mode=rwc",
        folder.join(format!("notes-{synchronous}.db")).display()
    );
    let pool = SqlitePoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    let sync = if synchronous == "FULL" {
        "PRAGMA synchronous = FULL"
    } else {
        "PRAGMA synchronous = NORMAL"
    };
    for statement in [
        "PRAGMA journal_mode = WAL",
        sync,
        "CREATE TABLE IF NOT EXISTS notes (id TEXT PRIMARY KEY, owner_id TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL)",
        "BEGIN",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    for number in 0..USERS {
        sqlx::query("INSERT INTO notes VALUES ($1, $2, 'title', 'text') ON CONFLICT DO NOTHING")
            .bind(format!("note-{number}"))
            .bind(user(number))
            .execute(&pool)
            .await
            .unwrap();
    }
    sqlx::query("COMMIT").execute(&pool).await.unwrap();
    pool
}

impl Running {
    pub(crate) async fn start(folder: &Path, synchronous: &str, store: Store) -> Self {
        let pool = database(folder, synchronous).await;
        let client = client(folder, pool.clone(), store);
        let mounted = client
            .mount(actions![
                client
                    .action("guarded")
                    .authenticated()
                    .min_role(Rank::Editor)
                    .input::<Update>()
                    .owns(|refs| refs.note)
                    .handler(update),
                client
                    .action("once")
                    .authenticated()
                    .min_role(Rank::Editor)
                    .nonce()
                    .input::<Update>()
                    .owns(|refs| refs.note)
                    .handler(update),
            ])
            .unwrap();
        let router = mounted
            .router
            .merge(Router::new().route("/bare", post(bare)).with_state(pool));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self {
            address,
            client,
            cookies: cookies(),
        }
    }

    /// The request with this number, as bytes. All kinds have the same headers.
    pub(crate) fn request(&self, kind: &str, number: usize) -> Vec<u8> {
        let user = number % USERS;
        let path = if kind == "bare" {
            "/bare".to_owned()
        } else {
            format!("/_actions/{kind}")
        };
        let nonce = if kind == "once" {
            let nonce = self
                .client
                .nonce("once", &principal(number), Duration::from_hours(1))
                .unwrap();
            format!("x-portcullis-nonce: {nonce}\r\n")
        } else {
            String::new()
        };
        let text = "A note of the usual length, with some words in it. ".repeat(8);
        let body =
            json!({"note": format!("note-{user}"), "title": format!("title {number}"), "text": text}).to_string();
        let (cookie, address) = (&self.cookies[user], format!("10.1.{}.{}", user / 250, user % 250));
        format!(
            "POST {path} HTTP/1.1\r\nhost: app.example.com\r\norigin: {ORIGIN}\r\nsec-fetch-site: same-origin\r\n\
             x-forwarded-for: {address}\r\nx-user: user-{user}\r\ncookie: {cookie}\r\n{nonce}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

//! The database: `SQLite` unless another one is named, with the same queries for `PostgreSQL`. Every query is a constant,
//! and what it is about goes in as a parameter.

use portcullis_actions::funnel::Unavailable;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyPool, Executor as _};
use thiserror::Error;

/// The tables, in the part of SQL that both databases understand.
const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS teams (id TEXT PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, team_id TEXT NOT NULL REFERENCES teams (id), \
     email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, bio TEXT NOT NULL, role TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, team_id TEXT NOT NULL REFERENCES teams (id), \
     owner_id TEXT NOT NULL REFERENCES users (id), title TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS comments (id TEXT PRIMARY KEY, \
     document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE, \
     author_id TEXT NOT NULL REFERENCES users (id), body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS invoices (id TEXT PRIMARY KEY, team_id TEXT NOT NULL REFERENCES teams (id), \
     cents BIGINT NOT NULL, status TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS codes (user_id TEXT PRIMARY KEY REFERENCES users (id), \
     signature TEXT NOT NULL, ends_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, email TEXT NOT NULL, body TEXT NOT NULL)",
];

/// Two teams, so that there is somebody to keep out.
const SEEDS: &[&str] = &[
    "INSERT INTO teams VALUES ('t1', 'Acme'), ('t2', 'Umbrella') ON CONFLICT DO NOTHING",
    "INSERT INTO users VALUES ('ada', 't1', 'ada@acme.test', 'Ada', '', 'admin'), \
     ('bob', 't1', 'bob@acme.test', 'Bob', '', 'editor'), ('eve', 't1', 'eve@acme.test', 'Eve', '', 'viewer'), \
     ('mallory', 't2', 'mallory@umbrella.test', 'Mallory', '', 'admin') ON CONFLICT DO NOTHING",
    "INSERT INTO documents VALUES ('d1', 't1', 'ada', 'Plan', 'Grow.'), ('d2', 't1', 'bob', 'Notes', 'Learn.'), \
     ('d9', 't2', 'mallory', 'Secret', 'Rule.') ON CONFLICT DO NOTHING",
    "INSERT INTO comments VALUES ('c1', 'd1', 'bob', 'Good.') ON CONFLICT DO NOTHING",
    "INSERT INTO invoices VALUES ('i1', 't1', 12900, 'open'), ('i9', 't2', 99900, 'open') ON CONFLICT DO NOTHING",
];

/// Connections to the database.
#[derive(Debug, Clone)]
pub struct Database(AnyPool);

/// Why the database cannot be used.
#[derive(Debug, Error)]
#[error("the database `{url}` cannot be opened: {cause}")]
pub struct OpenError {
    /// What was named, without what could be a password.
    url: String,
    cause: sqlx::Error,
}

impl Database {
    /// Opens the database and fills it with what the example shows. `sqlite::memory:` is a new one each time.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        install_default_drivers();
        let failed = |cause| OpenError {
            url: url.split_once('@').map_or(url, |(_, place)| place).to_owned(),
            cause,
        };
        // A database in memory belongs to its one connection.
        let connections = if url.starts_with("sqlite") { 1 } else { 8 };
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect(url)
            .await
            .map_err(failed)?;
        if url.starts_with("sqlite") {
            // Another process may hold the file for a moment; after that the call is told to come again.
            for setting in ["PRAGMA foreign_keys = ON", "PRAGMA busy_timeout = 1000"] {
                pool.execute(setting).await.map_err(failed)?;
            }
        }
        for statement in TABLES.iter().chain(SEEDS) {
            pool.execute(*statement).await.map_err(failed)?;
        }
        Ok(Self(pool))
    }

    /// The connections.
    pub const fn pool(&self) -> &AnyPool {
        &self.0
    }
}

/// Whether a query failed because the database is busy or gone, so that the same query may work in a moment. Anything
/// else is a mistake of this application.
pub(crate) fn is_busy(cause: &sqlx::Error) -> bool {
    match cause {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // `SQLite`: busy and locked, with what is more about them in the upper bits. `PostgreSQL`: connection,
            // resources, an operator, a deadlock.
            let number: Option<u32> = if code.len() < 5 { code.parse().ok() } else { None };
            number.is_some_and(|number| [5, 6].contains(&(number & 0xff)))
                || ["08", "53", "57", "40"]
                    .iter()
                    .any(|class| code.len() == 5 && code.starts_with(class))
        }),
        _ => false,
    }
}

/// A query of a gate failed: the call is refused with 503, and the log says why.
pub(crate) fn down(cause: sqlx::Error) -> Unavailable {
    tracing::error!(%cause, "a query of a gate failed");
    Unavailable::new("database", "a query failed")
}

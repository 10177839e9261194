//! The application's database, which is asked two things: whose a resource is, and which session a key belongs to. Values
//! are bound and never part of a statement; connections are read-only; a database that does not answer in time is an
//! outage, and never a no.

mod postgres;
mod rows;
mod statement;

use std::path::Path;
use std::time::Duration;

use portcullis_funnel::Unavailable;
use portcullis_policy::{Config, DatabaseConfig};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Executor as _, MySql, Pool, Postgres, Sqlite};

pub(crate) use rows::SessionTable;
pub(crate) use statement::Statement;

use super::SetupError;

const ANSWER: Duration = Duration::from_secs(2);
const CONNECTIONS: u32 = 8;

/// A pool of read-only connections. They are made when they are needed.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pool: Pools,
    within: Duration,
}

#[derive(Debug, Clone)]
enum Pools {
    Sqlite(Pool<Sqlite>),
    Postgres(Pool<Postgres>),
    MySql(Pool<MySql>),
}

/// Which words a database has for values that are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placeholders {
    /// `$1`, `$2`
    Dollar,
    /// `?1`, `?2`
    Numbered,
    /// `?`, in their order
    Plain,
}

/// A value that is bound.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bound {
    Text(String),
    Integer(i64),
    Real(f64),
    Boolean(bool),
}

fn failed(cause: &'static str) -> Unavailable {
    Unavailable::new("database", cause)
}

impl Database {
    /// The database that the policy names, if it names one.
    pub(crate) fn open(
        config: &Config,
        folder: &Path,
        secrets: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Option<Self>, SetupError> {
        let Some(section) = &config.database else {
            return Ok(None);
        };
        let Some(url) = address(section, secrets)? else {
            return Ok(None);
        };
        let within = section.timeout_ms.map_or(ANSWER, Duration::from_millis);
        let connections = section.connections.and_then(|count| u32::try_from(count).ok());
        let connections = connections.unwrap_or(CONNECTIONS);
        let pool = pools(&url, folder, connections, within)?;
        Ok(Some(Self { pool, within }))
    }

    /// What this database calls bound values.
    pub(crate) const fn placeholders(&self) -> Placeholders {
        match self.pool {
            Pools::Sqlite(_) => Placeholders::Numbered,
            Pools::Postgres(_) => Placeholders::Dollar,
            Pools::MySql(_) => Placeholders::Plain,
        }
    }

    /// Whether the statement has a row.
    pub(crate) async fn has_row(&self, statement: &Statement, values: &[Bound]) -> Result<bool, Unavailable> {
        let values = statement.in_order(values);
        let asking = async {
            match &self.pool {
                Pools::Sqlite(pool) => {
                    let query = sqlx::query(AssertSqlSafe(statement.text().to_owned()));
                    let query = values.into_iter().fold(query, bind);
                    query.fetch_optional(pool).await.map(|row| row.is_some())
                }
                Pools::MySql(pool) => {
                    let query = sqlx::query(AssertSqlSafe(statement.text().to_owned()));
                    let query = values.into_iter().fold(query, bind);
                    query.fetch_optional(pool).await.map(|row| row.is_some())
                }
                Pools::Postgres(pool) => postgres::row(pool, statement.text(), &values)
                    .await
                    .map(|row| row.is_some()),
            }
        };
        // In a place of its own: it is large, and moves several times on its way into the timeout.
        self.answered(Box::pin(asking)).await
    }

    async fn answered<T>(&self, asking: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Unavailable> {
        let answer = tokio::time::timeout(self.within, asking).await;
        let answer = answer.map_err(|_| failed("no answer in time"))?;
        answer.map_err(|error| {
            // The text may quote values; the kind of failure is what an operator needs first.
            tracing::warn!(kind = kind(&error), "the database refuses a query");
            failed(kind(&error))
        })
    }
}

fn bind<'q, D>(
    query: sqlx::query::Query<'q, D, <D as sqlx::Database>::Arguments>,
    value: Bound,
) -> sqlx::query::Query<'q, D, <D as sqlx::Database>::Arguments>
where
    D: sqlx::Database,
    String: sqlx::Encode<'q, D> + sqlx::Type<D>,
    i64: sqlx::Encode<'q, D> + sqlx::Type<D>,
    f64: sqlx::Encode<'q, D> + sqlx::Type<D>,
    bool: sqlx::Encode<'q, D> + sqlx::Type<D>,
{
    match value {
        Bound::Text(text) => query.bind(text),
        Bound::Integer(number) => query.bind(number),
        Bound::Real(number) => query.bind(number),
        Bound::Boolean(value) => query.bind(value),
    }
}

const fn kind(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Io(_) => "the connection failed",
        sqlx::Error::Tls(_) => "the connection is not safe",
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => "no connection is free",
        sqlx::Error::Database(_) => "the database refuses the query",
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::TypeNotFound { .. } => {
            "a column has a type that is not read; cast it"
        }
        _ => "the query failed",
    }
}

/// The address, from the policy or from the environment.
fn address(
    section: &DatabaseConfig,
    secrets: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Option<String>, SetupError> {
    match (&section.url, &section.url_env) {
        (_, Some(variable)) => secrets(variable)
            .map(Some)
            .ok_or_else(|| SetupError::variable("database.url-env", variable)),
        (Some(url), None) => Ok(Some(url.value.clone())),
        (None, None) => Ok(None),
    }
}

fn pools(url: &str, folder: &Path, connections: u32, within: Duration) -> Result<Pools, SetupError> {
    let broken = |_| SetupError::section("database", "its address is not one that this program understands");
    if let Some(file) = url.strip_prefix("sqlite:") {
        let file = file.strip_prefix("//").unwrap_or(file);
        let file = file.split('?').next().unwrap_or_default();
        let options = SqliteConnectOptions::new()
            .filename(folder.join(file))
            .create_if_missing(false)
            .read_only(true)
            .busy_timeout(within);
        return Ok(Pools::Sqlite(
            // A file does not hang up: asking a kept connection whether it is there would double each query.
            limited(SqlitePoolOptions::new(), connections, within)
                .test_before_acquire(false)
                .connect_lazy_with(options),
        ));
    }
    if url.starts_with("postgres") {
        let options: PgConnectOptions = url.parse().map_err(broken)?;
        let pool = limited(PgPoolOptions::new(), connections, within).after_connect(move |connection, _| {
            Box::pin(async move {
                let millis = within.as_millis();
                let text = format!("set default_transaction_read_only = on; set statement_timeout = {millis}");
                connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await?;
                Ok(())
            })
        });
        return Ok(Pools::Postgres(pool.connect_lazy_with(options)));
    }
    let options: MySqlConnectOptions = url.replacen("mariadb://", "mysql://", 1).parse().map_err(broken)?;
    let pool = limited(MySqlPoolOptions::new(), connections, within).after_connect(|connection, _| {
        Box::pin(async move {
            connection.execute("set session transaction read only").await?;
            Ok(())
        })
    });
    Ok(Pools::MySql(pool.connect_lazy_with(options)))
}

fn limited<D: sqlx::Database>(options: PoolOptions<D>, connections: u32, within: Duration) -> PoolOptions<D> {
    options.max_connections(connections).acquire_timeout(within)
}

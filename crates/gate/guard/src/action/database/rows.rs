//! Rows of a session table. The policy's query gives columns their names; what this program does not know is ignored.

use std::collections::BTreeMap;

use portcullis_funnel::{Answer, Timestamp, Unavailable};
use portcullis_session::{Row, SessionRows, parse_date};
use sqlx::{AssertSqlSafe, Column as _, ColumnIndex, Decode, Type};

use super::{Bound, Database, Pools, Statement, failed, postgres};

/// A table of sessions, asked by one query.
#[derive(Debug)]
pub(crate) struct SessionTable {
    pub(crate) database: Database,
    pub(crate) statement: Statement,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cell {
    Text(String),
    Integer(i64),
    Boolean(bool),
    Bytes(Vec<u8>),
}

type Cells = BTreeMap<String, Cell>;

impl SessionRows for SessionTable {
    fn find<'a>(&'a self, key: &'a str) -> Answer<'a, Result<Option<Row>, Unavailable>> {
        Box::pin(async move {
            let found = self.database.row(&self.statement, key).await?;
            found.map(|cells| row(&cells)).transpose()
        })
    }
}

impl Database {
    async fn row(&self, statement: &Statement, key: &str) -> Result<Option<Cells>, Unavailable> {
        let key = key.to_owned();
        let asking = async {
            match &self.pool {
                Pools::Sqlite(pool) => {
                    let query = sqlx::query(AssertSqlSafe(statement.text().to_owned())).bind(key);
                    query.fetch_optional(pool).await.map(|row| row.as_ref().map(cells))
                }
                Pools::MySql(pool) => {
                    let query = sqlx::query(AssertSqlSafe(statement.text().to_owned())).bind(key);
                    query.fetch_optional(pool).await.map(|row| row.as_ref().map(cells))
                }
                Pools::Postgres(pool) => {
                    let row = postgres::row(pool, statement.text(), &[Bound::Text(key)]).await;
                    row.map(|row| row.as_ref().map(cells))
                }
            }
        };
        self.answered(asking).await
    }
}

/// The columns that have a value.
fn cells<R>(row: &R) -> Cells
where
    R: sqlx::Row,
    usize: ColumnIndex<R>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> i32: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> bool: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
{
    let mut cells = Cells::new();
    for (index, column) in row.columns().iter().enumerate() {
        let text = || row.try_get::<Option<String>, _>(index).ok().flatten().map(Cell::Text);
        let integer = || row.try_get::<Option<i64>, _>(index).ok().flatten().map(Cell::Integer);
        let short = || {
            let number = row.try_get::<Option<i32>, _>(index).ok().flatten();
            number.map(|number| Cell::Integer(number.into()))
        };
        let boolean = || row.try_get::<Option<bool>, _>(index).ok().flatten().map(Cell::Boolean);
        let bytes = || row.try_get::<Option<Vec<u8>>, _>(index).ok().flatten().map(Cell::Bytes);
        let cell = text().or_else(integer).or_else(short).or_else(boolean).or_else(bytes);
        if let Some(cell) = cell {
            cells.insert(column.name().to_ascii_lowercase(), cell);
        }
    }
    cells
}

/// A row in the words of the session providers. Without a key and a user it is none: then the query lacks a column, or
/// gives it another type.
fn row(cells: &Cells) -> Result<Row, Unavailable> {
    let text = |name: &str| match cells.get(name)? {
        Cell::Text(text) => Some(text.clone()),
        Cell::Integer(number) => Some(number.to_string()),
        Cell::Boolean(_) | Cell::Bytes(_) => None,
    };
    let time = |name: &str| match cells.get(name) {
        None => Ok(None),
        Some(cell) => time(cell)
            .map(Some)
            .ok_or(failed("a time of the session's row is not read")),
    };
    let list = |name: &str| {
        let text = text(name).unwrap_or_default();
        let parts = text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let missing = failed("the query of sessions gives no `key` and `user_id`");
    Ok(Row {
        key: text("key").ok_or(missing)?,
        secret_hash: match cells.get("secret_hash") {
            Some(Cell::Bytes(bytes)) => Some(bytes.clone()),
            Some(Cell::Text(hex)) => Some(unhex(hex).ok_or(failed("the secret's hash is not hexadecimal"))?),
            _ => None,
        },
        user_id: text("user_id").ok_or(missing)?,
        session_id: text("session_id"),
        expires_at: time("expires_at")?,
        created_at: time("created_at")?,
        is_disabled: match cells.get("disabled") {
            None | Some(Cell::Boolean(false) | Cell::Integer(0)) => false,
            Some(_) => true,
        },
        roles: list("roles"),
        permissions: list("permissions"),
        organization: text("organization"),
        email: text("email"),
        impersonator: text("impersonator"),
    })
}

/// A time: as JavaScript or SQL write it, in UTC; or as a number of seconds or milliseconds.
fn time(cell: &Cell) -> Option<Timestamp> {
    /// Seconds are below it until the year 5138, milliseconds above it since 1973.
    const SMALLEST_MILLIS: i64 = 100_000_000_000;
    match cell {
        Cell::Integer(number) if *number < SMALLEST_MILLIS => Some(Timestamp::from_seconds(*number)),
        Cell::Integer(number) => Some(Timestamp::from_millis(*number)),
        Cell::Text(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            time(&Cell::Integer(text.parse().ok()?))
        }
        Cell::Text(text) => {
            let text = text.replacen(' ', "T", 1);
            let text = text
                .strip_suffix("+00")
                .or(text.strip_suffix("+00:00"))
                .unwrap_or(&text);
            let text = text.strip_suffix('Z').unwrap_or(text);
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
            parse_date(&format!("{whole}.{millis}Z"))
        }
        Cell::Boolean(_) | Cell::Bytes(_) => None,
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|letter| letter.to_digit(16)).collect::<Option<_>>()?;
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Cell, time};

    #[test]
    fn times_are_read_in_the_forms_of_databases() {
        let text = |text: &str| time(&Cell::Text(text.to_owned())).map(portcullis_funnel::Timestamp::millis);
        let expected = Some(1_767_830_400_000);
        for form in [
            "2026-01-08T00:00:00.000Z",
            "2026-01-08 00:00:00",
            "2026-01-08 00:00:00.000000+00",
            "1767830400",
            "1767830400000",
        ] {
            assert_eq!(text(form), expected, "{form}");
        }
        assert_eq!(text("2026-01-08 00:00:00+02"), None);
        assert_eq!(text("soon"), None);
        assert_eq!(
            time(&Cell::Integer(1_767_830_400)).map(portcullis_funnel::Timestamp::millis),
            expected
        );
    }
}

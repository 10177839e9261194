//! This database wants each value in the type that the statement has at its place. The statement says which that is, and the
//! value is written so, or fits nothing and finds no row.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgRow, PgTypeInfo};
use sqlx::{
    AssertSqlSafe, Either, Encode, Executor as _, Pool, Postgres, SqlSafeStr as _, Statement as _, Type, TypeInfo as _,
};

use super::Bound;

const UUID: Oid = Oid(2950);

/// The one row, if there is one.
pub(super) async fn row(pool: &Pool<Postgres>, text: &str, values: &[Bound]) -> Result<Option<PgRow>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let prepared = (&mut *connection)
        .prepare(AssertSqlSafe(text.to_owned()).into_sql_str())
        .await?;
    let types: Vec<PgTypeInfo> = match prepared.parameters() {
        Some(Either::Left(types)) => types.to_vec(),
        _ => Vec::new(),
    };
    let mut query = prepared.query();
    for (value, info) in values.iter().zip(&types) {
        let Some(typed) = Typed::new(value, info) else {
            return Ok(None);
        };
        query = match typed {
            Typed::Short(number) => query.bind(number),
            Typed::Integer(number) => query.bind(number),
            Typed::Long(number) => query.bind(number),
            Typed::Real(number) => query.bind(number),
            Typed::Boolean(value) => query.bind(value),
            Typed::Text(text) => query.bind(text),
            Typed::Uuid(bytes) => query.bind(Uuid(bytes)),
        };
    }
    query.fetch_optional(&mut *connection).await
}

/// A value in the type of its place.
#[derive(Debug, Clone, PartialEq)]
enum Typed {
    Short(i16),
    Integer(i32),
    Long(i64),
    Real(f64),
    Boolean(bool),
    Text(String),
    Uuid([u8; 16]),
}

impl Typed {
    fn new(value: &Bound, info: &PgTypeInfo) -> Option<Self> {
        let text = match value {
            Bound::Text(text) => text.clone(),
            Bound::Integer(number) => number.to_string(),
            Bound::Real(number) => number.to_string(),
            Bound::Boolean(value) => value.to_string(),
        };
        Some(match info.name() {
            "INT2" => Self::Short(text.parse().ok()?),
            "INT4" => Self::Integer(text.parse().ok()?),
            "INT8" => Self::Long(text.parse().ok()?),
            "FLOAT8" => Self::Real(text.parse().ok()?),
            "BOOL" => Self::Boolean(text.parse().ok()?),
            "UUID" => Self::Uuid(uuid(&text)?),
            _ => Self::Text(text),
        })
    }
}

struct Uuid([u8; 16]);

impl Type<Postgres> for Uuid {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(UUID)
    }
}

impl Encode<'_, Postgres> for Uuid {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }
}

/// The bytes of a UUID in its usual spelling.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    if groups != [8, 4, 4, 4, 12] {
        return None;
    }
    let digits: Vec<u32> = text
        .chars()
        .filter(|letter| *letter != '-')
        .map(|letter| letter.to_digit(16))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect();
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn a_uuid_has_one_spelling() {
        assert_eq!(
            uuid("00112233-4455-6677-8899-aabbccddeeff").map(|bytes| bytes[15]),
            Some(0xff)
        );
        for text in [
            "",
            "00112233445566778899aabbccddeeff",
            "0011223g-4455-6677-8899-aabbccddeeff",
            "00112233-4455-6677-8899-aabbccddeefü",
        ] {
            assert_eq!(uuid(text), None, "{text}");
        }
    }
}

//! Whose the resources are that arguments name, by the policy's query.

use std::collections::BTreeMap;

use portcullis_flight::{Kind, Value};
use portcullis_funnel::{ActionPolicy, Answer, Owners, Ownership, Principal, Unavailable};

use super::arguments::Decoded;
use super::database::{Bound, Database, Statement};
use super::endpoint::pointer;

/// The most resources that one call may name.
const MOST: usize = 100;

/// The queries of each endpoint that has some, in the order of its policy.
#[derive(Debug, Default)]
pub(crate) struct OwnerQueries {
    pub(crate) database: Option<Database>,
    pub(crate) statements: BTreeMap<String, Vec<Statement>>,
}

const NO_QUERY: Unavailable = Unavailable::new("database", "there is no query, or no database to ask");

impl OwnerQueries {
    async fn decide(
        &self,
        policy: &ActionPolicy,
        principal: &Principal,
        arguments: &Decoded,
    ) -> Result<Ownership, Unavailable> {
        let database = self.database.as_ref().ok_or(NO_QUERY)?;
        let statement = self.statements.get(policy.name()).ok_or(NO_QUERY)?.as_slice();
        let owns = arguments.endpoint.owns.as_slice();
        if owns.is_empty() || owns.len() != statement.len() {
            return Err(NO_QUERY);
        }
        let Some(identity) = principal.identity() else {
            return Ok(Ownership::NotOwned);
        };
        // All of them: an action that names a document and a folder acts on both.
        for (owns, statement) in owns.iter().zip(statement) {
            let value = arguments.at(&pointer(&owns.argument.value));
            let found = one(database, statement, value, &identity.user_id).await?;
            if !matches!(found, Ownership::Owned) {
                return Ok(found);
            }
        }
        Ok(Ownership::Owned)
    }
}

/// Whose the resources are that one argument names.
async fn one(
    database: &Database,
    statement: &Statement,
    value: Option<Value<'_>>,
    user: &str,
) -> Result<Ownership, Unavailable> {
    let named = value.map(named).unwrap_or_default();
    if named.is_empty() || named.len() > MOST {
        return Ok(Ownership::Missing);
    }
    for resource in named {
        // What is no id is the id of nothing.
        let Some(resource) = resource else {
            return Ok(Ownership::Missing);
        };
        let values = [resource, Bound::Text(user.to_owned())];
        if !database.has_row(statement, &values).await? {
            return Ok(Ownership::NotOwned);
        }
    }
    Ok(Ownership::Owned)
}

/// The ids: one value, or a list of them.
fn named(value: Value<'_>) -> Vec<Option<Bound>> {
    match value.kind() {
        Kind::Array(items) => items.iter().take(MOST + 1).map(bound).collect(),
        _ => vec![bound(value)],
    }
}

fn bound(value: Value<'_>) -> Option<Bound> {
    match value.kind() {
        Kind::String(text) => text.as_str().map(|text| Bound::Text(text.to_owned())),
        Kind::Boolean(value) => Some(Bound::Boolean(value)),
        Kind::BigInt(digits) => digits.parse().ok().map(Bound::Integer),
        Kind::Number(number) if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 => {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
            let whole = number as i64;
            Some(Bound::Integer(whole))
        }
        Kind::Number(number) if number.is_finite() => Some(Bound::Real(number)),
        _ => None,
    }
}

impl Owners<Decoded> for OwnerQueries {
    fn ownership<'a>(
        &'a self,
        policy: &'a ActionPolicy,
        principal: &'a Principal,
        arguments: &'a Decoded,
    ) -> Answer<'a, Result<Ownership, Unavailable>> {
        Box::pin(self.decide(policy, principal, arguments))
    }
}

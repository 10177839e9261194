//! What the values of a query say: whose row is written, which amounts move, which keys and codes take part.

use portcullis_source::ir::Text;

use crate::value::{Field, Origin, Query, Value};

/// What the client writes as the owner of a row: the name of the column.
pub(super) fn claimed_owner(data: &[Value]) -> Option<Text> {
    data.iter().find_map(|value| match value {
        Value::Object(object) => object.fields.iter().find_map(|(name, field)| match field {
            Field::Value(value) if super::query::names_owner(name) => {
                let origin = value.origin();
                (origin.has(Origin::CLIENT) && !origin.has(Origin::IDENTITY | Origin::ROW)).then(|| Text::clone(name))
            }
            Field::Value(value @ Value::Object(_)) if matches!(&**name, "connect") => {
                claimed_owner(std::slice::from_ref(value))
            }
            _ => None,
        }),
        Value::Array(array) => array
            .items
            .iter()
            .chain(&array.rest)
            .find_map(|item| claimed_owner(std::slice::from_ref(item))),
        _ => None,
    })
}

/// The column for a role that the client fills in freely: a choice among constants may be one that anybody has.
pub(super) fn granted_role(data: &[Value]) -> Option<Text> {
    data.iter().find_map(|value| match value {
        Value::Object(object) => object.fields.iter().find_map(|(name, field)| match field {
            Field::Value(Value::Abstract(inner)) if super::query::names_role(name) => {
                let origin = &inner.origin;
                let is_free = origin.has(Origin::CLIENT)
                    && origin.has(Origin::TEXT)
                    && !origin.has(Origin::ROW | Origin::IDENTITY | Origin::CHECKED);
                is_free.then(|| Text::clone(name))
            }
            _ => None,
        }),
        _ => None,
    })
}

/// Whether a password is written, hashed or not.
pub(super) fn sets_password(data: &[Value]) -> bool {
    data.iter().any(|value| match value {
        Value::Object(object) => object.fields.iter().any(|(name, field)| {
            let words = super::effect::words_of(name);
            let is_password = words
                .iter()
                .any(|word| matches!(word.as_str(), "password" | "passwordhash" | "passwd" | "pwd"));
            let is_about_one = words.iter().any(|word| {
                matches!(
                    word.as_str(),
                    "reset" | "token" | "expires" | "expiry" | "at" | "is" | "has" | "must"
                )
            });
            is_password && !is_about_one && matches!(field, Field::Value(value) if !value.is_nullish())
        }),
        _ => false,
    })
}

/// Whether what selects comes from the client as it is, and no row or proof stands in between.
pub(super) fn names_directly(selects: &[Value]) -> bool {
    selects.iter().any(|value| match value {
        Value::Object(object) => object.fields.iter().any(|(_, field)| match field {
            Field::Value(value) => names_directly(std::slice::from_ref(value)),
            Field::Getter(_) => false,
        }),
        other => {
            let origin = other.origin();
            origin.has(Origin::CLIENT) && !origin.has(Origin::ROW | Origin::IDENTITY | Origin::CREDENTIAL)
        }
    })
}

/// The column of an amount that a change moves up or down: `balance: { decrement: amount }`.
pub(super) fn moved_amount(data: &[Value]) -> Option<Text> {
    data.iter().find_map(|value| match value {
        Value::Object(object) => object.fields.iter().find_map(|(name, field)| match field {
            Field::Value(Value::Object(change)) if names_amount(name) => change
                .fields
                .iter()
                .any(|(step, _)| matches!(&**step, "increment" | "decrement" | "$inc"))
                .then(|| Text::clone(name)),
            Field::Value(Value::Object(change)) if &**name == "$inc" => change
                .fields
                .iter()
                .find(|(name, _)| names_amount(name))
                .map(|(name, _)| Text::clone(name)),
            Field::Value(Value::Model(change)) if names_amount(name) => {
                change.origin.has(Origin::CLIENT).then(|| Text::clone(name))
            }
            // `balance: account.balance - amount`, `sql`balance - ${amount}``
            Field::Value(Value::Abstract(inner)) if names_amount(name) => {
                let origin = &inner.origin;
                (origin.has(Origin::ROW) && origin.has(Origin::CLIENT)).then(|| Text::clone(name))
            }
            _ => None,
        }),
        _ => None,
    })
}

/// Whether a code that is good for one time selects: `where: { resetToken: token }`.
pub(super) fn finds_by_code(selects: &[Value]) -> bool {
    selects.iter().any(|value| match value {
        Value::Object(object) => object.fields.iter().any(|(name, field)| match field {
            Field::Value(value @ Value::Object(_)) => finds_by_code(std::slice::from_ref(value)),
            Field::Value(value) => {
                let words = super::effect::words_of(name);
                let is_code = words
                    .iter()
                    .any(|word| matches!(word.as_str(), "otp" | "code" | "token"));
                let is_once = words.iter().any(|word| {
                    matches!(
                        word.as_str(),
                        "otp" | "reset" | "verification" | "verify" | "confirmation" | "magic"
                    )
                });
                is_code && is_once && value.origin().has(Origin::CLIENT)
            }
            Field::Getter(_) => false,
        }),
        _ => false,
    })
}

/// Names of columns that hold money, or what stands for it.
fn names_amount(name: &str) -> bool {
    super::effect::words_of(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "balance" | "credit" | "credits" | "wallet" | "funds" | "points" | "coins" | "tokens"
        )
    })
}

/// Whether a key that names the call is kept or looked up: `where: { idempotencyKey }`.
pub(super) fn names_once(values: &[Value], depth: u32) -> bool {
    depth < 4
        && values.iter().any(|value| match value {
            Value::Object(object) => object.fields.iter().any(|(name, field)| match field {
                Field::Value(value) => {
                    let name: String = name
                        .chars()
                        .filter(char::is_ascii_alphanumeric)
                        .collect::<String>()
                        .to_ascii_lowercase();
                    let is_key = matches!(
                        name.as_str(),
                        "idempotencykey" | "nonce" | "requestid" | "dedupekey" | "dedupekeyhash"
                    );
                    is_key && value.origin().has(Origin::CLIENT) || names_once(std::slice::from_ref(value), depth + 1)
                }
                Field::Getter(_) => false,
            }),
            Value::Array(array) => names_once(&array.items, depth + 1),
            _ => false,
        })
}

/// Whether an object of the client is written as it came, with whatever columns it names.
pub(super) fn writes_whole_payload(data: &[Value]) -> bool {
    data.iter().any(|value| match value {
        Value::Abstract(inner) => {
            inner.origin.has(Origin::RAW) && inner.origin.has(Origin::CLIENT) && !inner.origin.has(Origin::ROW)
        }
        Value::Object(object) => object
            .open
            .as_ref()
            .is_some_and(|open| open.origin().has(Origin::RAW) && !open.origin().has(Origin::ROW)),
        _ => false,
    })
}

/// Whether all that is written are counters, one up or one down: views and likes.
pub(super) fn only_counts(query: &Query) -> bool {
    let counts = |value: &Value| match value {
        Value::Object(object) => {
            !object.fields.is_empty()
                && object
                    .fields
                    .iter()
                    .all(|(name, _)| matches!(&**name, "increment" | "decrement" | "$inc"))
        }
        _ => false,
    };
    !query.data.is_empty()
        && query.data.iter().all(|data| match data {
            Value::Object(object) => {
                counts(data)
                    || !object.fields.is_empty()
                        && object.fields.iter().all(|(_, field)| match field {
                            Field::Value(value) => counts(value),
                            Field::Getter(_) => false,
                        })
            }
            _ => false,
        })
}

//! The tables that vectors bring along, searched as a database with a careless collation would: without case.

use portcullis_funnel::Timestamp;
use portcullis_session::{Row, parse_date};
use serde_json::Value;

/// The row whose key is like `key`.
pub(crate) fn find(db: &Value, key: &str, now: Timestamp) -> Option<Row> {
    let rows = db["sessions"].as_array().or_else(|| db["session"].as_array())?;
    rows.iter().find_map(|row| {
        let stored = ["sessionToken", "token", "id"]
            .iter()
            .find_map(|name| row[*name].as_str())?;
        stored.eq_ignore_ascii_case(key).then(|| read(db, row, stored, now))
    })
}

fn read(db: &Value, row: &Value, key: &str, now: Timestamp) -> Row {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let user_id = text(&row["userId"])
        .or_else(|| text(&row["user_id"]))
        .unwrap_or_default();
    let users = db["user"].as_array();
    let user = users.and_then(|users| users.iter().find(|user| user["id"] == user_id.as_str()));
    let lifetime = row["lifetime_s"].as_i64().zip(time(&row["created_at"]));
    let banned =
        user.is_some_and(|user| user["banned"] == true && time(&user["banExpires"]).is_none_or(|end| end > now));
    Row {
        key: key.to_owned(),
        secret_hash: row["secret_hash_hex"].as_str().map(bytes),
        session_id: text(&row["id"]).filter(|id| id != key),
        expires_at: ["expires", "expires_at", "expiresAt"]
            .iter()
            .find_map(|name| time(&row[*name]))
            .or_else(|| lifetime.map(|(seconds, start)| Timestamp::from_seconds(start.seconds() + seconds))),
        created_at: ["created_at", "createdAt"].iter().find_map(|name| time(&row[*name])),
        is_disabled: banned,
        roles: user.and_then(|user| text(&user["role"])).into_iter().collect(),
        organization: text(&row["activeOrganizationId"]),
        email: user.and_then(|user| text(&user["email"])),
        user_id,
        ..Row::default()
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    value
        .as_i64()
        .map(Timestamp::from_seconds)
        .or_else(|| parse_date(value.as_str()?))
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(&hex[start..start + 2], 16).unwrap())
        .collect()
}

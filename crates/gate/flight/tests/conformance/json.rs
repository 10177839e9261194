//! JSON of vectors, compared as JavaScript would compare it.

use serde_json::Value;

/// Parses JSON that may hold halves of surrogate pairs, which Rust's strings cannot: each becomes a text of its own.
pub(crate) fn parse(text: &str) -> Value {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(position) = rest.find('\\') {
        output.push_str(&rest[..position]);
        rest = &rest[position..];
        let unit = |text: &str| u32::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
        let length = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(half @ 0xd800..=0xdfff), _) => {
                output.extend(["<half ", &format!("{half:x}"), ">"]);
                rest = &rest[6..];
                continue;
            }
            _ => 2,
        };
        output.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    output.push_str(rest);
    // Some vectors are about depth.
    let mut deserializer = serde_json::Deserializer::from_str(&output);
    deserializer.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut deserializer).unwrap_or_else(|error| panic!("{error}"))
}

/// Equal, with numbers as doubles. A function that the recorder has unwrapped equals any server reference.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(_), Value::Object(right)) if right.get("$type") == Some(&Value::from("function")) => {
            left.get("$type") == Some(&Value::from("server_reference"))
        }
        (Value::Object(_), Value::Object(right)) if right.get("$type") == Some(&Value::from("react")) => left
            .get("$$typeof")
            .is_some_and(|kind| kind["description"] == right["kind"]),
        // The recorder names a cycle by its path in one argument, and the reader by its path in all of them.
        (Value::Object(left), Value::Object(right)) if right.get("$type") == Some(&Value::from("ref")) => {
            let path = |value: &serde_json::Map<String, Value>| {
                value.get("to")?.as_str()?.strip_prefix('$').map(str::to_owned)
            };
            right.get("to").is_none()
                || path(left)
                    .zip(path(right))
                    .is_some_and(|(left, right)| left.ends_with(&right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

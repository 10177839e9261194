//! The decoders of the library: they panic where one breaks a promise. What JSON means, `serde_json` says too; what a
//! form means, it means again when its entries are written by us.

use portcullis_actions::Limits;
use portcullis_actions::fuzzing::{Field, coerced, read_form, read_json};
use serde_json::{Value, json};

/// The boundary of every multipart input.
pub const BOUNDARY: &str = "----WireVectorBoundary7f3a";

fn limits() -> Limits {
    Limits {
        keys: 20,
        values: 100,
        depth: 8,
        ..Limits::default()
    }
}

/// A body that says it is JSON.
pub fn json(input: &[u8]) {
    let Ok(value) = read_json(input, limits()) else { return };
    let other: Value = serde_json::from_slice(input).expect("JSON");
    assert_eq!(value, other, "another value");
    assert!(value.is_object(), "{value}");
    let (mut depth, mut keys, mut values) = (0, 0, 0);
    count(&value, 1, &mut depth, &mut keys, &mut values);
    assert!(
        depth <= 9 && keys <= 20 && values <= 101,
        "{depth} deep, {keys} keys, {values} values"
    );
    let written = value.to_string();
    let again = read_json(written.as_bytes(), limits()).unwrap_or_else(|cause| panic!("{cause:?} in {written}"));
    assert_eq!(again, value, "read again");
}

fn count(value: &Value, level: usize, depth: &mut usize, keys: &mut usize, values: &mut usize) {
    *depth = (*depth).max(level);
    *values += 1;
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| count(item, level + 1, depth, keys, values)),
        Value::Object(fields) => {
            *keys += fields.len();
            fields
                .values()
                .for_each(|field| count(field, level + 1, depth, keys, values));
        }
        _ => {}
    }
}

/// A form: the first byte says in which encoding.
pub fn form(input: &[u8]) {
    let Some((kind, body)) = input.split_first() else {
        return;
    };
    let multipart = kind & 1 == 1;
    let content_type = if multipart {
        format!("multipart/form-data; boundary={BOUNDARY}")
    } else {
        "application/x-www-form-urlencoded".to_owned()
    };
    let Ok(fields) = read_form(&content_type, body, limits()) else {
        return;
    };
    assert!(
        fields.entries.len() + fields.gates.len() <= 20,
        "more fields than the limit"
    );
    if !multipart {
        let written: Vec<_> = fields
            .entries
            .iter()
            .map(|(name, field)| {
                let Field::Text(text) = field else {
                    panic!("a file in {input:?}")
                };
                format!("{}={}", encoded(name), encoded(text))
            })
            .collect();
        let again = read_form(&content_type, written.join("&").as_bytes(), limits());
        let again = again.unwrap_or_else(|cause| panic!("{cause:?} in {written:?}"));
        assert_eq!(again.entries, fields.entries, "read again");
    }
    for schema in schemas() {
        let Ok(value) = coerced(fields.entries.clone(), &schema) else {
            continue;
        };
        assert!(value.is_object(), "{value}");
        assert_eq!(coerced(fields.entries.clone(), &schema), Ok(value), "a second time");
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

fn schemas() -> [Value; 3] {
    let plain = json!({"type": "object", "properties": {
        "count": {"type": "integer"}, "price": {"type": "number"}, "on": {"type": "boolean"}, "title": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}}, "when": {"type": "string", "format": "date"}
    }});
    let nested = json!({"type": "object", "properties": {
        "a": {"type": "object", "properties": {"b": {"type": "array", "items": {"type": "object", "properties": {"c": {"type": "integer"}}}}}},
        "n": {"type": ["integer", "null"]}, "file": {"type": "string", "contentEncoding": "base64"}
    }, "additionalProperties": false});
    [plain, nested, json!({})]
}

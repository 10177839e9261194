//! JSON as tools read it: with comments, trailing commas and a byte order mark.

use serde_json::Value;

/// Parses `text`, or says in one line why it can't.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    // Most manifests are plain JSON, and the copy for the comments can be saved.
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let mut plain = text.to_owned();
    json_strip_comments::strip(&mut plain).map_err(|_| "a comment is not closed".to_owned())?;
    serde_json::from_str(&plain).map_err(|error| error.to_string())
}

/// The strings of an array; anything else in it is left out.
pub(super) fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

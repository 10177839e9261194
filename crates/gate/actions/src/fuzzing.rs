//! The decoders of bodies by themselves, for fuzzing. Not a part of the library's interface: nothing that these give back
//! has passed a gate.

use portcullis_funnel::Undecoded;
use serde_json::Value;

use crate::Limits;
use crate::decode::form::{Entry, Form};
use crate::decode::{coerce, json};

/// A body that says it is JSON.
pub fn read_json(body: &[u8], limits: Limits) -> Result<Value, Undecoded> {
    json::object(body, limits)
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Typed in.
    Text(String),
    /// Chosen from a disk.
    File {
        /// As the browser calls it.
        name: String,
        /// As the browser calls its kind.
        mime: String,
        /// What is in it.
        content: Vec<u8>,
    },
}

/// A form, split into what is for the gates and what is for the action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// The fields of the gates that are there.
    pub gates: Vec<String>,
    /// The names and values of all others, in their order.
    pub entries: Vec<(String, Field)>,
}

/// A body that says it is a form, in one of the two encodings.
pub fn read_form(content_type: &str, body: &[u8], limits: Limits) -> Result<Fields, Undecoded> {
    let form = Form::read(content_type, body, limits)?;
    let gates = [form.gates.csrf, form.gates.nonce, form.gates.captcha, form.key];
    let entries = form.entries.into_iter().map(|(name, entry)| (name, entry.into()));
    Ok(Fields {
        gates: gates.into_iter().flatten().collect(),
        entries: entries.collect(),
    })
}

/// The value that a script would have sent for these fields, by the schema of an input.
pub fn coerced(entries: Vec<(String, Field)>, schema: &Value) -> Result<Value, Undecoded> {
    let entries = entries.into_iter().map(|(name, field)| (name, field.into()));
    coerce::object(entries.collect(), schema)
}

impl From<Entry> for Field {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Text(text) => Self::Text(text),
            Entry::File { name, mime, content } => Self::File { name, mime, content },
        }
    }
}

impl From<Field> for Entry {
    fn from(field: Field) -> Self {
        match field {
            Field::Text(text) => Self::Text(text),
            Field::File { name, mime, content } => Self::File { name, mime, content },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{coerced, read_form, read_json};
    use crate::Limits;

    #[test]
    fn a_form_and_a_script_mean_the_same() {
        let schema =
            json!({"type": "object", "properties": {"count": {"type": "integer"}, "title": {"type": "string"}}});
        let form = b"count=7&title=a+b&portcullis_nonce=n";
        let fields = read_form("application/x-www-form-urlencoded", form, Limits::default()).unwrap();
        assert_eq!(fields.gates, ["n"]);
        let script = read_json(br#"{"count":7,"title":"a b"}"#, Limits::default());
        assert_eq!(coerced(fields.entries, &schema), script);
    }
}

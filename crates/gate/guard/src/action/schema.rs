//! The schema of an endpoint's arguments, compiled once. JSON Schema is about JSON, and arguments are more than that: what
//! JSON does not have is put before the schema as an object that no caller can write, because its key is a random text
//! of this process.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use jsonschema::{Keyword, PatternOptions, ValidationError, Validator};
use portcullis_flight::{Call, Fields, Kind, Value};
use portcullis_funnel::{Entropy as _, FieldError};
use portcullis_store::SystemEntropy;
use serde_json::{Map, Value as Json, json};

use super::SetupError;

/// No more mistakes are looked for.
const MOST_ERRORS: usize = 16;

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Schema {
    validator: Validator,
    /// Which of several entries of a form counts, by the position of the argument.
    forms: Vec<Option<Entry>>,
}

/// Which of several entries with one name counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    First,
    Last,
}

impl Schema {
    /// Reads and compiles a file below the policy.
    pub(crate) fn read(folder: &Path, path: &str) -> Result<Self, SetupError> {
        let text = super::files::text(&folder.join(path)).map_err(|problem| SetupError::file(path, &problem))?;
        let document: Json =
            serde_json::from_str(&text).map_err(|problem| SetupError::file(path, &problem.to_string()))?;
        Self::compile(document).map_err(|problem| SetupError::file(path, &problem))
    }

    fn compile(mut document: Json) -> Result<Self, String> {
        let marker = marker()?;
        let forms = forms(&document);
        prepare(&mut document, marker);
        // A schema of a policy must not be a way to spend the time of this program.
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .with_keyword("x-portcullis-min-length", |_, value, _| {
                let units = value.as_u64().unwrap_or(0);
                Ok(Box::new(ShortestUnits(units)))
            })
            .build(&document)
            .map_err(|problem| format!("this is no schema: {problem}"))?;
        Ok(Self { validator, forms })
    }

    /// What is wrong with the arguments; places and rules, no values.
    pub(crate) fn errors(&self, call: &Call) -> Vec<FieldError> {
        let Ok(marker) = marker() else {
            return vec![field_error(String::new(), "unavailable")];
        };
        let mut arguments: Vec<Json> = Vec::new();
        for (position, argument) in call.arguments().enumerate() {
            let form = self.forms.get(position).copied().flatten();
            arguments.push(as_json(argument, marker, form));
        }
        // What is missing at the end is `undefined`.
        while arguments.last() == Some(&special(marker, "undefined")) {
            arguments.pop();
        }
        let instance = Json::Array(arguments);
        let errors = self.validator.iter_errors(&instance).take(MOST_ERRORS);
        errors
            .map(|error| field_error(error.instance_path().to_string(), error.kind().keyword()))
            .collect()
    }
}

fn field_error(pointer: String, code: &str) -> FieldError {
    FieldError {
        pointer,
        code: code.to_owned(),
    }
}

/// The key of what JSON does not have.
fn marker() -> Result<&'static str, String> {
    static MARKER: OnceLock<Option<String>> = OnceLock::new();
    let marker = MARKER.get_or_init(|| {
        let mut random = [0; 18];
        SystemEntropy::default().fill(&mut random).ok()?;
        Some(format!("portcullis:{}", super::hex(&random)))
    });
    marker
        .as_deref()
        .ok_or_else(|| "the system has no random numbers".to_owned())
}

fn special(marker: &str, kind: &str) -> Json {
    let mut fields = Map::new();
    fields.insert(marker.to_owned(), Json::from(kind));
    Json::Object(fields)
}

/// A schema that only this kind of value fulfils.
fn only(marker: &str, kind: &str) -> Json {
    json!({ "type": "object", "required": [marker], "properties": { marker: { "const": kind } } })
}

/// What the argument at each position says of forms.
fn forms(document: &Json) -> Vec<Option<Entry>> {
    let positions = document.get("prefixItems").and_then(Json::as_array);
    let entries = positions.into_iter().flatten().map(|argument| {
        let referred = argument.get("$ref").and_then(Json::as_str);
        let argument = referred
            .and_then(|path| document.pointer(path.strip_prefix('#')?))
            .unwrap_or(argument);
        match argument.get("x-portcullis-form").and_then(Json::as_str) {
            Some("first") => Some(Entry::First),
            Some(_) => Some(Entry::Last),
            None => None,
        }
    });
    entries.collect()
}

/// Rewrites the words that JSON Schema does not know, and the one that counts another way than JavaScript.
fn prepare(schema: &mut Json, marker: &str) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(|item| prepare(item, marker)),
        Json::Object(fields) => {
            // What stands below these keywords is data.
            for (keyword, value) in fields.iter_mut() {
                if !matches!(keyword.as_str(), "const" | "enum" | "default" | "examples") {
                    prepare(value, marker);
                }
            }
            if let Some(least) = fields.remove("minLength") {
                // JavaScript counts at least as many units as JSON Schema counts characters.
                fields.entry("x-portcullis-min-length").or_insert(least);
            }
            let kind = fields
                .get("x-portcullis-type")
                .and_then(Json::as_str)
                .map(str::to_owned);
            let is_optional = fields.remove("x-portcullis-optional") == Some(Json::Bool(true));
            if let Some(kind) = kind {
                *schema = only(marker, &kind);
            }
            if is_optional {
                *schema = json!({ "anyOf": [schema.take(), only(marker, "undefined")] });
            }
        }
        _ => {}
    }
}

/// Strings with at least so many UTF-16 units.
struct ShortestUnits(u64);

impl<'i> Keyword<'i> for ShortestUnits {
    fn validate(&self, instance: &'i Json) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            Ok(())
        } else {
            Err(ValidationError::custom("too short"))
        }
    }

    fn is_valid(&self, instance: &'i Json) -> bool {
        instance.as_str().is_none_or(|text| {
            let units = text.encode_utf16().count();
            u64::try_from(units).unwrap_or(u64::MAX) >= self.0
        })
    }
}

/// A value as JSON. The reader has bounded its depth and its size, sharing included; cycles end where they begin again.
fn as_json(value: Value<'_>, marker: &str, form: Option<Entry>) -> Json {
    let mut around = BTreeSet::new();
    View { marker, form }.value(value, &mut around)
}

struct View<'a> {
    marker: &'a str,
    form: Option<Entry>,
}

impl View<'_> {
    fn value(&self, value: Value<'_>, around: &mut BTreeSet<portcullis_flight::NodeId>) -> Json {
        let id = value.id();
        let is_container = matches!(value.kind(), Kind::Array(_) | Kind::Object(_));
        if is_container && !around.insert(id) {
            return special(self.marker, "cycle");
        }
        let json = match value.kind() {
            Kind::Null => Json::Null,
            Kind::Boolean(value) => Json::Bool(value),
            Kind::Number(number) => self.number(number),
            Kind::String(text) => Json::String(text.to_string_lossy().into_owned()),
            Kind::Array(items) => Json::Array(items.iter().map(|item| self.value(item, around)).collect()),
            Kind::Object(fields) => {
                let seen = fields
                    .iter()
                    // A property that is `undefined` counts as missing.
                    .filter(|(_, value)| !matches!(value.kind(), Kind::Undefined));
                let pairs = seen.map(|(key, value)| (key.to_string_lossy().into_owned(), self.value(value, around)));
                Json::Object(pairs.collect())
            }
            Kind::FormData(fields) => self.form(fields),
            other => special(self.marker, name(&other)),
        };
        if is_container {
            around.remove(&id);
        }
        json
    }

    fn number(&self, number: f64) -> Json {
        if number.is_nan() {
            return special(self.marker, "nan");
        }
        // JSON Schema has no infinity; for limits the largest number is as good.
        let finite = number.clamp(f64::MIN, f64::MAX);
        if finite.fract() == 0.0 && finite.abs() < 9_007_199_254_740_992.0 {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
            return Json::from(finite as i64);
        }
        serde_json::Number::from_f64(finite).map_or_else(|| special(self.marker, "nan"), Json::Number)
    }

    fn form(&self, fields: Fields<'_>) -> Json {
        let Some(counts) = self.form else {
            return special(self.marker, "formdata");
        };
        let mut entries = Map::new();
        for (name, value) in fields.iter() {
            let name = name.to_string_lossy().into_owned();
            // Fields of React's own, which actions never ask for.
            if name.starts_with("$ACTION_") || (counts == Entry::First && entries.contains_key(&name)) {
                continue;
            }
            let value = match value.kind() {
                Kind::String(text) => Json::String(text.to_string_lossy().into_owned()),
                _ => special(self.marker, "file"),
            };
            entries.insert(name, value);
        }
        Json::Object(entries)
    }
}

const fn name(kind: &Kind<'_>) -> &'static str {
    match kind {
        Kind::Undefined => "undefined",
        Kind::BigInt(_) => "bigint",
        Kind::Date(_) => "date",
        Kind::Symbol(_) => "symbol",
        Kind::Map(_) => "map",
        Kind::Set(_) => "set",
        Kind::Iterator(_) => "iterator",
        Kind::File(_) => "file",
        Kind::Bytes(..) => "bytes",
        Kind::Promise(_) => "promise",
        Kind::Stream(_) => "stream",
        Kind::ServerReference(_) => "server-reference",
        _ => "reference",
    }
}

#[cfg(test)]
mod tests {
    use portcullis_flight::{ActionId, DecodeOptions, KnownIds, read_fetch_text};
    use serde_json::{Value as Json, json};

    use super::Schema;

    fn call(body: &str) -> portcullis_flight::Call {
        let id = ActionId::new(&"40".repeat(21)).unwrap();
        let mut options = DecodeOptions::all();
        options.reserved_keys = true;
        read_fetch_text(id, body.as_bytes(), &KnownIds::Any, &options).unwrap()
    }

    fn accepts(schema: Json, body: &str) -> bool {
        Schema::compile(schema).unwrap().errors(&call(body)).is_empty()
    }

    fn first(schema: Json) -> Json {
        json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [schema] })
    }

    #[test]
    fn plain_arguments_are_judged_as_json() {
        let schema = || {
            first(
                json!({ "type": "object", "additionalProperties": false, "required": ["id"],
                "properties": { "id": { "type": "integer", "minimum": 1 }, "note": { "type": "string", "maxLength": 3 } } }),
            )
        };
        assert!(accepts(schema(), r#"[{"id":7}]"#));
        assert!(accepts(schema(), r#"[{"id":7,"note":"$undefined"}]"#));
        for body in [
            r#"[{"id":0}]"#,
            r#"[{"id":"7"}]"#,
            r#"[{"id":1.5}]"#,
            r#"[{"id":7,"x":1}]"#,
            r#"[{"id":7,"note":"abcd"}]"#,
            r#"[{"id":"$NaN"}]"#,
            r#"[{"id":"$n7"}]"#,
            r#"["$D2026-01-01T00:00:00.000Z"]"#,
            "[[]]",
        ] {
            assert!(!accepts(schema(), body), "{body}");
        }
        let errors = Schema::compile(schema())
            .unwrap()
            .errors(&call(r#"[{"id":0,"secret":"x"}]"#));
        let places: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert!(
            places.contains(&"/0/id") && !format!("{errors:?}").contains("\"x\""),
            "{errors:?}"
        );
    }

    #[test]
    fn lengths_are_never_stricter_than_javascript() {
        let schema = || first(json!({ "type": "string", "minLength": 4 }));
        assert!(accepts(schema(), r#"["😀😀"]"#));
        assert!(!accepts(schema(), r#"["😀a"]"#));
    }

    #[test]
    fn what_json_does_not_have_has_its_words() {
        let date = || first(json!({ "x-portcullis-type": "date" }));
        assert!(accepts(date(), r#"["$D2026-01-01T00:00:00.000Z"]"#));
        assert!(!accepts(date(), r#"["2026-01-01T00:00:00.000Z"]"#));
        assert!(!accepts(date(), r#"[{"portcullis":"date"}]"#));
        let optional = || first(json!({ "type": "string", "x-portcullis-optional": true }));
        for body in [r#"["$undefined",1]"#, r#"["$undefined"]"#, "[]", r#"["a"]"#] {
            assert!(accepts(optional(), body), "{body}");
        }
        assert!(!accepts(optional(), "[null]"));
        let required = first(json!({ "type": "string" }));
        assert!(!accepts(required, r#"["$undefined",1]"#));
    }

    #[test]
    fn patterns_cannot_be_slow_and_schemas_not_broken() {
        let look_around = first(json!({ "type": "string", "pattern": "^(?=a)" }));
        assert!(Schema::compile(look_around).is_err());
        assert!(Schema::compile(json!({ "type": "nothing" })).is_err());
        let elsewhere = first(json!({ "$ref": "https://example.com/schema.json" }));
        assert!(Schema::compile(elsewhere).is_err());
        // A keyword's name as data is data.
        let data = first(json!({ "const": { "minLength": 3 } }));
        assert!(accepts(data, r#"[{"minLength":3}]"#));
    }
}

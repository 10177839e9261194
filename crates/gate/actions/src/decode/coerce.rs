//! The texts of a form to the types of an input, by the input's own schema. A text that is not of its type stays a text,
//! and is refused with its field's name when the input is read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_funnel::Undecoded;
use serde_json::{Map, Value, json};

use super::form::Entry;
use super::json::RESERVED;

/// The entries as the value that a script would have sent.
pub(crate) fn object(entries: Vec<(String, Entry)>, schema: &Value) -> Result<Value, Undecoded> {
    const fn malformed(code: &'static str) -> Undecoded {
        Undecoded::Malformed { code }
    }
    let mut root = Map::new();
    for (name, entry) in entries {
        let steps: Vec<&str> = name.split('.').collect();
        if steps.len() > 8 || steps.contains(&RESERVED) {
            return Err(malformed("form.field-name"));
        }
        let Some((last, parents)) = steps.split_last() else {
            continue;
        };
        let mut place = &mut root;
        let mut known = resolved(schema, schema);
        for step in parents {
            known = known.and_then(|known| property(known, step, schema));
            let child = place.entry((*step).to_owned()).or_insert_with(|| json!({}));
            place = child.as_object_mut().ok_or(malformed("form.field-name"))?;
        }
        let known = known.and_then(|known| property(known, last, schema));
        let items = known.filter(|known| is(known, "array"));
        let of = items.map_or(known, |list| list.get("items").and_then(|one| resolved(one, schema)));
        let Some(value) = value(entry, of)? else {
            continue;
        };
        match (place.get_mut(*last), items) {
            (None, None) => {
                place.insert((*last).to_owned(), value);
            }
            (None, Some(_)) => {
                place.insert((*last).to_owned(), Value::Array(vec![value]));
            }
            (Some(Value::Array(list)), Some(_)) => list.push(value),
            (Some(_), _) => return Err(malformed("form.duplicate-field")),
        }
    }
    unticked(&mut root, schema, schema);
    Ok(Value::Object(root))
}

/// One text or file by what the schema wants. An empty file is a file input where nothing was chosen.
fn value(entry: Entry, schema: Option<&Value>) -> Result<Option<Value>, Undecoded> {
    let wants = |kind: &str| schema.is_some_and(|schema| is(schema, kind));
    let text = match entry {
        Entry::File { name, content, .. } if name.is_empty() && content.is_empty() => return Ok(None),
        Entry::File { name, mime, content } => {
            let takes_files = schema.and_then(|one| one.get("title")).and_then(Value::as_str) == Some("Upload");
            if !takes_files {
                return Err(Undecoded::Malformed {
                    code: "form.unexpected-file",
                });
            }
            return Ok(Some(
                json!({"name": name, "type": mime, "data": STANDARD.encode(content)}),
            ));
        }
        Entry::Text(text) => text,
    };
    if text.is_empty() && wants("null") {
        return Ok(Some(Value::Null));
    }
    let typed = if wants("integer") {
        canonical::<i64>(&text).or_else(|| canonical::<u64>(&text))
    } else if wants("number") {
        text.parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map(Value::from)
    } else if wants("boolean") {
        match text.as_str() {
            "on" | "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        }
    } else {
        None
    };
    Ok(Some(typed.unwrap_or(Value::String(text))))
}

/// An integer in its one spelling: no sign in front, no zeros.
fn canonical<T: std::str::FromStr + ToString + Into<Value>>(text: &str) -> Option<Value> {
    let number: T = text.parse().ok()?;
    (number.to_string() == text).then(|| number.into())
}

/// A form does not send a box that is not ticked.
fn unticked(object: &mut Map<String, Value>, schema: &Value, root: &Value) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    for (name, known) in properties {
        let Some(known) = resolved(known, root) else { continue };
        match object.get_mut(name) {
            None if is(known, "boolean") && !is(known, "null") => {
                object.insert(name.clone(), Value::Bool(false));
            }
            None if is(known, "array") && !is(known, "null") => {
                object.insert(name.clone(), Value::Array(Vec::new()));
            }
            Some(Value::Object(child)) => unticked(child, known, root),
            _ => {}
        }
    }
}

pub(crate) fn property<'a>(schema: &'a Value, name: &str, root: &'a Value) -> Option<&'a Value> {
    resolved(schema.get("properties")?.get(name)?, root)
}

/// The schema behind a reference, or the one that an optional value has when it is there.
pub(crate) fn resolved<'a>(schema: &'a Value, root: &'a Value) -> Option<&'a Value> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return root.get("$defs")?.get(name.strip_prefix("#/$defs/")?);
    }
    if let Some(list) = schema.get("anyOf").and_then(Value::as_array) {
        return list
            .iter()
            .find(|one| !is(one, "null"))
            .and_then(|one| resolved(one, root));
    }
    Some(schema)
}

pub(crate) fn is(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(list)) => list.iter().any(|one| one == kind),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use portcullis_funnel::Undecoded;
    use serde_json::{Value, json};

    use super::object;
    use crate::decode::form::Entry;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "title": {"type": "string"}, "count": {"type": "integer"}, "price": {"type": ["number", "null"]},
                "done": {"type": "boolean"}, "tags": {"type": "array", "items": {"type": "string"}},
                "place": {"$ref": "#/$defs/Place"}, "file": {"title": "Upload", "type": "object"}
            },
            "$defs": {"Place": {"type": "object", "properties": {"zip": {"type": "integer"}}}}
        })
    }

    fn read(pairs: &[(&str, &str)]) -> Result<Value, Undecoded> {
        let entry = |(name, text): &(&str, &str)| ((*name).to_owned(), Entry::Text((*text).to_owned()));
        object(pairs.iter().map(entry).collect(), &schema())
    }

    #[test]
    fn texts_become_what_the_schema_wants() {
        let value = read(&[
            ("title", "7"),
            ("count", "7"),
            ("price", ""),
            ("done", "on"),
            ("tags", "a"),
            ("tags", "b"),
            ("place.zip", "123"),
        ]);
        let expected =
            json!({"title": "7", "count": 7, "price": null, "done": true, "tags": ["a", "b"], "place": {"zip": 123}});
        assert_eq!(value, Ok(expected));
        let bare = json!({"title": "x", "done": false, "tags": []});
        assert_eq!(read(&[("title", "x")]), Ok(bare));
    }

    #[test]
    fn what_is_not_of_its_type_stays_a_text() {
        for text in ["07", "+7", "7.0", " 7", "0x7", ""] {
            let value = read(&[("count", text)]).unwrap();
            assert_eq!(value["count"], json!(text));
        }
        assert_eq!(read(&[("role", "admin")]).unwrap()["role"], json!("admin"));
    }

    #[test]
    fn doubled_and_reserved_names_are_refused() {
        let refused = |pairs: &[(&str, &str)]| match read(pairs) {
            Err(Undecoded::Malformed { code }) => code,
            _ => "",
        };
        assert_eq!(refused(&[("title", "a"), ("title", "b")]), "form.duplicate-field");
        assert_eq!(refused(&[("title", "a"), ("title.x", "b")]), "form.field-name");
        assert_eq!(refused(&[("__proto__.x", "1")]), "form.field-name");
        assert_eq!(refused(&[("a.b.c.d.e.f.g.h.i", "1")]), "form.field-name");
    }

    #[test]
    fn files_go_where_files_are_wanted() {
        let file = |name: &str, content: &[u8]| Entry::File {
            name: name.to_owned(),
            mime: "text/plain".to_owned(),
            content: content.to_vec(),
        };
        let value = object(vec![("file".to_owned(), file("a.txt", b"hi"))], &schema()).unwrap();
        assert_eq!(
            value["file"],
            json!({"name": "a.txt", "type": "text/plain", "data": "aGk="})
        );
        let none = object(vec![("file".to_owned(), file("", b""))], &schema()).unwrap();
        assert_eq!(none.get("file"), None);
        let misplaced = object(vec![("title".to_owned(), file("a", b"x"))], &schema());
        assert!(misplaced.is_err());
    }
}

//! The file with the JSON Schema of an endpoint's arguments. They are one list, so that a place in them has one name
//! (`/0/invoiceId`) in schemas, limits and owners alike.

use portcullis_model::{Endpoint, Json};
use serde_json::Value;

/// The schema of the list of arguments; none if nothing is known of any.
///
/// What is missing at the end of the list is `undefined`, and more arguments than parameters do no harm, so the list
/// has no fixed length.
pub(crate) fn document(endpoint: &Endpoint) -> Option<Json> {
    let last = endpoint
        .parameters
        .iter()
        .rposition(|parameter| parameter.schema.is_some())?;
    let mut definitions: Vec<(String, Json)> = Vec::new();
    let mut arguments = Vec::new();
    for (position, parameter) in endpoint.parameters.iter().take(last + 1).enumerate() {
        let schema = parameter.schema.clone().unwrap_or_else(|| Json::Object(Vec::new()));
        arguments.push(hoisted(schema, position, &mut definitions));
    }
    let mut fields = vec![
        (
            "$schema".to_owned(),
            Json::text("https://json-schema.org/draft/2020-12/schema"),
        ),
        ("title".to_owned(), Json::text(&endpoint.name)),
        ("type".to_owned(), Json::text("array")),
        ("prefixItems".to_owned(), Json::Array(arguments)),
    ];
    if !definitions.is_empty() {
        fields.push(("$defs".to_owned(), Json::Object(definitions)));
    }
    Some(Json::Object(fields))
}

/// A schema whose definitions have moved to the document; names that are taken get the argument's number.
fn hoisted(schema: Json, position: usize, definitions: &mut Vec<(String, Json)>) -> Json {
    let Json::Object(mut fields) = schema else {
        return schema;
    };
    let own = fields.iter().position(|(keyword, _)| keyword == "$defs");
    let Some(Json::Object(own)) = own.map(|own| fields.remove(own).1) else {
        return Json::Object(fields);
    };
    let names: Vec<(String, String)> = own
        .iter()
        .map(|(name, _)| {
            let is_taken = definitions.iter().any(|(taken, _)| taken == name);
            let new = if is_taken {
                format!("{name}-{position}")
            } else {
                name.clone()
            };
            (name.clone(), new)
        })
        .collect();
    for ((_, definition), (_, name)) in own.into_iter().zip(&names) {
        definitions.push((name.clone(), renamed(definition, &names)));
    }
    renamed(Json::Object(fields), &names)
}

fn renamed(json: Json, names: &[(String, String)]) -> Json {
    match json {
        Json::Array(items) => Json::Array(items.into_iter().map(|item| renamed(item, names)).collect()),
        Json::Object(fields) => {
            let fields = fields.into_iter().map(|(keyword, value)| {
                let value = match value {
                    Json::String(target) if keyword == "$ref" => {
                        let new = target
                            .strip_prefix("#/$defs/")
                            .and_then(|name| names.iter().find(|(old, _)| old == name))
                            .map(|(_, new)| format!("#/$defs/{new}"));
                        Json::String(new.unwrap_or(target))
                    }
                    value => renamed(value, names),
                };
                (keyword, value)
            });
            Json::Object(fields.collect())
        }
        json => json,
    }
}

/// Why a text is no schema of a list of arguments.
pub(crate) fn problem(text: &str) -> Option<String> {
    let document: Value = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => return Some(format!("it is not JSON: {error}")),
    };
    if !document.is_object() {
        return Some("a schema is an object".to_owned());
    }
    if document.get("type").is_some_and(|of| of != "array") {
        return Some("it is about the list of arguments: `\"type\": \"array\"`, and `prefixItems` for each".to_owned());
    }
    fault(&document, &document, 0)
}

/// The names that `type` may have.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Keywords whose value is a list of schemas.
const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];

/// Keywords whose value is a schema.
const SCHEMAS: [&str; 9] = [
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedProperties",
];

/// Keywords whose value has a schema for each name.
const MAPS: [&str; 4] = ["$defs", "dependentSchemas", "patternProperties", "properties"];

/// Keywords whose value is a number.
const NUMBERS: [&str; 11] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
];

fn fault(schema: &Value, root: &Value, depth: u32) -> Option<String> {
    const DEPTH_LIMIT: u32 = 120;
    if depth > DEPTH_LIMIT {
        return Some("it nests too deep".to_owned());
    }
    let fields = match schema {
        Value::Bool(_) => return None,
        Value::Object(fields) => fields,
        _ => return Some("a schema is an object, `true` or `false`".to_owned()),
    };
    let inner = |schema: &Value| fault(schema, root, depth + 1);
    fields.iter().find_map(|(keyword, value)| match keyword.as_str() {
        "type" => {
            let is_known = |name: &Value| name.as_str().is_some_and(|name| TYPES.contains(&name));
            let is_fine = is_known(value) || value.as_array().is_some_and(|names| names.iter().all(is_known));
            (!is_fine).then(|| "`type` is none of the names that JSON Schema has".to_owned())
        }
        "$ref" => {
            let target = value.as_str().and_then(|target| target.strip_prefix('#'));
            let is_there = target.is_some_and(|pointer| root.pointer(pointer).is_some());
            (!is_there).then(|| "`$ref` points to nothing in this file".to_owned())
        }
        "enum" | "required" => (!value.is_array()).then(|| format!("`{keyword}` is a list")),
        "pattern" => (!value.is_string()).then(|| "`pattern` is a string".to_owned()),
        keyword if NUMBERS.contains(&keyword) => (!value.is_number()).then(|| format!("`{keyword}` is a number")),
        keyword if SCHEMAS.contains(&keyword) => inner(value),
        keyword if LISTS.contains(&keyword) => match value.as_array() {
            Some(items) => items.iter().find_map(inner),
            None => Some(format!("`{keyword}` is a list of schemas")),
        },
        keyword if MAPS.contains(&keyword) => match value.as_object() {
            Some(schemas) => schemas.values().find_map(inner),
            None => Some(format!("`{keyword}` is an object of schemas")),
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_of_two_arguments_do_not_mix() {
        let recursive = || {
            let reference = Json::Object(vec![("$ref".to_owned(), Json::text("#/$defs/Tree"))]);
            Json::Object(vec![
                ("items".to_owned(), reference.clone()),
                ("$defs".to_owned(), Json::Object(vec![("Tree".to_owned(), reference)])),
            ])
        };
        let mut definitions = Vec::new();
        let first = hoisted(recursive(), 0, &mut definitions);
        let second = hoisted(recursive(), 1, &mut definitions);
        let target = |json: &Json| json.field("items").and_then(|items| items.field("$ref").cloned());
        assert_eq!(target(&first), Some(Json::text("#/$defs/Tree")));
        assert_eq!(target(&second), Some(Json::text("#/$defs/Tree-1")));
        assert_eq!(definitions.len(), 2);
        assert_eq!(definitions[1].1.field("$ref"), Some(&Json::text("#/$defs/Tree-1")));
    }

    #[test]
    fn what_is_no_schema_says_why() {
        assert_eq!(
            problem(r#"{"type": "array", "prefixItems": [{"type": "string"}, true]}"#),
            None
        );
        assert_eq!(problem("[]").unwrap(), "a schema is an object");
        assert!(problem("{").unwrap().starts_with("it is not JSON: "));
        assert!(
            problem(r#"{"type": "object"}"#)
                .unwrap()
                .contains("the list of arguments")
        );
        assert!(
            problem(r#"{"prefixItems": [{"type": "text"}]}"#)
                .unwrap()
                .contains("`type`")
        );
        assert!(
            problem(r##"{"items": {"$ref": "#/$defs/x"}}"##)
                .unwrap()
                .contains("`$ref`")
        );
        assert!(
            problem(r#"{"items": {"properties": {"a": {"minLength": "1"}}}}"#)
                .unwrap()
                .contains("`minLength`")
        );
    }
}

//! The JSON Schema of the file, for editors that complete and check while one types.

use serde_json::{Map, Value, json};

use crate::keys::{ACCESS, FILE, Key, Kind, RULE_SETTINGS};

/// The schema as JSON text, ending in a line break; the same bytes every time.
pub fn json_schema() -> String {
    let mut schema = table(FILE);
    if let Value::Object(root) = &mut schema {
        root.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        root.insert("title".to_owned(), json!("portcullis.toml"));
        root.insert(
            "description".to_owned(),
            json!("Configuration of Portcullis, for scan and guard."),
        );
    }
    format!("{schema:#}\n")
}

fn table(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn property(key: &Key) -> Value {
    let mut value = match key.kind {
        Kind::Table(keys) => table(keys),
        Kind::Tables(keys) => {
            json!({ "anyOf": [table(keys), { "type": "array", "minItems": 1, "items": table(keys) }] })
        }
        Kind::Actions(keys) => {
            let mut each = table(keys);
            if let Value::Object(fields) = &mut each {
                fields.insert("required".to_owned(), json!(["access"]));
            }
            json!({ "type": "object", "propertyNames": { "pattern": "#" }, "additionalProperties": each })
        }
        Kind::Text => json!({ "type": "string" }),
        Kind::Choice(names) => json!({ "enum": names }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Access => json!({ "anyOf": [{ "const": "authenticated" }, table(ACCESS)] }),
        Kind::Rates => {
            let rate = json!({ "type": "string", "pattern": "^[0-9]+/[0-9]+[smhd] per .+$" });
            json!({ "anyOf": [rate, { "type": "array", "items": rate }] })
        }
        Kind::RawList => json!({ "type": "array", "items": { "type": "object" } }),
        Kind::Globs => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Entries => {
            json!({ "type": "array", "items": { "type": "string", "pattern": "^.+#[^#]+$" } })
        }
        Kind::Rules => {
            json!({ "type": "object", "additionalProperties": { "enum": RULE_SETTINGS } })
        }
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number => json!({ "type": "integer", "minimum": 1 }),
        Kind::Size => json!({ "type": "string", "pattern": "^[0-9]+([KMG]i)?B$" }),
        Kind::Time => json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h)$" }),
        Kind::Headers => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::Choices(names) => json!({ "type": "array", "items": { "enum": names } }),
    };
    if let Value::Object(fields) = &mut value {
        fields.insert("description".to_owned(), json!(key.about));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_json_and_closed_where_the_parser_is() {
        let schema: Value = serde_json::from_str(&json_schema()).unwrap();
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["properties"]["scan"]["additionalProperties"], json!(false));
        assert_eq!(
            schema["properties"]["scan"]["properties"]["auth"]["properties"]["require-wrapper"]["type"],
            "boolean"
        );
        assert_eq!(
            schema["properties"]["actions"]["additionalProperties"]["required"],
            json!(["access"])
        );
    }

    /// The parser matches names of keys in text; a key that is in the table but not there would be taken for another.
    #[test]
    fn every_key_of_the_schema_reaches_its_own_field() {
        let text = "[scan]\nexclude = ['a']\nrules.x = 'off'\n[scan.auth]\nguards = ['a#b']\nwrappers = ['c#d']\n\
                    require-wrapper = true\n[scan.database]\nrow-level-security = ['t']\n[[scan.catalog]]\nmodule = 'm'\n[guard]\nmode = 'observe'\n\
                    [session]\nprovider = 'clerk'\n[roles]\norder = ['r']\n[store]\nurl = 'memory:'\n[database]\nurl-env = 'U'\n[captcha]\nsite-key = 'k'\n[audit]\nfile = 'f'\n\
                    [actions.'e#f']\naccess = 'authenticated'\n";
        let config = crate::parse(text).unwrap();
        let schema: Value = serde_json::from_str(&json_schema()).unwrap();
        let document: toml::Table = toml::from_str(text).unwrap();
        let names = |value: &Value| {
            value["properties"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        let scan = document["scan"].as_table().unwrap();
        assert_eq!(names(&schema), document.keys().cloned().collect::<Vec<_>>());
        assert_eq!(
            names(&schema["properties"]["scan"]),
            scan.keys().cloned().collect::<Vec<_>>()
        );
        assert_eq!(
            names(&schema["properties"]["scan"]["properties"]["auth"]),
            scan["auth"].as_table().unwrap().keys().cloned().collect::<Vec<_>>()
        );
        assert_eq!(config.scan.exclude, ["a"]);
        assert_eq!(config.scan.rules.len(), 1);
        assert_eq!(config.scan.auth.guards[0].export, "b");
        assert_eq!(config.scan.auth.wrappers[0].export, "d");
        assert!(config.scan.auth.require_wrapper);
        assert_eq!(config.scan.database.row_level_security, ["t"]);
        assert_eq!(config.scan.catalog[0]["module"].as_str(), Some("m"));
        assert_eq!(config.guard.unwrap().mode, crate::Mode::Observe);
        assert_eq!(config.session.unwrap().provider, Some(crate::Provider::Clerk));
        assert_eq!(config.roles.order[0].value, "r");
        assert_eq!(config.store.unwrap().url.unwrap().value, "memory:");
        assert_eq!(config.database.unwrap().url_env.as_deref(), Some("U"));
        assert_eq!(config.captcha.unwrap().site_key.as_deref(), Some("k"));
        assert_eq!(config.audit.unwrap().file.unwrap().value, "f");
        assert_eq!(config.actions["e#f"].access, crate::Access::Authenticated);
    }
}

//! Which fields of a form may be given back to it: those that the input has, and that are not secret. The schema of the
//! input marks secrets as `writeOnly`, at every level.

use serde_json::Value;

use crate::decode::coerce::{property, resolved};

/// Whether a form may get this field back. Names that the input does not have are nobody's to keep.
pub(crate) fn may_be_kept(schema: &Value, name: &str) -> bool {
    let mut known = Some(schema);
    for step in name.split('.') {
        let Some(field) = known.and_then(|known| field(known, step, schema)) else {
            return false;
        };
        if is_secret(field) {
            return false;
        }
        known = of_list(field, schema);
    }
    true
}

/// A field as it is written, because what is said about it stands beside its reference.
fn field<'a>(known: &'a Value, step: &str, root: &'a Value) -> Option<&'a Value> {
    property(known, step, root)?;
    known.get("properties")?.get(step)
}

fn is_secret(field: &Value) -> bool {
    field.get("writeOnly") == Some(&Value::Bool(true))
}

/// What a field holds: for a list, one of it.
fn of_list<'a>(field: &'a Value, root: &'a Value) -> Option<&'a Value> {
    let known = resolved(field, root)?;
    match known.get("items") {
        Some(items) => resolved(items, root),
        None => Some(known),
    }
}

/// The names of all secrets, with dots between the levels.
pub(crate) fn names(schema: &Value) -> Vec<String> {
    let mut names = Vec::new();
    collect(schema, schema, "", &mut Vec::new(), &mut names);
    names
}

fn collect<'a>(known: &'a Value, root: &'a Value, prefix: &str, above: &mut Vec<&'a Value>, names: &mut Vec<String>) {
    // A type that holds itself is looked at once.
    if above.iter().any(|one| std::ptr::eq(*one, known)) {
        return;
    }
    above.push(known);
    for (name, field) in known.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let name = format!("{prefix}{name}");
        if is_secret(field) {
            names.push(name);
        } else if let Some(inner) = of_list(field, root) {
            collect(inner, root, &format!("{name}."), above, names);
        }
    }
    above.pop();
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{may_be_kept, names};

    fn schema() -> Value {
        json!({
            "properties": {
                "title": {"type": "string"},
                "password": {"type": "string", "writeOnly": true},
                "account": {"$ref": "#/$defs/Account"},
                "more": {"anyOf": [{"$ref": "#/$defs/Account"}, {"type": "null"}]},
                "all": {"type": "array", "items": {"$ref": "#/$defs/Account"}},
                "safe": {"$ref": "#/$defs/Account", "writeOnly": true}
            },
            "$defs": {"Account": {"properties": {
                "email": {"type": "string"},
                "code": {"type": ["string", "null"], "writeOnly": true},
                "parent": {"anyOf": [{"$ref": "#/$defs/Account"}, {"type": "null"}]}
            }}}
        })
    }

    #[test]
    fn secrets_are_found_at_every_level() {
        let schema = schema();
        for name in [
            "title",
            "account.email",
            "more.email",
            "all.email",
            "more.parent.parent.email",
        ] {
            assert!(may_be_kept(&schema, name), "{name}");
        }
        for name in [
            "password",
            "password.x",
            "account.code",
            "more.code",
            "all.code",
            "all.0.code",
            "more.parent.code",
            "safe.email",
            "Password",
            "other",
            "account.other",
            "",
        ] {
            assert!(!may_be_kept(&schema, name), "{name}");
        }
        assert_eq!(
            names(&schema),
            ["account.code", "all.code", "more.code", "password", "safe"]
        );
    }
}

//! JSON Schema, as the derives write it, to TypeScript types and Zod schemas. What is not understood is `unknown`, which
//! a client has to look at before it uses it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{NoClient, literal};

/// A type in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spelled {
    pub(crate) ty: String,
    pub(crate) zod: String,
}

/// The named types so far.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, (Value, Spelled)>);

impl Names {
    /// Spells a root schema, and enters the types that it names. `fallback` is its name if it has none.
    pub(crate) fn add(&mut self, root: &Value, fallback: &str) -> Result<Spelled, NoClient> {
        let definitions = root.get("$defs").and_then(Value::as_object);
        for (name, schema) in definitions.into_iter().flatten() {
            self.enter(&identifier(name), schema)?;
        }
        let is_object = root.get("properties").is_some();
        if !is_object {
            return Ok(spelled(root));
        }
        let name = root
            .get("title")
            .and_then(Value::as_str)
            .map_or_else(|| fallback.to_owned(), identifier);
        let mut bare = root.clone();
        if let Some(map) = bare.as_object_mut() {
            map.remove("$defs");
            map.remove("$schema");
            map.remove("title");
        }
        self.enter(&name, &bare)?;
        Ok(named(&name))
    }

    fn enter(&mut self, name: &str, schema: &Value) -> Result<(), NoClient> {
        let mut schema = schema.clone();
        if let Some(map) = schema.as_object_mut() {
            map.remove("title");
        }
        match self.0.get(name) {
            Some((known, _)) if *known != schema => Err(NoClient::Ambiguous(name.to_owned())),
            Some(_) => Ok(()),
            None => {
                let spelled = spelled(&schema);
                self.0.insert(name.to_owned(), (schema, spelled));
                Ok(())
            }
        }
    }

    /// The declarations. Schemas refer to each other in any order, so each is read when it is used.
    pub(crate) fn declarations(&self) -> String {
        let one = |(name, (_, spelled)): (&String, &(Value, Spelled))| {
            let (ty, zod) = (&spelled.ty, &spelled.zod);
            format!("export type {name} = {ty};\nexport const {name}Schema: z.ZodType<{name}> = z.lazy(() => {zod});\n")
        };
        self.0.iter().map(one).collect::<Vec<_>>().join("\n")
    }
}

fn identifier(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' })
        .collect()
}

fn named(name: &str) -> Spelled {
    Spelled {
        ty: name.to_owned(),
        zod: format!("{name}Schema"),
    }
}

fn both(ty: &str, zod: String) -> Spelled {
    Spelled { ty: ty.to_owned(), zod }
}

fn unknown() -> Spelled {
    both("unknown", "z.unknown()".to_owned())
}

/// One schema.
fn spelled(schema: &Value) -> Spelled {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return reference
            .strip_prefix("#/$defs/")
            .map_or_else(unknown, |name| named(&identifier(name)));
    }
    if let Some(text) = schema.get("const").and_then(Value::as_str) {
        return both(&literal(text), format!("z.literal({})", literal(text)));
    }
    if let Some(list) = schema.get("enum").and_then(Value::as_array) {
        let texts: Vec<String> = list.iter().filter_map(Value::as_str).map(literal).collect();
        return both(&texts.join(" | "), format!("z.enum([{}])", texts.join(", ")));
    }
    if let Some(list) = ["anyOf", "oneOf"]
        .iter()
        .find_map(|key| schema.get(key))
        .and_then(Value::as_array)
    {
        return union(&list.iter().map(spelled).collect::<Vec<_>>());
    }
    match schema.get("type") {
        Some(Value::String(kind)) => of_kind(kind, schema),
        Some(Value::Array(kinds)) => {
            let kinds = kinds.iter().filter_map(Value::as_str);
            union(&kinds.map(|kind| of_kind(kind, schema)).collect::<Vec<_>>())
        }
        _ => unknown(),
    }
}

fn union(all: &[Spelled]) -> Spelled {
    match all {
        [] => unknown(),
        [one] => one.clone(),
        all => {
            let types: Vec<&str> = all.iter().map(|one| one.ty.as_str()).collect();
            let schemas: Vec<&str> = all.iter().map(|one| one.zod.as_str()).collect();
            both(&types.join(" | "), format!("z.union([{}])", schemas.join(", ")))
        }
    }
}

fn of_kind(kind: &str, schema: &Value) -> Spelled {
    match kind {
        "null" => both("null", "z.null()".to_owned()),
        "boolean" => both("boolean", "z.boolean()".to_owned()),
        "string" => both("string", text(schema)),
        "integer" => both("number", number("z.int()", schema)),
        "number" => both("number", number("z.number()", schema)),
        "array" => array(schema),
        "object" => object(schema),
        _ => unknown(),
    }
}

/// Lengths count characters, as the rules on the server do, and not halves of pairs, as `length` of JavaScript does.
fn text(schema: &Value) -> String {
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
    let mut zod = match schema.get("format").and_then(Value::as_str) {
        Some("email") => "z.email()".to_owned(),
        _ => "z.string()".to_owned(),
    };
    if bound("minLength").is_some() || bound("maxLength").is_some() {
        let most = bound("maxLength").map_or_else(|| "Infinity".to_owned(), |most| most.to_string());
        zod = format!("text({zod}, {}, {most})", bound("minLength").unwrap_or(0));
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        zod = format!("{zod}.regex(new RegExp({}, \"u\"))", literal(pattern));
    }
    zod
}

fn number(base: &str, schema: &Value) -> String {
    let mut zod = base.to_owned();
    for (key, method) in [
        ("minimum", "gte"),
        ("maximum", "lte"),
        ("exclusiveMinimum", "gt"),
        ("exclusiveMaximum", "lt"),
    ] {
        if let Some(bound) = schema.get(key).filter(|bound| bound.is_number()) {
            zod = format!("{zod}.{method}({bound})");
        }
    }
    zod
}

fn array(schema: &Value) -> Spelled {
    let items = schema.get("items").map_or_else(unknown, spelled);
    let mut zod = format!("z.array({})", items.zod);
    for (key, method) in [("minItems", "min"), ("maxItems", "max")] {
        if let Some(bound) = schema.get(key).and_then(Value::as_u64) {
            zod = format!("{zod}.{method}({bound})");
        }
    }
    both(&format!("Array<{}>", items.ty), zod)
}

fn object(schema: &Value) -> Spelled {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
        let values = spelled(values);
        let zod = format!("z.record(z.string(), {})", values.zod);
        return both(&format!("Record<string, {}>", values.ty), zod);
    }
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|list| list.iter().any(|one| one == name));
    let mut types = Vec::new();
    let mut schemas = Vec::new();
    for (name, property) in properties {
        let value = spelled(property);
        let key = literal(name);
        if is_required(name) {
            types.push(format!("{key}: {}", value.ty));
            schemas.push(format!("{key}: {}", value.zod));
        } else {
            types.push(format!("{key}?: {} | undefined", value.ty));
            schemas.push(format!("{key}: {}.optional()", value.zod));
        }
    }
    if types.is_empty() {
        return both("Record<string, never>", "z.strictObject({})".to_owned());
    }
    both(
        &format!("{{ {} }}", types.join("; ")),
        format!("z.strictObject({{ {} }})", schemas.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Names, spelled};
    use crate::typescript::NoClient;

    fn check(schema: &Value, ty: &str, zod: &str) {
        let found = spelled(schema);
        assert_eq!((found.ty.as_str(), found.zod.as_str()), (ty, zod));
    }

    #[test]
    fn schemas_are_spelled_in_both_forms() {
        check(
            &json!({"type": "string", "minLength": 1, "maxLength": 5}),
            "string",
            "text(z.string(), 1, 5)",
        );
        check(
            &json!({"type": ["integer", "null"], "minimum": 0, "maximum": 255}),
            "number | null",
            "z.union([z.int().gte(0).lte(255), z.null()])",
        );
        check(
            &json!({"enum": ["a", "b\"\u{2028}"]}),
            r#""a" | "b\"\u2028""#,
            r#"z.enum(["a", "b\"\u2028"])"#,
        );
        check(
            &json!({"type": "array", "items": {"$ref": "#/$defs/Note"}, "maxItems": 3}),
            "Array<Note>",
            "z.array(NoteSchema).max(3)",
        );
        check(
            &json!({"type": "object", "properties": {"a": {"type": "boolean"}, "b": {}}, "required": ["a"]}),
            r#"{ "a": boolean; "b"?: unknown | undefined }"#,
            r#"z.strictObject({ "a": z.boolean(), "b": z.unknown().optional() })"#,
        );
        check(&json!({"type": "martian"}), "unknown", "z.unknown()");
        check(
            &json!({"type": "string", "pattern": "^a\\d\"$"}),
            "string",
            r#"z.string().regex(new RegExp("^a\\d\"$", "u"))"#,
        );
    }

    #[test]
    fn one_name_is_one_type() {
        let schema = |kind: &str| json!({"title": "Note", "properties": {"a": {"type": kind}}, "type": "object"});
        let mut names = Names::default();
        assert_eq!(names.add(&schema("string"), "X").unwrap().ty, "Note");
        assert!(names.add(&schema("string"), "X").is_ok());
        assert_eq!(
            names.add(&schema("number"), "X"),
            Err(NoClient::Ambiguous("Note".to_owned()))
        );
    }
}

//! From a shape to a JSON Schema (2020-12).
//!
//! INVARIANT: the schema is never stricter than the shape, for every validator that knows the standard keywords. What
//! JSON Schema has no word for is said in keywords that begin with `x-portcullis-`; a validator that does not know
//! them accepts more, not less. `docs/schemas.md` describes them.

use portcullis_model::Json;
use portcullis_source::ir::Text;

use super::accept::{self, Definitions};
use super::shape::{Definition, Kind, Literal, NumberChecks, ObjectShape, Others, Shape, Shared, TextChecks};

/// How many shapes one schema may be made of; what is beyond is left open.
const SIZE_LIMIT: u32 = 20_000;

/// How deep they may nest.
const DEPTH_LIMIT: u32 = 100;

/// The keyword of notes.
pub(crate) const APPROXIMATE: &str = "x-portcullis-approximate";

/// The note of a field that may be missing, or not.
const MISSING: &str = "may be missing";

/// Writes a shape as a schema of its own.
pub(crate) fn schema(shape: &Shape, definitions: &Definitions) -> Json {
    let mut emitter = Emitter {
        definitions,
        names: Vec::new(),
        written: Vec::new(),
        size: 0,
        depth: 0,
    };
    let mut fields = emitter.shape(shape, false);
    if !emitter.written.is_empty() {
        fields.push(("$defs".to_owned(), Json::Object(emitter.written)));
    }
    Json::Object(fields)
}

type Fields = Vec<(String, Json)>;

struct Emitter<'scan> {
    definitions: &'scan Definitions,
    names: Vec<(Definition, String)>,
    written: Fields,
    size: u32,
    depth: u32,
}

impl Emitter<'_> {
    /// `is_merged`: beside another shape in an intersection, where unknown keys are not refused: which of the two knows
    /// a key differs between versions of Zod.
    fn shape(&mut self, shape: &Shape, is_merged: bool) -> Fields {
        self.size += 1;
        if self.size > SIZE_LIMIT || self.depth > DEPTH_LIMIT {
            return vec![notes(&[Text::from("too large")])];
        }
        self.depth += 1;
        let mut fields = self.kind(shape, is_merged);
        self.depth -= 1;
        if !shape.notes.is_empty() {
            add_notes(&mut fields, &shape.notes);
        }
        fields
    }

    fn schema(&mut self, shape: &Shape) -> Json {
        Json::Object(self.shape(shape, false))
    }

    fn kind(&mut self, shape: &Shape, is_merged: bool) -> Fields {
        match &shape.kind {
            Kind::Anything(_) => Vec::new(),
            Kind::Never => never(),
            Kind::Null => typed("null"),
            Kind::Native("undefined") => with_undefined(never()),
            Kind::Native(name) => vec![("x-portcullis-type".to_owned(), Json::text(*name))],
            Kind::Boolean => typed("boolean"),
            Kind::Text(checks) => text(checks),
            Kind::Number(checks) => number(checks),
            Kind::Literal(values) => literal(values),
            Kind::Object(object) => self.object(object, is_merged),
            Kind::Array { element, min, max } => {
                let mut fields = typed("array");
                let element = self.schema(element);
                if element != Json::Object(Vec::new()) {
                    fields.push(("items".to_owned(), element));
                }
                push_count(&mut fields, "minItems", min.filter(|min| *min > 0));
                push_count(&mut fields, "maxItems", *max);
                fields
            }
            Kind::Tuple { items, rest } => self.tuple(items, rest.as_ref()),
            Kind::Record { key, value } => {
                let mut fields = typed("object");
                let value = self.schema(value);
                if value != Json::Object(Vec::new()) {
                    fields.push(("additionalProperties".to_owned(), value));
                }
                if let Some(key) = key {
                    let key = self.schema(key);
                    if key != Json::Object(typed("string")) {
                        fields.push(("propertyNames".to_owned(), key));
                    }
                }
                fields
            }
            Kind::Union(options) => self.union(options, is_merged),
            Kind::Intersection(left, right) => {
                let both = [self.shape(left, true), self.shape(right, true)];
                let both = both.into_iter().map(Json::Object).collect();
                vec![("allOf".to_owned(), Json::Array(both))]
            }
            Kind::Optional { inner, .. } => with_undefined(self.shape(inner, is_merged)),
            Kind::Nullable(inner) => nullable(self.shape(inner, is_merged)),
            Kind::Reference(definition) => self.reference(*definition),
        }
    }

    fn object(&mut self, object: &ObjectShape, is_merged: bool) -> Fields {
        let mut fields = typed("object");
        let mut properties = Vec::new();
        let mut required = Vec::new();
        for (name, shape) in &object.fields {
            // A missing field and one that is `undefined` are the same here, so the keyword for it says nothing.
            let mut property = self.shape(shape, false);
            property.retain(|(keyword, _)| keyword != "x-portcullis-optional");
            if !accept::undefined(shape, self.definitions) {
                required.push(Json::text(&**name));
            } else if !matches!(shape.kind, Kind::Optional { .. }) {
                // A field of a schema that takes `undefined` and does not call itself optional: versions disagree.
                add_notes(&mut property, &[Text::from(MISSING)]);
            }
            properties.push((name.to_string(), Json::Object(property)));
        }
        if !properties.is_empty() {
            fields.push(("properties".to_owned(), Json::Object(properties)));
        }
        if !required.is_empty() {
            fields.push(("required".to_owned(), Json::Array(required)));
        }
        match &object.others {
            Others::Refused if !is_merged => {
                fields.push(("additionalProperties".to_owned(), Json::Boolean(false)));
            }
            Others::Refused => add_notes(&mut fields, &[Text::from("strict in an intersection")]),
            Others::Checked(shape) if !is_merged => {
                let others = self.schema(shape);
                if others != Json::Object(Vec::new()) {
                    fields.push(("additionalProperties".to_owned(), others));
                }
            }
            Others::Checked(_) => add_notes(&mut fields, &[Text::from("catchall in an intersection")]),
            Others::Stripped | Others::Kept(_) => {}
        }
        fields
    }

    fn tuple(&mut self, items: &[Shared], rest: Option<&Shared>) -> Fields {
        let mut fields = typed("array");
        let needed = items
            .iter()
            .rposition(|item| !accept::undefined(item, self.definitions))
            .map_or(0, |position| position + 1);
        let schemas: Vec<Json> = items.iter().map(|item| self.schema(item)).collect();
        if !schemas.is_empty() {
            fields.push(("prefixItems".to_owned(), Json::Array(schemas)));
        }
        push_count(
            &mut fields,
            "minItems",
            u64::try_from(needed).ok().filter(|needed| *needed > 0),
        );
        if needed < items.len() {
            add_notes(&mut fields, &[Text::from(MISSING)]);
        }
        if let Some(rest) = rest {
            let rest = self.schema(rest);
            fields.push(("items".to_owned(), rest));
        } else {
            push_count(&mut fields, "maxItems", u64::try_from(items.len()).ok());
        }
        fields
    }

    fn union(&mut self, options: &[Shared], is_merged: bool) -> Fields {
        let mut schemas: Vec<Json> = Vec::new();
        let mut accepts_undefined = false;
        for option in options {
            let mut fields = self.shape(option, is_merged);
            accepts_undefined |= accept::undefined(option, self.definitions);
            fields.retain(|(keyword, _)| keyword != "x-portcullis-optional");
            let schema = Json::Object(fields);
            if schema != Json::Object(never()) && !schemas.contains(&schema) {
                schemas.push(schema);
            }
        }
        let fields = match schemas.len() {
            0 => never(),
            1 => match schemas.pop() {
                Some(Json::Object(fields)) => fields,
                _ => Vec::new(),
            },
            _ if schemas.contains(&Json::Object(Vec::new())) => Vec::new(),
            _ => vec![("anyOf".to_owned(), Json::Array(schemas))],
        };
        if accepts_undefined {
            with_undefined(fields)
        } else {
            fields
        }
    }

    fn reference(&mut self, definition: Definition) -> Fields {
        let Some((name, shape)) = self.definitions.get(&definition) else {
            return vec![notes(&[Text::from("not read: a recursive schema")])];
        };
        let known = self.names.iter().find(|(own, _)| *own == definition);
        let name = if let Some((_, name)) = known {
            name.clone()
        } else {
            let taken = |candidate: &str| self.names.iter().any(|(_, name)| name == candidate);
            let mut candidate = name.to_string();
            let mut number = 2;
            while taken(&candidate) {
                candidate = format!("{name}{number}");
                number += 1;
            }
            self.names.push((definition, candidate.clone()));
            let shape = Shared::clone(shape);
            let schema = self.schema(&shape);
            self.written.push((candidate.clone(), schema));
            candidate
        };
        vec![("$ref".to_owned(), Json::text(format!("#/$defs/{name}")))]
    }
}

fn typed(name: &str) -> Fields {
    vec![("type".to_owned(), Json::text(name))]
}

fn never() -> Fields {
    vec![("not".to_owned(), Json::Object(Vec::new()))]
}

fn with_undefined(mut fields: Fields) -> Fields {
    if !fields.is_empty() && !fields.iter().any(|(keyword, _)| keyword == "x-portcullis-optional") {
        fields.push(("x-portcullis-optional".to_owned(), Json::Boolean(true)));
    }
    fields
}

fn notes(notes: &[Text]) -> (String, Json) {
    let notes = notes.iter().map(|note| Json::text(&**note)).collect();
    (APPROXIMATE.to_owned(), Json::Array(notes))
}

fn add_notes(fields: &mut Fields, more: &[Text]) {
    let present = fields.iter_mut().find(|(keyword, _)| keyword == APPROXIMATE);
    let Some((_, Json::Array(present))) = present else {
        fields.push(notes(more));
        return;
    };
    for note in more.iter().map(|note| Json::text(&**note)) {
        if !present.contains(&note) {
            present.push(note);
        }
    }
}

fn push_count(fields: &mut Fields, keyword: &str, count: Option<u64>) {
    if let Some(count) = count {
        fields.push((keyword.to_owned(), Json::count(count)));
    }
}

/// Also `null`: beside the type where that says the same, as an alternative elsewhere.
fn nullable(mut fields: Fields) -> Fields {
    if fields
        .iter()
        .all(|(keyword, _)| keyword.starts_with("x-") && keyword != "x-portcullis-type")
    {
        return fields;
    }
    let is_value = |keyword: &str| matches!(keyword, "const" | "enum" | "anyOf" | "allOf" | "not" | "$ref");
    let has_values = fields.iter().any(|(keyword, _)| is_value(keyword));
    if let Some((_, own)) = fields.iter_mut().find(|(keyword, _)| keyword == "type")
        && !has_values
    {
        if let Json::String(name) = own
            && name != "null"
        {
            *own = Json::Array(vec![Json::text(name.as_str()), Json::text("null")]);
        }
        return fields;
    }
    let is_optional = fields.iter().any(|(keyword, _)| keyword == "x-portcullis-optional");
    fields.retain(|(keyword, _)| keyword != "x-portcullis-optional");
    let both = vec![Json::Object(fields), Json::Object(typed("null"))];
    let fields = vec![("anyOf".to_owned(), Json::Array(both))];
    if is_optional { with_undefined(fields) } else { fields }
}

/// Zod counts UTF-16 units, its latest versions code points, as JSON Schema does. A string of `n` units has `n / 2` to
/// `n` code points, so half the lower limit and the whole upper one hold for all of them.
fn text(checks: &TextChecks) -> Fields {
    let mut fields = if checks.coerced { Vec::new() } else { typed("string") };
    push_count(
        &mut fields,
        "minLength",
        checks.min.map(|min| min.div_ceil(2)).filter(|min| *min > 0),
    );
    push_count(&mut fields, "maxLength", checks.max);
    push_count(
        &mut fields,
        "x-portcullis-min-length",
        checks.min.filter(|min| *min > 1),
    );
    if let [first, rest @ ..] = checks.patterns.as_slice() {
        fields.push(("pattern".to_owned(), Json::text(first.as_str())));
        if !rest.is_empty() {
            let more = rest
                .iter()
                .map(|pattern| Json::Object(vec![("pattern".to_owned(), Json::text(pattern.as_str()))]))
                .collect();
            fields.push(("allOf".to_owned(), Json::Array(more)));
        }
    }
    if let Some(format) = &checks.format {
        // Not `format`: what a validator means by it can be stricter than what Zod means.
        fields.push(("x-portcullis-format".to_owned(), Json::text(&**format)));
    }
    fields
}

/// The limits speak of numbers alone, so they stand without a type where others are turned into numbers.
fn number(checks: &NumberChecks) -> Fields {
    let mut fields = match (checks.coerced, checks.integer) {
        (true, _) => Vec::new(),
        (false, true) => typed("integer"),
        (false, false) => typed("number"),
    };
    let mut limit = |keyword: &str, value: Option<f64>| {
        if let Some(value) = value.and_then(Json::number) {
            fields.push((keyword.to_owned(), value));
        }
    };
    limit("minimum", checks.min);
    limit("exclusiveMinimum", checks.above);
    limit("maximum", checks.max);
    limit("exclusiveMaximum", checks.below);
    if checks.coerced && checks.integer {
        let others = vec![("not".to_owned(), Json::Object(typed("number")))];
        let either = vec![Json::Object(typed("integer")), Json::Object(others)];
        fields.push(("anyOf".to_owned(), Json::Array(either)));
    }
    if let Some(step) = checks.exact_step()
        && let Some(step) = Json::number(step)
    {
        fields.push(("multipleOf".to_owned(), step));
    }
    fields
}

fn literal(values: &[Literal]) -> Fields {
    let mut written: Vec<Json> = Vec::new();
    let mut fields = Vec::new();
    for value in values {
        let json = match value {
            Literal::Undefined => None,
            Literal::Null => Some(Json::Null),
            Literal::Boolean(boolean) => Some(Json::Boolean(*boolean)),
            Literal::Number(number) => Json::number(*number),
            Literal::Text(text) => Some(Json::text(&**text)),
            Literal::BigInt if values.iter().all(|value| *value == Literal::BigInt) => {
                return vec![("x-portcullis-type".to_owned(), Json::text("bigint"))];
            }
            Literal::BigInt => return Vec::new(),
        };
        if let Some(json) = json
            && !written.contains(&json)
        {
            written.push(json);
        }
    }
    match written.len() {
        0 => fields.extend(never()),
        1 => fields.extend(written.pop().map(|value| ("const".to_owned(), value))),
        _ => fields.push(("enum".to_owned(), Json::Array(written))),
    }
    if values.contains(&Literal::Undefined) {
        with_undefined(fields)
    } else {
        fields
    }
}

//! `zod-form-data`: schemas of forms. A form's entries are texts and files, and the library turns them into values
//! before it checks them; the shape is about the entries.

use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::meaning::Meaning;
use super::shape::{Kind, Literal, ObjectShape, Others, Shape, Shared};
use super::zod;

/// A call of a function of the library.
pub(crate) fn call(path: &[Text], arguments: &[Meaning], place: Place) -> Meaning {
    let [name] = path else { return Meaning::Unknown };
    let given = arguments.first().and_then(Meaning::schema);
    let shape = match &**name {
        "formData" => form(arguments.first(), place),
        "text" => {
            let inner = given
                .cloned()
                .unwrap_or_else(|| Shape::new(place, Kind::Text(super::shape::TextChecks::default())));
            emptied(&inner, place)
        }
        // A number in a text, or whatever the schema makes of another text.
        "numeric" => {
            let may_miss = given.is_some_and(|inner| matches!(inner.kind, Kind::Optional { .. }));
            zod::made(
                place,
                may_miss || given.is_some_and(|inner| !matches!(inner.kind, Kind::Number(_))),
            )
            .noted("preprocess")
        }
        "checkbox" => checkbox(arguments.first(), place),
        "file" => file(given, place),
        "repeatable" | "repeatableOfType" | "json" => zod::made(place, true).noted("preprocess"),
        _ => return Meaning::Unknown,
    };
    Meaning::Schema(shape)
}

/// The empty text counts as missing.
fn emptied(inner: &Shared, place: Place) -> Shared {
    if !matches!(inner.kind, Kind::Optional { .. }) {
        // It refuses what is missing, unless a part of it accepts that; the schema itself says so.
        return match &inner.kind {
            Kind::Text(_) => Shared::clone(inner),
            _ => Shape::new(
                place,
                Kind::Union(vec![
                    Shape::new(place, Kind::Literal(vec![Literal::Text(Text::from(""))])),
                    Shared::clone(inner),
                ]),
            )
            .noted("preprocess"),
        };
    }
    let empty = Shape::new(place, Kind::Literal(vec![Literal::Text(Text::from(""))]));
    Shape::new(place, Kind::Union(vec![empty, Shared::clone(inner)])).noted("preprocess")
}

fn checkbox(options: Option<&Meaning>, place: Place) -> Shared {
    let value = match options {
        None => Some(Text::from("on")),
        Some(options) => options.field("trueValue").and_then(Meaning::text).cloned(),
    };
    let Some(value) = value else {
        return zod::made(place, true).noted("preprocess");
    };
    let on = Shape::new(place, Kind::Literal(vec![Literal::Text(value)]));
    let either = vec![on, Shape::new(place, Kind::Boolean)];
    Shape::new(place, Kind::Union(either))
        .optional(true)
        .noted("preprocess")
}

fn file(given: Option<&Shared>, place: Place) -> Shared {
    let file = Shape::new(place, Kind::Native("file"));
    match given {
        None => file,
        Some(_) => zod::made(place, true).noted("preprocess"),
    }
}

/// The entries of a form. Names with a path (`a.b`, `a[0]`) become nested values, so that a field which is not made by
/// this library says nothing about the entry of its name.
fn form(argument: Option<&Meaning>, place: Place) -> Shared {
    let object = match argument {
        Some(Meaning::Schema(shape)) => match &shape.kind {
            Kind::Object(object) => Some(object.clone()),
            _ => None,
        },
        Some(Meaning::Object(_)) => match &zod::object_of(argument, Others::Stripped, place).kind {
            Kind::Object(object) => Some(object.clone()),
            _ => None,
        },
        _ => None,
    };
    let Some(object) = object else {
        return zod::made(place, true).noted("preprocess");
    };
    let fields = object
        .fields
        .iter()
        .map(|(name, field)| {
            let field = if is_entry(field, 0) {
                Shared::clone(field)
            } else {
                zod::made(place, true).noted("preprocess")
            };
            (Text::clone(name), field)
        })
        .collect();
    Shape::new(
        place,
        Kind::Object(ObjectShape {
            fields,
            others: Others::Stripped,
        }),
    )
    .noted(FORM)
}

/// The note of a shape that is about the entries of a form.
const FORM: &str = "form entries";

/// Whether a shape is about the entries of a form.
pub(crate) fn is_form(shape: &Shape) -> bool {
    shape.notes.iter().any(|note| &**note == FORM)
}

/// What a schema of values says about the entries of a form, where a library turns one into the other before it checks:
/// texts and files are themselves, the rest can come out of anything.
pub(crate) fn entries(shape: &Shared) -> Shared {
    let Kind::Object(object) = &shape.kind else {
        return zod::made(shape.place, true).noted("preprocess");
    };
    let fields = object.fields.iter().map(|(name, field)| {
        let is_plain = matches!(&field.kind, Kind::Text(_) | Kind::Native("file"));
        let field = if is_plain {
            Shared::clone(field)
        } else {
            zod::made(field.place, true).noted("preprocess")
        };
        (Text::clone(name), field)
    });
    let object = ObjectShape {
        fields: fields.collect(),
        others: Others::Stripped,
    };
    shape.with(Kind::Object(object)).noted(FORM)
}

/// Whether a shape is about one entry: a text, a file, or what stands for them.
fn is_entry(shape: &Shape, depth: u32) -> bool {
    const DEPTH_LIMIT: u32 = 8;
    match &shape.kind {
        Kind::Text(_) | Kind::Literal(_) | Kind::Boolean | Kind::Native("file") | Kind::Anything(_) => true,
        _ if depth > DEPTH_LIMIT => false,
        Kind::Optional { inner, .. } | Kind::Nullable(inner) => is_entry(inner, depth + 1),
        Kind::Union(options) => options.iter().all(|option| is_entry(option, depth + 1)),
        _ => false,
    }
}

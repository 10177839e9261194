//! What is made out of an object schema: `extend`, `pick`, `partial` and their kin.

use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::meaning::Meaning;
use super::shape::{Anything, Kind, Literal, ObjectShape, Others, Shape, Shared};
use super::zod;

/// How deep `deepPartial` goes.
const DEPTH_LIMIT: u32 = 60;

/// How many shapes it changes: shapes that are shared count each time that they are met.
const SIZE_LIMIT: u32 = 20_000;

/// The methods that only objects have; none if it is not one of them.
pub(crate) fn method(
    shape: &Shared,
    object: &ObjectShape,
    name: &str,
    arguments: &[Meaning],
    place: Place,
) -> Option<Shared> {
    let changed = |object: ObjectShape| shape.with(Kind::Object(object));
    let others = |others: Others| {
        changed(ObjectShape {
            fields: object.fields.clone(),
            others,
        })
    };
    Some(match name {
        "extend" | "augment" | "safeExtend" | "setKey" => extend(shape, object, arguments.first(), place),
        "merge" => match arguments.first() {
            Some(Meaning::Schema(other)) => merge(shape, object, other),
            _ => open_all(shape, object, "not read: merge"),
        },
        "pick" | "omit" => select(shape, object, arguments.first(), name == "pick"),
        "partial" | "exactPartial" => masked(shape, object, arguments.first(), |field| match &field.kind {
            Kind::Optional { .. } => Shared::clone(field),
            _ => field.optional(false),
        }),
        "required" => masked(shape, object, arguments.first(), required),
        "deepPartial" => deep_partial(shape, 0, &mut 0),
        "strict" | "strip" | "passthrough" | "loose" | "nonstrict" => {
            // What `catchall` said before may win over `strict`, depending on the version.
            if matches!(object.others, Others::Checked(_)) {
                return Some(others(Others::Stripped).noted("catchall"));
            }
            let wanted = match name {
                "strict" if !is_strictness_of_unread(shape) => Others::Refused,
                "passthrough" | "loose" | "nonstrict" => Others::Kept(place),
                _ => Others::Stripped,
            };
            others(wanted)
        }
        "catchall" => {
            let of = arguments
                .first()
                .map_or_else(|| Shape::unread(place, "catchall"), |of| of.schema_or_open(place));
            match of.kind {
                Kind::Anything(Anything::Any | Anything::Unknown) => others(Others::Kept(place)),
                Kind::Never => others(Others::Refused),
                _ => others(Others::Checked(of)),
            }
        }
        "keyof" => {
            let keys = object
                .fields
                .iter()
                .map(|(name, _)| Literal::Text(Text::clone(name)))
                .collect();
            if is_strictness_of_unread(shape) {
                Shape::unread(place, "keyof")
            } else {
                Shape::new(place, Kind::Literal(keys))
            }
        }
        _ => return None,
    })
}

/// Unknown keys are not refused where fields may be missing from the list.
pub(crate) fn open(others: Others) -> Others {
    match others {
        Others::Refused | Others::Checked(_) => Others::Stripped,
        others => others,
    }
}

/// Whether the list of fields has holes, so that `strict` would refuse what the application knows.
fn is_strictness_of_unread(shape: &Shape) -> bool {
    shape.notes.iter().any(|note| note.starts_with("not read"))
}

fn extend(shape: &Shared, object: &ObjectShape, argument: Option<&Meaning>, place: Place) -> Shared {
    let Some((fields, is_open)) = zod::fields(argument, place) else {
        // It may replace any field.
        return open_all(shape, object, "not read: extend");
    };
    let mut merged = object.clone();
    for (name, field) in fields {
        set(&mut merged.fields, name, field);
    }
    if is_open {
        merged.others = open(merged.others);
        return shape.with(Kind::Object(merged)).noted("not read: more fields");
    }
    shape.with(Kind::Object(merged))
}

fn merge(shape: &Shared, object: &ObjectShape, other: &Shared) -> Shared {
    let Kind::Object(second) = &other.kind else {
        return open_all(shape, object, "not read: merge");
    };
    let mut merged = object.clone();
    for (name, field) in &second.fields {
        set(&mut merged.fields, Text::clone(name), Shared::clone(field));
    }
    // The second one says what happens to other keys.
    merged.others = second.others.clone();
    let mut result = Shape {
        place: shape.place,
        kind: Kind::Object(merged),
        notes: shape.notes.clone(),
    };
    for note in &other.notes {
        result.note(note);
    }
    if is_strictness_of_unread(&result)
        && let Kind::Object(object) = &mut result.kind
    {
        object.others = open(std::mem::take(&mut object.others));
    }
    Shared::new(result)
}

fn set(fields: &mut Vec<(Text, Shared)>, name: Text, field: Shared) {
    match fields.iter_mut().find(|(own, _)| *own == name) {
        Some((_, own)) => *own = field,
        None => fields.push((name, field)),
    }
}

/// Every field may be anything, because something unknown was done to them.
fn open_all(shape: &Shared, object: &ObjectShape, note: &str) -> Shared {
    let opened = ObjectShape {
        fields: Vec::new(),
        others: open(object.others.clone()),
    };
    shape.with(Kind::Object(opened)).noted(note)
}

/// The names in `{ a: true, b: true }`; none if that is not known.
fn mask(argument: &Meaning) -> Option<Vec<Text>> {
    let Meaning::Object(object) = argument else { return None };
    if object.is_open || object.spreads.is_some() {
        return None;
    }
    let mut names = Vec::new();
    for (name, value) in &object.fields {
        match value {
            Meaning::Constant(Literal::Boolean(true)) => names.push(Text::clone(name)),
            Meaning::Constant(_) => {}
            _ => return None,
        }
    }
    Some(names)
}

fn select(shape: &Shared, object: &ObjectShape, argument: Option<&Meaning>, picks: bool) -> Shared {
    let Some(names) = argument.and_then(mask) else {
        let note = if picks { "not read: pick" } else { "not read: omit" };
        return open_all(shape, object, note);
    };
    let fields = object
        .fields
        .iter()
        .filter(|(name, _)| names.contains(name) == picks)
        .cloned()
        .collect();
    shape.with(Kind::Object(ObjectShape {
        fields,
        others: object.others.clone(),
    }))
}

fn masked(
    shape: &Shared,
    object: &ObjectShape,
    argument: Option<&Meaning>,
    change: impl Fn(&Shared) -> Shared,
) -> Shared {
    let names = match argument {
        // A message or nothing: all fields.
        None | Some(Meaning::Constant(_)) => None,
        Some(argument) => match mask(argument) {
            Some(names) => Some(names),
            None => return open_all(shape, object, "not read: which fields"),
        },
    };
    let fields = object
        .fields
        .iter()
        .map(|(name, field)| {
            let is_meant = names.as_ref().is_none_or(|names| names.contains(name));
            let field = if is_meant { change(field) } else { Shared::clone(field) };
            (Text::clone(name), field)
        })
        .collect();
    shape.with(Kind::Object(ObjectShape {
        fields,
        others: object.others.clone(),
    }))
}

/// Without `undefined`; a default stays, since it puts a value in its place.
fn required(field: &Shared) -> Shared {
    match &field.kind {
        Kind::Optional {
            inner,
            is_default: false,
        } => required(inner),
        _ => Shared::clone(field),
    }
}

fn deep_partial(shape: &Shared, depth: u32, size: &mut u32) -> Shared {
    *size += 1;
    if depth > DEPTH_LIMIT || *size > SIZE_LIMIT {
        return Shape::unread(shape.place, "deepPartial");
    }
    let mut inner = |shape: &Shared| deep_partial(shape, depth + 1, size);
    match &shape.kind {
        Kind::Object(object) => {
            let fields = object
                .fields
                .iter()
                .map(|(name, field)| (Text::clone(name), inner(field).optional(false)))
                .collect();
            shape.with(Kind::Object(ObjectShape {
                fields,
                others: Others::Stripped,
            }))
        }
        Kind::Array { element, min, max } => shape.with(Kind::Array {
            element: inner(element),
            min: *min,
            max: *max,
        }),
        Kind::Optional {
            inner: field,
            is_default,
        } => shape.with(Kind::Optional {
            inner: inner(field),
            is_default: *is_default,
        }),
        Kind::Nullable(field) => shape.with(Kind::Nullable(inner(field))),
        Kind::Tuple { items, rest } => shape.with(Kind::Tuple {
            items: items.iter().map(&mut inner).collect(),
            rest: rest.clone(),
        }),
        Kind::Reference(_) => Shape::unread(shape.place, "deepPartial of a recursive schema"),
        _ => Shared::clone(shape),
    }
}

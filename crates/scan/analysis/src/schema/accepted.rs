//! What a schema says about the parameters, when it is applied to one of them, to a part of one, or to an object that is
//! put together from several.

use std::collections::BTreeMap;

use portcullis_source::ir::Text;

use super::accept::{self, Definitions};
use super::meaning::{Input, Meaning, ObjectMeaning, Part};
use super::shape::{Anything, Kind, ObjectShape, Others, Shape, Shared};

/// What an endpoint accepts for a parameter.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    pub(crate) shape: Shared,
    pub(crate) source: Source,
}

/// What the shape is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The value itself.
    Value,
    /// The entries of a form; of several with one name the first counts.
    FirstEntries,
    /// The same, and the last counts.
    LastEntries,
}

/// What a schema that is applied to this value says about the parameters.
pub(crate) fn accepted(value: &Meaning, shape: &Shared, definitions: &Definitions) -> Option<Vec<(usize, Accepted)>> {
    match value {
        Meaning::Input(input) => Some(vec![part(input, shape, definitions)?]),
        Meaning::Object(object) => assembled(object, shape, definitions),
        _ => None,
    }
}

fn part(input: &Input, shape: &Shared, definitions: &Definitions) -> Option<(usize, Accepted)> {
    let (shape, source) = match &input.part {
        Part::Whole => (Shared::clone(shape), Source::Value),
        Part::Entries => (Shared::clone(shape), Source::LastEntries),
        Part::Field(name) => (holding(name, shape, false, definitions), Source::Value),
        Part::Entry(name) => (holding(name, shape, true, definitions), Source::FirstEntries),
        Part::Rest | Part::Computed => return None,
    };
    Some((input.parameter, Accepted { shape, source }))
}

/// An object of which one field is known. A form gives `null` for what is missing.
fn holding(name: &Text, field: &Shared, is_entry: bool, definitions: &Definitions) -> Shared {
    let may_miss = is_entry && accept::null(field, definitions);
    let field = if may_miss {
        field.optional(true)
    } else {
        Shared::clone(field)
    };
    let place = field.place;
    let needs = !accept::undefined(&field, definitions);
    // What has no such field need not be an object: `undefined` is read from a number too.
    if (!needs && !is_entry) || &**name == "length" {
        return Shape::new(place, Kind::Anything(Anything::Made { undefined: false }));
    }
    Shape::new(
        place,
        Kind::Object(ObjectShape {
            fields: vec![(Text::clone(name), field)],
            others: Others::Stripped,
        }),
    )
}

/// `schema.parse({ id, name: formData.get('name'), ...input })`
fn assembled(object: &ObjectMeaning, shape: &Shared, definitions: &Definitions) -> Option<Vec<(usize, Accepted)>> {
    let Kind::Object(expected) = &shape.kind else {
        return None;
    };
    let mut all: BTreeMap<usize, Accepted> = BTreeMap::new();
    if let Some(input) = &object.spreads {
        let mut expected = expected.clone();
        for (name, _) in &object.fields {
            let open = Shape::new(shape.place, Kind::Anything(Anything::Made { undefined: true }));
            expected.fields.retain(|(own, _)| own != name);
            expected.fields.push((Text::clone(name), open));
        }
        if object.is_open {
            expected.fields.clear();
            expected.others = Others::Stripped;
        }
        // Anything can be spread, even nothing: only where a field has to be there it is an object.
        if expected
            .fields
            .iter()
            .all(|(_, field)| accept::undefined(field, definitions))
        {
            return None;
        }
        let (parameter, accepted) = part(input, &shape.with(Kind::Object(expected)), definitions)?;
        all.insert(parameter, accepted);
    }
    for (name, value) in &object.fields {
        let Meaning::Input(input) = value else { continue };
        let Some((_, field)) = expected.fields.iter().find(|(own, _)| own == name) else {
            continue;
        };
        let Some((parameter, accepted)) = part(input, field, definitions) else {
            continue;
        };
        match all.get_mut(&parameter) {
            None => {
                all.insert(parameter, accepted);
            }
            Some(own) => {
                if let Some(both) = both(own, &accepted) {
                    *own = both;
                }
            }
        }
    }
    Some(all.into_iter().collect())
}

/// Two things that are known of one parameter: fields of one object, or the first alone.
fn both(first: &Accepted, second: &Accepted) -> Option<Accepted> {
    let (Kind::Object(own), Kind::Object(more)) = (&first.shape.kind, &second.shape.kind) else {
        let first_is_open = matches!(first.shape.kind, Kind::Anything(_));
        return first_is_open.then(|| second.clone());
    };
    if first.source != second.source {
        return None;
    }
    let mut merged = own.clone();
    for (name, field) in &more.fields {
        if !merged.fields.iter().any(|(known, _)| known == name) {
            merged.fields.push((Text::clone(name), Shared::clone(field)));
        }
    }
    Some(Accepted {
        shape: first.shape.with(Kind::Object(merged)),
        source: first.source,
    })
}

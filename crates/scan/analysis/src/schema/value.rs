//! Members of values: of schemas, of objects and arrays of constants, of what a caller sends.

use std::sync::Arc;

use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::language;
use super::meaning::{Input, Library, Meaning, ObjectMeaning, Part};
use super::shape::{Kind, Literal, Shape, Shared};

/// A member of a value.
pub(crate) fn member(object: &Meaning, name: &Text, place: Place) -> Meaning {
    let method = || Meaning::Method(Arc::new(object.clone()), Text::clone(name));
    match object {
        Meaning::Library(Library::Language, path) => {
            let path: Vec<Text> = path.iter().chain([name]).cloned().collect();
            language::constant(&path).unwrap_or_else(|| Meaning::Library(Library::Language, path.into()))
        }
        // `z.z` and `z.default` are the library again.
        Meaning::Library(library, path) if path.is_empty() => library.export(Some(name)),
        Meaning::Library(library, path) => Meaning::Library(
            *library,
            path.iter().chain([name]).cloned().collect::<Vec<Text>>().into(),
        ),
        Meaning::Object(fields) => object.field(name).cloned().unwrap_or_else(|| {
            if fields.spreads.is_some() || fields.is_open {
                Meaning::Unknown
            } else {
                Meaning::Constant(Literal::Undefined)
            }
        }),
        Meaning::Array(items) => match (&**name, name.parse::<usize>()) {
            ("length", _) => u32::try_from(items.len()).map_or(Meaning::Unknown, |count| {
                Meaning::Constant(Literal::Number(f64::from(count)))
            }),
            (_, Ok(position)) => items.get(position).cloned().unwrap_or(Meaning::Unknown),
            _ => method(),
        },
        Meaning::Schema(shape) => schema_member(shape, name, place).unwrap_or_else(method),
        Meaning::Input(input) => input_member(input, name).map_or_else(method, Meaning::Input),
        Meaning::Table(columns) => columns
            .iter()
            .find(|(own, _)| own == name)
            .map_or_else(method, |(_, column)| Meaning::Column(column.clone())),
        Meaning::Unknown => Meaning::Unknown,
        Meaning::Constant(_)
        | Meaning::Regex(..)
        | Meaning::Function(_)
        | Meaning::Method(..)
        | Meaning::Builder(_)
        | Meaning::Action(_)
        | Meaning::Column(_)
        | Meaning::Module(_) => method(),
    }
}

/// What a schema tells about itself.
fn schema_member(shape: &Shared, name: &str, place: Place) -> Option<Meaning> {
    match (name, &shape.kind) {
        ("shape", Kind::Object(object)) => {
            let fields = object
                .fields
                .iter()
                .map(|(name, shape)| (Text::clone(name), Meaning::Schema(Shared::clone(shape))))
                .collect();
            Some(Meaning::Object(Arc::new(ObjectMeaning {
                fields,
                ..ObjectMeaning::default()
            })))
        }
        ("element", Kind::Array { element, .. }) => Some(Meaning::Schema(Shared::clone(element))),
        ("options", Kind::Union(options)) => {
            let options = options
                .iter()
                .map(|option| Meaning::Schema(Shared::clone(option)))
                .collect();
            Some(Meaning::Array(Arc::new(options)))
        }
        ("options" | "_def" | "def", Kind::Literal(values)) => {
            let values = values.iter().map(|value| Meaning::Constant(value.clone())).collect();
            (name == "options").then(|| Meaning::Array(Arc::new(values)))
        }
        ("value", Kind::Literal(values)) => match values.as_slice() {
            [value] => Some(Meaning::Constant(value.clone())),
            _ => None,
        },
        ("enum" | "Enum" | "Values", Kind::Literal(values)) => {
            // The keys are the values where the enum was made of a list of texts; otherwise they are not known.
            let fields = values.iter().map(|value| match value {
                Literal::Text(text) => Some((Text::clone(text), Meaning::Constant(value.clone()))),
                _ => None,
            });
            let fields = fields.collect::<Option<Vec<_>>>();
            Some(fields.map_or(Meaning::Unknown, |fields| {
                Meaning::Object(Arc::new(ObjectMeaning {
                    fields,
                    is_open: true,
                    ..ObjectMeaning::default()
                }))
            }))
        }
        ("shape" | "element" | "options" | "value" | "enum" | "Enum" | "Values", _) => {
            Some(Meaning::Schema(Shape::unread(place, "a part of a schema")))
        }
        _ => None,
    }
}

fn input_member(input: &Input, name: &Text) -> Option<Input> {
    let parameter = input.parameter;
    match &input.part {
        Part::Whole => Some(Input {
            parameter,
            part: Part::Field(Text::clone(name)),
        }),
        Part::Rest => name.parse::<usize>().ok().map(|position| Input {
            parameter: parameter.saturating_add(position),
            part: Part::Whole,
        }),
        Part::Computed => Some(input.clone()),
        Part::Field(_) | Part::Entries | Part::Entry(_) => None,
    }
}

/// `...rest` in a call, where `rest` is the rest of the endpoint's parameters: as many as matter.
pub(crate) fn spread_rest(rest: &Meaning) -> Vec<Meaning> {
    const COUNT: usize = 8;
    match rest {
        Meaning::Input(Input {
            parameter,
            part: Part::Rest,
        }) => (0..COUNT)
            .map(|position| {
                Meaning::Input(Input {
                    parameter: parameter.saturating_add(position),
                    part: Part::Whole,
                })
            })
            .collect(),
        _ => vec![Meaning::Unknown],
    }
}

/// What a rest parameter holds.
pub(crate) fn rest_of(values: &[Meaning]) -> Meaning {
    match values {
        [only @ Meaning::Input(Input { part: Part::Rest, .. })] => only.clone(),
        values => Meaning::Array(Arc::new(values.to_vec())),
    }
}

//! Calls of what is not a function of the project: of the libraries that the reader knows, and methods of their values.

use std::sync::Arc;

use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::meaning::{Input, Library, Meaning, Part};
use super::reader::Reader;
use super::shape::Literal;
use super::{builder, drizzle, form_data, language, method, zod};

/// What a call gives back.
pub(crate) fn call(reader: &mut Reader<'_, '_>, callee: &Meaning, arguments: &[Meaning], place: Place) -> Meaning {
    match callee {
        Meaning::Library(library, path) => of_library(reader, *library, path, arguments, place),
        Meaning::Method(receiver, name) => of_value(reader, receiver, name, arguments, place),
        Meaning::Builder(builder) => builder::called(builder, arguments, place),
        Meaning::Input(input) => form_entry(input, arguments),
        _ => Meaning::Unknown,
    }
}

fn of_library(
    reader: &mut Reader<'_, '_>,
    library: Library,
    path: &[Text],
    arguments: &[Meaning],
    place: Place,
) -> Meaning {
    match library {
        Library::Zod => zod::call(reader, path, arguments, place),
        Library::FormData => form_data::call(path, arguments, place),
        Library::DrizzleZod => drizzle::schema(reader, path, arguments, place),
        Library::Drizzle => drizzle::declare(path, arguments),
        Library::SafeAction | Library::Zsa => builder::create(library, path, arguments),
        Library::Language => match (path, arguments) {
            ([object, function], [Meaning::Input(input)])
                if &**object == "Object" && &**function == "fromEntries" && is_form(&input.part) =>
            {
                Meaning::Input(Input {
                    parameter: input.parameter,
                    part: Part::Entries,
                })
            }
            _ => language::call(path, arguments),
        },
    }
}

/// A whole parameter may be a form; so may what `entries()` of one gives.
fn is_form(part: &Part) -> bool {
    matches!(part, Part::Whole | Part::Entries)
}

/// `formData.get('name')`, `formData.entries()`; the callee is the field of that name.
fn form_entry(callee: &Input, arguments: &[Meaning]) -> Meaning {
    let Part::Field(method) = &callee.part else {
        return Meaning::Unknown;
    };
    let part = match (&**method, arguments) {
        ("get", [Meaning::Constant(Literal::Text(name))]) => Part::Entry(Text::clone(name)),
        ("entries", []) => Part::Entries,
        _ => return Meaning::Unknown,
    };
    Meaning::Input(Input {
        parameter: callee.parameter,
        part,
    })
}

fn of_value(
    reader: &mut Reader<'_, '_>,
    receiver: &Meaning,
    name: &str,
    arguments: &[Meaning],
    place: Place,
) -> Meaning {
    match receiver {
        Meaning::Schema(shape) => method::call(reader, shape, name, arguments, place),
        Meaning::Builder(builder) | Meaning::Action(builder) => {
            builder::method(reader, builder, name, arguments, place)
        }
        Meaning::Column(column) => Meaning::Column(column.with(name, arguments)),
        Meaning::Array(items) => match (name, arguments) {
            ("map", [Meaning::Function(closure)]) => {
                let mapped = items
                    .iter()
                    .map(|item| reader.invoke(closure, std::slice::from_ref(item)))
                    .collect();
                Meaning::Array(Arc::new(mapped))
            }
            ("concat", [Meaning::Array(more)]) => {
                Meaning::Array(Arc::new(items.iter().chain(more.iter()).cloned().collect()))
            }
            _ => Meaning::Unknown,
        },
        Meaning::Constant(Literal::Text(text)) if arguments.is_empty() => match name {
            "toLowerCase" => Meaning::Constant(Literal::Text(Text::from(text.to_lowercase()))),
            "toUpperCase" => Meaning::Constant(Literal::Text(Text::from(text.to_uppercase()))),
            "toString" | "valueOf" => receiver.clone(),
            _ => Meaning::Unknown,
        },
        _ => Meaning::Unknown,
    }
}

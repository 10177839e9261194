//! The functions of Zod that make a schema: `z.object`, `z.union`, and those that `zod/mini` has in place of methods.

use std::sync::Arc;

use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::meaning::{Library, Meaning};
use super::method;
use super::reader::Reader;
use super::shape::{Anything, Kind, Literal, NumberChecks, ObjectShape, Others, Shape, Shared, TextChecks};
use super::{format, object};

/// A call of a function of the library.
pub(crate) fn call(reader: &mut Reader<'_, '_>, path: &[Text], arguments: &[Meaning], place: Place) -> Meaning {
    let names: Vec<&str> = path.iter().map(|name| &**name).collect();
    let make = |kind| Meaning::Schema(Shape::new(place, kind));
    let first = || {
        arguments.first().map_or_else(
            || Shape::unread(place, "a missing argument"),
            |first| first.schema_or_open(place),
        )
    };
    let name = match names.as_slice() {
        ["coerce", name] => return Meaning::Schema(coerce(name, place)),
        ["iso", name] => return Meaning::Schema(format::schema(name, arguments, place)),
        // Checks of `zod/mini`, and functions that make no schema, keep their name for who looks at it.
        [name] => *name,
        _ => return Meaning::Unknown,
    };
    match name {
        "string" => make(Kind::Text(TextChecks::default())),
        "number" | "float32" | "float64" => make(Kind::Number(NumberChecks::default())),
        "int" => make(integer(None, None)),
        "int32" => make(integer(Some(-2_147_483_648.0), Some(2_147_483_647.0))),
        "uint32" => make(integer(Some(0.0), Some(4_294_967_295.0))),
        "boolean" => make(Kind::Boolean),
        "null" => make(Kind::Null),
        "undefined" | "void" => make(Kind::Native("undefined")),
        "never" => make(Kind::Never),
        "any" => make(Kind::Anything(Anything::Any)),
        "unknown" => make(Kind::Anything(Anything::Unknown)),
        "json" => make(Kind::Anything(Anything::Unknown)),
        "date" => make(Kind::Native("date")),
        "bigint" | "int64" | "uint64" => make(Kind::Native("bigint")),
        "file" => make(Kind::Native("file")),
        "map" => make(Kind::Native("map")),
        "set" => make(Kind::Native("set")),
        "custom" if arguments.is_empty() => make(Kind::Anything(Anything::Any)),
        "custom" => Meaning::Schema(made(place, true).noted("custom")),
        "instanceof" if is_file(arguments.first()) => make(Kind::Native("file")),
        // A class of the application; a file or a form is the only one that a call can carry.
        "instanceof" | "symbol" | "function" | "promise" | "nan" => Meaning::Schema(made(place, false).noted(name)),
        "stringbool" | "templateLiteral" => Meaning::Schema(Shape::new(place, any_text()).noted(name)),
        "success" => Meaning::Schema(made(place, true)),
        "preprocess" => Meaning::Schema(made(place, true).noted("preprocess")),
        "transform" => Meaning::Schema(made(place, true).noted("transform")),
        "codec" => Meaning::Schema(first().noted("transform")),
        "invertCodec" => Meaning::Schema(made(place, true).noted("transform")),
        "literal" => make(literal(arguments)).or_unread(arguments, place),
        "enum" | "nativeEnum" => Meaning::Schema(enumeration(arguments, place)),
        "object" | "strictObject" | "looseObject" | "interface" => {
            let others = match name {
                "strictObject" => Others::Refused,
                "looseObject" => Others::Kept(place),
                _ => Others::Stripped,
            };
            Meaning::Schema(object_of(arguments.first(), others, place))
        }
        "array" => make(Kind::Array {
            element: first(),
            min: None,
            max: None,
        }),
        "tuple" => Meaning::Schema(tuple(arguments, place)),
        "record" | "partialRecord" => Meaning::Schema(record(arguments, place)),
        "looseRecord" => Meaning::Schema(open_record(place)),
        "union" | "xor" => Meaning::Schema(union(arguments.first(), place)),
        "discriminatedUnion" => Meaning::Schema(union(arguments.get(1), place)),
        "intersection" => {
            let second = arguments.get(1).map_or_else(
                || Shape::unread(place, "a missing argument"),
                |second| second.schema_or_open(place),
            );
            make(Kind::Intersection(first(), second))
        }
        "lazy" => match arguments.first() {
            Some(Meaning::Function(closure)) => {
                let made = reader.invoke(closure, &[]);
                Meaning::Schema(made.schema_or_open(place))
            }
            _ => Meaning::Schema(Shape::unread(place, "a lazy schema")),
        },
        "extend" | "safeExtend" | "merge" | "pick" | "omit" | "partial" | "exactPartial" | "required" | "catchall"
        | "keyof" | "optional" | "exactOptional" | "nullable" | "nullish" | "_default" | "prefault" | "catch"
        | "readonly" | "pipe" | "nonoptional" | "deepPartial" => {
            let rest = arguments.get(1..).unwrap_or_default();
            let name = if name == "_default" { "default" } else { name };
            match arguments.first() {
                Some(Meaning::Schema(shape)) => method::call(reader, shape, name, rest, place),
                _ => Meaning::Schema(Shape::unread(place, "a schema in other words")),
            }
        }
        name if format::is_format(name) => Meaning::Schema(format::schema(name, arguments, place)),
        // `z.minLength(3)` of `zod/mini`: a check, which `check` takes apart.
        name if method::is_check(name) => {
            let check = Meaning::Library(Library::Zod, Arc::new([Text::from(name)]));
            let parts: Vec<Meaning> = std::iter::once(check).chain(arguments.iter().cloned()).collect();
            Meaning::Array(Arc::new(parts))
        }
        _ => Meaning::Unknown,
    }
}

impl Meaning {
    /// A literal whose values are not all known accepts everything.
    fn or_unread(self, arguments: &[Self], place: Place) -> Self {
        match literals(arguments.first()) {
            Some(_) => self,
            None => Self::Schema(Shape::unread(place, "a literal")),
        }
    }
}

/// Accepts every value, since the code makes what it needs out of it.
pub(crate) fn made(place: Place, undefined: bool) -> Shared {
    Shape::new(place, Kind::Anything(Anything::Made { undefined }))
}

fn is_file(argument: Option<&Meaning>) -> bool {
    matches!(argument, Some(Meaning::Library(Library::Language, path))
        if matches!(path.first().map(|name| &**name), Some("File" | "Blob")))
}

const fn integer(min: Option<f64>, max: Option<f64>) -> Kind {
    Kind::Number(NumberChecks {
        coerced: false,
        integer: true,
        min,
        above: None,
        max,
        below: None,
        step: None,
    })
}

fn any_text() -> Kind {
    Kind::Text(TextChecks {
        is_limited: true,
        ..TextChecks::default()
    })
}

fn coerce(name: &str, place: Place) -> Shared {
    match name {
        "string" => Shape::new(
            place,
            Kind::Text(TextChecks {
                coerced: true,
                ..TextChecks::default()
            }),
        )
        .noted("coerce"),
        "number" => Shape::new(
            place,
            Kind::Number(NumberChecks {
                coerced: true,
                ..NumberChecks::default()
            }),
        )
        .noted("coerce"),
        // Everything is true or false.
        "boolean" => made(place, true),
        "date" | "bigint" => made(place, false).noted("coerce"),
        _ => Shape::unread(place, "an unknown coercion"),
    }
}

fn literals(argument: Option<&Meaning>) -> Option<Vec<Literal>> {
    match argument? {
        Meaning::Constant(value) => Some(vec![value.clone()]),
        list @ Meaning::Array(_) => list.constants(),
        _ => None,
    }
}

fn literal(arguments: &[Meaning]) -> Kind {
    Kind::Literal(literals(arguments.first()).unwrap_or_default())
}

fn enumeration(arguments: &[Meaning], place: Place) -> Shared {
    match arguments.first().and_then(Meaning::constants) {
        Some(values) => Shape::new(place, Kind::Literal(values)),
        None => Shape::unread(place, "the values of an enum"),
    }
}

/// The fields of a shape, as `z.object` and `extend` take it.
pub(crate) fn fields(argument: Option<&Meaning>, place: Place) -> Option<(Vec<(Text, Shared)>, bool)> {
    let Some(Meaning::Object(object)) = argument else {
        return None;
    };
    let fields = object
        .fields
        .iter()
        .map(|(name, value)| (Text::clone(name), value.schema_or_open(place)))
        .collect();
    Some((fields, object.is_open || object.spreads.is_some()))
}

pub(crate) fn object_of(argument: Option<&Meaning>, others: Others, place: Place) -> Shared {
    let no_fields = argument.is_none().then(|| (Vec::new(), false));
    let Some((fields, is_open)) = no_fields.or_else(|| fields(argument, place)) else {
        let object = ObjectShape {
            fields: Vec::new(),
            others: object::open(others),
        };
        return Shape::new(place, Kind::Object(object)).noted("not read: the fields");
    };
    let others = if is_open { object::open(others) } else { others };
    let shape = Shape::new(place, Kind::Object(ObjectShape { fields, others }));
    if is_open {
        shape.noted("not read: more fields")
    } else {
        shape
    }
}

fn tuple(arguments: &[Meaning], place: Place) -> Shared {
    let Some(Meaning::Array(items)) = arguments.first() else {
        return Shape::unread(place, "a tuple");
    };
    let rest = match arguments.get(1) {
        Some(Meaning::Schema(rest)) => Some(Shared::clone(rest)),
        // The second argument may be options or a message.
        None | Some(Meaning::Object(_) | Meaning::Constant(_)) => None,
        Some(_) => Some(Shape::unread(place, "the rest of a tuple")),
    };
    // A spread that is not known leaves something unknown at the end.
    if items.iter().any(|item| matches!(item, Meaning::Unknown)) {
        return Shape::unread(place, "a tuple");
    }
    let items = items.iter().map(|item| item.schema_or_open(place)).collect();
    Shape::new(place, Kind::Tuple { items, rest })
}

fn open_record(place: Place) -> Shared {
    let value = made(place, true);
    Shape::new(place, Kind::Record { key: None, value }).noted("looseRecord")
}

fn record(arguments: &[Meaning], place: Place) -> Shared {
    let (key, value) = match arguments {
        [value] => (None, value.schema_or_open(place)),
        [value, options] if options.schema().is_none() && value.schema().is_some() => {
            (None, value.schema_or_open(place))
        }
        [key, value, ..] => (key.schema().cloned(), value.schema_or_open(place)),
        [] => (None, Shape::unread(place, "a record")),
    };
    // Keys are strings; a key schema of another kind is matched in other ways.
    let is_text = |shape: &Shared| match &shape.kind {
        Kind::Text(checks) => !checks.coerced,
        Kind::Literal(values) => values.iter().all(|value| matches!(value, Literal::Text(_))),
        _ => false,
    };
    let mut shape = Shape {
        place,
        kind: Kind::Never,
        notes: Vec::new(),
    };
    if let Some(key) = &key
        && !is_text(key)
    {
        shape.note("keys");
    }
    // Zod 4 wants every key of an enum, Zod 3 none.
    if key.as_ref().is_some_and(|key| matches!(key.kind, Kind::Literal(_))) {
        shape.note("every key of the enum");
    }
    let key = key.filter(is_text);
    shape.kind = Kind::Record { key, value };
    Arc::new(shape)
}

fn union(argument: Option<&Meaning>, place: Place) -> Shared {
    let Some(Meaning::Array(options)) = argument else {
        return Shape::unread(place, "the options of a union");
    };
    if options.iter().any(|option| option.schema().is_none()) {
        return Shape::unread(place, "an option of a union");
    }
    let options = options.iter().map(|option| option.schema_or_open(place)).collect();
    Shape::new(place, Kind::Union(options))
}

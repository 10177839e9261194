//! What an expression means to the reader of schemas: a schema, a constant, a function, a library, or nothing known.

use std::sync::Arc;

use portcullis_model::{FileId, Place};
use portcullis_source::ir::{FunctionId, Symbol, Text};

use super::builder::Builder;
use super::drizzle::Column;
use super::shape::{Definition, Kind, Literal, Shape, Shared};

/// What an expression means.
#[derive(Debug, Clone)]
pub(crate) enum Meaning {
    /// Nothing that the reader knows.
    Unknown,
    /// A constant.
    Constant(Literal),
    /// A regular expression: source and flags.
    Regex(Text, Text),
    /// An object whose fields are known.
    Object(Arc<ObjectMeaning>),
    /// An array whose elements are known.
    Array(Arc<Vec<Self>>),
    /// A function of the project, with the variables around it.
    Function(Closure),
    /// A library, or something in it: `z`, `z.coerce`, `z.string`.
    Library(Library, Arc<[Text]>),
    /// A method of a value: what is called next.
    Method(Arc<Self>, Text),
    /// A schema.
    Schema(Shared),
    /// A client or procedure that builds actions.
    Builder(Arc<Builder>),
    /// An action that a library built.
    Action(Arc<Builder>),
    /// A table of the database.
    Table(Arc<Vec<(Text, Column)>>),
    /// A column of such a table.
    Column(Column),
    /// All exports of a module.
    Module(FileId),
    /// A parameter of an endpoint, or what was taken out of it.
    Input(Input),
}

/// An object whose fields are known.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectMeaning {
    /// The fields, in order.
    pub(crate) fields: Vec<(Text, Meaning)>,
    /// It is a TypeScript enum, whose numbers have names too.
    pub(crate) is_enum: bool,
    /// Other fields may be there.
    pub(crate) is_open: bool,
    /// The whole of something that a caller sends, spread out.
    pub(crate) spreads: Option<Input>,
}

/// A function of the project.
#[derive(Debug, Clone)]
pub(crate) struct Closure {
    /// Its module.
    pub(crate) file: FileId,
    /// Which.
    pub(crate) function: FunctionId,
    /// The variables of the functions around it.
    pub(crate) scope: Scope,
}

/// Values of variables that belong to a call, the latest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope(Option<Arc<Binding>>);

#[derive(Debug)]
struct Binding {
    file: FileId,
    symbol: Symbol,
    value: Meaning,
    next: Scope,
}

impl Scope {
    /// The scope with one more variable.
    pub(crate) fn with(&self, file: FileId, symbol: Symbol, value: Meaning) -> Self {
        Self(Some(Arc::new(Binding {
            file,
            symbol,
            value,
            next: self.clone(),
        })))
    }

    /// The value of a variable.
    pub(crate) fn value(&self, file: FileId, symbol: Symbol) -> Option<Meaning> {
        let mut at = self;
        while let Some(binding) = &at.0 {
            if binding.file == file && binding.symbol == symbol {
                return Some(binding.value.clone());
            }
            at = &binding.next;
        }
        None
    }
}

/// A library that the reader knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Library {
    /// `zod`, in all its versions.
    Zod,
    /// `zod-form-data`
    FormData,
    /// `drizzle-zod`
    DrizzleZod,
    /// The packages of drizzle that declare tables.
    Drizzle,
    /// `next-safe-action`
    SafeAction,
    /// `zsa`
    Zsa,
    /// What the language has: `Object`, `Number`, `Math`.
    Language,
}

impl Library {
    /// The library behind the name of a module.
    pub(crate) fn of(module: &str) -> Option<Self> {
        match module {
            "zod" | "zod3" | "zod4" | "zod/v3" | "zod/v4" | "zod/mini" | "zod/v4-mini" | "zod/v4/mini"
            | "@zod/mini" | "zod/v4/core" => Some(Self::Zod),
            "zod-form-data" => Some(Self::FormData),
            "drizzle-zod" | "drizzle-orm/zod" => Some(Self::DrizzleZod),
            "drizzle-orm/pg-core" | "drizzle-orm/mysql-core" | "drizzle-orm/sqlite-core" => Some(Self::Drizzle),
            "next-safe-action" | "next-safe-action/zod" => Some(Self::SafeAction),
            "zsa" => Some(Self::Zsa),
            _ => None,
        }
    }

    /// The name under which the library exports itself.
    const fn own_name(self) -> &'static str {
        match self {
            Self::Zod => "z",
            Self::FormData => "zfd",
            _ => "",
        }
    }

    /// What an export of the library is; the whole of it without a name.
    pub(crate) fn export(self, name: Option<&str>) -> Meaning {
        match name {
            None => Meaning::Library(self, Arc::new([])),
            Some(name) if name == "default" || name == self.own_name() => Meaning::Library(self, Arc::new([])),
            Some(name) => Meaning::Library(self, Arc::new([Text::from(name)])),
        }
    }
}

/// Something that a caller sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    /// Which parameter of the endpoint.
    pub(crate) parameter: usize,
    /// What of it.
    pub(crate) part: Part,
}

/// A part of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// One field.
    Field(Text),
    /// All parameters from this one on, as an array.
    Rest,
    /// The entries of a form as an object; the last one of each name.
    Entries,
    /// The first entry of a form with this name; `null` if there is none.
    Entry(Text),
    /// Something that was computed of it.
    Computed,
}

impl Input {
    /// Something that was computed of it.
    pub(crate) const fn computed(&self) -> Self {
        Self {
            parameter: self.parameter,
            part: Part::Computed,
        }
    }
}

impl Meaning {
    /// The constant text.
    pub(crate) fn text(&self) -> Option<&Text> {
        match self {
            Self::Constant(Literal::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The constant number.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Constant(Literal::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// The schema.
    pub(crate) fn schema(&self) -> Option<&Shared> {
        match self {
            Self::Schema(shape) => Some(shape),
            _ => None,
        }
    }

    /// The schema, or one that accepts everything.
    pub(crate) fn schema_or_open(&self, place: Place) -> Shared {
        match self {
            Self::Schema(shape) => Shared::clone(shape),
            _ => Shape::unread(place, "a schema in other words"),
        }
    }

    /// A recursive use of the variable.
    pub(crate) fn reference(definition: Definition, place: Place) -> Self {
        Self::Schema(Shape::new(place, Kind::Reference(definition)))
    }

    /// A field of an object.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(object) => object
                .fields
                .iter()
                .rev()
                .find(|(own, _)| &**own == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// Values, names of which are not needed: an array's elements, or an enum's values.
    pub(crate) fn constants(&self) -> Option<Vec<Literal>> {
        let all = |values: &mut dyn Iterator<Item = &Self>| {
            values
                .map(|value| match value {
                    Self::Constant(literal) => Some(literal.clone()),
                    _ => None,
                })
                .collect::<Option<Vec<Literal>>>()
        };
        match self {
            Self::Array(items) => all(&mut items.iter()),
            Self::Object(object) if !object.is_open && object.spreads.is_none() => {
                all(&mut object.fields.iter().map(|(_, value)| value))
            }
            _ => None,
        }
    }
}

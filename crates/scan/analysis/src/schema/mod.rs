//! What each endpoint accepts: the schemas in the source, read without running them, as JSON Schema a parameter.
//!
//! INVARIANT: a schema is never stricter than what the application accepts. Where the code is not understood, the
//! schema is open there; where it can't be said which schema belongs to a parameter, the parameter has none.
//!
//! The way: `reader` says what an expression means, across modules; `zod`, `method` and the other libraries make
//! shapes; `builder` and `input` say which shape belongs to which parameter; `emit` writes JSON Schema.

mod accept;
mod accepted;
mod binding;
mod builder;
mod declaration;
mod drizzle;
mod emit;
mod facts;
mod flow;
mod form_data;
mod format;
mod index;
mod input;
mod language;
mod library;
mod meaning;
mod mention;
mod method;
mod object;
mod pattern;
mod reader;
mod shape;
mod value;
mod walk;
mod zod;

use std::sync::Arc;

use portcullis_model::{Json, Parameter};
use portcullis_source::Program;
use rayon::prelude::*;

pub use facts::{Loose, LooseKind, SchemaFacts, Unbounded};

use crate::endpoints::{Entry, Found, parameters_of};
use accepted::{Accepted, Source};
use builder::{Builder, Transport};
use index::Index;
use meaning::{Closure, Meaning, Scope};
use reader::Reader;
use shape::Shared;

/// What is known of one endpoint's parameters.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    /// The parameters of the function that is called, where it is another than the one that was found.
    pub(crate) parameters: Option<Vec<Parameter>>,
    /// What rules ask.
    pub(crate) facts: SchemaFacts,
}

/// Reads the schemas of every endpoint, in their order.
pub(crate) fn read(program: &Program, found: &[Found]) -> Vec<Schemas> {
    let index = Index::new(program);
    found.par_iter().map(|found| endpoint(&index, found)).collect()
}

fn endpoint(index: &Index<'_>, found: &Found) -> Schemas {
    let mut reader = Reader::new(index);
    let meaning = match &found.entry {
        Entry::Export(file, name) => reader.export(*file, name),
        Entry::Function(file, function) => Meaning::Function(Closure {
            file: *file,
            function: *function,
            scope: Scope::default(),
        }),
    };
    let accepted = match &meaning {
        Meaning::Action(builder) => built(builder),
        Meaning::Function(closure) => written(&mut reader, closure, &found.parameters),
        _ => return Schemas::default(),
    };
    // Without a schema, the names that the source gives are as good as any.
    if matches!(meaning, Meaning::Function(_)) && accepted.iter().all(|(_, accepted)| accepted.is_none()) {
        return Schemas::default();
    }
    let mut schemas = Schemas::default();
    let mut parameters = Vec::with_capacity(accepted.len());
    for (name, accepted) in accepted {
        if let Some(Accepted { shape, .. }) = &accepted {
            schemas.facts.read(&name, shape, &reader.definitions);
        }
        let schema = accepted.map(|accepted| schema(&accepted, &reader));
        parameters.push(Parameter { name, schema });
    }
    schemas.parameters = Some(parameters);
    schemas
}

type Named = Vec<(String, Option<Accepted>)>;

/// The parameters of an action that a library built: bound arguments, the previous state, the input.
fn built(builder: &Arc<Builder>) -> Named {
    let value = |shape: &Shared| Accepted {
        shape: Shared::clone(shape),
        source: Source::Value,
    };
    let mut named: Named = builder
        .bound
        .iter()
        .enumerate()
        .map(|(position, shape)| (format!("boundArgument{position}"), shape.as_ref().map(value)))
        .collect();
    if builder.has_state {
        named.push(("previousState".to_owned(), None));
    }
    let input = builder.known_input().map(|shape| match builder.transport {
        Transport::Value => Accepted {
            shape: Shared::clone(shape),
            source: if form_data::is_form(shape) {
                Source::LastEntries
            } else {
                Source::Value
            },
        },
        Transport::Form => Accepted {
            shape: form_data::entries(shape),
            source: Source::LastEntries,
        },
    });
    named.push(("input".to_owned(), input));
    named
}

/// The parameters of a function of the project.
fn written(reader: &mut Reader<'_, '_>, closure: &Closure, handler: &[Parameter]) -> Named {
    let mut accepted = input::of_function(reader, closure);
    let program = reader.index.program;
    let module = program.module(closure.file);
    let function = reader.index.function(closure.file, closure.function);
    let (Some(module), Some(function)) = (module, function) else {
        return Vec::new();
    };
    // A wrapper that hands on whatever it gets has the parameters of what it wraps.
    let is_handed_on = function.parameters.is_empty() && function.rest.is_some() && !handler.is_empty();
    let names = if is_handed_on {
        handler.to_vec()
    } else {
        parameters_of(module, function)
    };
    let mut named: Named = names
        .into_iter()
        .enumerate()
        .map(|(position, parameter)| (parameter.name, accepted.remove(&position)))
        .collect();
    // `...args` is as many parameters as there is something to say about.
    if function.rest.is_some()
        && !is_handed_on
        && let Some((last, own)) = named.pop()
    {
        let first = named.len();
        let count = accepted
            .last_key_value()
            .map_or(first, |(position, _)| *position)
            .max(first)
            - first;
        if count == 0 {
            named.push((last, own));
        } else {
            named.push((format!("{last}[0]"), own));
            named.extend((1..=count).map(|offset| (format!("{last}[{offset}]"), accepted.remove(&(first + offset)))));
        }
    }
    named
}

fn schema(accepted: &Accepted, reader: &Reader<'_, '_>) -> Json {
    let mut schema = emit::schema(&accepted.shape, &reader.definitions);
    let source = match accepted.source {
        Source::Value if form_data::is_form(&accepted.shape) => Some("last"),
        Source::Value => None,
        Source::FirstEntries => Some("first"),
        Source::LastEntries => Some("last"),
    };
    if let (Some(source), Json::Object(fields)) = (source, &mut schema) {
        fields.push(("x-portcullis-form".to_owned(), Json::text(source)));
    }
    schema
}

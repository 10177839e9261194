//! Clients and procedures that build actions: next-safe-action and zsa. What they were given as input schemas is what
//! the action accepts, for each of its parameters.

use std::sync::Arc;

use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::meaning::{Library, Meaning};
use super::reader::Reader;
use super::shape::{Kind, Shape, Shared};

/// A client, procedure or action, and what it was given.
#[derive(Debug, Clone)]
pub(crate) struct Builder {
    library: Library,
    /// The schema of its input; none if it has none, or none that is known.
    pub(crate) input: Option<Shared>,
    /// The schemas of its bound arguments.
    pub(crate) bound: Vec<Option<Shared>>,
    /// How the input comes.
    pub(crate) transport: Transport,
    /// A parameter with the previous state comes before the input.
    pub(crate) has_state: bool,
    /// A builder may hold schemas that are not known; then the input has none.
    is_unknown: bool,
}

/// How an action gets its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// As a value.
    Value,
    /// As a form, whose entries are the fields.
    Form,
}

/// `createSafeActionClient()`, `createServerAction()`, `createServerActionProcedure(parent)`
pub(crate) fn create(library: Library, path: &[Text], arguments: &[Meaning]) -> Meaning {
    let [name] = path else { return Meaning::Unknown };
    match (library, &**name, arguments.first()) {
        (Library::SafeAction, "createSafeActionClient", _)
        | (Library::Zsa, "createServerAction" | "createServerActionProcedure", None) => {
            Meaning::Builder(Arc::new(Builder {
                library,
                input: None,
                bound: Vec::new(),
                transport: Transport::Value,
                has_state: false,
                is_unknown: false,
            }))
        }
        // A procedure on top of another one takes what that one takes.
        (Library::Zsa, "createServerActionProcedure", Some(Meaning::Builder(parent) | Meaning::Action(parent))) => {
            Meaning::Builder(Arc::clone(parent))
        }
        _ => Meaning::Unknown,
    }
}

/// Version 6 of next-safe-action: `action(schema, handler)`.
pub(crate) fn called(builder: &Arc<Builder>, arguments: &[Meaning], place: Place) -> Meaning {
    match (builder.library, arguments) {
        (Library::SafeAction, [schema, Meaning::Function(_), ..]) => Meaning::Action(Arc::new(Builder {
            input: Some(schema.schema_or_open(place)),
            ..(**builder).clone()
        })),
        _ => Meaning::Unknown,
    }
}

/// A method of a client or procedure.
pub(crate) fn method(
    reader: &mut Reader<'_, '_>,
    builder: &Arc<Builder>,
    name: &str,
    arguments: &[Meaning],
    place: Place,
) -> Meaning {
    let mut next = (**builder).clone();
    let first = arguments.first();
    match (builder.library, name) {
        (Library::SafeAction, "schema" | "inputSchema") => {
            next.input = match first {
                Some(Meaning::Schema(shape)) => Some(Shared::clone(shape)),
                // A function gets the schema so far, or nothing.
                Some(Meaning::Function(closure)) => {
                    let so_far = builder.input.clone().map_or(Meaning::Unknown, Meaning::Schema);
                    reader.invoke(closure, &[so_far]).schema().cloned()
                }
                _ => None,
            };
            next.is_unknown = next.input.is_none();
        }
        (Library::SafeAction, "bindArgsSchemas") => {
            let Some(Meaning::Array(schemas)) = first else {
                return Meaning::Unknown;
            };
            next.bound = schemas.iter().map(|schema| schema.schema().cloned()).collect();
        }
        (Library::SafeAction, "action" | "stateAction") => {
            next.has_state = name == "stateAction";
            return Meaning::Action(Arc::new(next));
        }
        (Library::SafeAction, _) => {}
        (_, "input") => {
            let Some(Meaning::Schema(shape)) = first else {
                next.is_unknown = true;
                return Meaning::Builder(Arc::new(next));
            };
            // What procedures below ask for stays in force.
            next.input = Some(match &builder.input {
                Some(so_far) => Shape::new(place, Kind::Intersection(Shared::clone(so_far), Shared::clone(shape))),
                None => Shared::clone(shape),
            });
            if let Some(options) = arguments.get(1) {
                next.is_unknown |= options.field("skipInputParsing").is_some();
                match options.field("type").and_then(Meaning::text).map(|kind| &**kind) {
                    Some("formData") => next.transport = Transport::Form,
                    Some("state") => {
                        next.transport = Transport::Form;
                        next.has_state = true;
                    }
                    Some("json") => {}
                    _ if matches!(options, Meaning::Object(object) if !object.is_open && options.field("type").is_none()) =>
                        {}
                    _ => next.is_unknown = true,
                }
            }
        }
        // The handler of a procedure ends its own chain; the procedure goes on.
        (_, "handler") => return Meaning::Action(Arc::new(next)),
        (_, "createServerAction") => {}
        _ => {}
    }
    Meaning::Builder(Arc::new(next))
}

impl Builder {
    /// The schema of the input, if all of it is known.
    pub(crate) fn known_input(&self) -> Option<&Shared> {
        self.input.as_ref().filter(|_| !self.is_unknown)
    }
}

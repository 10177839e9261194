//! What rules ask about the schemas of an endpoint: where they let everything through, and where nothing limits a size.

use portcullis_model::Place;

use super::accept::Definitions;
use super::shape::{Anything, Definition, Kind, Others, Shape};

/// How deep shapes are looked into.
const DEPTH_LIMIT: usize = 24;

/// How many shapes are looked at for one parameter: shapes that are shared count each time that they are met.
const SIZE_LIMIT: u32 = 20_000;

/// How many places are noted for one endpoint.
const COUNT_LIMIT: usize = 64;

/// What is known of the schemas of one endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaFacts {
    /// Where a schema lets everything through.
    pub loose: Vec<Loose>,
    /// Texts and lists without an upper limit.
    pub unbounded: Vec<Unbounded>,
}

/// A place where a schema lets everything through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loose {
    /// Where the schema says so.
    pub place: Place,
    /// What it is about: `input.meta`.
    pub path: String,
    /// How.
    pub kind: LooseKind,
}

/// How a schema lets everything through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooseKind {
    /// `z.any()`: the code can use the value as whatever it likes.
    Any,
    /// `z.unknown()`: the code has to look at the value first.
    Unknown,
    /// Fields that the schema does not name are kept.
    OpenObject,
}

/// A text or list without an upper limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbounded {
    /// Where its schema is.
    pub place: Place,
    /// What it is about: `input.title`.
    pub path: String,
    /// Whether it is a list.
    pub is_list: bool,
}

impl SchemaFacts {
    /// Adds what a parameter's shape shows.
    pub(crate) fn read(&mut self, name: &str, shape: &Shape, definitions: &Definitions) {
        let mut walk = Walk {
            facts: self,
            definitions,
            open: Vec::new(),
            size: 0,
        };
        walk.shape(&mut vec![name.to_owned()], shape);
    }
}

struct Walk<'scan> {
    facts: &'scan mut SchemaFacts,
    definitions: &'scan Definitions,
    open: Vec<Definition>,
    size: u32,
}

impl Walk<'_> {
    fn shape(&mut self, path: &mut Vec<String>, shape: &Shape) {
        self.size += 1;
        if path.len() > DEPTH_LIMIT || self.size > SIZE_LIMIT {
            return;
        }
        match &shape.kind {
            // A check in code may look at what it is.
            Kind::Anything(Anything::Any) if shape.notes.is_empty() => self.loose(path, shape.place, LooseKind::Any),
            Kind::Anything(Anything::Unknown) if shape.notes.is_empty() => {
                self.loose(path, shape.place, LooseKind::Unknown);
            }
            Kind::Text(checks) if checks.max.is_none() && !checks.is_limited => {
                self.unbounded(path, shape.place, false);
            }
            Kind::Object(object) => {
                if let Others::Kept(place) = object.others {
                    self.loose(path, place, LooseKind::OpenObject);
                }
                for (name, field) in &object.fields {
                    self.inner(path, name, field);
                }
                if let Others::Checked(others) = &object.others {
                    self.inner(path, "*", others);
                }
            }
            Kind::Array { element, max, .. } => {
                if max.is_none() && shape.notes.is_empty() {
                    self.unbounded(path, shape.place, true);
                }
                self.inner(path, "*", element);
            }
            Kind::Tuple { items, rest } => {
                for (position, item) in items.iter().chain(rest).enumerate() {
                    self.inner(path, &position.to_string(), item);
                }
            }
            Kind::Record { value, .. } => self.inner(path, "*", value),
            Kind::Union(options) => {
                for option in options {
                    self.shape(path, option);
                }
            }
            Kind::Intersection(left, right) => {
                self.shape(path, left);
                self.shape(path, right);
            }
            Kind::Optional { inner, .. } | Kind::Nullable(inner) => self.shape(path, inner),
            Kind::Reference(definition) if !self.open.contains(definition) => {
                if let Some((_, shape)) = self.definitions.get(definition) {
                    self.open.push(*definition);
                    self.shape(path, shape);
                    self.open.pop();
                }
            }
            _ => {}
        }
    }

    fn inner(&mut self, path: &mut Vec<String>, name: &str, shape: &Shape) {
        path.push(name.to_owned());
        self.shape(path, shape);
        path.pop();
    }

    fn loose(&mut self, path: &[String], place: Place, kind: LooseKind) {
        let path = path.join(".");
        let is_new = !self
            .facts
            .loose
            .iter()
            .any(|known| known.path == path && known.kind == kind);
        if is_new && self.facts.loose.len() < COUNT_LIMIT {
            self.facts.loose.push(Loose { place, path, kind });
        }
    }

    fn unbounded(&mut self, path: &[String], place: Place, is_list: bool) {
        let path = path.join(".");
        let is_new = !self.facts.unbounded.iter().any(|known| known.path == path);
        if is_new && self.facts.unbounded.len() < COUNT_LIMIT {
            self.facts.unbounded.push(Unbounded { place, path, is_list });
        }
    }
}

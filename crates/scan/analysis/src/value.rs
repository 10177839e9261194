//! What a variable may hold, as far as the questions of the analysis need it.
//!
//! Objects and arrays are values here, not references: an assignment to a member writes the changed object back to
//! the variable it was read from. What a value was made from (its origin) is kept through everything that is done to it.
//!
//! Long because one enum and what is asked of it.

mod bits;
mod fingerprint;

use std::sync::Arc;

use portcullis_catalog::{EffectKind, MemberId, TypeId};
use portcullis_model::{FileId, Place};
use portcullis_source::ir::{ClassId, FunctionId, Text};

pub(crate) use bits::Bits;

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Undefined,
    Null,
    Boolean(bool),
    Number(f64),
    Text(Text),
    Object(Arc<Object>),
    Array(Arc<Array>),
    Function(Arc<Closure>),
    Class(Arc<ClassValue>),
    /// All exports of a module.
    Namespace(FileId),
    /// A promise that is settled already: fulfilled, or rejected with what it throws.
    Promise(Arc<Result<Self, Self>>),
    /// Something of JavaScript itself: `JSON.parse`, `Promise`, `[].map` with its receiver.
    Native(Arc<Native>),
    /// A function of the catalog.
    Member(Arc<BoundMember>),
    /// An object of a type of the catalog.
    Model(Arc<Model>),
    /// An action that a builder of a library made.
    Built(Arc<Built>),
    /// A value about which only its origin is known.
    Abstract(Arc<Abstract>),
    /// One of several.
    Union(Arc<Vec<Self>>),
}

/// An object with known fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Object {
    pub(crate) fields: Vec<(Text, Field)>,
    pub(crate) class: Option<ClassOf>,
    /// Fields beyond the known ones come from here.
    pub(crate) open: Option<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    Value(Value),
    Getter(Arc<Closure>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ClassOf {
    Builtin(Text),
    Project(Arc<ClassValue>),
}

/// A list: known items, then any number of `rest`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Array {
    pub(crate) items: Vec<Value>,
    pub(crate) rest: Option<Value>,
}

/// A frame of a call, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FrameId(pub(crate) u32);

/// A function with the frame that it was made in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Closure {
    pub(crate) file: FileId,
    pub(crate) function: FunctionId,
    pub(crate) scope: Option<FrameId>,
    /// `this`, where the function is a method that was read from its object, or was bound.
    pub(crate) this: Option<Value>,
    /// The class in which a method stands, for `super`.
    pub(crate) home: Option<Arc<ClassValue>>,
    /// Arguments that `bind` put before the others.
    pub(crate) bound: Vec<Value>,
}

/// A class with the frame that it was made in.
#[derive(Debug, Clone)]
pub(crate) struct ClassValue {
    pub(crate) file: FileId,
    pub(crate) class: ClassId,
    pub(crate) scope: Option<FrameId>,
    pub(crate) parent: Option<Value>,
    pub(crate) statics: Vec<(Text, Value)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Native {
    pub(crate) name: Text,
    pub(crate) this: Option<Value>,
    pub(crate) extra: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BoundMember {
    pub(crate) member: MemberId,
    pub(crate) this: Option<Arc<Model>>,
    /// The name by which it was reached, where the catalog has a wildcard.
    pub(crate) name: Text,
}

/// An object of a type of the catalog.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    pub(crate) type_id: TypeId,
    /// How the code reached it: `prisma.user`.
    pub(crate) label: Text,
    /// What it was made from: the arguments of the calls that led here.
    pub(crate) origin: Origin,
    /// What a builder collected so far.
    pub(crate) chain: Option<Arc<Chain>>,
    /// The options that it was made with, where code needs them later.
    pub(crate) options: Option<Value>,
    /// What a query collected so far.
    pub(crate) query: Option<Arc<Query>>,
}

/// The parts of a query, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Query {
    /// What selects rows.
    pub(crate) selects: Vec<Value>,
    /// What is written.
    pub(crate) data: Vec<Value>,
    /// The columns to give back are listed.
    pub(crate) has_columns: bool,
    /// The database itself decides by who calls.
    pub(crate) is_scoped: bool,
    /// It carries a key by which the other side knows that it was asked before.
    pub(crate) is_once: bool,
    /// Its rows are added only if they are not there yet: who adds one has claimed it.
    pub(crate) claims: bool,
    /// The table of a client for which the database decides.
    pub(crate) table: Option<Text>,
    /// What is done with it.
    pub(crate) command: Option<crate::policies::Command>,
    /// The table that it is about, where a value names it.
    pub(crate) about: Option<Text>,
    /// Relations that are read along, and of which only those of the caller are.
    pub(crate) joined: Vec<Text>,
}

/// What a builder collected.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Chain {
    pub(crate) steps: Vec<ChainStep>,
    /// What becomes of an error, where the options say.
    pub(crate) on_error: Option<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ChainStep {
    Middleware(Value),
    Procedure(Value),
    Input(Value),
}

/// An action that a builder made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Built {
    pub(crate) builder: portcullis_catalog::BuilderId,
    pub(crate) chain: Chain,
    pub(crate) handler: Value,
    /// Its result becomes the context of others, instead of the answer to the client.
    pub(crate) is_procedure: bool,
    pub(crate) label: Text,
}

/// A value about which only its origin is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Abstract {
    pub(crate) origin: Origin,
    pub(crate) truth: Option<bool>,
    /// It is neither `null` nor `undefined`.
    pub(crate) present: bool,
    /// How the code names it, where it comes from outside: `db.user`, `getPosts()`.
    pub(crate) label: Option<Text>,
    /// The module that it comes from, if it is an export that the catalog does not know.
    pub(crate) module: Option<Arc<Outside>>,
    /// The functions that were given to what made it; calling it may call them.
    pub(crate) wrapped: Vec<Value>,
}

/// Code that could not be looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outside {
    pub(crate) module: Text,
    /// The project should contain it, and does not.
    pub(crate) is_missing: bool,
}

/// What a value was made from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Origin {
    bits: u32,
    sources: Option<Arc<Vec<Source>>>,
}

/// A read of data, or a call that could not be looked into, from which a value comes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Read {
        kind: EffectKind,
        place: Place,
        label: Text,
        /// How the client takes part in picking what is read.
        by: PickedBy,
    },
    /// A row that was written, and given back.
    Written {
        place: Place,
        label: Text,
    },
    Opaque(Opaque),
}

/// How the client takes part in picking what is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct PickedBy {
    /// A value of the client takes part.
    pub(crate) client: bool,
    /// Nothing looked at that value.
    pub(crate) raw: bool,
    /// Nothing ties it to the caller.
    pub(crate) alone: bool,
    /// The database itself decides by who calls.
    pub(crate) scoped: bool,
    /// The caller's own credential selects.
    pub(crate) credential: bool,
    /// Who calls selects.
    pub(crate) own: bool,
    /// The table, where the database decides.
    pub(crate) table: Option<Text>,
    /// The table, in the singular, where that is known.
    pub(crate) relation: Option<Text>,
}

/// A call that could not be looked into.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Opaque {
    pub(crate) place: Place,
    pub(crate) label: Text,
    pub(crate) module: Text,
    /// The hypothesis could concern it.
    pub(crate) concerns: bool,
}

/// How many sources are kept; more say nothing new.
const SOURCE_LIMIT: usize = 12;

impl Origin {
    /// Something of the signed-in caller.
    pub(crate) const IDENTITY: u32 = 1;
    /// The client chose it.
    pub(crate) const CLIENT: u32 = 1 << 1;
    /// The value of a cookie that nobody can guess.
    pub(crate) const CREDENTIAL: u32 = 1 << 2;
    /// It comes from a data source.
    pub(crate) const ROW: u32 = 1 << 3;
    /// An error.
    pub(crate) const ERROR: u32 = 1 << 4;
    /// It must stay on the server.
    pub(crate) const SECRET: u32 = 1 << 5;
    /// It says who calls, and nobody verified it.
    pub(crate) const UNVERIFIED: u32 = 1 << 6;
    /// A schema accepted it.
    pub(crate) const PARSED: u32 = 1 << 7;
    /// The value of a cookie, whatever its name.
    pub(crate) const COOKIE: u32 = 1 << 10;
    /// The answer of a comparison or a check.
    pub(crate) const CHECKED: u32 = 1 << 9;
    /// A request header.
    pub(crate) const HEADER: u32 = 1 << 8;
    /// The client sent it, and nothing looked at it yet.
    pub(crate) const RAW: u32 = 1 << 11;
    /// Text that the client wrote freely: no number, no choice among constants.
    pub(crate) const TEXT: u32 = 1 << 12;
    /// Of a row that the client picked, and that may belong to somebody else.
    pub(crate) const FOREIGN: u32 = 1 << 13;
    /// A whole row, with every column.
    pub(crate) const WHOLE: u32 = 1 << 14;
    /// What an error tells about the inside.
    pub(crate) const INTERNAL: u32 = 1 << 15;
    /// The role, or a permission, of the caller.
    pub(crate) const ROLE: u32 = 1 << 16;
    /// How often something happened: a limit compares it.
    pub(crate) const COUNT: u32 = 1 << 17;
    /// The key of a service that the database's own rules do not bind.
    pub(crate) const SERVICE: u32 = 1 << 18;
    /// Its beginning is what the client wrote: an address of the client's choice.
    pub(crate) const LEAD: u32 = 1 << 19;
    /// Whoever runs the server configured it.
    pub(crate) const CONFIGURED: u32 = 1 << 20;
    /// A password, a key or a token in full: nobody else may read it.
    pub(crate) const SENSITIVE: u32 = 1 << 21;
    /// All that the client sent in one argument, and not a field of it.
    pub(crate) const BODY: u32 = 1 << 22;
    /// The client may have sent an object there: operators of a filter, for one.
    pub(crate) const SHAPED: u32 = 1 << 23;
    /// A key of the client leads here: it may be the prototype of all objects.
    pub(crate) const REACHED: u32 = 1 << 24;
    /// As a key it may be `__proto__`.
    pub(crate) const KEY: u32 = 1 << 25;
    /// What time it is takes part in it.
    pub(crate) const CLOCK: u32 = 1 << 26;
    /// What a client sends, as it comes in.
    pub(crate) const SENT: u32 = Self::CLIENT | Self::RAW | Self::TEXT | Self::LEAD | Self::SHAPED | Self::KEY;

    pub(crate) const fn of(bits: u32) -> Self {
        Self { bits, sources: None }
    }

    pub(crate) fn from_source(bits: u32, source: Source) -> Self {
        Self {
            bits,
            sources: Some(Arc::new(vec![source])),
        }
    }

    pub(crate) const fn has(&self, bits: u32) -> bool {
        self.bits & bits != 0
    }

    pub(crate) const fn with(mut self, bits: u32) -> Self {
        self.bits |= bits;
        self
    }

    pub(crate) const fn without(mut self, bits: u32) -> Self {
        self.bits &= !bits;
        self
    }

    /// What a part, a count or a comparison of it is made of: no whole row any more, and no secret in full.
    pub(crate) const fn partial(self) -> Self {
        self.without(Self::WHOLE | Self::BODY | Self::SENSITIVE)
    }

    /// What a text that it is put into is made of: no object any more, but the secret is still there in full.
    pub(crate) const fn put_into_text(self) -> Self {
        self.without(Self::WHOLE | Self::SHAPED)
    }

    pub(crate) fn sources(&self) -> &[Source] {
        self.sources.as_deref().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn opaque(&self) -> impl Iterator<Item = &Opaque> {
        self.sources().iter().filter_map(|source| match source {
            Source::Opaque(opaque) => Some(opaque),
            Source::Read { .. } | Source::Written { .. } => None,
        })
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.bits |= other.bits;
        match (&mut self.sources, &other.sources) {
            (_, None) => {}
            (mine @ None, Some(theirs)) => *mine = Some(Arc::clone(theirs)),
            (Some(mine), Some(theirs)) => {
                if Arc::ptr_eq(mine, theirs) || theirs.iter().all(|source| mine.contains(source)) {
                    return;
                }
                let mine = Arc::make_mut(mine);
                for source in theirs.iter() {
                    if mine.len() >= SOURCE_LIMIT {
                        break;
                    }
                    if let Err(at) = mine.binary_search(source) {
                        mine.insert(at, source.clone());
                    }
                }
            }
        }
    }

    pub(crate) fn plus(mut self, other: &Self) -> Self {
        self.add(other);
        self
    }
}

/// The same class made in the same frame is the same class.
impl PartialEq for ClassValue {
    fn eq(&self, other: &Self) -> bool {
        (self.file, self.class, self.scope) == (other.file, other.class, other.scope)
    }
}

/// Equal parts that are shared need not be compared.
fn same<T: PartialEq>(left: &Arc<T>, right: &Arc<T>) -> bool {
    Arc::ptr_eq(left, right) || **left == **right
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Undefined, Self::Undefined) | (Self::Null, Self::Null) => true,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a.to_bits() == b.to_bits(),
            (Self::Text(a), Self::Text(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Object(a), Self::Object(b)) => same(a, b),
            (Self::Array(a), Self::Array(b)) => same(a, b),
            (Self::Function(a), Self::Function(b)) => same(a, b),
            (Self::Class(a), Self::Class(b)) => same(a, b),
            (Self::Namespace(a), Self::Namespace(b)) => a == b,
            (Self::Promise(a), Self::Promise(b)) => same(a, b),
            (Self::Native(a), Self::Native(b)) => same(a, b),
            (Self::Member(a), Self::Member(b)) => same(a, b),
            (Self::Model(a), Self::Model(b)) => same(a, b),
            (Self::Built(a), Self::Built(b)) => same(a, b),
            (Self::Abstract(a), Self::Abstract(b)) => same(a, b),
            (Self::Union(a), Self::Union(b)) => same(a, b),
            _ => false,
        }
    }
}

/// How deep objects are searched for origins.
const DEPTH_LIMIT: u32 = 6;
/// How many alternatives a union keeps before it becomes one abstract value.
const UNION_LIMIT: usize = 8;

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Text::from(text))
    }

    pub(crate) fn unknown() -> Self {
        Self::Abstract(Arc::new(Abstract::default()))
    }

    pub(crate) fn of(origin: Origin) -> Self {
        Self::Abstract(Arc::new(Abstract {
            origin,
            ..Abstract::default()
        }))
    }

    /// A value that is there: not null, and truthy if `truth` says so.
    pub(crate) fn present(origin: Origin, truth: Option<bool>) -> Self {
        Self::Abstract(Arc::new(Abstract {
            origin,
            truth,
            present: true,
            ..Abstract::default()
        }))
    }

    pub(crate) fn object(fields: Vec<(&str, Self)>) -> Self {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (Text::from(name), Field::Value(value)))
            .collect();
        Self::Object(Arc::new(Object {
            fields,
            ..Object::default()
        }))
    }

    pub(crate) fn fulfilled(self) -> Self {
        match self {
            Self::Promise(_) => self,
            value => Self::Promise(Arc::new(Ok(value))),
        }
    }

    pub(crate) fn rejected(self) -> Self {
        Self::Promise(Arc::new(Err(self)))
    }

    pub(crate) fn native(name: &str) -> Self {
        Self::Native(Arc::new(Native {
            name: Text::from(name),
            this: None,
            extra: Vec::new(),
        }))
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::Array(Arc::new(Array { items, rest: None }))
    }

    /// Any number of such values.
    pub(crate) fn list_of(element: Self) -> Self {
        Self::Array(Arc::new(Array {
            items: Vec::new(),
            rest: Some(element),
        }))
    }

    pub(crate) const fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }

    pub(crate) fn is_function(&self) -> bool {
        matches!(
            self,
            Self::Function(_) | Self::Built(_) | Self::Member(_) | Self::Native(_)
        )
    }

    /// True, false, or not known.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Undefined | Self::Null => Some(false),
            Self::Boolean(value) => Some(*value),
            Self::Number(value) => Some(*value != 0.0 && !value.is_nan()),
            Self::Text(text) => Some(!text.is_empty()),
            Self::Abstract(value) => value.truth,
            Self::Union(options) => {
                let mut truths = options.iter().map(Self::truth);
                let first = truths.next().flatten();
                if truths.all(|truth| truth == first) {
                    first
                } else {
                    None
                }
            }
            _ => Some(true),
        }
    }

    /// Whether it is `null` or `undefined`: yes, no, or not known.
    pub(crate) fn nullish(&self) -> Option<bool> {
        match self {
            Self::Undefined | Self::Null => Some(true),
            Self::Abstract(value) if value.present || value.truth == Some(true) => Some(false),
            Self::Abstract(value) if value.truth == Some(false) => Some(true),
            Self::Abstract(_) => None,
            Self::Union(options) => {
                let mut answers = options.iter().map(Self::nullish);
                let first = answers.next().flatten();
                if answers.all(|answer| answer == first) {
                    first
                } else {
                    None
                }
            }
            _ => Some(false),
        }
    }

    /// The same, with what every part was made from changed.
    pub(crate) fn map_origin(&self, change: &dyn Fn(Origin) -> Origin) -> Self {
        match self {
            Self::Abstract(inner) => {
                let mut inner = Abstract::clone(inner);
                inner.origin = change(inner.origin);
                Self::Abstract(Arc::new(inner))
            }
            Self::Object(object) => {
                let mut object = Object::clone(object);
                for (_, field) in &mut object.fields {
                    if let Field::Value(value) = field {
                        *value = value.map_origin(change);
                    }
                }
                object.open = object.open.map(|open| open.map_origin(change));
                Self::Object(Arc::new(object))
            }
            Self::Array(array) => Self::Array(Arc::new(Array {
                items: array.items.iter().map(|item| item.map_origin(change)).collect(),
                rest: array.rest.as_ref().map(|rest| rest.map_origin(change)),
            })),
            Self::Union(options) => options
                .iter()
                .map(|option| option.map_origin(change))
                .reduce(Self::or)
                .unwrap_or(Self::Undefined),
            Self::Native(native) => {
                let mut native = Native::clone(native);
                native.this = native.this.map(|this| this.map_origin(change));
                Self::Native(Arc::new(native))
            }
            Self::Promise(settled) => Self::Promise(Arc::new(match &**settled {
                Ok(value) => Ok(value.map_origin(change)),
                Err(error) => Err(error.map_origin(change)),
            })),
            other => other.clone(),
        }
    }

    /// What it was made from, in all its parts.
    pub(crate) fn origin(&self) -> Origin {
        let mut origin = Origin::default();
        self.collect_origin(&mut origin, 0);
        origin
    }

    fn collect_origin(&self, origin: &mut Origin, depth: u32) {
        if depth > DEPTH_LIMIT {
            return;
        }
        match self {
            Self::Abstract(value) => origin.add(&value.origin),
            Self::Model(model) => origin.add(&model.origin),
            Self::Object(object) => {
                for (_, field) in &object.fields {
                    if let Field::Value(value) = field {
                        value.collect_origin(origin, depth + 1);
                    }
                }
                if let Some(open) = &object.open {
                    open.collect_origin(origin, depth + 1);
                }
            }
            Self::Array(array) => {
                for value in array.items.iter().chain(&array.rest) {
                    value.collect_origin(origin, depth + 1);
                }
            }
            Self::Promise(settled) => match &**settled {
                Ok(value) | Err(value) => value.collect_origin(origin, depth + 1),
            },
            Self::Union(options) => options
                .iter()
                .for_each(|option| option.collect_origin(origin, depth + 1)),
            Self::Native(native) => {
                for value in native.this.iter().chain(&native.extra) {
                    value.collect_origin(origin, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// One of both.
    pub(crate) fn or(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        if let (Self::Array(left), Self::Array(right)) = (&self, &other) {
            return Self::Array(Arc::new(Array::join(left, right)));
        }
        let mut options: Vec<Self> = Vec::new();
        for value in [self, other] {
            match value {
                Self::Union(inner) => {
                    for option in inner.iter() {
                        if !options.contains(option) {
                            options.push(option.clone());
                        }
                    }
                }
                value => {
                    if !options.contains(&value) {
                        options.push(value);
                    }
                }
            }
        }
        if options.len() > UNION_LIMIT {
            let mut origin = Origin::default();
            options.iter().for_each(|option| origin.add(&option.origin()));
            return Self::of(origin);
        }
        match (options.len(), options.pop()) {
            (1, Some(only)) => only,
            (_, Some(last)) => {
                options.push(last);
                Self::Union(Arc::new(options))
            }
            (_, None) => Self::Undefined,
        }
    }

    /// Whether it has more parts than this, shared ones counted each time.
    pub(crate) fn is_larger_than(&self, limit: usize) -> bool {
        let mut left = limit;
        self.count(&mut left);
        left == 0
    }

    fn count(&self, left: &mut usize) {
        if *left == 0 {
            return;
        }
        *left -= 1;
        match self {
            Self::Object(object) => {
                for (_, field) in &object.fields {
                    if let Field::Value(value) = field {
                        value.count(left);
                    }
                }
                object.open.iter().for_each(|open| open.count(left));
            }
            Self::Array(array) => array.items.iter().chain(&array.rest).for_each(|item| item.count(left)),
            Self::Promise(settled) => match &**settled {
                Ok(value) | Err(value) => value.count(left),
            },
            Self::Union(options) => options.iter().for_each(|option| option.count(left)),
            _ => {}
        }
    }

    /// A field of an object, where it is known.
    pub(crate) fn own_field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(object) => object.field(name),
            _ => None,
        }
    }
}

impl Object {
    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(key, _)| &**key == name)
            .and_then(|(_, field)| match field {
                Field::Value(value) => Some(value),
                Field::Getter(_) => None,
            })
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        match self.fields.iter_mut().find(|(key, _)| &**key == name) {
            Some((_, field)) => *field = Field::Value(value),
            None => self.fields.push((Text::from(name), Field::Value(value))),
        }
    }
}

impl Array {
    /// Both lists at once, position by position.
    fn join(left: &Self, right: &Self) -> Self {
        let length = left.items.len().min(right.items.len());
        let pairs = left.items.iter().zip(&right.items);
        let items = pairs.map(|(left, right)| left.clone().or(right.clone())).collect();
        let beyond = left.items.iter().chain(&right.items);
        let rest = beyond
            .enumerate()
            .filter(|(position, _)| {
                let own = if *position < left.items.len() {
                    *position
                } else {
                    *position - left.items.len()
                };
                own >= length
            })
            .map(|(_, value)| value.clone())
            .chain(left.rest.iter().chain(&right.rest).cloned())
            .reduce(Value::or);
        Self { items, rest }
    }

    /// What an element at an unknown position may be.
    pub(crate) fn element(&self) -> Value {
        let mut values = self.items.iter().chain(&self.rest).cloned();
        let Some(first) = values.next() else {
            return Value::Undefined;
        };
        values.fold(first, Value::or)
    }
}

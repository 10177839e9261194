//! Looking at the values of a call. A [`Value`] is a place in a [`Document`]; its [`Kind`] says what it is.

use crate::date::Date;
use crate::document::{Document, Field, Node, NodeId, Span};
use crate::text::JsStr;

/// A value of a call.
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    document: &'a Document,
    id: NodeId,
}

/// What a value is.
#[derive(Debug, Clone, Copy)]
pub enum Kind<'a> {
    /// `undefined`
    Undefined,
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// Any number, `NaN`, the infinities and negative zero included.
    Number(f64),
    /// The decimal digits, with a sign if negative.
    BigInt(&'a str),
    /// A string.
    String(JsStr<'a>),
    /// A valid date.
    Date(Date),
    /// The key of a registered symbol.
    Symbol(JsStr<'a>),
    /// An array.
    Array(Items<'a>),
    /// A plain object.
    Object(Fields<'a>),
    /// A `Map`.
    Map(Pairs<'a>),
    /// A `Set`.
    Set(Items<'a>),
    /// An iterator that yields these.
    Iterator(Items<'a>),
    /// A `FormData`; its values are strings and files.
    FormData(Fields<'a>),
    /// A file.
    File(File<'a>),
    /// A typed array, an array buffer or a data view, with its bytes.
    Bytes(View, &'a [u8]),
    /// A promise of this value.
    Promise(Value<'a>),
    /// A stream, an asynchronous iterable or an asynchronous iterator.
    Stream(Stream<'a>),
    /// A function of the server.
    ServerReference(ServerReference<'a>),
    /// A value that stayed on the client.
    TemporaryReference,
}

impl<'a> Value<'a> {
    pub(crate) const fn new(document: &'a Document, id: NodeId) -> Self {
        Self { document, id }
    }

    /// Which object it is: equal at every place where the same object stands.
    pub const fn id(self) -> NodeId {
        self.id
    }

    /// What it is.
    pub fn kind(self) -> Kind<'a> {
        let document = self.document;
        let items = |span: Span| Items {
            document,
            ids: span.of(&document.ids),
        };
        let fields = |span: Span, order| Fields {
            document,
            slice: span.of(&document.fields),
            span,
            order,
        };
        match document.node(self.id) {
            Node::Undefined | Node::Open(_) => Kind::Undefined,
            Node::Null => Kind::Null,
            Node::Boolean(value) => Kind::Boolean(value),
            Node::Number(value) => Kind::Number(value),
            Node::BigInt(span) => Kind::BigInt(document.text(span).as_str().unwrap_or("0")),
            Node::String(span) => Kind::String(document.text(span)),
            Node::Date(date) => Kind::Date(date),
            Node::Symbol(span) => Kind::Symbol(document.text(span)),
            Node::Array(span) => Kind::Array(items(span)),
            Node::Object { fields: span, order } => Kind::Object(fields(span, Some(order))),
            Node::Map(span) => Kind::Map(Pairs(items(span))),
            Node::Set(span) => Kind::Set(items(span)),
            Node::Iterator(span) => Kind::Iterator(items(span)),
            Node::FormData(span) => Kind::FormData(fields(span, None)),
            Node::File(number) => Kind::File(File { document, number }),
            Node::Bytes { view, content } => Kind::Bytes(view, content.of(&document.bytes)),
            Node::Promise(id) => Kind::Promise(Self { document, id }),
            Node::Stream { kind, chunks } => Kind::Stream(Stream {
                kind,
                all: items(chunks),
            }),
            Node::ServerReference { id, bound } => {
                let bound = match document.node(bound) {
                    Node::Array(span) => items(span),
                    _ => Items { document, ids: &[] },
                };
                let id = document.text(id).as_str().unwrap_or_default();
                Kind::ServerReference(ServerReference { id, bound })
            }
            Node::TemporaryReference => Kind::TemporaryReference,
        }
    }

    /// The string, if it is one that UTF-8 can hold.
    pub fn as_str(self) -> Option<&'a str> {
        match self.kind() {
            Kind::String(text) => text.as_str(),
            _ => None,
        }
    }
}

/// Values in a row.
#[derive(Debug, Clone, Copy)]
pub struct Items<'a> {
    pub(crate) document: &'a Document,
    pub(crate) ids: &'a [NodeId],
}

impl<'a> Items<'a> {
    /// How many.
    pub const fn len(self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.ids.is_empty()
    }

    /// The value at a position.
    pub fn at(self, position: usize) -> Option<Value<'a>> {
        self.ids.get(position).map(|id| Value::new(self.document, *id))
    }

    /// All of them.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Value<'a>> + ExactSizeIterator + 'a {
        self.ids.iter().map(move |id| Value::new(self.document, *id))
    }
}

/// The entries of a map.
#[derive(Debug, Clone, Copy)]
pub struct Pairs<'a>(Items<'a>);

impl<'a> Pairs<'a> {
    /// Keys and values.
    pub fn iter(self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> + 'a {
        let Self(Items { document, ids }) = self;
        ids.chunks_exact(2).filter_map(move |pair| match pair {
            [key, value] => Some((Value::new(document, *key), Value::new(document, *value))),
            _ => None,
        })
    }
}

/// The properties of an object, or the entries of form data.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    document: &'a Document,
    slice: &'a [Field],
    span: Span,
    /// Form data has none: its names repeat.
    order: Option<u32>,
}

impl<'a> Fields<'a> {
    /// How many.
    pub const fn len(self) -> usize {
        self.slice.len()
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.slice.is_empty()
    }

    /// All of them, in the order in which they were sent.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (JsStr<'a>, Value<'a>)> + 'a {
        let document = self.document;
        let pair = move |field: &Field| (document.text(field.key), Value::new(document, field.value));
        self.slice.iter().map(pair)
    }

    /// The property with this key; in form data, the first entry with this name.
    pub fn value(self, key: &str) -> Option<Value<'a>> {
        let document = self.document;
        let position = match self.order {
            Some(order) => document.find(self.span, order, key.as_bytes()),
            None => self.slice.iter().position(|field| document.text(field.key) == key),
        };
        let field = self.slice.get(position?)?;
        Some(Value::new(document, field.value))
    }
}

/// A file.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    document: &'a Document,
    number: u32,
}

impl<'a> File<'a> {
    fn node(self) -> Option<crate::document::FileNode> {
        let files = &self.document.files;
        files.get(usize::try_from(self.number).ok()?).copied()
    }

    /// Its name, as the client says.
    pub fn name(self) -> JsStr<'a> {
        self.document
            .text(self.node().map(|file| file.name).unwrap_or_default())
    }

    /// Its media type in lower case, as the client says.
    pub fn mime(self) -> &'a str {
        let mime = self.node().map(|file| file.mime).unwrap_or_default();
        self.document.text(mime).as_str().unwrap_or_default()
    }

    /// Its content.
    pub fn content(self) -> &'a [u8] {
        self.node()
            .map(|file| file.content)
            .unwrap_or_default()
            .of(&self.document.bytes)
    }
}

/// A function of the server that the client handed back.
#[derive(Debug, Clone, Copy)]
pub struct ServerReference<'a> {
    /// Which function.
    pub id: &'a str,
    /// The arguments that the client bound to it.
    pub bound: Items<'a>,
}

/// Something that yields values later.
#[derive(Debug, Clone, Copy)]
pub struct Stream<'a> {
    /// What it is.
    pub kind: StreamKind,
    all: Items<'a>,
}

impl<'a> Stream<'a> {
    /// What it yields. The chunks of a stream of bytes are `Uint8Array`.
    pub fn chunks(self) -> Items<'a> {
        let Items { document, ids } = self.all;
        let ids = if self.kind.returns() {
            ids.split_last().map_or(ids, |(_, chunks)| chunks)
        } else {
            ids
        };
        Items { document, ids }
    }

    /// What an iterable or iterator returns at its end.
    pub fn returned(self) -> Option<Value<'a>> {
        let last = self.all.ids.last().filter(|_| self.kind.returns())?;
        Some(Value::new(self.all.document, *last))
    }
}

/// What yields values later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamKind {
    /// A `ReadableStream` of values.
    Values,
    /// A `ReadableStream` of bytes.
    Bytes,
    /// An asynchronous iterable.
    Iterable,
    /// An asynchronous iterator.
    Iterator,
}

impl StreamKind {
    pub(crate) const fn returns(self) -> bool {
        matches!(self, Self::Iterable | Self::Iterator)
    }

    pub(crate) const fn letter(self) -> char {
        match self {
            Self::Values => 'R',
            Self::Bytes => 'r',
            Self::Iterable => 'X',
            Self::Iterator => 'x',
        }
    }
}

/// How JavaScript sees bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of JavaScript")]
pub enum View {
    ArrayBuffer,
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
}

impl View {
    pub(crate) const ALL: [(char, Self, &'static str, usize); 13] = [
        ('A', Self::ArrayBuffer, "ArrayBuffer", 1),
        ('O', Self::Int8Array, "Int8Array", 1),
        ('o', Self::Uint8Array, "Uint8Array", 1),
        ('U', Self::Uint8ClampedArray, "Uint8ClampedArray", 1),
        ('S', Self::Int16Array, "Int16Array", 2),
        ('s', Self::Uint16Array, "Uint16Array", 2),
        ('L', Self::Int32Array, "Int32Array", 4),
        ('l', Self::Uint32Array, "Uint32Array", 4),
        ('G', Self::Float32Array, "Float32Array", 4),
        ('g', Self::Float64Array, "Float64Array", 8),
        ('M', Self::BigInt64Array, "BigInt64Array", 8),
        ('m', Self::BigUint64Array, "BigUint64Array", 8),
        ('V', Self::DataView, "DataView", 1),
    ];

    fn row(self) -> (char, Self, &'static str, usize) {
        let row = Self::ALL.into_iter().find(|(_, view, ..)| *view == self);
        row.unwrap_or(('o', Self::Uint8Array, "Uint8Array", 1))
    }

    /// The name of its constructor.
    pub fn name(self) -> &'static str {
        self.row().2
    }

    pub(crate) fn letter(self) -> char {
        self.row().0
    }

    /// Bytes of an element.
    pub(crate) fn element(self) -> usize {
        self.row().3
    }
}

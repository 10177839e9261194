//! The values of one call: an arena of nodes. A node that stands at two places has one id, so shared objects stay
//! shared; strings, keys and binary data lie in pools, so a node is 16 bytes and reading allocates little.

use crate::date::Date;
use crate::text::JsStr;
use crate::value::{StreamKind, View};

/// A value of a [`Document`]. Two places with the same id hold the same object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// Stands where a value is not known yet.
    pub(crate) const NONE: Self = Self(u32::MAX);

    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// A piece of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) length: u32,
}

impl Span {
    pub(crate) fn of<T>(self, pool: &[T]) -> &[T] {
        let start = usize::try_from(self.start).unwrap_or(usize::MAX);
        let end = start.saturating_add(self.len());
        pool.get(start..end).unwrap_or_default()
    }

    pub(crate) fn len(self) -> usize {
        usize::try_from(self.length).unwrap_or(usize::MAX)
    }

    /// What a pool holds from `start` on.
    pub(crate) fn since<T>(pool: &[T], start: usize) -> Self {
        Self {
            start: index(start),
            length: index(pool.len().saturating_sub(start)),
        }
    }
}

/// INVARIANT: a body is under 1 GiB, and no pool grows beyond four entries a byte.
pub(crate) fn index(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) key: Span,
    pub(crate) value: NodeId,
}

/// A file: its name, its media type, its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileNode {
    pub(crate) name: Span,
    pub(crate) mime: Span,
    pub(crate) content: Span,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Node {
    Undefined,
    Null,
    Boolean(bool),
    Number(f64),
    BigInt(Span),
    String(Span),
    Date(Date),
    Symbol(Span),
    /// Elements in `ids`.
    Array(Span),
    /// Fields in `fields`; above [`SMALL`] fields, their order by key in `order`, from this index on.
    Object {
        fields: Span,
        order: u32,
    },
    /// Keys and values in turn, in `ids`.
    Map(Span),
    Set(Span),
    Iterator(Span),
    /// Names and values (strings or files) in `fields`.
    FormData(Span),
    File(u32),
    Bytes {
        view: View,
        content: Span,
    },
    Promise(NodeId),
    /// Chunks in `ids`; for iterables and iterators, the returned value is the last of them.
    Stream {
        kind: StreamKind,
        chunks: Span,
    },
    /// The id in `text`; the array of bound arguments, or [`NodeId::NONE`].
    ServerReference {
        id: Span,
        bound: NodeId,
    },
    TemporaryReference,
    /// A container that is being read: its frame.
    Open(u32),
}

/// Objects of more fields have an index.
pub(crate) const SMALL: usize = 16;

/// The values of one call.
#[derive(Debug, Clone, Default)]
pub struct Document {
    pub(crate) nodes: Vec<Node>,
    pub(crate) ids: Vec<NodeId>,
    pub(crate) fields: Vec<Field>,
    pub(crate) order: Vec<u32>,
    pub(crate) files: Vec<FileNode>,
    pub(crate) text: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
}

impl Document {
    pub(crate) fn node(&self, id: NodeId) -> Node {
        self.nodes.get(id.index()).copied().unwrap_or(Node::Undefined)
    }

    pub(crate) fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(index(self.nodes.len()));
        self.nodes.push(node);
        id
    }

    pub(crate) fn set(&mut self, id: NodeId, node: Node) {
        if let Some(place) = self.nodes.get_mut(id.index()) {
            *place = node;
        }
    }

    pub(crate) fn text(&self, span: Span) -> JsStr<'_> {
        JsStr::from_wtf8(span.of(&self.text))
    }

    pub(crate) fn add_text(&mut self, text: &[u8]) -> Span {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        Span::since(&self.text, start)
    }

    pub(crate) fn add_bytes(&mut self, bytes: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Span::since(&self.bytes, start)
    }

    pub(crate) fn add_ids(&mut self, ids: &[NodeId]) -> Span {
        let start = self.ids.len();
        self.ids.extend_from_slice(ids);
        Span::since(&self.ids, start)
    }

    pub(crate) fn add_file(&mut self, name: &str, mime: &str, content: &[u8]) -> Node {
        let file = FileNode {
            name: self.add_text(name.as_bytes()),
            mime: self.add_text(mime.as_bytes()),
            content: self.add_bytes(content),
        };
        let number = index(self.files.len());
        self.files.push(file);
        Node::File(number)
    }

    pub(crate) fn add_object(&mut self, fields: &[Field]) -> Node {
        let start = self.fields.len();
        self.fields.extend_from_slice(fields);
        let order = index(self.order.len());
        if fields.len() > SMALL {
            let mut sorted: Vec<u32> = (0..index(fields.len())).collect();
            sorted.sort_unstable_by_key(|position| self.key_of(fields, *position));
            self.order.extend_from_slice(&sorted);
        }
        Node::Object {
            fields: Span::since(&self.fields, start),
            order,
        }
    }

    pub(crate) fn key_of(&self, fields: &[Field], position: u32) -> &[u8] {
        let field = usize::try_from(position).ok().and_then(|position| fields.get(position));
        field.map_or(&[], |field| field.key.of(&self.text))
    }

    /// Where in the fields of an object the key stands.
    pub(crate) fn find(&self, fields: Span, order: u32, key: &[u8]) -> Option<usize> {
        let slice = fields.of(&self.fields);
        if slice.len() <= SMALL {
            return slice.iter().position(|field| field.key.of(&self.text) == key);
        }
        let sorted = Span {
            start: order,
            length: fields.length,
        }
        .of(&self.order);
        let found = sorted
            .binary_search_by(|position| self.key_of(slice, *position).cmp(key))
            .ok()?;
        usize::try_from(*sorted.get(found)?).ok()
    }

    /// The nodes directly under this one, in their order; nothing for those without.
    pub(crate) fn children(&self, id: NodeId) -> Children<'_> {
        let (ids, fields, one): (&[NodeId], &[Field], _) = match self.node(id) {
            Node::Array(span) | Node::Map(span) | Node::Set(span) | Node::Iterator(span) => {
                (span.of(&self.ids), &[], None)
            }
            Node::Stream { chunks, .. } => (chunks.of(&self.ids), &[], None),
            Node::Object { fields, .. } | Node::FormData(fields) => (&[], fields.of(&self.fields), None),
            Node::Promise(value) => (&[], &[], Some(value)),
            Node::ServerReference { bound, .. } if bound != NodeId::NONE => (&[], &[], Some(bound)),
            _ => (&[], &[], None),
        };
        Children { ids, fields, one }
    }
}

/// The nodes directly under a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Children<'a> {
    ids: &'a [NodeId],
    fields: &'a [Field],
    one: Option<NodeId>,
}

impl Children<'_> {
    /// The length of the key, or about that of the number, under which a child stands.
    pub(crate) fn step(&self, position: usize) -> usize {
        self.fields.get(position).map_or(8, |field| field.key.len()) + 1
    }

    pub(crate) fn at(&self, position: usize) -> Option<NodeId> {
        let field = || self.fields.get(position).map(|field| field.value);
        let one = || self.one.filter(|_| position == 0);
        self.ids.get(position).copied().or_else(field).or_else(one)
    }
}

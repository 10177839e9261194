//! The reader of models: what each token makes of the parts, and which of its uses are refused. The JSON around the
//! tokens is read in `model`, paths are walked in `reference`, and what can only be judged at the end in `settle`.
//!
//! Long because one arm a token.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, Field, Node, NodeId, Span};
use crate::model::{Frame, Slotted};
use crate::multipart::FileHead;
use crate::options::{Budgets, DecodeOptions, Dialect};
use crate::parts::{Content, Parts, State, Uses};
use crate::token::{self, Token};
use crate::value::{StreamKind, View};
use crate::{Code, KnownIds, Refusal};

/// In which order parts may refer to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// To earlier ones: the application reads while the body arrives.
    Arrival,
    /// To any: the application has the whole form before it reads.
    Any,
}

/// Whether React has a value only later: see `reference`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pending {
    No,
    /// Always.
    Sure,
    /// It depends on what has arrived, and on when the application looks.
    Maybe,
}

/// A value, and whether React has it only later.
pub(crate) type Read = (NodeId, Pending);

/// Where in a part the reader is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Here<'a> {
    pub(crate) part: &'a str,
    pub(crate) offset: usize,
    /// The number of the part, unless it is a chunk.
    pub(crate) id: Option<u32>,
    /// Its place in the body.
    pub(crate) position: usize,
    /// Counts the parts that are read.
    pub(crate) reading: u32,
    /// How deep the parts nest to which it refers.
    pub(crate) depth: usize,
    pub(crate) pending: Pending,
}

/// A promise: where it stands, how often, and how often as the bound arguments of a server reference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Awaited {
    pub(crate) node: NodeId,
    pub(crate) tokens: u32,
    pub(crate) bound: u32,
}

/// What a part refers to, in order, as far as form data is concerned.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Part(u32),
    FormData(u32),
}

/// What is judged at the end.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) promises: BTreeMap<u32, Awaited>,
    pub(crate) server_references: BTreeMap<u32, NodeId>,
    pub(crate) streams: Vec<(NodeId, StreamKind, u32)>,
    /// Containers that have been referred to.
    pub(crate) referenced: Vec<NodeId>,
    /// The array in the part of a map, set or iterator; whether it is a map.
    pub(crate) containers: Vec<(NodeId, bool)>,
    /// Values of a key `then`.
    pub(crate) thens: Vec<NodeId>,
    pub(crate) empty_forms: BTreeSet<u32>,
    pub(crate) readings: BTreeMap<u32, u32>,
    /// How many parts have been begun.
    pub(crate) begun: u32,
    pub(crate) events: Vec<(u32, Event)>,
}

/// Reads the parts of one call.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    pub(crate) options: &'a DecodeOptions,
    pub(crate) budgets: Budgets,
    pub(crate) known: &'a KnownIds,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) order: Order,
    pub(crate) parts: Parts<'a>,
    pub(crate) document: Document,
    pub(crate) frames: Vec<Frame>,
    pub(crate) scratch: Vec<Slotted>,
    /// Positions of containers of the part that is read at which React has no value yet.
    pub(crate) pending: BTreeMap<(NodeId, u32), Pending>,
    pub(crate) here: Here<'a>,
    pub(crate) nesting: usize,
    pub(crate) notes: Notes,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(options: &'a DecodeOptions, known: &'a KnownIds, parts: Parts<'a>, order: Order) -> Self {
        Self {
            options,
            budgets: options.budgets.bounded(),
            known,
            dialect: options.dialect,
            order,
            parts,
            document: Document::default(),
            frames: Vec::new(),
            scratch: Vec::new(),
            pending: BTreeMap::new(),
            here: Here {
                part: "0",
                offset: 0,
                id: None,
                position: 0,
                reading: 0,
                depth: 0,
                pending: Pending::No,
            },
            nesting: 0,
            notes: Notes::default(),
        }
    }

    /// A refusal at the place that is being read.
    pub(crate) fn refuse(&self, code: Code) -> Refusal {
        Refusal::of_part(code, self.here.part, self.here.offset)
    }

    /// A value is made. Each costs a byte of the body at least; the budget bounds them further.
    pub(crate) fn add(&mut self, node: Node) -> Result<NodeId, Refusal> {
        if self.document.nodes.len() >= self.budgets.nodes {
            return Err(self.refuse(Code::BudgetNodes));
        }
        Ok(self.document.push(node))
    }

    fn allow(&self, allowed: bool, code: Code) -> Result<(), Refusal> {
        if allowed { Ok(()) } else { Err(self.refuse(code)) }
    }

    pub(crate) fn is_18(&self) -> bool {
        self.dialect.is_some_and(Dialect::is_18)
    }

    /// What React 18 does not have.
    fn since_19(&self) -> Result<(), Refusal> {
        self.allow(!self.is_18(), Code::DialectForeign)
    }

    /// What the hidden inputs of a form cannot carry.
    fn outside_forms(&self) -> Result<(), Refusal> {
        self.allow(self.order == Order::Arrival, Code::FormKind)
    }

    /// The value that a string with a `$` at its start stands for. An escaped one is left to the caller.
    pub(crate) fn token(&mut self, text: &[u8]) -> Result<Option<Read>, Refusal> {
        let symbols = self.is_18();
        let token = token::read(text, symbols).map_err(|code| self.refuse(code))?;
        let node = match token {
            Token::Escaped => return Ok(None),
            Token::Undefined => Node::Undefined,
            Token::Number(number) => Node::Number(number),
            Token::Date(date) => Node::Date(date),
            Token::BigInt(digits) => {
                self.allow(digits.len() <= self.budgets.bigint, Code::BudgetBigInt)?;
                Node::BigInt(self.document.add_text(digits))
            }
            Token::Symbol(name) => {
                self.allow(self.options.symbols, Code::KindSymbol)?;
                Node::Symbol(self.document.add_text(name))
            }
            Token::TemporaryReference => {
                self.since_19()?;
                self.outside_forms()?;
                self.allow(self.options.temporary_references, Code::KindTemporaryReference)?;
                let named = self.here.id.is_some() && !self.is_below_colon();
                self.allow(named, Code::TemporaryReferencePlace)?;
                Node::TemporaryReference
            }
            Token::Reference(id, path) => return self.reference(id, path).map(Some),
            Token::Promise(id) => return self.promise(id).map(|node| Some((node, Pending::No))),
            Token::Map(id) => return self.map(id).map(Some),
            Token::Set(id) => return self.set(id).map(Some),
            Token::Iterator(id) => return self.iterator(id).map(Some),
            Token::FormData(id) => self.form_data(id)?,
            Token::Blob(id) => self.blob(id)?,
            Token::Bytes(view, id) => {
                self.here.pending = self.here.pending.max(Pending::Sure);
                let node = self.bytes(view, id)?;
                return Ok(Some((self.add(node)?, Pending::Sure)));
            }
            Token::Stream(kind, id) => return self.stream(kind, id).map(|node| Some((node, Pending::No))),
            Token::ServerReference(id, old) => {
                return self.server_reference(id, old).map(|node| Some((node, Pending::No)));
            }
        };
        Ok(Some((self.add(node)?, Pending::No)))
    }

    /// The value of a part that must be there by now, for a use that needs it.
    pub(crate) fn part(&mut self, id: u32, uses: Uses) -> Result<Read, Refusal> {
        let slot = self.parts.slots.get_mut(&id);
        let Some(slot) = slot else {
            return Err(self.refuse(Code::ReferenceUndefined));
        };
        let used = match slot.content {
            Content::Text(_) => slot.uses.add(uses),
            Content::File(..) => Err(Code::PartType),
            Content::Stream(..) => Err(Code::ReferenceStream),
        };
        let state = slot.state;
        used.map_err(|code| self.refuse(code))?;
        match state {
            State::Open(_) => return Err(self.refuse(Code::ReferenceCycle)),
            State::Unread if self.order == Order::Arrival => return Err(self.refuse(Code::ReferenceForward)),
            State::Unread => {
                self.allow(self.nesting <= self.budgets.reference_depth, Code::BudgetReferenceDepth)?;
                self.read_part(id)?;
            }
            State::Read(_) => {}
        }
        self.notes.events.push((self.here.reading, Event::Part(id)));
        let Some((node, pending, depth)) = self.parts.slots.get(&id).and_then(|slot| match slot.state {
            State::Read(node) => Some((node, slot.pending, slot.depth + 1)),
            _ => None,
        }) else {
            return Err(self.refuse(Code::ReferenceForward));
        };
        self.allow(depth <= self.budgets.reference_depth, Code::BudgetReferenceDepth)?;
        self.here.depth = self.here.depth.max(depth);
        // A part that is only referred to may have been read long before.
        let model = uses == Uses::MODEL && pending != Pending::No;
        let pending = if model { Pending::Maybe } else { pending };
        self.here.pending = self.here.pending.max(pending);
        Ok((node, pending))
    }

    fn promise(&mut self, id: u32) -> Result<NodeId, Refusal> {
        if let Some(slot) = self.parts.slots.get_mut(&id) {
            let used = match slot.content {
                Content::Text(_) => slot.uses.add(Uses::PROMISE),
                Content::File(..) => Err(Code::PartType),
                Content::Stream(..) => Err(Code::ReferenceStream),
            };
            used.map_err(|code| self.refuse(code))?;
        } else {
            return Err(self.refuse(Code::PromiseMissing));
        }
        self.allow(id != 0, Code::ReferenceCycle)?;
        if let Some(awaited) = self.notes.promises.get_mut(&id) {
            awaited.tokens += 1;
            return Ok(awaited.node);
        }
        // Until the end, the number of the part stands in the place of its value.
        let node = self.add(Node::Promise(NodeId(id)))?;
        self.notes.promises.insert(
            id,
            Awaited {
                node,
                tokens: 1,
                bound: 0,
            },
        );
        Ok(node)
    }

    /// The elements of a part that is an array.
    fn elements(&mut self, id: u32, code: Code) -> Result<(NodeId, Vec<NodeId>, Pending), Refusal> {
        let (array, pending) = self.part(id, Uses::ONCE)?;
        let Node::Array(span) = self.document.node(array) else {
            return Err(self.refuse(code));
        };
        Ok((array, span.of(&self.document.ids).to_vec(), pending))
    }

    fn map(&mut self, id: u32) -> Result<Read, Refusal> {
        self.allow(self.options.maps, Code::KindMap)?;
        let (array, pairs, pending) = self.elements(id, Code::MapShape)?;
        let mut flat = Vec::with_capacity(pairs.len() * 2);
        for pair in pairs {
            let Node::Array(span) = self.document.node(pair) else {
                return Err(self.refuse(Code::MapShape));
            };
            let pair = span.of(&self.document.ids);
            self.allow(pair.len() == 2, Code::MapShape)?;
            flat.extend_from_slice(pair);
        }
        let keys: Vec<_> = flat.iter().step_by(2).copied().collect();
        self.distinct(&keys, Code::MapDuplicate)?;
        self.notes.containers.push((array, true));
        let span = self.document.add_ids(&flat);
        Ok((self.add(Node::Map(span))?, pending))
    }

    fn set(&mut self, id: u32) -> Result<Read, Refusal> {
        self.allow(self.options.sets, Code::KindSet)?;
        let (array, values, pending) = self.elements(id, Code::SetShape)?;
        self.distinct(&values, Code::SetDuplicate)?;
        self.notes.containers.push((array, false));
        let span = self.document.add_ids(&values);
        Ok((self.add(Node::Set(span))?, pending))
    }

    fn iterator(&mut self, id: u32) -> Result<Read, Refusal> {
        self.since_19()?;
        self.allow(self.options.iterators, Code::KindIterator)?;
        let (array, values, pending) = self.elements(id, Code::IteratorShape)?;
        self.notes.containers.push((array, false));
        let span = self.document.add_ids(&values);
        Ok((self.add(Node::Iterator(span))?, pending))
    }

    /// No two of these are the same in the eyes of a map or a set, and none would be changed by it.
    fn distinct(&self, nodes: &[NodeId], code: Code) -> Result<(), Refusal> {
        let mut seen = BTreeSet::new();
        for node in nodes {
            let negative_zero =
                matches!(self.document.node(*node), Node::Number(number) if number == 0.0 && number.is_sign_negative());
            if negative_zero || !seen.insert(self.identity(*node)) {
                return Err(self.refuse(code));
            }
        }
        Ok(())
    }

    fn identity(&self, node: NodeId) -> Identity<'_> {
        let text = |span| Identity::Text(0, self.document.text(span).as_wtf8());
        match self.document.node(node) {
            Node::Undefined => Identity::Plain(0),
            Node::Null => Identity::Plain(1),
            Node::Boolean(value) => Identity::Plain(2 + u64::from(value)),
            Node::Number(number) if number.is_nan() => Identity::Plain(4),
            Node::Number(number) => Identity::Number(number.to_bits()),
            Node::String(span) => text(span),
            Node::BigInt(span) => Identity::Text(1, self.document.text(span).as_wtf8()),
            Node::Symbol(span) => Identity::Text(2, self.document.text(span).as_wtf8()),
            _ => Identity::Object(node),
        }
    }

    fn form_data(&mut self, id: u32) -> Result<Node, Refusal> {
        self.outside_forms()?;
        self.allow(id <= 9 || self.options.wide_form_data, Code::FormDataId)?;
        self.allow(id != 0 && !self.parts.slots.contains_key(&id), Code::PartDuplicate)?;
        let Some(group) = self.parts.groups.iter_mut().find(|group| group.id == id) else {
            let first = self.notes.empty_forms.insert(id);
            self.allow(first, Code::PartReused)?;
            return Ok(Node::FormData(Span::default()));
        };
        let (used, last) = (std::mem::replace(&mut group.used, true), group.last);
        let entries = std::mem::take(&mut group.entries);
        self.allow(!used, Code::PartReused)?;
        self.allow(last < self.here.position, Code::FormDataOrder)?;
        self.notes.events.push((self.here.reading, Event::FormData(id)));
        let mut fields = Vec::with_capacity(entries.len());
        for (key, part) in entries {
            let value = if let Some(file) = part.file {
                let file = self
                    .document
                    .add_file(file.name, &file.mime.to_ascii_lowercase(), part.content);
                self.add(file)?
            } else {
                let text = self.document.add_text(part.text()?.as_bytes());
                self.add(Node::String(text))?
            };
            fields.push(Field {
                key: self.document.add_text(key.as_bytes()),
                value,
            });
        }
        let start = self.document.fields.len();
        self.document.fields.extend_from_slice(&fields);
        Ok(Node::FormData(Span::since(&self.document.fields, start)))
    }

    /// A part that is a file and has arrived.
    fn file(&mut self, id: u32) -> Result<(FileHead<'a>, &'a [u8]), Refusal> {
        self.since_19()?;
        self.outside_forms()?;
        let Some(slot) = self.parts.slots.get_mut(&id) else {
            return Err(self.refuse(Code::ReferenceUndefined));
        };
        let Content::File(head, content) = slot.content else {
            return Err(self.refuse(Code::PartType));
        };
        let (used, position) = (slot.uses.add(Uses::ONCE), slot.position);
        used.map_err(|code| self.refuse(code))?;
        self.allow(position < self.here.position, Code::ReferenceForward)?;
        Ok((head, content))
    }

    fn blob(&mut self, id: u32) -> Result<Node, Refusal> {
        self.allow(self.options.blobs, Code::KindBlob)?;
        let (head, content) = self.file(id)?;
        Ok(self
            .document
            .add_file(head.name, &head.mime.to_ascii_lowercase(), content))
    }

    fn bytes(&mut self, view: View, id: u32) -> Result<Node, Refusal> {
        self.allow(self.options.bytes, Code::KindBytes)?;
        let (head, content) = self.file(id)?;
        let written = head.name == "blob" && head.mime == "application/octet-stream";
        self.allow(written, Code::PartType)?;
        self.allow(content.len().is_multiple_of(view.element()), Code::BytesAlignment)?;
        Ok(Node::Bytes {
            view,
            content: self.document.add_bytes(content),
        })
    }

    fn stream(&mut self, kind: StreamKind, id: u32) -> Result<NodeId, Refusal> {
        self.since_19()?;
        self.outside_forms()?;
        self.allow(self.options.streams, Code::KindStream)?;
        let Some(slot) = self.parts.slots.get_mut(&id) else {
            return Err(self.refuse(Code::StreamMissing));
        };
        let used = match slot.content {
            Content::Stream(..) => slot.uses.add(Uses::ONCE),
            _ => Err(Code::PartType),
        };
        used.map_err(|code| self.refuse(code))?;
        // Its chunks are filled in at the end.
        let node = self.add(Node::Stream {
            kind,
            chunks: Span::default(),
        })?;
        self.notes.streams.push((node, kind, id));
        Ok(node)
    }

    fn server_reference(&mut self, id: u32, old: bool) -> Result<NodeId, Refusal> {
        self.parts.marks.old_function |= old;
        self.parts.marks.new_function |= !old;
        self.outside_forms()?;
        self.allow(self.options.server_references, Code::KindServerReference)?;
        let (object, _) = self.part(id, Uses::SERVER_REFERENCE)?;
        if let Some(node) = self.notes.server_references.get(&id) {
            return Ok(*node);
        }
        let (name, bound) = self
            .description(object)
            .ok_or_else(|| self.refuse(Code::ServerReferenceShape))?;
        let text = self.document.text(name).as_str().unwrap_or_default();
        let known = self.known.check(text, self.options.cached_functions);
        known.map_err(|_| self.refuse(Code::ServerReferenceId))?;
        if let Some(awaited) = bound.and_then(|part| self.notes.promises.get_mut(&part)) {
            awaited.bound += 1;
        }
        // Until the end, the number of the part stands in the place of the bound arguments.
        let node = self.add(Node::ServerReference {
            id: name,
            bound: bound.map_or(NodeId::NONE, NodeId),
        })?;
        self.notes.server_references.insert(id, node);
        Ok(node)
    }

    /// The id, and the part of the bound arguments, of `{"id": ..., "bound": null or "$@n"}`.
    pub(crate) fn description(&self, object: NodeId) -> Option<(Span, Option<u32>)> {
        let Node::Object { fields, .. } = self.document.node(object) else {
            return None;
        };
        let [id, bound] = fields.of(&self.document.fields) else {
            return None;
        };
        let keys = [id, bound].map(|field| self.document.text(field.key));
        let Node::String(name) = self.document.node(id.value) else {
            return None;
        };
        let bound = match self.document.node(bound.value) {
            Node::Null => None,
            Node::Promise(part) => Some(part.0),
            _ => return None,
        };
        (keys == [crate::JsStr::from_wtf8(b"id"), crate::JsStr::from_wtf8(b"bound")]).then_some((name, bound))
    }

    /// The number of a part that is begun.
    pub(crate) fn begin(&mut self) -> u32 {
        self.notes.begun += 1;
        self.notes.begun
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identity<'a> {
    Plain(u64),
    Number(u64),
    Text(u8, &'a [u8]),
    Object(NodeId),
}

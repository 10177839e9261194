//! References with a path: the only way in which a body can point into itself, and so the way of every known attack on
//! React's reader. A path leads through own keys of plain objects and arrays that stand before it, and nowhere else.
//!
//! Since 19.2.3, React fills in typed arrays, and whatever waits for them, only after it has read the rest of their part.
//! A reference from the same part to such a place finds `null` there, so `null` is what it means. Only in the dialect
//! before, it means the value.

use crate::decode::{Decoder, Pending, Read};
use crate::document::{Node, NodeId};
use crate::model::array_index;
use crate::options::Dialect;
use crate::parts::{Content, State, Uses};
use crate::{Code, Refusal};

/// Names that every object or function inherits, and `then`, which makes one a promise.
const INHERITED: [&[u8]; 14] = [
    b"__proto__",
    b"prototype",
    b"constructor",
    b"then",
    b"toString",
    b"valueOf",
    b"hasOwnProperty",
    b"isPrototypeOf",
    b"propertyIsEnumerable",
    b"toLocaleString",
    b"__defineGetter__",
    b"__defineSetter__",
    b"__lookupGetter__",
    b"__lookupSetter__",
];

/// Whether a path must not lead through a key of this name.
pub(crate) fn is_inherited(key: &[u8]) -> bool {
    INHERITED.contains(&key)
}

impl Decoder<'_> {
    pub(crate) fn reference(&mut self, id: u32, path: &[u8]) -> Result<Read, Refusal> {
        if self.is_18() && !path.is_empty() {
            return Err(self.refuse(Code::DialectForeign));
        }
        let steps = path.get(1..).filter(|_| !path.is_empty());
        if steps.is_some_and(|steps| steps.split(|byte| *byte == b':').count() > self.budgets.path) {
            return Err(self.refuse(Code::BudgetPath));
        }
        let same = self.here.id == Some(id);
        let waits = self.dialect == Some(Dialect::R19a);
        let (mut node, mut pending) = if same {
            (self.own_root(id, steps.is_some())?, Pending::No)
        } else {
            self.part(id, Uses::MODEL)?
        };
        for key in steps.into_iter().flat_map(|steps| steps.split(|byte| *byte == b':')) {
            if is_inherited(key) {
                return Err(self.refuse(Code::ReferencePrototype));
            }
            if same && !waits && pending != Pending::No {
                return Err(self.refuse(Code::ReferencePending));
            }
            let (position, child) = self.step(node, key)?;
            let position = u32::try_from(position).unwrap_or(u32::MAX);
            let here = self.pending.get(&(node, position)).filter(|_| same);
            pending = pending.max(here.copied().unwrap_or(Pending::No));
            node = child;
        }
        match pending {
            Pending::Sure if same && !waits => return Ok((self.add(Node::Null)?, Pending::No)),
            Pending::Maybe if same && !waits => return Err(self.refuse(Code::ReferencePending)),
            _ => {}
        }
        self.target(node)?;
        Ok((node, pending))
    }

    /// The outermost container of the part that is being read.
    fn own_root(&mut self, id: u32, has_path: bool) -> Result<NodeId, Refusal> {
        let slot = self
            .parts
            .slots
            .get(&id)
            .filter(|slot| matches!(slot.content, Content::Text(_)));
        match slot.map(|slot| slot.state) {
            Some(State::Open(Some(node))) if has_path => Ok(node),
            _ => Err(self.refuse(Code::ReferenceCycle)),
        }
    }

    fn step(&self, node: NodeId, key: &[u8]) -> Result<(usize, NodeId), Refusal> {
        let found = match self.document.node(node) {
            Node::Open(frame) => {
                let frame = usize::try_from(frame).ok().and_then(|frame| self.frames.get(frame));
                frame.and_then(|frame| self.open_child(frame, key))
            }
            Node::Array(span) => array_index(key).and_then(|position| {
                let child = span.of(&self.document.ids).get(position)?;
                Some((position, *child))
            }),
            Node::Object { fields, order } => self.document.find(fields, order, key).and_then(|position| {
                let field = fields.of(&self.document.fields).get(position)?;
                Some((position, field.value))
            }),
            _ => return Err(self.refuse(Code::ReferenceThrough)),
        };
        let missing =
            |child: &NodeId| matches!(self.document.node(node), Node::Open(_)) && self.is_removed(node, *child);
        found
            .filter(|(_, child)| !missing(child))
            .ok_or_else(|| self.refuse(Code::ReferenceMissing))
    }

    /// A property that is undefined is not there, also before its object is complete.
    fn is_removed(&self, container: NodeId, child: NodeId) -> bool {
        let object = match self.document.node(container) {
            Node::Open(frame) => usize::try_from(frame)
                .ok()
                .and_then(|frame| self.frames.get(frame))
                .is_some_and(|frame| frame.object),
            _ => false,
        };
        object && self.document.node(child) == Node::Undefined
    }

    /// Whether a reference may end here.
    fn target(&mut self, node: NodeId) -> Result<(), Refusal> {
        match self.document.node(node) {
            Node::Open(_) if !self.options.cycles => return Err(self.refuse(Code::ReferenceCycle)),
            Node::Promise(_) | Node::ServerReference { .. } => return Err(self.refuse(Code::ReferenceContainer)),
            // React would keep the key for it, and drop the key of the value itself.
            Node::Undefined => return Err(self.refuse(Code::ReferenceMissing)),
            _ => {}
        }
        self.notes.referenced.push(node);
        Ok(())
    }
}

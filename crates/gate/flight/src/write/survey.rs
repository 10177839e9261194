//! Where values stand, found out before anything is written: which stand at several places, and which of these cannot be
//! written at the first place and referred to from the others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::document::{Document, Node, NodeId};
use crate::reference::is_inherited;

/// Longer paths than readers take by default are not written.
const LONGEST_PATH: usize = 16;
/// Nor are paths of more bytes: short references of a hostile body would become long ones.
const LONGEST_REFERENCE: usize = 128;
/// After so many rounds, every shared value gets a part of its own.
const ROUNDS: usize = 8;

/// A way from a part to a value, which a path can follow.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Way {
    steps: usize,
    bytes: usize,
}

impl Way {
    /// One step further, unless no path has this step, or so many.
    pub(super) fn on(self, step: &[u8]) -> Option<Self> {
        let way = Self {
            steps: self.steps + 1,
            bytes: self.bytes + 1 + step.len(),
        };
        let short = way.steps <= LONGEST_PATH && way.bytes <= LONGEST_REFERENCE;
        (short && !step.contains(&b':') && !is_inherited(step)).then_some(way)
    }

    fn to(self, position: usize) -> Option<Self> {
        self.on(position.to_string().as_bytes())
    }
}

#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Values at more than one place.
    pub(super) shared: BTreeSet<NodeId>,
    /// Those that get a part of their own.
    pub(super) outlined: BTreeSet<NodeId>,
    /// Where each value stands first.
    first: BTreeMap<NodeId, Place>,
    /// The parts around the present place, the innermost last.
    open: Vec<usize>,
    parts: usize,
    later: VecDeque<(NodeId, bool)>,
}

/// A place: the number of the part in the survey, and the way there, if there is one.
#[derive(Debug, Clone, Copy)]
struct Place {
    part: usize,
    way: Option<Way>,
}

impl Survey {
    /// `paths` says whether the dialect has them.
    pub(super) fn of(document: &Document, roots: &[NodeId], paths: bool) -> Self {
        let mut survey = Self::default();
        for _ in 0..ROUNDS {
            let outlined = survey.outlined.len();
            survey = Self {
                outlined: survey.outlined,
                ..Self::default()
            };
            survey.walk(document, roots);
            if survey.shared.is_empty() || (paths && outlined == survey.outlined.len()) {
                return survey;
            }
            if !paths {
                break;
            }
        }
        survey.outlined.clone_from(&survey.shared);
        survey
    }

    /// How many values there are of a kind.
    pub(super) fn count(&self, kind: impl Fn(NodeId) -> bool) -> usize {
        self.first.keys().filter(|id| kind(**id)).count()
    }

    fn walk(&mut self, document: &Document, roots: &[NodeId]) {
        self.part(document, roots, Way::to);
        while let Some((id, named)) = self.later.pop_front() {
            self.open.push(self.parts);
            self.parts += 1;
            self.value(document, id, named.then_some(Way::default()));
            self.open.pop();
        }
    }

    fn part(&mut self, document: &Document, values: &[NodeId], way: impl Fn(Way, usize) -> Option<Way>) {
        self.open.push(self.parts);
        self.parts += 1;
        for (position, value) in values.iter().enumerate() {
            self.value(document, *value, way(Way::default(), position));
        }
        self.open.pop();
    }

    fn value(&mut self, document: &Document, id: NodeId, way: Option<Way>) {
        let node = document.node(id);
        let Some(part) = self.open.last().copied() else { return };
        if !is_object(node) {
            return;
        }
        if let Some(first) = self.first.get(&id).copied() {
            let numbered = matches!(node, Node::Promise(_) | Node::ServerReference { .. });
            if !numbered {
                self.shared.insert(id);
                let arrives_earlier = first.part != part && self.open.contains(&first.part);
                if arrives_earlier || first.way.is_none() || is_filled_in_later(document, id) {
                    self.outlined.insert(id);
                }
            }
            return;
        }
        self.first.insert(id, Place { part, way });
        if self.outlined.contains(&id) {
            self.open.push(self.parts);
            self.parts += 1;
            self.content(document, id, Some(Way::default()));
            self.open.pop();
        } else {
            self.content(document, id, way);
        }
    }

    fn content(&mut self, document: &Document, id: NodeId, way: Option<Way>) {
        let children = document.children(id);
        match document.node(id) {
            Node::Map(span) => {
                let pairs = |way: Way, position: usize| way.to(position / 2)?.to(position % 2);
                self.part(document, span.of(&document.ids), pairs);
            }
            Node::Set(span) | Node::Iterator(span) => self.part(document, span.of(&document.ids), Way::to),
            Node::Promise(_) | Node::ServerReference { .. } => {
                self.later.extend(
                    (0..)
                        .map_while(|position| children.at(position))
                        .map(|child| (child, true)),
                );
            }
            Node::Stream { .. } => {
                self.later.extend(
                    (0..)
                        .map_while(|position| children.at(position))
                        .map(|child| (child, false)),
                );
            }
            Node::Object { fields, .. } => {
                for field in fields.of(&document.fields) {
                    let key = document.text(field.key);
                    self.value(document, field.value, way.and_then(|way| way.on(key.as_wtf8())));
                }
            }
            _ => {
                let mut position = 0;
                while let Some(child) = children.at(position) {
                    self.value(document, child, way.and_then(|way| way.to(position)));
                    position += 1;
                }
            }
        }
    }
}

/// Whether JavaScript can tell two equal ones apart.
fn is_object(node: Node) -> bool {
    !matches!(
        node,
        Node::Undefined
            | Node::Null
            | Node::Boolean(_)
            | Node::Number(_)
            | Node::BigInt(_)
            | Node::String(_)
            | Node::Date(_)
            | Node::Symbol(_)
    )
}

/// Whether React has the value only after it has read the rest of the part in which it stands: binary data, and
/// containers whose own part holds some.
fn is_filled_in_later(document: &Document, id: NodeId) -> bool {
    if !matches!(
        document.node(id),
        Node::Bytes { .. } | Node::Map(_) | Node::Set(_) | Node::Iterator(_)
    ) {
        return false;
    }
    let mut seen = BTreeSet::new();
    let mut stack = vec![id];
    while let Some(id) = stack.pop() {
        match document.node(id) {
            Node::Bytes { .. } => return true,
            Node::Promise(_) | Node::Stream { .. } | Node::ServerReference { .. } => {}
            _ if seen.insert(id) => {
                let children = document.children(id);
                stack.extend((0..).map_while(|position| children.at(position)));
            }
            _ => {}
        }
    }
    false
}

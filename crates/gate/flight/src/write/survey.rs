//! Where values stand, found out before anything is written: which stand at several places, and which of these cannot be
//! written at the first place and referred to from the others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::document::{Document, Node, NodeId};
use crate::reference::is_inherited;

/// Longer paths than readers take by default are not written.
pub(super) const LONGEST_PATH: usize = 16;
/// After so many rounds, every shared value gets a part of its own.
const ROUNDS: usize = 8;

/// Whether a path can have this step.
pub(super) fn leads_on(step: &[u8]) -> bool {
    !step.contains(&b':') && !is_inherited(step)
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

/// A place: the number of the part in the survey, and how many steps lead there, if any do.
#[derive(Debug, Clone, Copy)]
struct Place {
    part: usize,
    steps: Option<usize>,
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
        self.part(document, roots, true);
        while let Some((id, named)) = self.later.pop_front() {
            self.open.push(self.parts);
            self.parts += 1;
            self.value(document, id, named.then_some(0));
            self.open.pop();
        }
    }

    fn part(&mut self, document: &Document, values: &[NodeId], named: bool) {
        self.open.push(self.parts);
        self.parts += 1;
        values
            .iter()
            .for_each(|value| self.value(document, *value, named.then_some(1)));
        self.open.pop();
    }

    fn value(&mut self, document: &Document, id: NodeId, steps: Option<usize>) {
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
                let unreachable = first.steps.is_none_or(|steps| steps >= LONGEST_PATH);
                if arrives_earlier || unreachable || is_filled_in_later(document, id) {
                    self.outlined.insert(id);
                }
            }
            return;
        }
        self.first.insert(id, Place { part, steps });
        if self.outlined.contains(&id) {
            self.open.push(self.parts);
            self.parts += 1;
            self.content(document, id, Some(0));
            self.open.pop();
        } else {
            self.content(document, id, steps);
        }
    }

    fn content(&mut self, document: &Document, id: NodeId, steps: Option<usize>) {
        let children = document.children(id);
        let below = steps.map(|steps| steps + 1);
        match document.node(id) {
            Node::Map(_) | Node::Set(_) | Node::Iterator(_) => {
                let children: Vec<_> = (0..).map_while(|position| children.at(position)).collect();
                // In a map there are two steps to each; that only counts for the longest of paths.
                self.part(document, &children, true);
            }
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
                    let below = below.filter(|_| leads_on(key.as_wtf8()));
                    self.value(document, field.value, below);
                }
            }
            _ => (0..)
                .map_while(|position| children.at(position))
                .for_each(|child| self.value(document, child, below)),
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

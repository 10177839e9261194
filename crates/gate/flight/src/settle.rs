//! What can only be judged when all parts have been read: promises get their values and streams their chunks; every
//! part has been used, and nothing that a map or a function was made of is also reachable otherwise; cycles, depth and
//! size count through references.

use std::collections::{BTreeMap, BTreeSet};

use crate::body::Arguments;
use crate::decode::{Awaited, Decoder, Event};
use crate::document::{Node, NodeId};
use crate::options::Promises;
use crate::parts::{Content, End, State};
use crate::value::{StreamKind, View};
use crate::{Code, Refusal};

/// The shortest text of an encrypted closure: the initial vector and the tag, in base64.
const SHORTEST_CLOSURE: usize = 44;

/// What a value weighs, shared ones counted wherever they stand.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    nodes: usize,
    bytes: usize,
    slots: usize,
    /// Levels below and including this one.
    height: usize,
}

/// One step of the walk over the values.
struct Visit {
    node: NodeId,
    next: usize,
    weight: Weight,
}

impl Decoder<'_> {
    pub(crate) fn settle(&mut self, arguments: &[Arguments]) -> Result<(), Refusal> {
        let promises = std::mem::take(&mut self.notes.promises);
        self.fill_promises(&promises)?;
        self.fill_streams()?;
        self.fill_functions()?;
        self.check_promises(&promises, arguments)?;
        self.check_containers()?;
        self.check_thens()?;
        self.check_uses(arguments)?;
        self.check_form_data()?;
        let roots: Vec<_> = arguments.iter().map(|arguments| arguments.array).collect();
        self.weigh(&roots)
    }

    fn value_of(&self, id: u32) -> Result<NodeId, Refusal> {
        match self.parts.slots.get(&id).map(|slot| slot.state) {
            Some(State::Read(node)) => Ok(node),
            _ => Err(self.refuse(Code::PromiseMissing)),
        }
    }

    fn fill_promises(&mut self, promises: &BTreeMap<u32, Awaited>) -> Result<(), Refusal> {
        for (id, awaited) in promises {
            let value = self.value_of(*id)?;
            self.document.set(awaited.node, Node::Promise(value));
        }
        Ok(())
    }

    fn fill_streams(&mut self) -> Result<(), Refusal> {
        for (node, kind, id) in std::mem::take(&mut self.notes.streams) {
            let Some(slot) = self.parts.slots.get(&id) else {
                return Err(self.refuse(Code::StreamMissing));
            };
            let name = slot.name;
            let refuse = |code| Refusal::of_part(code, name, 0);
            let Content::Stream(chunks, Some(end)) = &slot.content else {
                return Err(refuse(Code::StreamUnfinished));
            };
            let mut chunks = chunks.clone();
            match (kind, end) {
                (StreamKind::Iterable | StreamKind::Iterator, End::Returned(value)) => chunks.push(*value),
                (StreamKind::Iterable | StreamKind::Iterator, End::Closed) => chunks.push(self.add(Node::Undefined)?),
                (_, End::Returned(_)) => return Err(refuse(Code::StreamChunk)),
                (_, End::Closed) => {}
            }
            let byte = |chunk: &NodeId| {
                matches!(
                    self.document.node(*chunk),
                    Node::Bytes {
                        view: View::Uint8Array,
                        ..
                    }
                )
            };
            if kind == StreamKind::Bytes && !chunks.iter().all(byte) {
                return Err(refuse(Code::StreamChunk));
            }
            let chunks = self.document.add_ids(&chunks);
            self.document.set(node, Node::Stream { kind, chunks });
        }
        Ok(())
    }

    fn fill_functions(&mut self) -> Result<(), Refusal> {
        for node in self.notes.server_references.values().copied().collect::<Vec<_>>() {
            let Node::ServerReference { id, bound } = self.document.node(node) else {
                continue;
            };
            if bound == NodeId::NONE {
                continue;
            }
            let bound = self.value_of(bound.0)?;
            let Node::Array(span) = self.document.node(bound) else {
                return Err(self.refuse(Code::ServerReferenceShape));
            };
            if span.len() > self.budgets.bound {
                return Err(self.refuse(Code::BudgetBound));
            }
            self.document.set(node, Node::ServerReference { id, bound });
        }
        Ok(())
    }

    fn check_promises(&self, promises: &BTreeMap<u32, Awaited>, arguments: &[Arguments]) -> Result<(), Refusal> {
        for (id, awaited) in promises {
            let structural = awaited.tokens <= awaited.bound;
            let first = |arguments: &Arguments| arguments.first.of(&self.document.ids).first() == Some(&awaited.node);
            let allowed = match self.options.promises {
                Promises::Allow => true,
                Promises::Refuse => structural,
                Promises::Closures => {
                    structural || (awaited.tokens == 1 && arguments.iter().any(first) && self.is_closure(awaited.node))
                }
            };
            if !allowed {
                let name = self.parts.slots.get(id).map_or("0", |slot| slot.name);
                return Err(Refusal::of_part(Code::KindPromise, name, 0));
            }
        }
        Ok(())
    }

    /// Whether a promise is of a text that can be what Next.js encrypts the variables of an inline action to.
    fn is_closure(&self, promise: NodeId) -> bool {
        let Node::Promise(value) = self.document.node(promise) else {
            return false;
        };
        let Node::String(span) = self.document.node(value) else {
            return false;
        };
        let text = self.document.text(span).as_wtf8();
        let digits = text
            .strip_suffix(b"==")
            .or_else(|| text.strip_suffix(b"="))
            .unwrap_or(text);
        let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        text.len() >= SHORTEST_CLOSURE && text.len().is_multiple_of(4) && digits.iter().all(digit)
    }

    /// The array behind a map, and its pairs, must not be values as well.
    fn check_containers(&self) -> Result<(), Refusal> {
        let referenced: BTreeSet<_> = self.notes.referenced.iter().collect();
        for (array, map) in &self.notes.containers {
            let Node::Array(span) = self.document.node(*array) else {
                continue;
            };
            let pairs = span.of(&self.document.ids).iter().filter(|_| *map);
            if referenced.contains(array) || pairs.into_iter().any(|pair| referenced.contains(pair)) {
                return Err(self.refuse(Code::ReferenceContainer));
            }
        }
        Ok(())
    }

    fn check_thens(&self) -> Result<(), Refusal> {
        let callable = |node: &&NodeId| {
            matches!(
                self.document.node(**node),
                Node::ServerReference { .. } | Node::TemporaryReference | Node::Promise(_)
            )
        };
        match self.notes.thens.iter().find(callable) {
            Some(_) => Err(self.refuse(Code::KeyThen)),
            None => Ok(()),
        }
    }

    fn check_uses(&self, arguments: &[Arguments]) -> Result<(), Refusal> {
        let root =
            |state| matches!(state, State::Read(node) if arguments.iter().any(|arguments| arguments.array == node));
        let unused = self
            .parts
            .slots
            .values()
            .find(|slot| slot.uses.is_empty() && !root(slot.state));
        let unused = unused.map(|slot| slot.name);
        let group = self.parts.groups.iter().find(|group| !group.used);
        let group = group.and_then(|group| group.entries.first()).map(|(_, part)| part.name);
        match unused.or(group) {
            Some(name) => Err(Refusal::of_part(Code::PartUnused, name, 0)),
            None => Ok(()),
        }
    }

    /// React takes the entries of form data with one pointer that only moves forward: the groups must stand in the
    /// order in which its reader meets them. It reads a part when it first meets a reference to it, from the arguments
    /// on. When it reads a promise depends on the application, so form data in one must be the only one.
    fn check_form_data(&self) -> Result<(), Refusal> {
        if self.parts.groups.len() < 2 {
            return Ok(());
        }
        let mut events: BTreeMap<u32, Vec<Event>> = BTreeMap::new();
        for (reading, event) in &self.notes.events {
            events.entry(*reading).or_default().push(*event);
        }
        let (mut met, mut seen) = (Vec::new(), BTreeSet::new());
        let root = self.notes.readings.get(&0).copied();
        let mut stack: Vec<_> = root.into_iter().map(|root| (root, 0)).collect();
        while let Some((reading, position)) = stack.pop() {
            let Some(event) = events.get(&reading).and_then(|events| events.get(position)) else {
                continue;
            };
            stack.push((reading, position + 1));
            match event {
                Event::FormData(id) => met.push(*id),
                Event::Part(id) => {
                    let inner = self.notes.readings.get(id).copied();
                    stack.extend(inner.filter(|inner| seen.insert(*inner)).map(|inner| (inner, 0)));
                }
            }
        }
        if met.iter().eq(self.parts.groups.iter().map(|group| &group.id)) {
            return Ok(());
        }
        Err(Refusal::new(Code::FormDataOrder))
    }

    /// Walks the values once, with what is below each known when it is met again.
    fn weigh(&self, roots: &[NodeId]) -> Result<(), Refusal> {
        let document = &self.document;
        let simple = self.notes.referenced.is_empty() && self.parts.slots.len() == 1 && self.parts.groups.is_empty();
        let small = document.text.len() + document.nodes.len() * 2 < self.budgets.slots.min(self.budgets.expansion);
        if simple && small {
            return Ok(());
        }
        let mut known: Vec<Option<Weight>> = vec![None; document.nodes.len()];
        let mut open = vec![false; document.nodes.len()];
        let (mut long, mut cycles) = (false, false);
        for root in roots {
            let mut stack: Vec<Visit> = vec![Visit {
                node: *root,
                next: 0,
                weight: self.own_weight(*root, &mut long),
            }];
            while let Some(visit) = stack.last_mut() {
                let index = visit.node.index();
                set(&mut open, index, true);
                let Some(child) = document.children(visit.node).at(visit.next) else {
                    let weight = visit.weight;
                    set(&mut open, index, false);
                    set(&mut known, index, Some(weight));
                    stack.pop();
                    if let Some(parent) = stack.last_mut() {
                        parent.weight.add(weight);
                    }
                    continue;
                };
                visit.next += 1;
                if open.get(child.index()).copied().unwrap_or(false) {
                    self.check_cycle(&stack, child)?;
                    cycles = true;
                    continue;
                }
                if let Some(weight) = known.get(child.index()).copied().flatten() {
                    visit.weight.add(weight);
                    let height = stack.len() + weight.height;
                    self.check_weight(height, Weight::default(), false)?;
                    continue;
                }
                let weight = self.own_weight(child, &mut long);
                stack.push(Visit {
                    node: child,
                    next: 0,
                    weight,
                });
                // A leaf of the deepest level does not count as a level.
                let height = stack.len() - usize::from(weight.height == 0);
                self.check_weight(height, Weight::default(), false)?;
            }
            let weight = known.get(root.index()).copied().flatten().unwrap_or_default();
            self.check_weight(0, weight, long)?;
        }
        if cycles { self.unroll(roots) } else { Ok(()) }
    }

    /// What is below a value in a cycle depends on where one comes from. So whoever walks through cycles, and stops where
    /// one closes, meets more than each value's own weight: everything on every way. This walk is the same, and counts.
    fn unroll(&self, roots: &[NodeId]) -> Result<(), Refusal> {
        let (mut nodes, mut bytes) = (0_usize, 0_usize);
        // How long the name of each open value is, plus one.
        let mut open = vec![0; self.document.nodes.len()];
        for root in roots {
            let mut stack = vec![(*root, 0, 1)];
            set(&mut open, root.index(), 1);
            while let Some((node, next, named)) = stack.last_mut() {
                let children = self.document.children(*node);
                let Some(child) = children.at(*next) else {
                    set(&mut open, node.index(), 0);
                    stack.pop();
                    continue;
                };
                let name = *named + children.step(*next);
                *next += 1;
                nodes += 1;
                match open.get(child.index()).copied().unwrap_or_default() {
                    0 => {
                        bytes = bytes.saturating_add(self.own_weight(child, &mut false).bytes);
                        set(&mut open, child.index(), name);
                        stack.push((child, 0, name));
                    }
                    // It is the name that stands there.
                    around => bytes = bytes.saturating_add(around),
                }
                let weight = Weight {
                    nodes,
                    bytes,
                    ..Weight::default()
                };
                self.check_weight(0, weight, false)?;
            }
        }
        Ok(())
    }

    fn check_weight(&self, height: usize, weight: Weight, long: bool) -> Result<(), Refusal> {
        let code = if height > self.budgets.depth {
            Code::BudgetDepth
        } else if weight.nodes > self.budgets.nodes {
            Code::BudgetNodes
        } else if weight.bytes > self.budgets.expansion {
            Code::BudgetExpansion
        } else if long && weight.slots > self.budgets.slots {
            Code::BudgetSlots
        } else {
            return Ok(());
        };
        Err(Refusal::new(code))
    }

    /// Objects and arrays may contain themselves where that is allowed; nothing else can.
    fn check_cycle(&self, stack: &[Visit], child: NodeId) -> Result<(), Refusal> {
        let plain = |visit: &Visit| matches!(self.document.node(visit.node), Node::Array(_) | Node::Object { .. });
        let around = stack.iter().rev().take_while(|visit| visit.node != child).all(plain);
        let closes = matches!(self.document.node(child), Node::Array(_) | Node::Object { .. });
        if self.options.cycles && around && closes {
            Ok(())
        } else {
            Err(Refusal::new(Code::ReferenceCycle))
        }
    }

    fn own_weight(&self, node: NodeId, long: &mut bool) -> Weight {
        let text = |length: usize| Weight {
            nodes: 1,
            bytes: length,
            slots: length,
            height: 0,
        };
        let list = |length: usize| Weight {
            nodes: 1,
            bytes: 0,
            slots: length + 1,
            height: 1,
        };
        match self.document.node(node) {
            Node::String(span) | Node::BigInt(span) | Node::Symbol(span) => text(span.len()),
            Node::Bytes { content, .. } => text(content.len()),
            Node::File(_) => Weight {
                nodes: 1,
                bytes: 0,
                slots: 0,
                height: 0,
            },
            Node::Array(span)
            | Node::Map(span)
            | Node::Set(span)
            | Node::Iterator(span)
            | Node::Stream { chunks: span, .. } => {
                *long |= span.len() > 1;
                list(span.len())
            }
            Node::Object { fields, .. } | Node::FormData(fields) => {
                let keys = fields
                    .of(&self.document.fields)
                    .iter()
                    .map(|field| field.key.len())
                    .sum();
                Weight {
                    nodes: 1,
                    bytes: keys,
                    slots: 0,
                    height: 1,
                }
            }
            Node::Promise(_) | Node::ServerReference { .. } => Weight {
                nodes: 1,
                bytes: 0,
                slots: 0,
                height: 1,
            },
            _ => Weight {
                nodes: 1,
                ..Weight::default()
            },
        }
    }
}

impl Weight {
    fn add(&mut self, child: Self) {
        self.nodes = self.nodes.saturating_add(child.nodes);
        self.bytes = self.bytes.saturating_add(child.bytes);
        self.slots = self.slots.saturating_add(child.slots);
        self.height = self.height.max(child.height + 1);
    }
}

fn set<T>(places: &mut [T], index: usize, value: T) {
    if let Some(place) = places.get_mut(index) {
        *place = value;
    }
}

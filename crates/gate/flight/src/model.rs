//! JSON with tokens in it, to nodes: a loop with a stack of its own, so that no depth of nesting reaches the stack of
//! the thread. Keys are judged here; tokens are in `decode`.

use crate::decode::{Decoder, Here, Pending, Read};
use crate::document::{Field, Node, NodeId, SMALL, Span, index};
use crate::json::Lexer;
use crate::parts::{Content, End, State, Step};
use crate::{Code, Refusal};

/// A container that is being read.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) node: NodeId,
    pub(crate) object: bool,
    /// Where in the scratch its children begin.
    pub(crate) start: usize,
    /// The key whose value comes next.
    key: Span,
    /// The positions of its children by key, above [`SMALL`] of them.
    pub(crate) order: Vec<u32>,
    /// Which of [`IMITATED`] it has.
    marks: u8,
    /// Whether the key has a colon, once that has been asked.
    colon: Option<bool>,
}

/// A child of a container that is being read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slotted {
    pub(crate) field: Field,
}

/// Properties of the objects inside React's reader. An argument that has several of them pretends to be one.
const IMITATED: [(&[u8], u8); 7] = [
    (b"_response", 1),
    (b"_chunks", 2),
    (b"_formData", 4),
    (b"_prefix", 8),
    (b"status", 16),
    (b"reason", 32),
    (b"then", 64),
];

impl<'a> Decoder<'a> {
    /// Reads every part in the order of the body.
    pub(crate) fn read_all(&mut self) -> Result<(), Refusal> {
        for step in std::mem::take(&mut self.parts.steps) {
            match step {
                Step::Model(id) => self.read_part(id)?,
                Step::Chunk {
                    id,
                    name,
                    text,
                    position,
                } => self.read_chunk(id, name, text, position)?,
            }
        }
        Ok(())
    }

    /// Reads a numbered part, unless it has been.
    pub(crate) fn read_part(&mut self, id: u32) -> Result<(), Refusal> {
        let reading = self.begin();
        let Some(slot) = self.parts.slots.get_mut(&id).filter(|slot| slot.state == State::Unread) else {
            return Ok(());
        };
        let Content::Text(text) = slot.content else {
            return Ok(());
        };
        slot.state = State::Open(None);
        let here = Here {
            part: slot.name,
            offset: 0,
            id: Some(id),
            position: slot.position,
            reading,
            depth: 0,
            pending: Pending::No,
        };
        // Only the order of form data asks for it.
        if self.parts.groups.len() > 1 {
            self.notes.readings.insert(id, reading);
        }
        let outer = std::mem::replace(&mut self.here, here);
        let outer_pending = std::mem::take(&mut self.pending);
        self.nesting += 1;
        let (node, _) = self.model(text, 0)?;
        self.nesting -= 1;
        let here = std::mem::replace(&mut self.here, outer);
        self.pending = outer_pending;
        if let Some(slot) = self.parts.slots.get_mut(&id) {
            slot.state = State::Read(node);
            slot.depth = here.depth;
            slot.pending = here.pending;
        }
        Ok(())
    }

    fn read_chunk(&mut self, id: u32, part: &'a str, text: &'a str, position: usize) -> Result<(), Refusal> {
        let reading = self.begin();
        self.here = Here {
            part,
            offset: 0,
            id: None,
            position,
            reading,
            depth: 0,
            pending: Pending::No,
        };
        self.pending.clear();
        let closed = self
            .parts
            .slots
            .get(&id)
            .is_some_and(|slot| matches!(slot.content, Content::Stream(_, Some(_))));
        if closed {
            return Err(self.refuse(Code::StreamChunk));
        }
        let (value, end) = match text.strip_prefix('C') {
            Some("") => (None, Some(End::Closed)),
            Some(value) => {
                let (node, _) = self.model(value, 1)?;
                (None, Some(End::Returned(node)))
            }
            None => (Some(self.model(text, 0)?.0), None),
        };
        if let Some(Content::Stream(chunks, ended)) = self.parts.slots.get_mut(&id).map(|slot| &mut slot.content) {
            chunks.extend(value);
            *ended = end;
        }
        Ok(())
    }

    /// Reads a JSON text, which stands in its part after `before` bytes.
    fn model(&mut self, text: &'a str, before: usize) -> Result<Read, Refusal> {
        let base = self.frames.len();
        let mut lexer = Lexer::new(text);
        if text.starts_with('\u{feff}') {
            return Err(self.refuse(Code::JsonByteOrderMark));
        }
        lexer.whitespace();
        loop {
            self.here.offset = before + lexer.position;
            let mut value = match lexer.peek() {
                Some(b'[') => {
                    self.open(false, base)?;
                    lexer.position += 1;
                    lexer.whitespace();
                    if !lexer.take(b']') {
                        continue;
                    }
                    (self.close()?, Pending::No)
                }
                Some(b'{') => {
                    self.open(true, base)?;
                    lexer.position += 1;
                    lexer.whitespace();
                    if !lexer.take(b'}') {
                        self.key(&mut lexer, before)?;
                        continue;
                    }
                    (self.close()?, Pending::No)
                }
                None if before == 0 && text.is_empty() => return Err(self.refuse(Code::JsonEmpty)),
                first => {
                    if first.is_some_and(|first| first.is_ascii_digit()) {
                        self.small_numbers(&mut lexer, base);
                        self.here.offset = before + lexer.position;
                    }
                    let value = self.leaf(&mut lexer)?;
                    self.attach(value, base)?;
                    value
                }
            };
            loop {
                let Some(frame) = self.frames.get(base..).and_then(<[Frame]>::last) else {
                    lexer.whitespace();
                    self.here.offset = before + lexer.position;
                    return if lexer.peek().is_none() {
                        Ok(value)
                    } else {
                        Err(self.refuse(Code::JsonTrailing))
                    };
                };
                let object = frame.object;
                lexer.whitespace();
                self.here.offset = before + lexer.position;
                if lexer.take(b',') {
                    lexer.whitespace();
                    if object {
                        self.key(&mut lexer, before)?;
                    }
                    break;
                }
                if !lexer.take(if object { b'}' } else { b']' }) {
                    return Err(self.refuse(Code::JsonSyntax));
                }
                value = (self.close()?, Pending::No);
            }
        }
    }

    /// The elements of an array up to the last of a run of small whole numbers: the common case, in one loop. Whatever
    /// is to be refused is left to the caller.
    fn small_numbers(&mut self, lexer: &mut Lexer<'_>, base: usize) {
        let Some(frame) = self
            .frames
            .get(base..)
            .and_then(<[Frame]>::last)
            .filter(|frame| !frame.object)
        else {
            return;
        };
        let elements = self.scratch.len() - frame.start;
        let room = self.budgets.array.saturating_sub(elements);
        let room = room.min(self.budgets.nodes.saturating_sub(self.document.nodes.len()));
        for _ in 0..room {
            let Some(number) = lexer.small_number() else { return };
            let field = Field {
                key: Span::default(),
                value: self.document.push(Node::Number(number)),
            };
            self.scratch.push(Slotted { field });
        }
    }

    /// A value that is no container.
    fn leaf(&mut self, lexer: &mut Lexer<'_>) -> Result<Read, Refusal> {
        let node = match lexer.peek() {
            Some(b'"') => return self.string(lexer),
            Some(b't') => lexer.literal(b"true").map(|()| Node::Boolean(true)),
            Some(b'f') => lexer.literal(b"false").map(|()| Node::Boolean(false)),
            Some(b'n') => lexer.literal(b"null").map(|()| Node::Null),
            _ => lexer.number().map(Node::Number),
        };
        let node = node.map_err(|code| self.refuse(code))?;
        Ok((self.add(node)?, Pending::No))
    }

    fn string(&mut self, lexer: &mut Lexer<'_>) -> Result<Read, Refusal> {
        let start = self.document.text.len();
        let read = lexer.string(&mut self.document.text, self.options.lone_surrogates);
        read.map_err(|code| self.refuse(code))?;
        let mut span = Span::since(&self.document.text, start);
        if span.len() > self.budgets.string {
            return Err(self.refuse(Code::BudgetString));
        }
        if self.document.text.get(start) == Some(&b'$') {
            let text = self.document.text.split_off(start);
            if let Some(read) = self.token(&text)? {
                return Ok(read);
            }
            span = self.document.add_text(text.get(1..).unwrap_or_default());
        }
        Ok((self.add(Node::String(span))?, Pending::No))
    }

    fn open(&mut self, object: bool, base: usize) -> Result<(), Refusal> {
        if self.frames.len() - base >= self.budgets.depth {
            return Err(self.refuse(Code::BudgetDepth));
        }
        let node = self.add(Node::Open(index(self.frames.len())))?;
        if self.frames.len() == base {
            let slot = self.here.id.and_then(|id| self.parts.slots.get_mut(&id));
            if let Some(slot) = slot {
                slot.state = State::Open(Some(node));
            }
        }
        self.attach((node, Pending::No), base)?;
        let start = self.scratch.len();
        self.frames.push(Frame {
            node,
            object,
            start,
            key: Span::default(),
            order: Vec::new(),
            marks: 0,
            colon: None,
        });
        Ok(())
    }

    /// Puts a value into the container that is being read.
    fn attach(&mut self, (value, pending): Read, base: usize) -> Result<(), Refusal> {
        let Some(frame) = self.frames.get(base..).and_then(<[Frame]>::last) else {
            return Ok(());
        };
        let (node, object, key, position) = (frame.node, frame.object, frame.key, self.scratch.len() - frame.start);
        if pending != Pending::No {
            self.pending.insert((node, index(position)), pending);
        }
        let then = object && self.document.text(key) == "then";
        if then {
            self.notes.thens.push(value);
        }
        if position >= if object { self.budgets.keys } else { self.budgets.array } {
            return Err(self.refuse(if object { Code::BudgetKeys } else { Code::BudgetArray }));
        }
        self.scratch.push(Slotted {
            field: Field { key, value },
        });
        Ok(())
    }

    /// The container that is being read is complete.
    fn close(&mut self) -> Result<NodeId, Refusal> {
        let Some(frame) = self.frames.pop() else {
            return Err(self.refuse(Code::JsonSyntax));
        };
        let children = self.scratch.get(frame.start..).unwrap_or_default();
        let node = if frame.object {
            // A property that is undefined is not there for React.
            let document = &self.document;
            let kept = children
                .iter()
                .filter(|child| document.node(child.field.value) != Node::Undefined);
            let fields: Vec<_> = kept.map(|child| child.field).collect();
            self.document.add_object(&fields)
        } else {
            let start = self.document.ids.len();
            self.document.ids.extend(children.iter().map(|child| child.field.value));
            Node::Array(Span::since(&self.document.ids, start))
        };
        self.scratch.truncate(frame.start);
        self.document.set(frame.node, node);
        Ok(frame.node)
    }

    /// Reads a key and the colon after it.
    fn key(&mut self, lexer: &mut Lexer<'_>, before: usize) -> Result<(), Refusal> {
        self.here.offset = before + lexer.position;
        let start = self.document.text.len();
        let read = lexer.string(&mut self.document.text, self.options.lone_surrogates);
        read.map_err(|code| self.refuse(code))?;
        let key = Span::since(&self.document.text, start);
        let bytes = key.of(&self.document.text);
        // Few keys begin like one of those that are looked for.
        let (code, mark) = if matches!(bytes, [b'_' | b'c' | b'p' | b'r' | b's' | b't', ..]) {
            self.special_key(bytes)
        } else {
            (None, 0)
        };
        let Some(frame) = self.frames.last() else {
            return Err(self.refuse(Code::JsonSyntax));
        };
        let marks = frame.marks | mark;
        let imitates = (marks & 0x0f).count_ones() >= 2 || marks & 0x70 == 0x70;
        let code = code.or(imitates.then_some(Code::KeyImitation));
        let code = code.or((bytes.len() > self.budgets.string).then_some(Code::BudgetString));
        let place = match code.map_or_else(|| self.enter(frame, bytes), Err) {
            Ok(place) => place,
            Err(code) => return Err(self.refuse(code)),
        };
        let children = self.scratch.len() - frame.start;
        let build = children == SMALL && frame.order.is_empty();
        let mut order = if build { self.order_of(frame) } else { Vec::new() };
        if let Some(frame) = self.frames.last_mut() {
            if build {
                std::mem::swap(&mut frame.order, &mut order);
            }
            if children >= SMALL {
                frame.order.insert(place.min(frame.order.len()), index(children));
            }
            frame.key = key;
            frame.colon = None;
            frame.marks = marks;
        }
        lexer.whitespace();
        if !lexer.take(b':') {
            self.here.offset = before + lexer.position;
            return Err(self.refuse(Code::JsonSyntax));
        }
        lexer.whitespace();
        Ok(())
    }

    /// Why a key of this name is refused by itself, and which of [`IMITATED`] it is.
    fn special_key(&self, key: &[u8]) -> (Option<Code>, u8) {
        let code = match key {
            b"__proto__" => Some(Code::KeyPrototype),
            b"then" | b"constructor" | b"prototype" if !self.options.reserved_keys => Some(Code::KeyReserved),
            _ => None,
        };
        let imitated = IMITATED.iter().find(|(name, _)| *name == key);
        (code, imitated.map_or(0, |(_, mark)| *mark))
    }

    /// Where a key belongs in the order of a container that is being read, if it is not there. Without an order it
    /// belongs nowhere yet.
    fn enter(&self, frame: &Frame, key: &[u8]) -> Result<usize, Code> {
        let children = self.scratch.get(frame.start..).unwrap_or_default();
        if children.len() >= self.budgets.keys {
            return Err(Code::BudgetKeys);
        }
        let text = |child: &Slotted| child.field.key.of(&self.document.text);
        if frame.order.is_empty() {
            if children.iter().any(|child| text(child) == key) {
                return Err(Code::JsonDuplicateKey);
            }
            if children.len() < SMALL {
                return Ok(0);
            }
            return Ok(children.iter().filter(|child| text(child) < key).count());
        }
        match self.search(frame, key) {
            Ok(_) => Err(Code::JsonDuplicateKey),
            Err(place) => Ok(place),
        }
    }

    fn search(&self, frame: &Frame, key: &[u8]) -> Result<usize, usize> {
        let children = self.scratch.get(frame.start..).unwrap_or_default();
        // The last key may have no value yet.
        let key_at = |position: &u32| {
            let child = usize::try_from(*position)
                .ok()
                .and_then(|position| children.get(position));
            child.map_or(frame.key, |child| child.field.key).of(&self.document.text)
        };
        frame.order.binary_search_by(|position| key_at(position).cmp(key))
    }

    fn order_of(&self, frame: &Frame) -> Vec<u32> {
        let children = self.scratch.get(frame.start..).unwrap_or_default();
        let mut order: Vec<u32> = (0..index(children.len())).collect();
        let key = |position: &u32| {
            let child = usize::try_from(*position)
                .ok()
                .and_then(|position| children.get(position));
            child.map_or(&[][..], |child| child.field.key.of(&self.document.text))
        };
        order.sort_unstable_by(|left, right| key(left).cmp(key(right)));
        order
    }

    /// Whether a key on the way to the present place has a colon, so that no path leads here.
    pub(crate) fn is_below_colon(&mut self) -> bool {
        let text = &self.document.text;
        self.frames.iter_mut().any(|frame| {
            let key = frame.key;
            *frame.colon.get_or_insert_with(|| key.of(text).contains(&b':'))
        })
    }

    /// The child with this key of an object that is being read.
    pub(crate) fn open_child(&self, frame: &Frame, key: &[u8]) -> Option<(usize, NodeId)> {
        let end = self
            .frames
            .iter()
            .skip_while(|other| other.node != frame.node)
            .nth(1)
            .map(|next| next.start);
        let children = self.scratch.get(frame.start..end.unwrap_or(self.scratch.len()))?;
        let position = if !frame.object {
            array_index(key)?
        } else if frame.order.is_empty() {
            children
                .iter()
                .position(|child| child.field.key.of(&self.document.text) == key)?
        } else {
            let found = self.search(frame, key).ok()?;
            usize::try_from(*frame.order.get(found)?).ok()?
        };
        let child = children.get(position)?;
        Some((position, child.field.value))
    }
}

/// The position that a path's step names in an array.
pub(crate) fn array_index(key: &[u8]) -> Option<usize> {
    let canonical = matches!(key, [b'0'] | [b'1'..=b'9', ..]) && key.len() <= 9 && key.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(key).ok().filter(|_| canonical)?.parse().ok()
}

//! Values to models: JSON with tokens, and the parts to which they refer, those first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;

use super::WriteError;
use super::envelope::Output;
use super::survey::{Survey, Way};
use crate::document::{Document, Field, Node, NodeId, Span};
use crate::number;
use crate::options::Dialect;
use crate::text::JsStr;
use crate::value::{StreamKind, View};

/// Writes the parts of one call.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    document: &'a Document,
    dialect: Dialect,
    /// What the names of all parts begin with.
    pub(super) prefix: &'static str,
    pub(super) in_form: bool,
    pub(super) output: Output,
    next: u32,
    next_form_data: u32,
    survey: Survey,
    /// How a shared value that has been written is referred to.
    written: BTreeMap<NodeId, Vec<u8>>,
    /// Values in parts of their own that are being written.
    outlining: BTreeSet<NodeId>,
    /// Promises and server references, which have numbers of their own.
    numbers: BTreeMap<NodeId, u32>,
    /// What may follow its use.
    later: VecDeque<(u32, NodeId)>,
    trail: Option<Trail>,
}

/// Where the writer is: a part, and the steps in it.
#[derive(Debug, Clone, Default)]
struct Trail {
    part: u32,
    steps: Vec<Vec<u8>>,
}

impl Trail {
    const fn of(part: u32) -> Self {
        Self {
            part,
            steps: Vec::new(),
        }
    }

    /// The path, in WTF-8, if a reader would follow it.
    fn reference(&self) -> Option<Vec<u8>> {
        let mut reference = format!("${:x}", self.part).into_bytes();
        let mut way = Way::default();
        for step in &self.steps {
            way = way.on(step)?;
            reference.push(b':');
            reference.extend_from_slice(step);
        }
        Some(reference)
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(document: &'a Document, roots: &[NodeId], dialect: Dialect, form_data_first: u32) -> Self {
        Self {
            document,
            dialect,
            prefix: "",
            in_form: false,
            output: Output::default(),
            next: 1 + form_data_first,
            next_form_data: u32::from(form_data_first > 0),
            survey: Survey::of(document, roots, !dialect.is_18()),
            written: BTreeMap::new(),
            outlining: BTreeSet::new(),
            numbers: BTreeMap::new(),
            later: VecDeque::new(),
            trail: None,
        }
    }

    /// Writes arguments as a part.
    pub(super) fn root(&mut self, part: u32, arguments: &[NodeId]) -> Result<(), WriteError> {
        self.next = self.next.max(part + 1);
        self.trail = Some(Trail::of(part));
        let mut text = String::new();
        self.list(arguments, &mut text)?;
        self.model(part, &text);
        Ok(())
    }

    /// Writes what has been promised so far, and what it promises in turn.
    pub(super) fn later(&mut self) -> Result<(), WriteError> {
        while let Some((number, node)) = self.later.pop_front() {
            if let Node::Stream { kind, chunks } = self.document.node(node)
                && self.numbers.get(&node) == Some(&number)
            {
                self.stream(number, kind, chunks)?;
                continue;
            }
            let mut text = String::new();
            self.trail = Some(Trail::of(number));
            self.value(node, &mut text)?;
            self.model(number, &text);
        }
        Ok(())
    }

    fn stream(&mut self, number: u32, kind: StreamKind, chunks: Span) -> Result<(), WriteError> {
        let letter = if self.dialect == Dialect::R19c { "S" } else { "" };
        let name = format!("{}{letter}{number}", self.prefix);
        let chunks = chunks.of(&self.document.ids);
        for (position, chunk) in chunks.iter().enumerate() {
            let returned = kind.returns() && position + 1 == chunks.len();
            if returned && self.document.node(*chunk) == Node::Undefined {
                break;
            }
            self.trail = None;
            let mut text = if returned { "C".to_owned() } else { String::new() };
            self.value(*chunk, &mut text)?;
            self.output.field(&name, text.as_bytes());
            if returned {
                return Ok(());
            }
        }
        self.output.field(&name, b"C");
        Ok(())
    }

    fn model(&mut self, part: u32, text: &str) {
        let name = format!("{}{part}", self.prefix);
        self.output.field(&name, text.as_bytes());
    }

    fn number(&mut self) -> u32 {
        let number = self.next;
        self.next += 1;
        number
    }

    fn since_19(&self) -> Result<(), WriteError> {
        if self.dialect.is_18() {
            Err(WriteError::Dialect)
        } else {
            Ok(())
        }
    }

    fn outside_forms(&self) -> Result<(), WriteError> {
        if self.in_form { Err(WriteError::Form) } else { Ok(()) }
    }

    fn value(&mut self, id: NodeId, text: &mut String) -> Result<(), WriteError> {
        match self.document.node(id) {
            Node::Undefined | Node::Open(_) => text.push_str("\"$undefined\""),
            Node::Null => text.push_str("null"),
            Node::Boolean(value) => text.push_str(if value { "true" } else { "false" }),
            Node::Number(value) => write_number(text, value),
            Node::BigInt(span) => self.token(text, format_args!("n{}", self.document.text(span).to_string_lossy())),
            Node::Date(date) => self.token(text, format_args!("D{date}")),
            Node::Symbol(span) => {
                if !self.dialect.is_18() {
                    return Err(WriteError::Dialect);
                }
                let name = [b"$S", self.document.text(span).as_wtf8()].concat();
                write_string(text, JsStr::from_wtf8(&name));
            }
            Node::String(span) => {
                let string = self.document.text(span);
                if string.as_wtf8().starts_with(b"$") {
                    let escaped = [b"$", string.as_wtf8()].concat();
                    write_string(text, JsStr::from_wtf8(&escaped));
                } else {
                    write_string(text, string);
                }
            }
            Node::Promise(value) => {
                let number = self.promised(id, value);
                self.token(text, format_args!("@{number:x}"));
            }
            Node::ServerReference { id: name, bound } => {
                self.outside_forms()?;
                let number = self.function(id, name, bound);
                let old = matches!(self.dialect, Dialect::R18a | Dialect::R19a);
                let letter = if old { 'F' } else { 'h' };
                self.token(text, format_args!("{letter}{number:x}"));
            }
            _ => return self.object(id, text),
        }
        Ok(())
    }

    fn token(&self, text: &mut String, rest: std::fmt::Arguments<'_>) {
        let written = write!(text, "\"${rest}\"");
        debug_assert!(written.is_ok(), "a string takes every text");
    }

    fn promised(&mut self, promise: NodeId, value: NodeId) -> u32 {
        if let Some(number) = self.numbers.get(&promise) {
            return *number;
        }
        let number = self.number();
        self.numbers.insert(promise, number);
        self.later.push_back((number, value));
        number
    }

    fn function(&mut self, function: NodeId, name: Span, bound: NodeId) -> u32 {
        if let Some(number) = self.numbers.get(&function) {
            return *number;
        }
        let promised = (bound != NodeId::NONE).then(|| self.number());
        let number = self.number();
        self.numbers.insert(function, number);
        self.later.extend(promised.map(|promised| (promised, bound)));
        let bound = promised.map_or_else(|| "null".to_owned(), |promised| format!("\"$@{promised:x}\""));
        let id = self.document.text(name).to_string_lossy();
        self.model(number, &format!("{{\"id\":\"{id}\",\"bound\":{bound}}}"));
        number
    }

    /// A value of which there can be one at several places.
    fn object(&mut self, id: NodeId, text: &mut String) -> Result<(), WriteError> {
        if let Some(reference) = self.written.get(&id) {
            if self.outlining.contains(&id) && !reference.contains(&b':') {
                return Err(WriteError::Cycle);
            }
            write_string(text, JsStr::from_wtf8(reference));
            return Ok(());
        }
        if !self.survey.shared.contains(&id) {
            return self.fresh(id, text);
        }
        let inside = !self.survey.outlined.contains(&id);
        let reference = self.trail.as_ref().filter(|_| inside).and_then(Trail::reference);
        if let Some(reference) = reference {
            // A reference without a path names a part, and a part cannot name itself.
            let whole = !reference.contains(&b':');
            self.written.insert(id, reference);
            if whole {
                self.outlining.insert(id);
            }
            self.fresh(id, text)?;
            self.outlining.remove(&id);
            return Ok(());
        }
        let number = self.number();
        let outer = self.trail.replace(Trail::of(number));
        self.written.insert(id, format!("${number:x}").into_bytes());
        self.outlining.insert(id);
        let mut model = String::new();
        self.fresh(id, &mut model)?;
        self.outlining.remove(&id);
        self.model(number, &model);
        self.trail = outer;
        self.token(text, format_args!("{number:x}"));
        Ok(())
    }

    fn fresh(&mut self, id: NodeId, text: &mut String) -> Result<(), WriteError> {
        match self.document.node(id) {
            Node::Array(span) => self.list(span.of(&self.document.ids), text),
            Node::Object { fields, .. } => self.fields(fields.of(&self.document.fields), text),
            Node::Map(span) => {
                let pairs = span.of(&self.document.ids);
                self.part('Q', text, |writer, model| writer.pairs(pairs, model))
            }
            Node::Set(span) => {
                let values = span.of(&self.document.ids);
                self.part('W', text, |writer, model| writer.list(values, model))
            }
            Node::Iterator(span) => {
                self.since_19()?;
                let values = span.of(&self.document.ids);
                self.part('i', text, |writer, model| writer.list(values, model))
            }
            Node::FormData(fields) => self.form_data(fields.of(&self.document.fields), text),
            Node::File(_) => {
                let number = self.file_number()?;
                self.file(&number.to_string(), id);
                self.token(text, format_args!("B{number:x}"));
                Ok(())
            }
            Node::Bytes { view, content } => self.bytes(view, content, text),
            Node::Stream { kind, .. } => {
                let number = self.file_number()?;
                self.numbers.insert(id, number);
                self.later.push_back((number, id));
                self.token(text, format_args!("{}{number:x}", kind.letter()));
                Ok(())
            }
            _ => {
                self.since_19()?;
                text.push_str("\"$T\"");
                Ok(())
            }
        }
    }

    fn file_number(&mut self) -> Result<u32, WriteError> {
        self.since_19()?;
        self.outside_forms()?;
        Ok(self.number())
    }

    fn file(&mut self, name: &str, id: NodeId) {
        if let crate::Kind::File(file) = crate::Value::new(self.document, id).kind() {
            let name = format!("{}{name}", self.prefix);
            self.output
                .file(&name, &file.name().to_string_lossy(), file.mime(), file.content());
        }
    }

    fn bytes(&mut self, view: View, content: Span, text: &mut String) -> Result<(), WriteError> {
        let number = self.file_number()?;
        let name = format!("{}{number}", self.prefix);
        self.output.file(
            &name,
            "blob",
            "application/octet-stream",
            content.of(&self.document.bytes),
        );
        self.token(text, format_args!("{}{number:x}", view.letter()));
        Ok(())
    }

    /// A value whose content is a part.
    fn part(
        &mut self,
        letter: char,
        text: &mut String,
        write: impl FnOnce(&mut Self, &mut String) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        let number = self.number();
        let outer = self.trail.replace(Trail::of(number));
        let mut model = String::new();
        write(self, &mut model)?;
        self.trail = outer;
        self.model(number, &model);
        self.token(text, format_args!("{letter}{number:x}"));
        Ok(())
    }

    fn form_data(&mut self, fields: &[Field], text: &mut String) -> Result<(), WriteError> {
        self.outside_forms()?;
        let number = if self.next_form_data > 0 {
            self.next_form_data += 1;
            self.next_form_data - 1
        } else {
            self.number()
        };
        if number > 9 {
            return Err(WriteError::FormData);
        }
        let mark = if self.dialect == Dialect::R19c { "_" } else { "" };
        for field in fields {
            let key = self.document.text(field.key).to_string_lossy();
            let name = format!("{mark}{number}_{key}");
            match self.document.node(field.value) {
                Node::String(span) => {
                    let name = format!("{}{name}", self.prefix);
                    self.output
                        .field(&name, self.document.text(span).to_string_lossy().as_bytes());
                }
                _ => self.file(&name, field.value),
            }
        }
        self.token(text, format_args!("K{number:x}"));
        Ok(())
    }

    fn list(&mut self, items: &[NodeId], text: &mut String) -> Result<(), WriteError> {
        text.push('[');
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                text.push(',');
            }
            self.step(*item, text, || position.to_string().into_bytes())?;
        }
        text.push(']');
        Ok(())
    }

    fn pairs(&mut self, items: &[NodeId], text: &mut String) -> Result<(), WriteError> {
        text.push('[');
        for (position, pair) in items.chunks_exact(2).enumerate() {
            if position > 0 {
                text.push(',');
            }
            if let Some(trail) = &mut self.trail {
                trail.steps.push(position.to_string().into_bytes());
            }
            self.list(pair, text)?;
            if let Some(trail) = &mut self.trail {
                trail.steps.pop();
            }
        }
        text.push(']');
        Ok(())
    }

    fn fields(&mut self, fields: &[Field], text: &mut String) -> Result<(), WriteError> {
        let document = self.document;
        text.push('{');
        for (position, field) in fields.iter().enumerate() {
            if position > 0 {
                text.push(',');
            }
            let key = document.text(field.key);
            write_string(text, key);
            text.push(':');
            self.step(field.value, text, || key.as_wtf8().to_vec())?;
        }
        text.push('}');
        Ok(())
    }

    /// Writes a value one step further. The step is only needed if something below is shared.
    fn step(&mut self, value: NodeId, text: &mut String, step: impl FnOnce() -> Vec<u8>) -> Result<(), WriteError> {
        let container = !self.survey.shared.is_empty();
        if let Some(trail) = self.trail.as_mut().filter(|_| container) {
            let step = step();
            trail.steps.push(step);
        }
        self.value(value, text)?;
        if let Some(trail) = self.trail.as_mut().filter(|_| container) {
            trail.steps.pop();
        }
        Ok(())
    }
}

fn write_number(text: &mut String, value: f64) {
    match value {
        _ if value.is_nan() => text.push_str("\"$NaN\""),
        f64::INFINITY => text.push_str("\"$Infinity\""),
        f64::NEG_INFINITY => text.push_str("\"$-Infinity\""),
        _ if value == 0.0 && value.is_sign_negative() => text.push_str("\"$-0\""),
        _ => number::write(text, value),
    }
}

/// Only what JSON demands is escaped.
fn write_string(text: &mut String, string: JsStr<'_>) {
    text.push('"');
    for point in string.code_points() {
        match char::from_u32(point) {
            Some('"') => text.push_str("\\\""),
            Some('\\') => text.push_str("\\\\"),
            Some('\n') => text.push_str("\\n"),
            Some('\r') => text.push_str("\\r"),
            Some('\t') => text.push_str("\\t"),
            Some(character) if character >= ' ' => text.push(character),
            _ => {
                let written = write!(text, "\\u{point:04x}");
                debug_assert!(written.is_ok(), "a string takes every text");
            }
        }
    }
    text.push('"');
}

//! Forms that are posted without JavaScript: hidden fields name the action and hold its bound arguments, and the other
//! fields are its form data. The last field that names an action decides, as in React; every other one must be as
//! well-formed, and is dropped.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::body::Arguments;
use crate::call::{Call, Transport};
use crate::decode::{Decoder, Order};
use crate::document::{Document, Field, Node, NodeId, Span};
use crate::multipart::{self, Part};
use crate::options::Dialect;
use crate::parts::{self, Content, Parts, Slot, State, Uses};
use crate::{ActionId, Code, DecodeOptions, KnownIds, Refusal};

const PREFIX: &str = "$ACTION_";
/// A form has one action, and the button that was pressed may have another.
const SELECTORS: usize = 2;

/// A field that names an action.
#[derive(Debug)]
enum Selector<'a> {
    Id(ActionId),
    Description(u32, &'a str),
}

#[derive(Debug, Default)]
struct Fields<'a> {
    selectors: Vec<Selector<'a>>,
    /// The parts of each description.
    described: BTreeMap<u32, BTreeMap<u32, (usize, Part<'a>)>>,
    key: Option<&'a str>,
    data: Vec<Part<'a>>,
}

/// Reads a form. `boundary` comes from [`crate::identify`].
pub fn read_form(boundary: &str, body: &[u8], known: &KnownIds, options: &DecodeOptions) -> Result<Call, Refusal> {
    let parts = multipart::read(body, boundary, &options.budgets.bounded())?;
    let mut fields = Fields::sort(&parts, known, options)?;
    let mut last = None;
    for selector in std::mem::take(&mut fields.selectors) {
        last = Some(match selector {
            Selector::Id(action) => Described {
                action,
                dialect: options.dialect,
                document: Document::default(),
                bound: None,
            },
            Selector::Description(number, name) => fields.describe(number, name, known, options)?,
        });
    }
    let Described {
        action,
        dialect,
        mut document,
        bound,
    } = last.ok_or(Refusal::new(Code::FormUnaddressed))?;
    let described = bound.is_some();
    let mut arguments = bound.unwrap_or_default();
    arguments.push(form_data(&mut document, &fields.data)?);
    if arguments.len() > options.budgets.arguments {
        return Err(Refusal::new(Code::BudgetArguments));
    }
    let state_key = fields.key.map(Box::from);
    Ok(Call {
        action,
        transport: Transport::Form,
        dialect,
        document,
        arguments,
        state_key,
        described,
    })
}

/// Which action a form calls, without reading its arguments: by its last field that names one. `None` if no field begins as
/// those for React do: then the form is none of React's. `boundary` comes from [`crate::identify`].
pub fn form_action(
    boundary: &str,
    body: &[u8],
    known: &KnownIds,
    options: &DecodeOptions,
) -> Result<Option<ActionId>, Refusal> {
    let parts = multipart::read(body, boundary, &options.budgets.bounded())?;
    if !parts.iter().any(|part| unescaped(part.name).starts_with(PREFIX)) {
        return Ok(None);
    }
    let fields = Fields::sort(&parts, known, options)?;
    match fields.selectors.last() {
        None => Err(Refusal::new(Code::FormUnaddressed)),
        Some(Selector::Id(action)) => Ok(Some(action.clone())),
        Some(Selector::Description(number, name)) => {
            let refuse = |code| Refusal::of_part(code, name, 0);
            let described = fields.described.get(number).and_then(|parts| parts.get(&0));
            let (_, part) = described.ok_or(refuse(Code::FormDescriptor))?;
            let id = described_id(part.text()?).ok_or(refuse(Code::FormDescriptor))?;
            known.check(id, options.cached_functions).map(Some).map_err(refuse)
        }
    }
}

/// The id at the start of a description. That the rest agrees with it is checked when the description is read.
fn described_id(text: &str) -> Option<&str> {
    let (id, _) = text.strip_prefix("{\"id\":\"")?.split_once('"')?;
    Some(id)
}

/// An action and the arguments that are bound to it.
struct Described {
    action: ActionId,
    dialect: Option<Dialect>,
    document: Document,
    bound: Option<Vec<NodeId>>,
}

impl<'a> Fields<'a> {
    fn sort(parts: &[Part<'a>], known: &KnownIds, options: &DecodeOptions) -> Result<Self, Refusal> {
        let mut fields = Self::default();
        let (mut ids, mut descriptions, mut actions) = (0, 0, 0);
        for (position, part) in parts.iter().enumerate() {
            let refuse = |code| Refusal::of_part(code, part.name, 0);
            let Some(field) = part.name.strip_prefix(PREFIX) else {
                fields.data.push(*part);
                continue;
            };
            actions += 1;
            if actions > options.budgets.action_fields {
                return Err(refuse(Code::FormSelectors));
            }
            if let Some(id) = field.strip_prefix("ID_") {
                let action = known.check(id, options.cached_functions).map_err(refuse)?;
                fields.selectors.push(Selector::Id(action));
                ids += 1;
            } else if let Some(number) = field.strip_prefix("REF_") {
                let number = parts::number(number).ok_or(refuse(Code::FormSelector))?;
                fields.selectors.push(Selector::Description(number, part.name));
                descriptions += 1;
            } else if field == "KEY" {
                let text = part.text()?;
                let written =
                    part.file.is_none() && text.len() <= 4096 && matches!(text.as_bytes().first(), Some(b'k' | b'p'));
                if !written || fields.key.replace(text).is_some() {
                    return Err(refuse(Code::FormKey));
                }
                continue;
            } else {
                fields.part(field, position, part)?;
                continue;
            }
            if part.file.is_some() {
                return Err(refuse(Code::FormSelector));
            }
            part.text()?;
            if ids > SELECTORS || descriptions > SELECTORS {
                return Err(refuse(Code::FormSelectors));
            }
        }
        Ok(fields)
    }

    /// A part of a description; any other field with the prefix is dropped, as React does.
    fn part(&mut self, field: &str, position: usize, part: &Part<'a>) -> Result<(), Refusal> {
        let numbers = field
            .split_once(':')
            .and_then(|(group, id)| Some((parts::number(group)?, parts::number(id)?)));
        let Some((group, id)) = numbers else { return Ok(()) };
        if self
            .described
            .entry(group)
            .or_default()
            .insert(id, (position, *part))
            .is_some()
        {
            let code = if id == 0 {
                Code::FormDescriptor
            } else {
                Code::PartDuplicate
            };
            return Err(Refusal::of_part(code, part.name, 0));
        }
        Ok(())
    }

    fn describe(
        &self,
        number: u32,
        selector: &str,
        known: &KnownIds,
        options: &DecodeOptions,
    ) -> Result<Described, Refusal> {
        let refuse = |code| Refusal::of_part(code, selector, 0);
        let described = self.described.get(&number).ok_or(refuse(Code::FormDescriptor))?;
        let mut parts = Parts::default();
        for (id, (position, part)) in described {
            if part.file.is_some() {
                return Err(Refusal::of_part(Code::PartType, part.name, 0));
            }
            parts
                .slots
                .insert(*id, Slot::new(part.name, *position, Content::Text(part.text()?)));
        }
        let Some(Content::Text(text)) = parts.slots.get(&0).map(|slot| &slot.content) else {
            return Err(refuse(Code::FormDescriptor));
        };
        let action = known
            .check(
                described_id(text).ok_or(refuse(Code::FormDescriptor))?,
                options.cached_functions,
            )
            .map_err(refuse)?;
        let mut decoder = Decoder::new(options, known, parts, Order::Any);
        decoder.dialect = options.dialect.or_else(|| action.is_unsalted().then_some(Dialect::R18));
        let bound = decoder.bound(&action)?;
        let span = bound.first;
        decoder.settle(&[bound])?;
        let Decoder { document, dialect, .. } = decoder;
        let bound = Some(span.of(&document.ids).to_vec());
        Ok(Described {
            action,
            dialect,
            document,
            bound,
        })
    }
}

impl Decoder<'_> {
    /// Reads a description and the parts of its bound arguments.
    fn bound(&mut self, action: &ActionId) -> Result<Arguments, Refusal> {
        self.read_part(0)?;
        let slot = self.parts.slots.get_mut(&0);
        let name = slot.as_ref().map_or("0", |slot| slot.name);
        let refuse = |code| Refusal::of_part(code, name, 0);
        let node = slot.and_then(|slot| {
            // Nothing else may refer to it.
            slot.uses.add(Uses::SERVER_REFERENCE).ok()?;
            if let State::Read(node) = slot.state {
                Some(node)
            } else {
                None
            }
        });
        let (id, part) = node
            .and_then(|node| self.description(node))
            .ok_or(refuse(Code::FormDescriptor))?;
        let part = part.ok_or(refuse(Code::FormDescriptor))?;
        if self.document.text(id) != action.as_str() {
            return Err(refuse(Code::FormDescriptor));
        }
        if let Some(awaited) = self.notes.promises.get_mut(&part) {
            awaited.bound += 1;
        }
        for id in self.parts.slots.keys().copied().collect::<Vec<_>>() {
            self.read_part(id)?;
        }
        let Some(State::Read(array)) = self.parts.slots.get(&part).map(|slot| slot.state) else {
            return Err(refuse(Code::FormDescriptor));
        };
        let Node::Array(first) = self.document.node(array) else {
            return Err(refuse(Code::FormDescriptor));
        };
        if first.len() > self.budgets.bound {
            return Err(refuse(Code::BudgetBound));
        }
        Ok(Arguments { array, first })
    }
}

/// The form data that the action gets.
fn form_data(document: &mut Document, parts: &[Part<'_>]) -> Result<NodeId, Refusal> {
    let mut fields = Vec::with_capacity(parts.len());
    for part in parts {
        let value = match part.file {
            Some(file) => document.add_file(&unescaped(file.name), &file.mime.to_ascii_lowercase(), part.content),
            None => Node::String(document.add_text(part.text()?.as_bytes())),
        };
        let value = document.push(value);
        fields.push(Field {
            key: document.add_text(unescaped(part.name).as_bytes()),
            value,
        });
    }
    let start = document.fields.len();
    document.fields.extend_from_slice(&fields);
    Ok(document.push(Node::FormData(Span::since(&document.fields, start))))
}

/// Browsers escape three characters in names, and the reader of forms takes that back. The reader of fetch actions does
/// not, so there the escapes are part of the name.
fn unescaped(name: &str) -> Cow<'_, str> {
    if !name.contains('%') {
        return Cow::Borrowed(name);
    }
    let replaced = name
        .replace("%0A", "\n")
        .replace("%0a", "\n")
        .replace("%0D", "\r")
        .replace("%0d", "\r");
    Cow::Owned(replaced.replace("%22", "\""))
}

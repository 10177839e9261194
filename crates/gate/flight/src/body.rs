//! The readers of fetch actions: a body of text, or of parts. Forms are in `form`.

use crate::call::{Call, Transport};
use crate::decode::{Decoder, Order};
use crate::document::{Node, NodeId, Span};
use crate::parts::{Content, Parts, State};
use crate::{ActionId, Code, DecodeOptions, Dialect, KnownIds, Refusal, multipart};

/// Reads the body of a fetch action that is text. `action` comes from [`crate::identify`].
pub fn read_fetch_text(
    action: ActionId,
    body: &[u8],
    known: &KnownIds,
    options: &DecodeOptions,
) -> Result<Call, Refusal> {
    if body.len() > options.budgets.bounded().bytes {
        return Err(Refusal::at(Code::BudgetBytes, options.budgets.bytes));
    }
    let text = std::str::from_utf8(body).map_err(|error| Refusal::at(Code::Utf8, error.valid_up_to()))?;
    read(action, Parts::of_text(text), known, options)
}

/// Reads the body of a fetch action that is multipart. `boundary` comes from [`crate::identify`].
pub fn read_fetch_multipart(
    action: ActionId,
    boundary: &str,
    body: &[u8],
    known: &KnownIds,
    options: &DecodeOptions,
) -> Result<Call, Refusal> {
    let parts = multipart::read(body, boundary, &options.budgets.bounded())?;
    let parts = Parts::of_multipart(&parts, options)?;
    read(action, parts, known, options)
}

fn read(action: ActionId, parts: Parts<'_>, known: &KnownIds, options: &DecodeOptions) -> Result<Call, Refusal> {
    let mut decoder = Decoder::new(options, known, parts, Order::Arrival);
    decoder.dialect = options.dialect.or_else(|| action.is_unsalted().then_some(Dialect::R18));
    let shown = |decoder: &Decoder<'_>| {
        let marks = decoder.parts.marks;
        marks
            .dialect(options.dialect, action.is_unsalted())
            .map_err(Refusal::new)
    };
    shown(&decoder)?;
    decoder.reserve();
    decoder.read_all()?;
    let dialect = shown(&decoder)?;
    let root = decoder.root()?;
    let Node::Array(span) = decoder.document.node(root) else {
        return Err(Refusal::of_part(Code::RootShape, "0", 0));
    };
    let arguments = span.of(&decoder.document.ids).to_vec();
    if arguments.len() > decoder.budgets.arguments {
        return Err(Refusal::of_part(Code::BudgetArguments, "0", 0));
    }
    decoder.settle(&[Arguments {
        array: root,
        first: span,
    }])?;
    Ok(Call {
        action,
        transport: Transport::Fetch,
        dialect,
        document: decoder.document,
        arguments,
        state_key: None,
        described: false,
    })
}

/// The arguments that a part holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arguments {
    pub(crate) array: NodeId,
    pub(crate) first: Span,
}

impl Decoder<'_> {
    /// Room for what a body of this size usually holds.
    fn reserve(&mut self) {
        let text = self.parts.slots.values().map(|slot| {
            if let Content::Text(text) = slot.content {
                text.len()
            } else {
                0
            }
        });
        let bytes: usize = text.sum();
        self.document.nodes.reserve(bytes / 8 + 8);
        self.document.text.reserve(bytes.min(4096).max(bytes / 2) + 32);
        self.scratch.reserve(32);
        self.frames.reserve(8);
    }

    /// The node of the part `0`, if the part is an array itself.
    fn root(&mut self) -> Result<NodeId, Refusal> {
        let refuse = |code| Refusal::of_part(code, "0", 0);
        let slot = self.parts.slots.get_mut(&0).ok_or(refuse(Code::RootMissing))?;
        let Content::Text(text) = slot.content else {
            return Err(refuse(Code::PartType));
        };
        let array = text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('[');
        match slot.state {
            State::Read(node) if array => Ok(node),
            _ => Err(refuse(Code::RootShape)),
        }
    }
}

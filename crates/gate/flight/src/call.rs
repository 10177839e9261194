//! A decoded call: which action, over which transport, with which arguments.

use crate::document::{Document, NodeId};
use crate::value::Value;
use crate::{ActionId, Dialect};

/// How a call reached the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A `fetch` of React's client, with the id in a header.
    Fetch,
    /// A form that was posted without JavaScript.
    Form,
}

/// One decoded call.
#[derive(Debug, Clone)]
pub struct Call {
    pub(crate) action: ActionId,
    pub(crate) transport: Transport,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) document: Document,
    pub(crate) arguments: Vec<NodeId>,
    pub(crate) state_key: Option<Box<str>>,
    pub(crate) described: bool,
}

impl Call {
    /// Which action is called.
    pub fn action(&self) -> &ActionId {
        &self.action
    }

    /// How the call came.
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// The dialect that the body shows, or that the options name. `None` means that it reads the same in all.
    pub const fn dialect(&self) -> Option<Dialect> {
        self.dialect
    }

    /// What the action is called with: bound arguments first; the form data of a form is the last.
    pub fn arguments(&self) -> impl ExactSizeIterator<Item = Value<'_>> {
        self.arguments.iter().map(|id| Value::new(&self.document, *id))
    }

    /// The argument at a position.
    pub fn argument(&self, position: usize) -> Option<Value<'_>> {
        self.arguments.get(position).map(|id| Value::new(&self.document, *id))
    }

    /// The `$ACTION_KEY` of a form whose action has a state.
    pub fn state_key(&self) -> Option<&str> {
        self.state_key.as_deref()
    }

    /// Whether a form names its action by a description with bound arguments.
    pub const fn is_bound_form(&self) -> bool {
        self.described
    }
}

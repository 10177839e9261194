//! One request on its way through the gates, and what the gates ask of the code around them.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::{ActionPolicy, Answer, Denial, FieldError, Principal, Unavailable};

/// A request as it arrived: framed and within its size, and otherwise not looked at.
#[derive(Debug)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// The path, without a query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The other end of the connection.
    pub peer: Option<IpAddr>,
    /// Whether the caller used HTTPS.
    pub is_secure: bool,
}

/// How a call travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A client's script.
    Fetch,
    /// A form, perhaps without any script.
    Form,
}

/// The action that a request asks for, found by its id or its path alone.
#[derive(Debug, Clone)]
pub struct Door {
    /// Its policy.
    pub policy: Arc<ActionPolicy>,
    /// How the call travels.
    pub transport: Transport,
    /// The fields of a form that are for the gates and not for the action.
    pub fields: GateFields,
}

/// Values for the gates. A form carries them as fields, a script as headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateFields {
    /// The token against forged requests.
    pub csrf: Option<String>,
    /// The nonce.
    pub nonce: Option<String>,
    /// The proof of a human.
    pub captcha: Option<String>,
}

/// Why a request has no door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoDoor {
    /// No action has this id.
    Unknown,
    /// It names several.
    Ambiguous,
    /// The action exists and has no policy.
    NoPolicy,
    /// The content type is not one in which this action is called.
    ContentType,
    /// What names the action cannot be read.
    Malformed {
        /// The decoder's code.
        code: &'static str,
    },
}

/// Finds the action of a request, without decoding its arguments.
pub trait Doors: Send + Sync {
    /// The action. The method is POST, and `content_type` is the one content type, in lower case and without parameters.
    fn find(&self, received: &Received, content_type: &str) -> Result<Door, NoDoor>;
}

/// Why arguments could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecoded {
    /// They break the grammar.
    Malformed {
        /// The decoder's code, of the families `flight.*` and `multipart.*`.
        code: &'static str,
    },
    /// They are over a limit.
    TooLarge,
}

/// Decodes the arguments of a call, strictly and within its budgets.
pub trait Decoder: Send + Sync {
    /// What comes out.
    type Arguments: Arguments;

    /// Decodes the body.
    fn decode(&self, received: &Received, door: &Door) -> Result<Self::Arguments, Undecoded>;
}

/// Decoded arguments, as far as gates look into them.
pub trait Arguments: Send + Sync {
    /// The text of the value at a JSON pointer into the list of arguments, if it is a text, a number or a boolean. One
    /// value has one text, however it was written.
    fn text(&self, pointer: &str) -> Option<String>;

    /// What two calls have in common that are the same; nothing if only the body says it.
    fn fingerprint(&self) -> Option<String> {
        None
    }

    /// The proof of a human that stands in a field of the arguments.
    fn captcha(&self) -> Option<String> {
        None
    }
}

/// Checks arguments against the schema of their action. Takes them, and gives back what the action may see.
pub trait Validator<A>: Send + Sync {
    /// The checked arguments, or what is wrong. An action without a schema is refused here.
    fn validate(&self, policy: &ActionPolicy, arguments: A) -> Result<A, Vec<FieldError>>;

    /// The same where the gate may only record: gives the arguments back beside what is wrong with them. Without them the
    /// call is refused after all.
    fn review(&self, policy: &ActionPolicy, arguments: A) -> (Option<A>, Vec<FieldError>) {
        match self.validate(policy, arguments) {
            Ok(arguments) => (Some(arguments), Vec::new()),
            Err(errors) => (None, errors),
        }
    }
}

/// Whose a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// The caller's.
    Owned,
    /// Another's.
    NotOwned,
    /// There is no such resource.
    Missing,
}

/// Decides whose the resources are that the arguments name, by parameterised queries.
pub trait Owners<A>: Send + Sync {
    /// The answer for all of them together.
    fn ownership<'a>(
        &'a self,
        policy: &'a ActionPolicy,
        principal: &'a Principal,
        arguments: &'a A,
    ) -> Answer<'a, Result<Ownership, Unavailable>>;
}

impl From<NoDoor> for Denial {
    fn from(fault: NoDoor) -> Self {
        match fault {
            NoDoor::Unknown => Self::UnknownAction,
            NoDoor::Ambiguous => Self::AmbiguousAction,
            NoDoor::NoPolicy => Self::MissingPolicy,
            NoDoor::ContentType => Self::ContentType,
            NoDoor::Malformed { code } => Self::Malformed { code },
        }
    }
}

impl From<Undecoded> for Denial {
    fn from(fault: Undecoded) -> Self {
        match fault {
            Undecoded::Malformed { code } => Self::Malformed { code },
            Undecoded::TooLarge => Self::TooLarge,
        }
    }
}

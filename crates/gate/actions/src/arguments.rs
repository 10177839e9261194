//! The arguments of a call on their way through the gates: what the door of one action reads, decodes, checks and opens.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::CONTENT_ENCODING;
use portcullis_funnel::{
    ActionPolicy, Answer, Arguments, Decoder, Denial, Door, Doors, FieldError, GateFields, NoDoor, Owners, Ownership,
    Principal, Received, Transport, Unavailable, Undecoded, Validator, sha256_hex,
};
use serde_json::Value;

use crate::decode::form::Form;
use crate::decode::{coerce, json};
use crate::problems;
use crate::references::{Opening, Steps};
use crate::sealed::Opener;
use crate::{ActionClient, App, Input, Limits};

/// The arguments of a call, from text to opened resources.
pub(crate) struct Taken<I, R> {
    pub(crate) value: Value,
    pub(crate) input: Option<I>,
    pub(crate) opened: Mutex<Option<R>>,
    /// Of the values, for calls that are recognised: a body may say the same in other bytes.
    pub(crate) fingerprint: Option<String>,
}

impl<I: Send + Sync, R: Send> Arguments for Taken<I, R> {
    fn text(&self, pointer: &str) -> Option<String> {
        match self.value.pointer(pointer)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(one) => Some(one.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn fingerprint(&self) -> Option<String> {
        self.fingerprint.clone()
    }
}

/// The door of one action.
pub(crate) struct OneDoor {
    pub(crate) policy: Option<Arc<ActionPolicy>>,
    pub(crate) limits: Limits,
}

impl Doors for OneDoor {
    fn find(&self, received: &Received, content_type: &str) -> Result<Door, NoDoor> {
        let policy = Arc::clone(self.policy.as_ref().ok_or(NoDoor::NoPolicy)?);
        if received.headers.contains_key(CONTENT_ENCODING) {
            return Err(NoDoor::ContentType);
        }
        let (transport, fields) = match content_type {
            "application/json" => (Transport::Fetch, GateFields::default()),
            "application/x-www-form-urlencoded" | "multipart/form-data" => {
                let form = Form::read(raw_content_type(received), &received.body, self.limits);
                let form = form.map_err(|fault| NoDoor::Malformed {
                    code: match fault {
                        Undecoded::Malformed { code } => code,
                        Undecoded::TooLarge => "form.too-large",
                    },
                })?;
                (Transport::Form, form.gates)
            }
            _ => return Err(NoDoor::ContentType),
        };
        Ok(Door {
            policy,
            transport,
            fields,
        })
    }
}

/// The content type with its parameters. The gate before has seen that there is one.
pub(crate) fn raw_content_type(received: &Received) -> &str {
    let header = received.headers.get(http::header::CONTENT_TYPE);
    header.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Bodies to values, by the schema of the input where the transport has only texts.
pub(crate) struct Reader<I, R> {
    pub(crate) limits: Limits,
    pub(crate) schema: Value,
    pub(crate) types: PhantomData<fn() -> (I, R)>,
}

impl<I: Send + Sync, R: Send> Decoder for Reader<I, R> {
    type Arguments = Taken<I, R>;

    fn decode(&self, received: &Received, door: &Door) -> Result<Taken<I, R>, Undecoded> {
        let value = match door.transport {
            Transport::Fetch => json::object(&received.body, self.limits)?,
            Transport::Form => {
                let form = Form::read(raw_content_type(received), &received.body, self.limits)?;
                coerce::object(form.entries, &self.schema)?
            }
        };
        Ok(Taken {
            value,
            input: None,
            opened: Mutex::new(None),
            fingerprint: None,
        })
    }
}

/// What the input's own rules say of the values.
pub(crate) struct Checks {
    /// The action is idempotent.
    pub(crate) recognises: bool,
}

impl<I: Input, R: Send> Validator<Taken<I, R>> for Checks {
    fn validate(&self, _policy: &ActionPolicy, taken: Taken<I, R>) -> Result<Taken<I, R>, Vec<FieldError>> {
        let fingerprint = self.recognises.then(|| sha256_hex(taken.value.to_string().as_bytes()));
        let input = problems::read(taken.value)?;
        Ok(Taken {
            value: Value::Null,
            input: Some(input),
            fingerprint,
            ..taken
        })
    }
}

/// Opens what the input refers to, and looks whether what it carries sealed is ours.
pub(crate) struct Opens<A: App, D> {
    pub(crate) client: ActionClient<A>,
    pub(crate) steps: Arc<D>,
}

impl<A: App, I: Input, D: Steps<A, I>> Owners<Taken<I, D::Opened>> for Opens<A, D> {
    fn ownership<'a>(
        &'a self,
        policy: &'a ActionPolicy,
        principal: &'a Principal,
        taken: &'a Taken<I, D::Opened>,
    ) -> Answer<'a, Result<Ownership, Unavailable>> {
        Box::pin(async move {
            let input = taken.input.as_ref().ok_or(NOT_READ)?;
            let now = self.client.0.clock.now();
            let opener = Opener {
                values: &self.client.0.sealed,
                action: policy.name(),
                identity: principal.identity(),
                now,
            };
            if input.check_seals(&opener).is_err() {
                return Ok(Ownership::Forged);
            }
            let opening = Opening {
                state: self.client.state(),
                principal,
                tokens: &self.client.0.references,
                now,
            };
            match self.steps.open(&opening, input).await {
                Ok(opened) => {
                    *taken.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
                    Ok(Ownership::Owned)
                }
                Err(Denial::Unavailable(unavailable)) => Err(unavailable),
                Err(_) => Ok(Ownership::Missing),
            }
        })
    }
}

/// A gate gave nothing, which cannot be.
const NOT_READ: Unavailable = Unavailable::new("actions", "a gate was passed without its result");

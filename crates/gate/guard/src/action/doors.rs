//! From a request to its endpoint, and from its body to arguments. Everything about which action is called is decided
//! here, and once: the gates and the decoder ask the same catalogue.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use portcullis_flight::{
    ActionId, Call, Code, DecodeOptions, Head, Identified, KnownIds, Refusal, form_action, identify,
    read_fetch_multipart, read_fetch_text, read_form,
};
use portcullis_funnel::{
    Decoder, Door, Doors, FieldError, GateFields, NoDoor, Received, Transport, Undecoded, Validator,
};

use super::arguments::Decoded;
use super::builds::{Builds, Named};
use super::endpoint::Endpoint;

/// All endpoints, and how ids lead to them.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) builds: Builds,
    known: KnownIds,
    endpoints: BTreeMap<String, Arc<Endpoint>>,
    /// For actions that no section names; nothing if those are refused.
    unnamed: Option<Arc<Endpoint>>,
    /// For identifying, before it is known which endpoint's options count.
    widest: DecodeOptions,
}

/// What a request turns out to be.
#[derive(Debug)]
pub(crate) enum Sight {
    /// Nothing of React's.
    NotAnAction,
    /// An action, or something that is almost one: the gates decide.
    Call,
    /// A form for a page, which names no action.
    Unaddressed,
}

/// Whether Next.js could take a request for a call, by its head alone. The edge asks this once, and what it is true for never
/// goes on without having been read: every lenient reading here would be a way around the gates. So it looks at bytes, in any
/// case and anywhere in the value; Node reads values as Latin-1 and takes white space off their ends.
pub(crate) fn could_be_action(method: &Method, headers: &HeaderMap) -> bool {
    const MULTIPART: &[u8] = b"multipart/form-data";
    if headers.contains_key("next-action") {
        return true;
    }
    let is_multipart = |kind: &HeaderValue| {
        let bytes = kind.as_bytes();
        bytes
            .windows(MULTIPART.len())
            .any(|window| window.eq_ignore_ascii_case(MULTIPART))
    };
    *method == Method::POST && headers.get_all(CONTENT_TYPE).iter().any(is_multipart)
}

impl Catalogue {
    pub(crate) fn new(
        builds: Builds,
        endpoints: BTreeMap<String, Arc<Endpoint>>,
        unnamed: Option<Arc<Endpoint>>,
    ) -> Self {
        let all = || endpoints.values().chain(&unnamed);
        let bytes = all().map(|endpoint| endpoint.options.budgets.bytes).max();
        let mut widest = DecodeOptions {
            cached_functions: true,
            ..DecodeOptions::default()
        };
        widest.budgets.bytes = bytes.unwrap_or(super::endpoint::BODY_LIMIT);
        let known = builds.known();
        Self {
            builds,
            known,
            endpoints,
            unnamed,
            widest,
        }
    }

    pub(crate) const fn endpoints(&self) -> &BTreeMap<String, Arc<Endpoint>> {
        &self.endpoints
    }

    pub(crate) const fn admits_unnamed(&self) -> bool {
        self.unnamed.is_some()
    }

    /// Whether any endpoint enforces what it demands.
    pub(crate) fn enforces(&self) -> bool {
        self.endpoints.values().any(|endpoint| !endpoint.is_observed)
    }

    /// The most bytes of any call.
    pub(crate) const fn largest(&self) -> usize {
        self.widest.budgets.bytes
    }

    /// The most bytes of a call of this id.
    pub(crate) fn largest_of(&self, id: &str) -> usize {
        let endpoint = ActionId::new(id).and_then(|id| self.endpoint(&id).ok());
        endpoint.map_or(super::endpoint::BODY_LIMIT, |endpoint| endpoint.options.budgets.bytes)
    }

    /// The endpoint of a policy that the gates hold.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Arc<Endpoint>> {
        self.endpoints.get(name).or(self.unnamed.as_ref())
    }

    /// The endpoint behind an id. One that exists and may not be called is told from one that does not exist in the audit
    /// log alone.
    fn endpoint(&self, id: &ActionId) -> Result<Arc<Endpoint>, NoDoor> {
        let endpoint = match self.builds.name(id) {
            Named::Unknown => return Err(NoDoor::Unknown),
            Named::As(name) => self.endpoints.get(name).or(self.unnamed.as_ref()),
            Named::Nameless => self.unnamed.as_ref(),
        };
        let endpoint = endpoint.ok_or(NoDoor::NoPolicy)?;
        if id.is_cached_function() && !endpoint.options.cached_functions {
            return Err(NoDoor::Malformed {
                code: Code::IdCached.as_str(),
            });
        }
        Ok(Arc::clone(endpoint))
    }

    /// Whether there is an action of this id that may be called.
    pub(crate) fn has(&self, id: &ActionId) -> bool {
        self.endpoint(id).is_ok()
    }

    /// What the gates call an action that no section names: by its own name if a build has one.
    pub(crate) fn name_of<'a>(&'a self, id: &'a ActionId) -> &'a str {
        match self.builds.name(id) {
            Named::As(name) => name,
            // Ids are as many as callers like, so without a build they share a name.
            Named::Nameless | Named::Unknown => "unlisted",
        }
    }

    /// What a request is, before any gate. What could be a call is none in one case only: a form that was read, and has no
    /// field of React's. Everything else that cannot be told is for the gates to refuse.
    pub(crate) fn sight(&self, received: &Received) -> Sight {
        if !could_be_action(&received.method, &received.headers) {
            return Sight::NotAnAction;
        }
        let headers = Headers::of(received);
        match identify(&headers.head(), &self.known, &self.widest) {
            Ok(Identified::Form(boundary)) => match form_action(boundary, &received.body, &self.known, &self.widest) {
                Ok(None) if self.builds.routes.knows_pages() => Sight::Unaddressed,
                Ok(None) => Sight::NotAnAction,
                _ => Sight::Call,
            },
            _ => Sight::Call,
        }
    }

    fn identified(&self, received: &Received) -> Result<(ActionId, Transport), Refusal> {
        let headers = Headers::of(received);
        match identify(&headers.head(), &self.known, &self.widest)? {
            Identified::FetchText(id) | Identified::FetchMultipart(id, _) => Ok((id, Transport::Fetch)),
            Identified::Form(boundary) => {
                let id = form_action(boundary, &received.body, &self.known, &self.widest)?;
                id.map(|id| (id, Transport::Form)).ok_or(unaddressed())
            }
            Identified::NotAnAction(_) => Err(unaddressed()),
        }
    }

    fn read(&self, received: &Received, options: &DecodeOptions) -> Result<Call, Refusal> {
        let headers = Headers::of(received);
        match identify(&headers.head(), &self.known, options)? {
            Identified::FetchText(id) => read_fetch_text(id, &received.body, &self.known, options),
            Identified::FetchMultipart(id, boundary) => {
                read_fetch_multipart(id, boundary, &received.body, &self.known, options)
            }
            Identified::Form(boundary) => read_form(boundary, &received.body, &self.known, options),
            Identified::NotAnAction(_) => Err(unaddressed()),
        }
    }
}

fn unaddressed() -> Refusal {
    Refusal {
        code: Code::FormUnaddressed,
        part: None,
        offset: 0,
    }
}

/// The headers that say what a request is, as text. A value that is no text becomes one that no grammar takes, and the gates
/// refuse the call for it.
struct Headers<'a> {
    method: &'a str,
    next_action: Vec<&'a str>,
    content_type: Vec<&'a str>,
    content_encoding: bool,
}

impl<'a> Headers<'a> {
    fn of(received: &'a Received) -> Self {
        let all = |name: &str| {
            let values = received.headers.get_all(name).into_iter();
            values
                .map(|value| value.to_str().unwrap_or("\u{fffd}").trim())
                .collect::<Vec<&str>>()
        };
        Self {
            method: received.method.as_str(),
            next_action: all("next-action"),
            content_type: all("content-type"),
            content_encoding: received.headers.contains_key(http::header::CONTENT_ENCODING),
        }
    }

    fn head(&self) -> Head<'_> {
        Head {
            method: self.method,
            next_action: &self.next_action,
            content_type: &self.content_type,
            content_encoding: self.content_encoding,
        }
    }
}

/// Refusals in the words of the gates.
fn no_door(refusal: &Refusal) -> NoDoor {
    match refusal.code {
        Code::IdUnknown => NoDoor::Unknown,
        Code::IdDuplicate => NoDoor::Ambiguous,
        Code::ContentType | Code::ContentTypeDuplicate => NoDoor::ContentType,
        code => NoDoor::Malformed { code: code.as_str() },
    }
}

/// The catalogue behind the gates' questions.
#[derive(Debug, Clone)]
pub(crate) struct Reader(pub(crate) Arc<Catalogue>);

impl Doors for Reader {
    fn find(&self, received: &Received, _content_type: &str) -> Result<Door, NoDoor> {
        let (id, transport) = self.0.identified(received).map_err(|refusal| no_door(&refusal))?;
        let endpoint = self.0.endpoint(&id)?;
        let policy = if endpoint.is_named {
            Arc::clone(&endpoint.policy)
        } else {
            Arc::new(endpoint.policy.as_ref().clone().named(self.0.name_of(&id)))
        };
        Ok(Door {
            policy,
            transport,
            fields: GateFields::default(),
        })
    }
}

impl Decoder for Reader {
    type Arguments = Decoded;

    fn decode(&self, received: &Received, door: &Door) -> Result<Decoded, Undecoded> {
        let malformed = |code: Code| Undecoded::Malformed { code: code.as_str() };
        let endpoint = self.0.by_name(door.policy.name()).ok_or(malformed(Code::IdUnknown))?;
        let call = self
            .0
            .read(received, &endpoint.options)
            .map_err(|refusal| match refusal.code {
                Code::BudgetBytes => Undecoded::TooLarge,
                code => malformed(code),
            })?;
        // The whole body names the action that its beginning named.
        let same = self
            .0
            .endpoint(call.action())
            .is_ok_and(|found| Arc::ptr_eq(&found, endpoint));
        if !same {
            return Err(malformed(Code::FormDescriptor));
        }
        let decoded = Decoded::new(call, Arc::clone(endpoint));
        // What cannot be written does not go on, so it need not pass the gates behind.
        if decoded.body().is_err() {
            return Err(malformed(Code::FormKind));
        }
        Ok(decoded)
    }
}

impl Validator<Decoded> for Reader {
    fn validate(
        &self,
        policy: &portcullis_funnel::ActionPolicy,
        arguments: Decoded,
    ) -> Result<Decoded, Vec<FieldError>> {
        match self.review(policy, arguments) {
            (Some(arguments), errors) if errors.is_empty() => Ok(arguments),
            (_, errors) => Err(errors),
        }
    }

    fn review(
        &self,
        _policy: &portcullis_funnel::ActionPolicy,
        arguments: Decoded,
    ) -> (Option<Decoded>, Vec<FieldError>) {
        let schema = arguments.endpoint.schema.as_ref();
        let errors = schema.map(|schema| schema.errors(&arguments.call)).unwrap_or_default();
        (Some(arguments), errors)
    }
}

/// Names of the policy that no build has: a slip, or an action that is gone.
pub(crate) fn unbuilt(builds: &Builds, endpoints: &BTreeMap<String, Arc<Endpoint>>) -> Vec<String> {
    let built = builds.all_names();
    let names = endpoints
        .keys()
        .filter(|name| builds.is_listed && !built.contains(name.as_str()));
    names.cloned().collect()
}

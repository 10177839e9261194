//! An application with a few actions around the funnel, and a way to call them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use portcullis_funnel::{
    ActionPolicy, Admission, Answer, Arguments, AuditLog, AuditSink, Authorization, CaptchaVerdict, CaptchaVerifier,
    ChainEnd, Clock, CsrfTokens, Decoder, Denial, Door, Doors, Entropy, FieldError, Funnel, GateFields, Identity,
    KeyRing, NoDoor, Nonces, Origins, Owners, Ownership, Principal, RateRule, Received, Replay, Rule, SessionFault,
    SessionSource, Store, Timestamp, Trail, Transport, TrustedProxies, Unavailable, Undecoded, Validator,
};
use portcullis_store::MemoryStore;
use serde_json::Value;

/// A clock that stands still until it is moved.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn pass(&self, duration: Duration) {
        self.0
            .fetch_add(i64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Counts up.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Unavailable> {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, part) in bytes.iter_mut().zip(number.into_iter().cycle()) {
            *byte = part;
        }
        Ok(())
    }
}

/// The lines of the audit log.
#[derive(Clone, Default)]
pub(crate) struct Lines(pub(crate) Arc<Mutex<Vec<String>>>);

impl AuditSink for Lines {
    fn write(&self, line: &str) -> Result<(), Unavailable> {
        self.0.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}

/// The path names the action; a form's query-like fields come in headers of the test.
struct Paths(BTreeMap<&'static str, Arc<ActionPolicy>>);

impl Doors for Paths {
    fn find(&self, received: &Received, content_type: &str) -> Result<Door, NoDoor> {
        let transport = match content_type {
            "application/json" => Transport::Fetch,
            "multipart/form-data" => Transport::Form,
            _ => return Err(NoDoor::ContentType),
        };
        let name = received.path.strip_prefix('/').ok_or(NoDoor::Unknown)?;
        if name == "undeclared" {
            return Err(NoDoor::NoPolicy);
        }
        let policy = self.0.get(name).ok_or(NoDoor::Unknown)?;
        Ok(Door {
            policy: Arc::clone(policy),
            transport,
            fields: GateFields::default(),
        })
    }
}

#[derive(Debug)]
pub(crate) struct Json(pub(crate) Value);

impl Arguments for Json {
    fn text(&self, pointer: &str) -> Option<String> {
        match self.0.pointer(pointer)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(one) => Some(one.to_string()),
            _ => None,
        }
    }
}

pub(crate) struct JsonDecoder;

impl Decoder for JsonDecoder {
    type Arguments = Json;

    fn decode(&self, received: &Received, _door: &Door) -> Result<Json, Undecoded> {
        if received.body.len() > 1_000 {
            return Err(Undecoded::TooLarge);
        }
        serde_json::from_slice(&received.body)
            .map(Json)
            .map_err(|_| Undecoded::Malformed { code: "flight.json" })
    }
}

/// Arguments are `[{"id": text}]` and nothing else.
struct Schema;

impl Validator<Json> for Schema {
    fn validate(&self, _policy: &ActionPolicy, arguments: Json) -> Result<Json, Vec<FieldError>> {
        let object = arguments.0.pointer("/0").and_then(Value::as_object);
        match object {
            Some(object) if object.len() == 1 && object.get("id").is_some_and(Value::is_string) => Ok(arguments),
            _ => Err(vec![FieldError {
                pointer: "/0".to_owned(),
                code: "shape".to_owned(),
            }]),
        }
    }
}

/// What backends do at the moment.
#[derive(Default)]
pub(crate) struct Backends {
    pub(crate) sessions_down: bool,
    pub(crate) owners_down: bool,
    pub(crate) rule_down: bool,
    pub(crate) captcha_down: bool,
    pub(crate) captcha_asked: usize,
}

type Shared = Arc<Mutex<Backends>>;

struct DocumentOwners(Shared);

impl Owners<Json> for DocumentOwners {
    fn ownership<'a>(
        &'a self,
        _policy: &'a ActionPolicy,
        principal: &'a Principal,
        arguments: &'a Json,
    ) -> Answer<'a, Result<Ownership, Unavailable>> {
        let is_down = self.0.lock().unwrap().owners_down;
        Box::pin(async move {
            if is_down {
                return Err(Unavailable::new("database", "locked"));
            }
            let user = principal.identity().map(|identity| identity.user_id.as_str());
            Ok(match (arguments.text("/0/id").as_deref(), user) {
                (Some("ada-1" | "ada-2"), Some("ada")) => Ownership::Owned,
                (Some("ada-1" | "ada-2"), _) => Ownership::NotOwned,
                _ => Ownership::Missing,
            })
        })
    }
}

struct Weekdays(Shared);

impl Rule for Weekdays {
    fn allows<'a>(&'a self, _action: &'a str, principal: &'a Principal) -> Answer<'a, Result<bool, Unavailable>> {
        let is_down = self.0.lock().unwrap().rule_down;
        let is_ada = principal.identity().is_some_and(|identity| identity.user_id == "ada");
        let answer = if is_down {
            Err(Unavailable::new("rules", "down"))
        } else {
            Ok(is_ada)
        };
        Box::pin(std::future::ready(answer))
    }
}

struct Humans(Shared);

impl CaptchaVerifier for Humans {
    fn verify<'a>(
        &'a self,
        token: &'a str,
        _address: Option<IpAddr>,
        action: &'a str,
    ) -> Answer<'a, Result<CaptchaVerdict, Unavailable>> {
        let mut backends = self.0.lock().unwrap();
        backends.captcha_asked += 1;
        let answer = match (token, backends.captcha_down) {
            (_, true) => Err(Unavailable::new("captcha", "no answer in time")),
            ("human", _) if action == "signup" => Ok(CaptchaVerdict::Accepted),
            _ => Ok(CaptchaVerdict::Rejected),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// The cookie `session` names the user: `session=ada`, with a role after a dot. Some names stand for faults.
struct NamedSessions(Shared);

pub(crate) fn identity(user: &str, role: &str) -> Identity {
    Identity {
        provider: "own",
        user_id: user.to_owned(),
        revocation_key: format!("session of {user}"),
        roles: vec![role.to_owned()],
        authenticated_at: Some(Timestamp::from_seconds(0)),
        is_anonymous: user == "provisional",
        impersonator: (user == "impersonated").then(|| "support".to_owned()),
        ..Identity::default()
    }
}

impl SessionSource for NamedSessions {
    fn identify<'a>(
        &'a self,
        headers: &'a HeaderMap,
        _is_secure: bool,
        _now: Timestamp,
    ) -> Answer<'a, Result<Principal, SessionFault>> {
        let cookies = headers
            .get("cookie")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let session = cookies.split("; ").find_map(|pair| pair.strip_prefix("session="));
        let is_down = self.0.lock().unwrap().sessions_down;
        let answer = match session {
            _ if is_down => Err(SessionFault::Unavailable(Unavailable::new("keys", "down"))),
            None => Ok(Principal::Anonymous),
            Some("forged") => Err(SessionFault::Refused {
                code: "session.signature",
            }),
            Some("old") => Err(SessionFault::Refused {
                code: "session.expired",
            }),
            Some("two") => Err(SessionFault::Ambiguous),
            Some(name) => {
                let (user, role) = name.split_once('.').unwrap_or((name, "viewer"));
                Ok(Principal::User(Box::new(identity(user, role))))
            }
        };
        Box::pin(std::future::ready(answer))
    }
}

/// The application.
pub(crate) struct World {
    pub(crate) funnel: Funnel<JsonDecoder>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) backends: Shared,
    pub(crate) lines: Lines,
    pub(crate) log: Arc<AuditLog>,
    pub(crate) nonces: Nonces,
    pub(crate) csrf: CsrfTokens,
    pub(crate) entropy: Counter,
}

fn rate(text: &str) -> RateRule {
    RateRule::from_str(text).unwrap()
}

fn policies(backends: &Shared) -> Paths {
    let generous = || rate("1000/1m per user");
    let list = [
        ActionPolicy::authenticated("read").rate(generous()),
        ActionPolicy::authenticated("edit")
            .rate(generous())
            .minimum_role("editor")
            .owned(),
        ActionPolicy::authenticated("publish").permission("publish"),
        ActionPolicy::authenticated("weekday").rule(Arc::new(Weekdays(Arc::clone(backends)))),
        ActionPolicy::authenticated("own").owned(),
        ActionPolicy::authenticated("pay").replay(Replay::Once),
        ActionPolicy::authenticated("order").replay(Replay::Idempotent),
        ActionPolicy::authenticated("close").refuse_impersonation(),
        ActionPolicy::authenticated("fresh").step_up(Duration::from_mins(5)),
        ActionPolicy::authenticated("trial").admit_provisional_users(),
        ActionPolicy::authenticated("code")
            .rate(rate("5/1h per user+ip"))
            .rate(rate("5/1h per user")),
        ActionPolicy::authenticated("comment").rate(rate("2/1m per user+arg:/0/id")),
        ActionPolicy::public("signup", "nobody has an account before", rate("3/1m per ip")).captcha("signup"),
        ActionPolicy::public("buy", "guests may buy", generous())
            .replay(Replay::Once)
            .captcha("signup"),
        ActionPolicy::public("ping", "says nothing", generous()),
    ];
    let named = [
        "read", "edit", "publish", "weekday", "own", "pay", "order", "close", "fresh", "trial", "code", "comment",
        "signup", "buy", "ping",
    ];
    Paths(named.into_iter().zip(list.into_iter().map(Arc::new)).collect())
}

pub(crate) fn world() -> World {
    world_with(None)
}

/// A world whose store is another one.
pub(crate) fn world_with(store: Option<Arc<dyn Store>>) -> World {
    let clock = Arc::new(TestClock(AtomicI64::new(1_767_225_600_000)));
    let backends = Shared::default();
    let ring = || KeyRing::new("k", "q8Zr1mB5vK0xTn7cWd3yLs9eHf6jPa2u").unwrap();
    let (nonces, csrf) = (Nonces::new(ring()), CsrfTokens::new(ring()));
    let memory = || Arc::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>, 10_000)) as Arc<dyn Store>;
    let lines = Lines::default();
    let log = Arc::new(AuditLog::new(ChainEnd::default(), Box::new(lines.clone())));
    let authorization = Authorization::new(["viewer", "editor", "admin"].map(str::to_owned))
        .grant("admin", "publish")
        .unwrap();
    let funnel = Funnel {
        doors: Box::new(policies(&backends)),
        origins: Origins::new(["https://app.example.com"]).unwrap(),
        csrf: csrf.clone(),
        sessions: Arc::new(NamedSessions(Arc::clone(&backends))),
        store: store.unwrap_or_else(memory),
        proxies: TrustedProxies::default(),
        authorization,
        decoder: JsonDecoder,
        validator: Box::new(Schema),
        owners: Box::new(DocumentOwners(Arc::clone(&backends))),
        nonces: nonces.clone(),
        captcha: Some(Arc::new(Humans(Arc::clone(&backends)))),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
    };
    World {
        funnel,
        clock,
        backends,
        lines,
        log,
        nonces,
        csrf,
        entropy: Counter::default(),
    }
}

/// A request in the making: a good one of `ada`, unless it is changed.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) peer: &'static str,
}

pub(crate) fn request(action: &str) -> Request {
    let headers = [
        ("content-type", "application/json"),
        ("origin", "https://app.example.com"),
        ("sec-fetch-site", "same-origin"),
        ("cookie", "session=ada"),
    ];
    Request {
        method: Method::POST,
        path: format!("/{action}"),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: r#"[{"id":"ada-1"}]"#.to_owned(),
        peer: "203.0.113.7",
    }
}

impl Request {
    /// Sets a header.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// Adds a header beside one of the same name.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(one, _)| one != name);
        self
    }

    pub(crate) fn by(self, session: &str) -> Self {
        self.with("cookie", &format!("session={session}"))
    }

    pub(crate) fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    fn received(self) -> Received {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(HeaderName::from_str(name).unwrap(), value.parse().unwrap());
        }
        Received {
            method: self.method,
            path: self.path,
            headers,
            body: Bytes::from(self.body),
            peer: self.peer.parse().ok(),
            is_secure: true,
        }
    }
}

impl World {
    pub(crate) fn trail(&self) -> Trail {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        Trail::start(Arc::clone(&self.log), clock, "request".to_owned())
    }

    /// Sends a request through the funnel and writes its record.
    pub(crate) async fn call(&self, request: Request) -> Result<Admission<Json>, Denial> {
        let mut trail = self.trail();
        let outcome = self.funnel.admit(request.received(), &mut trail).await;
        match &outcome {
            Ok(_) => trail.allowed().unwrap(),
            Err(denial) => trail.denied(denial).unwrap(),
        }
        outcome
    }

    /// The same without a record.
    pub(crate) async fn admit_into(&self, request: Request, trail: &mut Trail) -> Result<Admission<Json>, Denial> {
        self.funnel.admit(request.received(), trail).await
    }

    /// The code of the denial, or `ok`.
    pub(crate) async fn code(&self, request: Request) -> &'static str {
        match self.call(request).await {
            Ok(Admission::Go(_)) => "ok",
            Ok(Admission::Stored(_)) => "stored",
            Err(denial) => denial.code(),
        }
    }

    pub(crate) fn nonce(&self, action: &str, user: Option<&str>) -> String {
        let identity = user.map(|user| identity(user, "viewer"));
        let end = self.clock.now().plus(Duration::from_mins(10));
        self.nonces
            .issue(action, identity.as_ref(), end, &self.entropy)
            .unwrap()
    }

    pub(crate) fn record(&self) -> Value {
        serde_json::from_str(self.lines.0.lock().unwrap().last().unwrap()).unwrap()
    }
}

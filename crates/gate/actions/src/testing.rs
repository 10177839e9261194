//! For tests of applications: a clock that is set by hand, an audit log that is read, sessions by name, and the table of
//! who may call what.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{CONTENT_TYPE, COOKIE, ORIGIN};
use http::{HeaderMap, Request, StatusCode};
use portcullis_funnel::{
    Answer, AuditSink, Clock, Identity, Principal, Replay, SessionFault, SessionSource, Timestamp, Unavailable,
};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::app::authorization;
use crate::mount::PREFIX;
use crate::{ActionInfo, ActionTable, App, Role as _};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// It shows the first moment of 2026.
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_767_225_600_000)))
    }

    /// Moves it on.
    pub fn pass(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Keeps the lines of an audit log.
#[derive(Debug, Clone, Default)]
pub struct AuditLines(Arc<Mutex<Vec<String>>>);

impl AuditSink for AuditLines {
    fn write(&self, line: &str) -> Result<(), Unavailable> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line.to_owned());
        Ok(())
    }
}

impl AuditLines {
    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The records so far.
    pub fn records(&self) -> Vec<Value> {
        let lines = self.lines();
        lines
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }
}

/// Sessions by name: the cookie `session=ada` is a session of the user that was entered as `ada`. For tests only, since
/// everybody can write such a cookie.
#[derive(Debug, Default)]
pub struct NamedSessions(BTreeMap<String, Identity>);

impl NamedSessions {
    /// Enters a user.
    #[must_use]
    pub fn with(mut self, name: &str, role: &str, at: Timestamp) -> Self {
        let identity = Identity {
            provider: "own",
            user_id: name.to_owned(),
            session_id: Some(format!("session-{name}")),
            revocation_key: format!("session-{name}"),
            roles: vec![role.to_owned()],
            authenticated_at: Some(at),
            ..Identity::default()
        };
        self.0.insert(name.to_owned(), identity);
        self
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
            .get(COOKIE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let name = cookies.split("; ").find_map(|pair| pair.strip_prefix("session="));
        let answer = match name.map(|name| self.0.get(name)) {
            None => Ok(Principal::Anonymous),
            Some(Some(identity)) => Ok(Principal::User(Box::new(identity.clone()))),
            Some(None) => Err(SessionFault::Refused {
                code: "session.unknown",
            }),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// A call in the making.
#[derive(Debug, Clone)]
pub struct TestCall {
    action: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Calls an action, from this application's own page.
pub fn call(action: &str, origin: &str) -> TestCall {
    let headers = vec![
        (CONTENT_TYPE.to_string(), "application/json".to_owned()),
        (ORIGIN.to_string(), origin.to_owned()),
    ];
    TestCall {
        action: action.to_owned(),
        headers,
        body: b"{}".to_vec(),
    }
}

/// What a call was answered.
#[derive(Debug)]
pub struct TestAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, if it is JSON.
    pub json: Value,
}

impl TestAnswer {
    /// The code of the error, or `ok` for an answer that says so. Anything else, a page or nothing, is `no answer`.
    pub fn code(&self) -> &str {
        let is_done = self.status.is_success() && self.json.get("ok") == Some(&Value::Bool(true));
        let code = self.json.pointer("/error/code").and_then(Value::as_str);
        match code {
            Some(code) if !is_done => code,
            None if is_done => "ok",
            _ => "no answer",
        }
    }
}

impl TestCall {
    /// As a user of [`NamedSessions`].
    #[must_use]
    pub fn as_user(self, name: &str) -> Self {
        self.header(COOKIE.as_str(), &format!("session={name}"))
    }

    /// With a header, in place of one of the same name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(one, _)| one != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this input.
    #[must_use]
    pub fn json(mut self, input: &Value) -> Self {
        self.body = input.to_string().into_bytes();
        self
    }

    /// Sends it. `None` if it is no request at all.
    pub async fn send(self, router: &Router) -> Option<TestAnswer> {
        let uri = format!("{PREFIX}/{}", self.action);
        let mut request = Request::post(uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(self.body)).ok()?;
        let (parts, body) = router.clone().oneshot(request).await.ok()?.into_parts();
        let body = to_bytes(body, usize::MAX).await.ok()?;
        Some(TestAnswer {
            status: parts.status,
            headers: parts.headers,
            json: serde_json::from_slice(&body).unwrap_or_default(),
        })
    }
}

/// Who may call what, as text for a snapshot: a line an action, a column for a stranger and one for each role. A cell is
/// about the gates before the input; whose resources an action touches stands after it.
pub fn matrix<A: App>(table: &ActionTable) -> String {
    let authorization = authorization::<A>().unwrap_or_default();
    let roles = A::Role::ORDER.iter().map(|role| role.name());
    let head: Vec<&str> = ["action", "stranger"]
        .into_iter()
        .chain(roles)
        .chain(["also"])
        .collect();
    let mut rows = vec![head.join(" | ")];
    for action in table {
        let is_open = action.access != "authenticated";
        let cell = |may: bool| if may { "yes" } else { "no" };
        let by_role = A::Role::ORDER.iter().map(|role| {
            let identity = Identity {
                roles: vec![role.name().to_owned()],
                ..Identity::default()
            };
            // The gate's own decision, not a second opinion.
            let reaches = action
                .role
                .is_none_or(|lowest| authorization.reaches(&identity, lowest));
            let permits = |permission: &&str| authorization.permits(&identity, permission);
            cell(is_open || (reaches && action.permissions.iter().all(permits)))
        });
        let also = also(action);
        let cells = [action.name.as_str(), cell(is_open)]
            .into_iter()
            .chain(by_role)
            .chain([also.as_str()]);
        rows.push(cells.collect::<Vec<_>>().join(" | "));
    }
    rows.join("\n") + "\n"
}

/// What stands in front of an action beside the role.
fn also(action: &ActionInfo) -> String {
    let mut also: Vec<String> = action.references.iter().map(|name| format!("opens {name}")).collect();
    also.extend(action.rates.iter().map(|rate| format!("at most {rate}")));
    also.extend(action.unlimited.iter().map(|reason| format!("unlimited: {reason}")));
    also.extend(action.step_up.then(|| "fresh proof".to_owned()));
    also.extend(action.captcha.iter().map(|_| "human".to_owned()));
    match action.replay {
        Replay::Once => also.push("once".to_owned()),
        Replay::Idempotent => also.push("idempotent".to_owned()),
        Replay::Window(window) => also.push(format!("once in {} s", window.as_secs())),
        Replay::NotRequired => {}
    }
    if action.access != "authenticated" {
        also.push(format!("open because {}", action.reason));
    }
    also.join(", ")
}

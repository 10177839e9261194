//! A small application, a clock that is set by hand, and requests to it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use portcullis_actions::funnel::Authorized;
use portcullis_actions::funnel::{
    Answer, AuditSink, CaptchaVerdict, CaptchaVerifier, Clock, Identity, Principal, SessionFault, SessionSource,
    Timestamp, Unavailable, verify,
};
use portcullis_actions::{
    ActionClient, ActionError, ActionTable, App, Authed, Ctx, Dto, Input, Lookup, Memory, Optional, Outcome,
    Permission, Policy, Public, Ref, Resource, Role, Sealed, Validated, action, actions,
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

#[derive(Clone, Copy)]
pub(crate) enum Rank {
    Viewer,
    Editor,
    Admin,
}

impl Role for Rank {
    const ORDER: &'static [Self] = &[Self::Viewer, Self::Editor, Self::Admin];

    fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Right {
    Publish,
}

impl Permission for Right {
    fn name(self) -> &'static str {
        "publish"
    }
}

pub(crate) struct Notes;

/// Notes by id: owner and text. Teams by id: members.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) notes: BTreeMap<String, (String, String)>,
    pub(crate) runs: usize,
    pub(crate) is_down: bool,
}

pub(crate) type State = Arc<Mutex<Tables>>;

impl App for Notes {
    type State = State;
    type Role = Rank;
    type Permission = Right;

    fn grants() -> Vec<(Rank, Right)> {
        vec![(Rank::Admin, Right::Publish)]
    }
}

/// A note that the caller owns.
pub(crate) struct Note {
    pub(crate) id: String,
}

impl Resource<Notes> for Note {
    const KIND: &'static str = "note";

    fn load<'a>(
        state: &'a State,
        id: &'a str,
        principal: &'a Principal,
    ) -> Answer<'a, Result<Option<Self>, Unavailable>> {
        let tables = state.lock().unwrap();
        let user = principal.identity().map(|identity| identity.user_id.as_str());
        let answer = if tables.is_down {
            Err(Unavailable::new("database", "locked"))
        } else {
            let owned = tables.notes.get(id).filter(|(owner, _)| Some(owner.as_str()) == user);
            Ok(owned.map(|_| Self { id: id.to_owned() }))
        };
        Box::pin(std::future::ready(answer))
    }
}

/// The same note by a token, for one session.
pub(crate) struct Ticket {
    id: String,
}

impl Resource<Notes> for Ticket {
    const KIND: &'static str = "ticket";
    const BY_TOKEN: bool = true;

    fn load<'a>(
        state: &'a State,
        id: &'a str,
        principal: &'a Principal,
    ) -> Answer<'a, Result<Option<Self>, Unavailable>> {
        Box::pin(async move {
            let note = <Note as Resource<Notes>>::load(state, id, principal).await?;
            Ok(note.map(|note| Self { id: note.id }))
        })
    }
}

pub(crate) struct Team {
    name: String,
}

impl Lookup<Notes> for Team {
    const KIND: &'static str = "team";

    fn find<'a>(_state: &'a State, id: &'a str) -> Answer<'a, Result<Option<Self>, Unavailable>> {
        let known = ["red", "blue"].contains(&id);
        let team = known.then(|| Self { name: id.to_owned() });
        Box::pin(std::future::ready(Ok(team)))
    }
}

/// Everybody is in the red team.
struct Member;

impl Policy<Notes, Team> for Member {
    fn may<'a>(
        &'a self,
        _state: &'a State,
        _principal: &'a Principal,
        team: &'a Team,
    ) -> Answer<'a, Result<bool, Unavailable>> {
        Box::pin(std::future::ready(Ok(team.name == "red")))
    }
}

#[derive(Dto)]
pub(crate) struct NoteDto {
    id: String,
    text: String,
}

#[derive(ActionError)]
pub(crate) enum NoteError {
    #[public(409, "too_many")]
    TooMany { most: u32 },
    #[public(422, "wrong", field = "password")]
    WrongPassword,
    #[internal]
    Database(#[from] std::io::Error),
}

#[derive(Input)]
pub(crate) struct Write {
    #[garde(length(chars, min = 1, max = 20))]
    text: String,
    #[garde(range(max = 5))]
    stars: Option<u8>,
    #[garde(inner(length(max = 3)))]
    tags: Vec<String>,
    pinned: bool,
    #[garde(dive)]
    place: Option<Place>,
    #[input(secret)]
    #[garde(length(max = 64))]
    password: Option<String>,
}

#[derive(Input)]
pub(crate) struct Place {
    #[garde(length(min = 2, max = 2))]
    country: String,
}

#[derive(Input)]
pub(crate) struct Rename {
    note: Ref<Note>,
    #[garde(length(chars, min = 1, max = 20))]
    text: String,
}

#[derive(Input)]
pub(crate) struct Move {
    note: Ref<Note>,
    team: Ref<Team>,
}

#[derive(Input)]
pub(crate) struct ByTicket {
    ticket: Ref<Ticket>,
}

#[derive(Input)]
pub(crate) struct Buy {
    price: Sealed<u32>,
}

async fn write(ctx: Ctx<Notes, Authed>, input: Validated<Write>) -> Outcome<NoteDto, NoteError> {
    let mut tables = ctx.state().lock().unwrap();
    tables.runs += 1;
    if input.password.as_deref() == Some("wrong") {
        return Err(NoteError::WrongPassword);
    }
    if input.text == "many" {
        return Err(NoteError::TooMany { most: 3 });
    }
    if input.text == "broken" {
        return Err(std::io::Error::other("the disk of ada at 10.0.0.7 is full").into());
    }
    let id = format!("{}-{}", ctx.user().user_id, tables.notes.len());
    let place = input.place.as_ref().map_or("", |place| &place.country);
    let text = format!(
        "{}{}{:?}{}{place}",
        input.text,
        input.tags.join("+"),
        input.stars,
        input.pinned
    );
    tables
        .notes
        .insert(id.clone(), (ctx.user().user_id.clone(), text.clone()));
    Ok(NoteDto { id, text })
}

#[action(
    auth,
    rate = "9/1m per user",
    owns(note),
    name = "retitle",
    nonce,
    form_page = "/notes"
)]
async fn short_rename(ctx: Ctx<Notes, Authed>, input: Validated<Rename>, note: Authorized<Note>) -> Outcome<NoteDto> {
    rename(ctx, input, note).await
}

#[action(optional = "the page greets", rate = "9/1m per ip")]
async fn short_greeting(ctx: Ctx<Notes, Optional>) -> Outcome<NoteDto> {
    whoami(ctx).await
}

async fn rename(ctx: Ctx<Notes, Authed>, input: Validated<Rename>, note: Authorized<Note>) -> Outcome<NoteDto> {
    let mut tables = ctx.state().lock().unwrap();
    tables.runs += 1;
    if let Some((_, text)) = tables.notes.get_mut(&note.id) {
        text.clone_from(&input.text);
    }
    Ok(NoteDto {
        id: note.id.clone(),
        text: input.into_inner().text,
    })
}

async fn transfer(
    _ctx: Ctx<Notes, Authed>,
    _input: Validated<Move>,
    (note, team): (Authorized<Note>, Authorized<Team>),
) -> Outcome<Vec<NoteDto>> {
    Ok(vec![NoteDto {
        id: note.id.clone(),
        text: team.name.clone(),
    }])
}

async fn by_ticket(
    _ctx: Ctx<Notes, Authed>,
    _input: Validated<ByTicket>,
    ticket: Authorized<Ticket>,
) -> Outcome<NoteDto> {
    Ok(NoteDto {
        id: ticket.id.clone(),
        text: String::new(),
    })
}

async fn buy(ctx: Ctx<Notes, Authed>, input: Validated<Buy>) -> Outcome<NoteDto, NoteError> {
    let price = ctx.unseal(&input.price).map_err(std::io::Error::other)?;
    Ok(NoteDto {
        id: price.to_string(),
        text: String::new(),
    })
}

async fn count(ctx: Ctx<Notes, Authed>) -> Outcome<NoteDto> {
    let mut tables = ctx.state().lock().unwrap();
    tables.runs += 1;
    Ok(NoteDto {
        id: tables.runs.to_string(),
        text: String::new(),
    })
}

async fn whoami(ctx: Ctx<Notes, Optional>) -> Outcome<NoteDto> {
    let id = ctx
        .user()
        .map_or_else(|| "nobody".to_owned(), |user| user.user_id.clone());
    Ok(NoteDto {
        id,
        text: String::new(),
    })
}

async fn sign_in(ctx: Ctx<Notes, Public>) -> Outcome<()> {
    ctx.set_cookie("session=ada; Path=/; HttpOnly".to_owned());
    Ok(())
}

async fn panics(_ctx: Ctx<Notes, Authed>) -> Outcome<()> {
    panic!("the secret of ada is hunter2")
}

async fn hangs(_ctx: Ctx<Notes, Authed>) -> Outcome<()> {
    std::future::pending().await
}

/// Says that it began, and does not end.
async fn stands(_ctx: Ctx<Notes, Authed>) -> Outcome<()> {
    println!("the handler began");
    std::future::pending().await
}

pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(START)))
    }

    /// Moves it back.
    pub(crate) fn jump_back(&self, duration: Duration) {
        self.0
            .fetch_sub(i64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn pass(&self, duration: Duration) {
        self.0
            .fetch_add(i64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<String>>>, Arc<AtomicBool>);

impl AuditSink for Lines {
    fn write(&self, line: &str) -> Result<(), Unavailable> {
        if self.1.load(Ordering::SeqCst) {
            return Err(Unavailable::new("audit", "the disk is full"));
        }
        self.0.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}

/// The cookie `session=ada.editor` is a session of `ada` with that role.
struct Cookies;

impl SessionSource for Cookies {
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
        let answer = match session {
            None => Ok(Principal::Anonymous),
            Some("forged") => Err(SessionFault::Refused {
                code: "session.signature",
            }),
            Some(name) => {
                let (user, role) = name.split_once('.').unwrap_or((name, "viewer"));
                Ok(Principal::User(Box::new(Identity {
                    provider: "own",
                    user_id: user.to_owned(),
                    revocation_key: format!("session of {user}"),
                    roles: vec![role.to_owned()],
                    authenticated_at: Some(Timestamp::from_millis(START)),
                    ..Identity::default()
                })))
            }
        };
        Box::pin(std::future::ready(answer))
    }
}

struct Humans;

impl CaptchaVerifier for Humans {
    fn verify<'a>(
        &'a self,
        token: &'a str,
        _address: Option<std::net::IpAddr>,
        _action: &'a str,
    ) -> Answer<'a, Result<CaptchaVerdict, Unavailable>> {
        let verdict = if token == "human" {
            CaptchaVerdict::Accepted
        } else {
            CaptchaVerdict::Rejected
        };
        Box::pin(std::future::ready(Ok(verdict)))
    }
}

const START: i64 = 1_767_225_600_000;
pub(crate) const ORIGIN: &str = "https://app.example.com";

pub(crate) struct Site {
    pub(crate) client: ActionClient<Notes>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) state: State,
    pub(crate) table: ActionTable,
    lines: Lines,
    pub(crate) router: Router,
}

/// What a test may choose about a site.
pub(crate) struct Chosen {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) memory: Memory,
    pub(crate) address_rate: &'static str,
    pub(crate) timeout: Duration,
}

pub(crate) fn site() -> Site {
    site_with(Chosen {
        clock: TestClock::new(),
        memory: Memory::process(),
        address_rate: "100/1m per ip",
        timeout: Duration::from_millis(200),
    })
}

pub(crate) fn site_with(chosen: Chosen) -> Site {
    let clock = chosen.clock;
    let state = State::default();
    state
        .lock()
        .unwrap()
        .notes
        .insert("n1".to_owned(), ("ada".to_owned(), "first".to_owned()));
    let lines = Lines::default();
    let client = ActionClient::<Notes>::builder(Arc::clone(&state))
        .development()
        .session(Arc::new(Cookies))
        .store(chosen.memory)
        .origins([ORIGIN])
        .secret("k1", "q8Zr1mB5vK0xTn7cWd3yLs9eHf6jPa2u")
        .captcha(Arc::new(Humans))
        .audit(Box::new(lines.clone()))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .timeout(chosen.timeout)
        .sign_in_page("/sign-in")
        .address_rate(chosen.address_rate)
        .build()
        .unwrap();
    let c = &client;
    let list = actions![
        c.action("write")
            .authenticated()
            .input::<Write>()
            .handler(write)
            .form_page("/notes/new")
            .redirect_to(|note: &NoteDto| format!("/notes/{}", note.id)),
        c.action("rename")
            .authenticated()
            .input::<Rename>()
            .owns(|refs| refs.note)
            .handler(rename),
        // In the other order than the fields.
        c.action("transfer")
            .authenticated()
            .min_role(Rank::Editor)
            .input::<Move>()
            .owns(|refs| refs.note)
            .authorize(|refs| refs.team, Member)
            .handler(transfer),
        c.action("byTicket")
            .authenticated()
            .input::<ByTicket>()
            .owns(|refs| refs.ticket)
            .handler(by_ticket),
        c.action("buy").authenticated().input::<Buy>().handler(buy),
        c.action("publish")
            .authenticated()
            .permission(Right::Publish)
            .handler(count),
        c.action("delete")
            .authenticated()
            .step_up(Duration::from_mins(5))
            .handler(count),
        c.action("once").authenticated().nonce().handler(count),
        c.action("pay").authenticated().idempotent().handler(count),
        c.action("whoami")
            .optional_auth("the page greets")
            .rate_limit("3/1m per ip")
            .handler(whoami),
        c.action("signIn")
            .public("nobody has a session before")
            .rate_limit("5/1m per ip")
            .captcha("sign-in")
            .handler(sign_in)
            .redirect_to(|()| "//evil.test".to_owned()),
        short_rename_action(c),
        short_greeting_action(c),
        c.action("panics").authenticated().handler(panics),
        c.action("hangs")
            .authenticated()
            .unlimited("nobody can wait often")
            .handler(hangs),
        c.action("burst")
            .authenticated()
            .unlimited("it comes once")
            .nonce()
            .handler(count),
        c.action("stands").authenticated().nonce().handler(stands),
    ];
    let mounted = client.mount(list).unwrap();
    Site {
        client,
        clock,
        state,
        table: mounted.table,
        lines,
        router: mounted.router,
    }
}

/// A request in the making: a good one of `ada`.
#[derive(Clone)]
pub(crate) struct Call {
    method: &'static str,
    action: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

pub(crate) fn call(action: &str) -> Call {
    let headers = [
        ("content-type", "application/json"),
        ("origin", ORIGIN),
        ("cookie", "session=ada"),
    ];
    Call {
        method: "POST",
        action: action.to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: b"{}".to_vec(),
    }
}

impl Call {
    pub(crate) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
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

    pub(crate) fn json(self, value: &Value) -> Self {
        self.body(&value.to_string())
    }

    pub(crate) fn body(mut self, text: &str) -> Self {
        self.body = text.as_bytes().to_vec();
        self
    }

    /// A form that a browser sends by itself.
    pub(crate) fn form(self, text: &str) -> Self {
        self.with("content-type", "application/x-www-form-urlencoded")
            .with("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .body(text)
    }
}

pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Name and value of a cookie that is set.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let mut set = self
            .headers
            .get_all("set-cookie")
            .into_iter()
            .filter_map(|value| value.to_str().ok());
        set.find(|cookie| cookie.starts_with(name))
            .and_then(|cookie| cookie.split(';').next())
            .map(str::to_owned)
    }

    /// Status, kind and code.
    pub(crate) fn refusal(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |pointer: &str| {
            body.pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        (self.status.as_u16(), text("/error/kind"), text("/error/code"))
    }
}

impl Site {
    /// Lets the audit log fail, or work again.
    pub(crate) fn audit_fails(&self, fails: bool) {
        self.lines.1.store(fails, Ordering::SeqCst);
    }

    /// Sends a request. Exactly one audit record comes of it.
    pub(crate) async fn send(&self, call: Call) -> Answered {
        let before = self.records().len();
        let answer = self.send_unrecorded(call).await;
        assert_eq!(self.records().len(), before + 1, "one record a call");
        answer
    }

    pub(crate) async fn send_unrecorded(&self, call: Call) -> Answered {
        let mut request = Request::builder()
            .method(call.method)
            .uri(format!("/_actions/{}", call.action));
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::from(call.body)).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answered {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// The audit records. Their chain is whole.
    pub(crate) fn records(&self) -> Vec<Value> {
        let lines = self.lines.0.lock().unwrap();
        verify(lines.iter().map(String::as_str), None).unwrap();
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Decision, gate and reason of the last record.
    pub(crate) fn last(&self) -> [String; 3] {
        let record = self.records().pop().unwrap();
        ["decision", "stage", "reason"].map(|key| record[key].as_str().unwrap_or_default().to_owned())
    }

    pub(crate) fn runs(&self) -> usize {
        self.state.lock().unwrap().runs
    }
}

pub(crate) fn user(name: &str) -> Principal {
    Principal::User(Box::new(Identity {
        provider: "own",
        user_id: name.to_owned(),
        revocation_key: format!("session of {name}"),
        ..Identity::default()
    }))
}

pub(crate) fn note() -> Value {
    json!({"text": "hello", "tags": [], "pinned": false})
}

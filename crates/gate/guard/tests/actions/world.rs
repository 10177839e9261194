//! A folder with a policy, a build, a schema and a database; and a way to call.

use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use portcullis_funnel::{Clock, KeyRing, Received, Timestamp};
use portcullis_guard::action::{Actions, Forward, Verdict};
use portcullis_session::{OwnSession, OwnSessions};
use portcullis_store::SystemEntropy;
use sqlx::Connection as _;
use tempfile::TempDir;

pub(crate) const UPDATE: &str = "40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const LIST: &str = "40bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
pub(crate) const PAY: &str = "40cccccccccccccccccccccccccccccccccccccccc";
pub(crate) const NAMELESS: &str = "40dddddddddddddddddddddddddddddddddddddddd";
pub(crate) const ABSENT: &str = "40eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
const SECRET: &str = "test-only-secret-0123456789abcdefghij";
/// The build's key: nothing that anybody sees has it.
pub(crate) const BUILD_KEY: &str = "dGVzdC1vbmx5LWJ1aWxkLWtleS0wMTIzNDU2Nzg5";

pub(crate) const POLICY: &str = r#"
[guard]
public-origins = ["https://app.example.com"]
manifest = "manifest.json"
[guard.actions]
handlers = ["/api/upload"]
[session]
provider = "own"
secret-env = "SECRET"
[roles]
order = ["viewer", "editor"]
[store]
url = "memory:"
[database]
url = "sqlite:app.db"
[audit]
file = "audit.jsonl"

[actions."app/a.ts#update"]
access = "authenticated"
role = "editor"
rate = ["3/1m per user"]
schema = "update.json"
owns = { arg = "/0/id", query = "select 1 from invoices where id = $1 and owner = $user" }

[actions."app/a.ts#list"]
access = { public = "a catalogue" }
output = ["id", "owner.name"]

[actions."app/a.ts#pay"]
access = { public = "a donation" }
rate = "100/1m per address"
replay = "once"
replay-window = "1m"
"#;

/// A clock that stands still until it is moved.
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) actions: Actions,
}

pub(crate) fn secrets(name: &str) -> Option<String> {
    (name == "SECRET").then(|| SECRET.to_owned())
}

fn manifest(entries: &[(&str, &str)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(id, name)| {
            let (file, export) = name.split_once('#').unwrap();
            format!(r#""{id}":{{"workers":{{}},"filename":"{file}","exportedName":"{export}"}}"#)
        })
        .collect();
    format!(
        r#"{{"node":{{{}}},"edge":{{}},"encryptionKey":"{BUILD_KEY}"}}"#,
        entries.join(",")
    )
}

pub(crate) fn write_manifest(folder: &Path, entries: &[(&str, &str)]) {
    std::fs::write(folder.join("manifest.json"), manifest(entries)).unwrap();
}

pub(crate) const BUILD: &[(&str, &str)] = &[
    (UPDATE, "app/a.ts#update"),
    (LIST, "app/a.ts#list"),
    (PAY, "app/a.ts#pay"),
    (NAMELESS, "app/a.ts#forgotten"),
];

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(POLICY).await
    }

    pub(crate) async fn with(policy: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_manifest(folder.path(), BUILD);
        let schema = r#"{"prefixItems":[{"type":"object","required":["id","amount"],"additionalProperties":false,
            "properties":{"id":{"type":"integer"},"amount":{"type":"number","minimum":0}}}]}"#;
        std::fs::write(folder.path().join("update.json"), schema).unwrap();
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("app.db").display());
        let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(
            "create table invoices (id integer primary key, owner text); insert into invoices values (7, 'ada'), (8, 'bob')",
        )
        .execute(&mut database)
        .await
        .unwrap();
        database.close().await.unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000_000)));
        let actions = load(folder.path(), policy, &clock).await;
        Self { folder, clock, actions }
    }

    /// Sets the clock, in seconds.
    pub(crate) fn set(&self, seconds: i64) {
        self.clock.0.store(seconds * 1_000, Ordering::SeqCst);
    }

    pub(crate) fn pass(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap();
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub(crate) fn cookie(&self, user: &str, roles: &[&str]) -> String {
        let now = self.clock.now();
        let session = OwnSession {
            user_id: user.to_owned(),
            session_id: format!("s-{user}"),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            permissions: Vec::new(),
            organization: None,
            authenticated_at: now.millis(),
            expires_at: now.plus(Duration::from_hours(1)).millis(),
        };
        let sessions = OwnSessions::new(KeyRing::new("k1", SECRET).unwrap(), "session");
        let header = sessions.set_cookie(&session, now, &SystemEntropy::default()).unwrap();
        header.split(';').next().unwrap().to_owned()
    }

    pub(crate) async fn judge(&self, request: Request) -> Verdict {
        self.actions.judge(request.received(), "r1").await
    }

    /// The code that the caller's client gets, with the status.
    pub(crate) async fn refusal(&self, request: Request) -> (u16, String) {
        match self.judge(request).await {
            Verdict::Refuse(response) => (response.status().as_u16(), digest(&response)),
            other => panic!("not refused: {other:?}"),
        }
    }

    pub(crate) async fn forward(&self, request: Request) -> Forward {
        match self.judge(request).await {
            Verdict::Forward(forward) => *forward,
            Verdict::Refuse(response) => panic!("refused: {} {}", response.status(), digest(&response)),
            Verdict::NotAnAction(_) => panic!("not an action"),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a test reads the log that it made")]
    pub(crate) fn audit(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.folder.path().join("audit.jsonl")).unwrap();
        portcullis_funnel::verify(text.lines(), None).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The gate and the code of the last record.
    pub(crate) fn last(&self) -> (String, String, String) {
        let record = self.audit().pop().unwrap();
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        (text("decision"), text("stage"), text("reason"))
    }
}

pub(crate) async fn load(folder: &Path, policy: &str, clock: &Arc<TestClock>) -> Actions {
    let config = portcullis_policy::parse(policy).unwrap_or_else(|errors| panic!("{errors:?}"));
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    Actions::load_with_clock(&config, folder, &secrets, clock)
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The digest of the row, or the body.
pub(crate) fn digest(response: &Response<Bytes>) -> String {
    let text = String::from_utf8_lossy(response.body()).into_owned();
    text.split_once("{\"digest\":\"")
        .map(|(_, rest)| rest.trim_end_matches(['\n', '}', '"']).to_owned())
        .unwrap_or(text)
}

/// A request on its way.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) peer: &'static str,
}

impl Request {
    /// What a client of React sends for plain arguments.
    pub(crate) fn fetch(id: &str, body: &str) -> Self {
        Self::bare(body)
            .header("next-action", id)
            .header("content-type", "text/plain;charset=UTF-8")
            .header("accept", "text/x-component")
            .header("origin", "https://app.example.com")
            .header("sec-fetch-site", "same-origin")
    }

    pub(crate) fn form(fields: &[(&str, &str)]) -> Self {
        let mut body = String::new();
        for (name, value) in fields {
            let part = format!("--edge-7\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.push_str(&part);
        }
        body.push_str("--edge-7--\r\n");
        Self::bare(&body)
            .header("content-type", "multipart/form-data; boundary=edge-7")
            .header("origin", "https://app.example.com")
            .header("accept", "text/html")
    }

    fn bare(body: &str) -> Self {
        Self {
            method: Method::POST,
            path: "/invoices".to_owned(),
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
            peer: "203.0.113.7",
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_str(name).unwrap();
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(crate) fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    pub(crate) fn from(mut self, peer: &'static str) -> Self {
        self.peer = peer;
        self
    }

    pub(crate) fn received(self) -> Received {
        Received {
            method: self.method,
            path: self.path,
            headers: self.headers,
            body: Bytes::from(self.body),
            peer: self.peer.parse().ok(),
            is_secure: true,
        }
    }
}

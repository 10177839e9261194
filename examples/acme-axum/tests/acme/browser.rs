//! A server with the example, and a caller that writes its requests by hand, so that nothing repairs them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acme_axum::{Outbox, Settings, setup};
use portcullis_actions::ActionTable;
use portcullis_actions::funnel::{Clock, verify};
use portcullis_actions::testing::{AuditLines, FakeClock};
use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const ORIGIN: &str = "http://localhost:4000";

pub(crate) struct Acme {
    address: SocketAddr,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) audit: AuditLines,
    pub(crate) outbox: Outbox,
    pub(crate) table: ActionTable,
}

/// The server on which each test gets a database of its own; without it the databases are in memory.
pub(crate) const SERVER: &str = "ACME_TEST_POSTGRES";

#[expect(
    clippy::disallowed_methods,
    reason = "the test that starts a server tells the others where it is"
)]
async fn database() -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let Ok(server) = std::env::var(SERVER) else {
        return "sqlite::memory:".to_owned();
    };
    let name = format!("acme_{}", NUMBER.fetch_add(1, Ordering::SeqCst));
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let statement = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(statement).execute(&mut connection).await.unwrap();
    format!("{server}/{name}")
}

/// Starts the example, with everything in memory, or on the database server.
pub(crate) async fn acme() -> Acme {
    acme_with(None).await
}

/// The same with a front end.
pub(crate) async fn acme_with(web: Option<PathBuf>) -> Acme {
    acme_on(database().await, web).await
}

/// The same on this database.
pub(crate) async fn acme_on(database: String, web: Option<PathBuf>) -> Acme {
    let (clock, audit) = (FakeClock::new(), AuditLines::default());
    let mut settings = Settings::development(ORIGIN, "q8Zr1mB5vK0xTn7cWd3yLs9eHf6jPa2u", Box::new(audit.clone()));
    settings.web = web;
    settings.database = database;
    settings.clock = Arc::clone(&clock) as Arc<dyn Clock>;
    settings.proxies = vec!["127.0.0.1".to_owned()];
    settings.prints_messages = false;
    let running = setup(settings).await.unwrap();
    let (outbox, table) = (running.outbox(), running.table.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, running.service()).await });
    Acme {
        address,
        clock,
        audit,
        outbox,
        table,
    }
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// A call of an action by a script of this site.
pub(crate) fn call(action: &str) -> Request {
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("origin", ORIGIN),
    ];
    Request {
        method: "POST",
        path: format!("/_actions/{action}"),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: "{}".to_owned(),
    }
}

pub(crate) fn get(path: &str) -> Request {
    Request {
        method: "GET",
        path: path.to_owned(),
        headers: Vec::new(),
        body: String::new(),
    }
}

impl Request {
    pub(crate) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.and(name, value)
    }

    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(one, _)| one != name);
        self
    }

    pub(crate) fn cookie(self, cookie: &str) -> Self {
        self.with("cookie", cookie)
    }

    pub(crate) fn from(self, address: &str) -> Self {
        self.with("x-forwarded-for", address)
    }

    pub(crate) fn json(self, value: &Value) -> Self {
        self.body(&value.to_string())
    }

    pub(crate) fn body(mut self, text: &str) -> Self {
        text.clone_into(&mut self.body);
        self
    }

    /// As a browser sends a form by itself.
    pub(crate) fn form(self, text: &str) -> Self {
        self.with("content-type", "application/x-www-form-urlencoded")
            .with("accept", "text/html,application/xhtml+xml")
            .with("sec-fetch-site", "same-origin")
            .body(text)
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Status and code.
    pub(crate) fn code(&self) -> (u16, String) {
        let json = self.json();
        let code = json.pointer("/error/code").and_then(Value::as_str).unwrap_or("ok");
        (self.status, code.to_owned())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(one, _)| one == name);
        found.map_or("", |(_, value)| value)
    }

    /// Name and value of a cookie that is set to something.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers.iter().filter(|(one, _)| one == "set-cookie");
        let mut pairs = set.filter_map(|(_, value)| value.split(';').next());
        pairs
            .find(|pair| pair.starts_with(&format!("{name}=")) && pair.len() > name.len() + 1)
            .map(str::to_owned)
    }

    /// The hidden fields of a form on a page.
    pub(crate) fn hidden(&self, action: &str) -> BTreeMap<String, String> {
        let marker = format!("data-action=\"{action}\">");
        let form = self
            .body
            .split(&marker)
            .nth(1)
            .and_then(|rest| rest.split("</form>").next())
            .unwrap_or_default();
        let fields = form.split("<input type=\"hidden\" name=\"").skip(1);
        let read = |field: &str| {
            let (name, rest) = field.split_once("\" value=\"")?;
            let (value, _) = rest.split_once('"')?;
            Some((name.to_owned(), value.to_owned()))
        };
        fields.filter_map(read).collect()
    }
}

/// A form's text.
pub(crate) fn encoded<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let escape = |text: &str| {
        let escaped = text.bytes().map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        });
        escaped.collect::<String>()
    };
    let pairs: Vec<String> = fields
        .into_iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
        .collect();
    pairs.join("&")
}

impl Acme {
    pub(crate) async fn send(&self, request: Request) -> Answer {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nhost: localhost:4000\r\nconnection: close\r\n",
            request.method, request.path
        );
        for (name, value) in &request.headers {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push_str("\r\n");
        }
        let length = request.body.len();
        let text = format!("{text}content-length: {length}\r\n\r\n");
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        // A server that refuses by the head alone may close before it has read the body.
        let _sent = stream.write_all(request.body.as_bytes()).await;
        let mut answer = Vec::new();
        let _closed = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .unwrap()
            .parse()
            .unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        Answer {
            status,
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: body.to_owned(),
        }
    }

    /// Signs a seeded user in by the code that was sent, from an address of their own. Gives the session's cookie.
    pub(crate) async fn sign_in(&self, email: &str) -> String {
        let address = format!("198.51.100.{}", email.len());
        let json = |code: Option<&str>| match code {
            None => serde_json::json!({"email": email}),
            Some(code) => serde_json::json!({"email": email, "code": code}),
        };
        let sent = self.send(call("signIn").from(&address).json(&json(None))).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
        let code = self.code_for(email);
        let verified = self
            .send(call("verifyCode").from(&address).json(&json(Some(&code))))
            .await;
        verified
            .cookie("__Host-acme")
            .unwrap_or_else(|| panic!("{}", verified.body))
    }

    /// The newest code for a user.
    pub(crate) fn code_for(&self, email: &str) -> String {
        let prefix = format!("one-time password for {email}: ");
        let messages = self.outbox.messages();
        let mut codes = messages
            .iter()
            .rev()
            .filter_map(|message| message.strip_prefix(&prefix));
        codes.next().unwrap().to_owned()
    }

    /// Everything in the database.
    pub(crate) async fn dump(&self) -> Vec<String> {
        const TABLES: &[&str] = &[
            "SELECT 'user ' || id || ' ' || team_id || ' ' || email || ' ' || name || ' ' || bio || ' ' || role AS line FROM users ORDER BY id",
            "SELECT 'document ' || id || ' ' || team_id || ' ' || owner_id || ' ' || title || ' ' || body AS line FROM documents ORDER BY id",
            "SELECT 'comment ' || id || ' ' || document_id || ' ' || author_id || ' ' || body AS line FROM comments ORDER BY id",
            "SELECT 'invoice ' || id || ' ' || team_id || ' ' || CAST(cents AS TEXT) || ' ' || status AS line FROM invoices ORDER BY id",
            "SELECT 'code ' || user_id || ' ' || signature AS line FROM codes ORDER BY user_id",
            "SELECT 'message ' || id || ' ' || email || ' ' || body AS line FROM messages ORDER BY id",
        ];
        let mut lines = Vec::new();
        for query in TABLES {
            let rows = sqlx::query(*query)
                .fetch_all(self.outbox.database().pool())
                .await
                .unwrap();
            lines.extend(rows.iter().map(|row| row.get::<String, _>("line")));
        }
        lines
    }

    /// The audit records. Their chain is whole.
    pub(crate) fn records(&self) -> Vec<Value> {
        let lines = self.audit.lines();
        verify(lines.iter().map(String::as_str), None).unwrap();
        self.audit.records()
    }

    /// Sends an attack: it is refused with this status and code, the record has the real reason, and nothing changed.
    pub(crate) async fn refuses(&self, request: Request, status: u16, code: &str, recorded: &str) -> Answer {
        let (before, records) = (self.dump().await, self.records().len());
        let answer = self.send(request).await;
        assert_eq!(answer.code(), (status, code.to_owned()), "{recorded}: {}", answer.body);
        let records = self.records().split_off(records);
        assert_eq!(records.len(), 1, "one record an attack: {recorded}");
        let last = records.last().unwrap();
        assert_eq!(last["reason"].as_str().unwrap_or_default(), recorded);
        assert_ne!(last["decision"], "allowed");
        assert_eq!(last["request_id"].as_str().unwrap(), answer.header("x-request-id"));
        assert_eq!(self.dump().await, before, "{recorded}");
        answer
    }

    pub(crate) fn pass(&self, minutes: u64) {
        self.clock.pass(Duration::from_mins(minutes));
    }
}

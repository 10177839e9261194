//! An application that records, a guard in front of it, and a client that sends exactly the bytes it is given.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use portcullis_guard::{Guard, Options, Overrides};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// Far more than anything here takes; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type AppBody = BoxBody<Bytes, std::io::Error>;

/// A request as the application got it.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Recorded {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The application.
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    pub(crate) recorded: Arc<Mutex<Vec<Recorded>>>,
}

impl Application {
    /// Answers every request by `answer`, after it has been recorded.
    pub(crate) async fn new<A>(answer: A) -> Self
    where
        A: Fn(&Recorded) -> Response<AppBody> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let recorded: Arc<Mutex<Vec<Recorded>>> = Arc::default();
        let (answer, records) = (Arc::new(answer), Arc::clone(&recorded));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, records) = (Arc::clone(&answer), Arc::clone(&records));
                let service = service_fn(move |request| record(request, Arc::clone(&answer), Arc::clone(&records)));
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(async move { drop(connection.await) });
            }
        });
        Self { address, recorded }
    }

    /// One that says `hello`.
    pub(crate) async fn hello() -> Self {
        Self::new(|_| text("hello")).await
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.recorded.lock().unwrap().clone()
    }
}

async fn record<A>(
    request: Request<Incoming>,
    answer: Arc<A>,
    records: Arc<Mutex<Vec<Recorded>>>,
) -> Result<Response<AppBody>, Infallible>
where
    A: Fn(&Recorded) -> Response<AppBody>,
{
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return Ok(text("broken"));
    };
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    };
    let recorded = Recorded {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: parts.headers.iter().map(header).collect(),
        body: body.to_bytes(),
    };
    let response = answer(&recorded);
    records.lock().unwrap().push(recorded);
    Ok(response)
}

/// A plain answer.
pub(crate) fn text(text: &str) -> Response<AppBody> {
    let body = Full::new(Bytes::copy_from_slice(text.as_bytes()));
    Response::new(body.map_err(|never: Infallible| match never {}).boxed())
}

/// A running guard.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) reload: watch::Sender<u64>,
    pub(crate) serving: JoinHandle<()>,
    pub(crate) policy: PathBuf,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) forward_auth: Option<SocketAddr>,
    _folder: tempfile::TempDir,
}

/// A policy for an application, with more lines.
pub(crate) fn policy(application: SocketAddr, more: &str) -> String {
    format!(
        "[guard]\nlisten = '127.0.0.1:0'\nupstream = 'http://{application}'\npublic-origins = ['http://app.test']\n{more}"
    )
}

impl Running {
    /// A guard before `application`, whose policy has `more` lines.
    pub(crate) async fn before(application: &Application, more: &str) -> Self {
        Self::with_policy(&policy(application.address, more), tempfile::tempdir().unwrap()).await
    }

    pub(crate) async fn with_policy(text: &str, folder: tempfile::TempDir) -> Self {
        let policy = folder.path().join("portcullis.toml");
        std::fs::write(&policy, text).unwrap();
        let options = Options {
            policy: Some(policy.clone()),
            folder: folder.path().to_owned(),
            overrides: Overrides::default(),
            secrets: Arc::new(|name| match name {
                "PORTCULLIS_ADMIN_TOKEN" => Some(TOKEN.to_owned()),
                "SECRET" => Some(SECRET.to_owned()),
                _ => None,
            }),
        };
        let guard = Guard::start(options).await.unwrap();
        let address = guard.address().unwrap();
        let (admin, forward_auth) = (guard.admin_address(), guard.forward_auth_address());
        let (stop, stopped) = oneshot::channel::<()>();
        let (reload, asked) = watch::channel(0);
        let serving = tokio::spawn(guard.serve(asked, async move { drop(stopped.await) }));
        Self {
            address,
            stop: Some(stop),
            reload,
            serving,
            policy,
            admin,
            forward_auth,
            _folder: folder,
        }
    }

    /// Tells it to stop.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a connection of their own, and gives everything that comes back until it is closed.
    pub(crate) async fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        raw(self.address, bytes).await
    }

    /// A GET request with more header lines.
    pub(crate) async fn get(&self, target: &str, headers: &str) -> String {
        let head = format!("GET {target} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n{headers}\r\n");
        self.raw(head).await
    }
}

/// Sends bytes on a connection of their own, and gives everything that comes back until it is closed.
pub(crate) async fn raw(address: SocketAddr, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_ref()).await.unwrap();
    read_all(stream).await
}

/// What signs sessions.
pub(crate) const SECRET: &str = "test-only-secret-0123456789abcdefghij";

/// The token of operators.
pub(crate) const TOKEN: &str = "q8Zr1mB5vK0xTn7cWd3yLs9eHf6jPa2uQ4";

/// Everything until the connection is closed; a reset counts as that.
pub(crate) async fn read_all(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = async {
        let mut piece = [0; 4096];
        loop {
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(length) => bytes.extend_from_slice(&piece[..length]),
            }
        }
    };
    tokio::time::timeout(PATIENCE, read)
        .await
        .expect("the connection stays open");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads until `end` is there.
pub(crate) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut bytes = Vec::new();
    let read = async {
        while !String::from_utf8_lossy(&bytes).contains(end) {
            let mut piece = [0; 4096];
            let length = stream.read(&mut piece).await.unwrap();
            assert!(length > 0, "closed after {:?}", String::from_utf8_lossy(&bytes));
            bytes.extend_from_slice(&piece[..length]);
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("nothing more comes");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Status and code of a refusal.
pub(crate) fn refusal(answer: &str) -> (u16, String) {
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    let code = answer.rsplit_once('(').and_then(|(_, rest)| rest.split_once(')'));
    (status, code.map(|(code, _)| code.to_owned()).unwrap_or_default())
}

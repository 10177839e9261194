//! Connections to the application: few, kept alive, and never one that a client can choose.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::body::UpstreamBody;
use super::refusal::Refusal;
use crate::SetupError;
use crate::settings::{UpstreamAddress, UpstreamTls};

/// How long a connection is kept: Node closes its own after five seconds, and a request that meets the close is lost.
const KEPT: Duration = Duration::from_secs(4);

/// How many idle connections are kept.
const MOST_IDLE: usize = 512;

/// The application.
pub(crate) struct Upstream {
    address: UpstreamAddress,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    connect: Duration,
    idle: Mutex<Vec<Idle>>,
    shared: tokio::sync::Mutex<Option<http2::SendRequest<UpstreamBody>>>,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Upstream")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// A connection to the application.
enum Line {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

#[derive(Debug)]
struct Idle {
    sender: http1::SendRequest<UpstreamBody>,
    since: Instant,
}

/// A connection in use. It goes back when its answer is complete; dropped before that, it is closed.
#[derive(Debug)]
pub(crate) struct Lease {
    sender: http1::SendRequest<UpstreamBody>,
    upstream: Arc<Upstream>,
}

impl Lease {
    /// The answer is complete.
    pub(crate) fn give_back(self) {
        if self.sender.is_closed() {
            return;
        }
        let mut idle = self.upstream.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push(Idle {
                sender: self.sender,
                since: Instant::now(),
            });
        }
    }
}

/// What a request to the application comes to.
type Sent = Result<(Response<Incoming>, Option<Lease>), Refusal>;

impl Upstream {
    pub(crate) fn new(address: UpstreamAddress, connect: Duration) -> Result<Self, SetupError> {
        let protocol: &[u8] = if address.is_http2 { b"h2" } else { b"http/1.1" };
        let tls = address.tls.as_ref().map(|tls| connector(tls, protocol)).transpose()?;
        Ok(Self {
            address,
            tls,
            connect,
            idle: Mutex::default(),
            shared: tokio::sync::Mutex::default(),
        })
    }

    /// Where it is.
    pub(crate) const fn address(&self) -> &UpstreamAddress {
        &self.address
    }

    /// Whether a connection can be made.
    pub(crate) async fn is_reachable(&self) -> bool {
        self.connect().await.is_ok()
    }

    /// Sends a request, on a kept connection if there is one, and gives the head of the answer.
    pub(crate) async fn send(self: &Arc<Self>, mut request: Request<UpstreamBody>) -> Sent {
        if self.address.is_http2 {
            return self.send_http2(request).await;
        }
        while let Some(mut sender) = self.take_idle() {
            if sender.ready().await.is_err() {
                continue;
            }
            match self.send_on(sender, request).await {
                Ok(sent) => return Ok(sent),
                // The connection had ended, and nothing was sent on it.
                Err((_, Some(unsent))) => request = *unsent,
                Err((refusal, None)) => return Err(refusal),
            }
        }
        let sender = match self.connect().await.map_err(|_| Refusal::UpstreamDown)? {
            Line::Plain(stream) => begin_http1(stream).await?,
            Line::Tls(stream) => begin_http1(stream).await?,
        };
        self.send_on(sender, request).await.map_err(|(refusal, _)| refusal)
    }

    async fn send_on(
        self: &Arc<Self>,
        mut sender: http1::SendRequest<UpstreamBody>,
        request: Request<UpstreamBody>,
    ) -> Result<(Response<Incoming>, Option<Lease>), (Refusal, Option<Box<Request<UpstreamBody>>>)> {
        match sender.try_send_request(request).await {
            Ok(response) => {
                let lease = Lease {
                    sender,
                    upstream: Arc::clone(self),
                };
                Ok((response, Some(lease)))
            }
            Err(mut error) => Err((Refusal::UpstreamBroken, error.take_message().map(Box::new))),
        }
    }

    async fn send_http2(&self, request: Request<UpstreamBody>) -> Sent {
        let mut sender = self.shared_sender().await?;
        let response = sender.send_request(request).await;
        Ok((response.map_err(|_| Refusal::UpstreamBroken)?, None))
    }

    async fn shared_sender(&self) -> Result<http2::SendRequest<UpstreamBody>, Refusal> {
        let mut shared = self.shared.lock().await;
        if let Some(sender) = shared.as_ref().filter(|sender| !sender.is_closed()) {
            return Ok(sender.clone());
        }
        let sender = match self.connect().await.map_err(|_| Refusal::UpstreamDown)? {
            Line::Plain(stream) => begin_http2(stream).await?,
            Line::Tls(stream) => begin_http2(stream).await?,
        };
        *shared = Some(sender.clone());
        Ok(sender)
    }

    async fn connect(&self) -> io::Result<Line> {
        timeout(self.connect, self.connect_slowly()).await?
    }

    async fn connect_slowly(&self) -> io::Result<Line> {
        let stream = TcpStream::connect(self.address.authority.as_str()).await?;
        stream.set_nodelay(true)?;
        let Some((tls, name)) = &self.tls else {
            return Ok(Line::Plain(stream));
        };
        let stream = tls.connect(name.clone(), stream).await.inspect_err(|error| {
            tracing::warn!(%error, "the application does not show a certificate that is believed");
        })?;
        if self.address.is_http2 && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(io::Error::other("the application does not speak HTTP/2"));
        }
        Ok(Line::Tls(Box::new(stream)))
    }

    /// The connection that was used last: those that are needed less grow old and end.
    fn take_idle(&self) -> Option<http1::SendRequest<UpstreamBody>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(last) = idle.pop() {
            if last.since.elapsed() >= KEPT {
                // All that are below it are older.
                idle.clear();
                return None;
            }
            if !last.sender.is_closed() {
                return Some(last.sender);
            }
        }
        None
    }
}

async fn begin_http1<T>(stream: T) -> Result<http1::SendRequest<UpstreamBody>, Refusal>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handshake = http1::Builder::new().handshake(TokioIo::new(stream)).await;
    let (sender, connection) = handshake.map_err(|_| Refusal::UpstreamDown)?;
    tokio::spawn(async move { drop(connection.with_upgrades().await) });
    Ok(sender)
}

async fn begin_http2<T>(stream: T) -> Result<http2::SendRequest<UpstreamBody>, Refusal>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handshake = http2::Builder::new(TokioExecutor::new())
        .handshake(TokioIo::new(stream))
        .await;
    let (sender, connection) = handshake.map_err(|_| Refusal::UpstreamDown)?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

/// Believes the authorities of the policy, or those of browsers, and nobody else.
fn connector(tls: &UpstreamTls, protocol: &[u8]) -> Result<(TlsConnector, ServerName<'static>), SetupError> {
    let mut roots = RootCertStore::empty();
    let mut shown = "the application's certificate authorities".to_owned();
    match &tls.authorities {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            shown = path.display().to_string();
            let broken = |cause: String| SetupError::Certificate {
                path: shown.clone(),
                cause,
            };
            let found: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
                .and_then(Iterator::collect)
                .map_err(|error| broken(error.to_string()))?;
            if found.is_empty() {
                return Err(broken("it has no certificate".to_owned()));
            }
            for authority in found {
                roots.add(authority).map_err(|error| broken(error.to_string()))?;
            }
        }
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Certificate {
            path: shown,
            cause: error.to_string(),
        })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from(tls.name.clone()).map_err(|_| SetupError::Upstream(tls.name.clone()))?;
    Ok((TlsConnector::from(Arc::new(config)), name))
}

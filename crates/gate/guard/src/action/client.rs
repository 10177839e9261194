//! The HTTPS client for what gates ask of others: published keys and captcha services. One request a connection, no
//! redirects, a time limit, a size limit.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use portcullis_funnel::{Answer, PostForm, Unavailable};
use portcullis_session::{Background, FetchKeys, Fetched, KeyUrl, MAX_KEY_SET_BYTES, max_age};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::SetupError;

const WITHIN: Duration = Duration::from_secs(5);
const LONGEST_VERDICT: usize = 16 << 10;

/// The client; cheap to copy.
#[derive(Clone)]
pub(crate) struct Client {
    tls: TlsConnector,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").finish_non_exhaustive()
    }
}

struct Answered {
    body: Vec<u8>,
    cache_control: Option<String>,
}

impl Client {
    /// Trusts the certificate authorities that browsers trust.
    pub(crate) fn new() -> Result<Self, SetupError> {
        let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        // Named, so that no other part of the program decides which one it is.
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| SetupError::section("session", "this program has no safe version of TLS"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    async fn ask(
        &self,
        backend: &'static str,
        method: Method,
        url: &str,
        form: Option<&str>,
        largest: usize,
    ) -> Result<Answered, Unavailable> {
        let asking = self.exchange(backend, method, url, form, largest);
        let answer = tokio::time::timeout(WITHIN, asking).await;
        answer.unwrap_or(Err(Unavailable::new(backend, "no answer in time")))
    }

    async fn exchange(
        &self,
        backend: &'static str,
        method: Method,
        url: &str,
        form: Option<&str>,
        largest: usize,
    ) -> Result<Answered, Unavailable> {
        let failed = |cause| Unavailable::new(backend, cause);
        let uri: Uri = url.parse().map_err(|_| failed("its address is broken"))?;
        let host = uri.host().ok_or(failed("its address has no host"))?;
        let is_https = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((bare, port)).await;
        let stream = stream.map_err(|_| failed("no connection"))?;
        let request = request(&uri, host, method, form).ok_or(failed("its address is broken"))?;
        if !is_https {
            // Only addresses of this machine come here: `KeyUrl` and the check of the policy refuse others.
            return send(TokioIo::new(stream), request, failed, largest).await;
        }
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| failed("its address is broken"))?;
        let stream = self.tls.connect(name, stream).await;
        let stream = stream.map_err(|_| failed("the connection is not safe"))?;
        send(TokioIo::new(stream), request, failed, largest).await
    }
}

fn request(uri: &Uri, host: &str, method: Method, form: Option<&str>) -> Option<Request<Full<Bytes>>> {
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let host = uri
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut builder = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, host)
        .header(header::ACCEPT, "application/json")
        .header(header::CONNECTION, "close");
    if form.is_some() {
        builder = builder.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let body = form
        .map(|form| Bytes::copy_from_slice(form.as_bytes()))
        .unwrap_or_default();
    builder.body(Full::new(body)).ok()
}

async fn send<T>(
    stream: TokioIo<T>,
    request: Request<Full<Bytes>>,
    failed: impl Fn(&'static str) -> Unavailable,
    largest: usize,
) -> Result<Answered, Unavailable>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream)
        .await
        .map_err(|_| failed("it does not speak HTTP"))?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(|_| failed("no answer"))?;
        if response.status() != http::StatusCode::OK {
            return Err(failed("it answers with an error"));
        }
        let cache_control = response.headers().get(header::CACHE_CONTROL);
        let cache_control = cache_control.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = Limited::new(response.into_body(), largest).collect().await;
        let body = body.map_err(|_| failed("its answer is broken or too large"))?;
        let body = body.to_bytes().to_vec();
        Ok(Answered { body, cache_control })
    };
    tokio::pin!(exchange);
    let mut connection = std::pin::pin!(connection);
    let mut is_open = true;
    loop {
        tokio::select! {
            answer = &mut exchange => return answer,
            _ended = &mut connection, if is_open => is_open = false,
        }
    }
}

impl FetchKeys for Client {
    fn fetch<'a>(&'a self, url: &'a KeyUrl) -> Answer<'a, Result<Fetched, Unavailable>> {
        Box::pin(async move {
            let answer = self
                .ask("keys", Method::GET, url.as_str(), None, MAX_KEY_SET_BYTES)
                .await?;
            Ok(Fetched {
                max_age: answer.cache_control.as_deref().and_then(max_age),
                body: answer.body,
            })
        })
    }
}

impl PostForm for Client {
    fn post<'a>(&'a self, url: &'a str, form: &'a str) -> Answer<'a, Result<Vec<u8>, Unavailable>> {
        Box::pin(async move {
            let answer = self
                .ask("captcha", Method::POST, url, Some(form), LONGEST_VERDICT)
                .await?;
            Ok(answer.body)
        })
    }
}

/// Runs fetches beside requests.
#[derive(Debug)]
pub(crate) struct Tasks;

impl Background for Tasks {
    fn start(&self, task: Answer<'static, ()>) {
        drop(tokio::spawn(task));
    }
}

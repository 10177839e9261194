//! Answers other proxies (nginx, Traefik, Envoy) that ask whether a request may go on. They send the head alone, so this
//! checks what stands in a head: host, path, internal headers, how often an address asks. A call of an action is judged
//! by its body, which is not here: such requests are refused, and have to be sent through guard itself.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use portcullis_policy::Mode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::edge::{Edge, Refusal, Target, has_internals, soft_refusal, stopped};

/// How long a head may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves other proxies until guard stops.
pub(crate) async fn serve(edge: Arc<Edge>, listener: TcpListener, mut stops: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stops) => return,
        };
        let Ok((stream, address)) = accepted else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let edge = Arc::clone(&edge);
        tokio::spawn(async move {
            let service =
                service_fn(|request| std::future::ready(Ok::<_, Infallible>(answer(&edge, address, request))));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), service);
            drop(connection.await);
        });
    }
}

/// 204, or 403 with the code: proxies know no other refusal.
fn answer(edge: &Edge, address: SocketAddr, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, _) = request.into_parts();
    let mut answer = Response::new(Full::default());
    match decide(edge, address, &parts.method, &parts.uri, &parts.headers) {
        Ok(()) => *answer.status_mut() = StatusCode::NO_CONTENT,
        Err(refusal) => {
            *answer.status_mut() = StatusCode::FORBIDDEN;
            let code = HeaderValue::from_static(refusal.code());
            answer.headers_mut().insert("x-portcullis-code", code);
            tracing::info!(code = refusal.code(), "refused for another proxy");
            edge.metrics.refused(refusal, parts.uri.path());
        }
    }
    answer
}

/// The first of several headers.
fn first<'a>(headers: &'a HeaderMap, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| headers.get(*name)?.to_str().ok())
}

fn decide(edge: &Edge, peer: SocketAddr, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let live = edge.live.load();
    let settings = &live.settings;
    let method = match first(headers, &["x-original-method", "x-forwarded-method"]) {
        Some(text) => text.parse().map_err(|_| Refusal::Method)?,
        None => method.clone(),
    };
    let asked = first(headers, &["x-original-uri", "x-original-url", "x-forwarded-uri"]);
    let uri: Uri = match asked {
        Some(text) => text.parse().map_err(|_| Refusal::Target)?,
        None => uri.clone(),
    };
    let host = first(headers, &["x-original-host", "x-forwarded-host", "host"]).ok_or(Refusal::HostMissing)?;
    let is_secure = first(headers, &["x-forwarded-proto"]) == Some("https");
    settings.hosts.find(host, is_secure).ok_or(Refusal::HostUnknown)?;
    let target = Target::read(uri.path(), uri.query(), settings.paths)?;
    // Here they cannot be removed.
    if has_internals(headers) || target.has_internal_keys {
        return Err(Refusal::InternalHeader);
    }
    let address = settings.proxies.client(Some(peer.ip()), headers);
    let is_within = edge.requests.allow(address, settings.limits.requests, Instant::now());
    let soft = target
        .soft
        .or_else(|| (!is_within).then_some(Refusal::Rate))
        .or_else(|| soft_refusal(settings, &method, headers, &target));
    if let Some(refusal) = soft.filter(|_| settings.mode == Mode::Enforce) {
        return Err(refusal);
    }
    if live.actions.body_limit(&method, &target.page, headers).is_some() {
        return Err(Refusal::NeedsBody);
    }
    Ok(())
}

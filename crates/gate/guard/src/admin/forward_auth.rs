//! Answers other proxies (nginx, Traefik, Envoy) that ask whether a request may go on. They send the head alone, so this
//! checks what stands in a head: host, path, internal headers, how often an address asks. A call of an action is judged by
//! its body, which is not here: it is refused, and has to be sent through guard itself; but where the policy says so, an
//! action that asks nothing of its arguments is judged by origin, session, revocation, rate and permission.
//!
//! Each proxy says in headers of its own what it asks about, and passes the caller's other headers on. So only those of
//! the proxy that the policy names are read, each has to be there once, and nothing is assumed.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use portcullis_funnel::{ClientAddress, Received};
use portcullis_policy::{AskingProxy, Mode};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::edge::{
    Edge, Live, Refusal, Target, forget_forwarding, has_internals, is_listed, origin_is_own, soft_refusal, stopped,
};

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
            let service = service_fn(|request| {
                let edge = Arc::clone(&edge);
                async move { Ok::<_, Infallible>(answer(&edge, address, request).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), service);
            drop(connection.await);
        });
    }
}

/// 204, or 403 with the code: proxies know no other refusal.
async fn answer(edge: &Edge, address: SocketAddr, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, _) = request.into_parts();
    let live = edge.live.load_full();
    let id = edge.ids.request(&parts.headers, true);
    let refused = match decide(edge, &live, address.ip(), &parts.method, &parts.uri, &parts.headers) {
        Ok(None) => None,
        Ok(Some(call)) => live.actions.screen(call, &id).await.err(),
        Err(refusal) => {
            edge.metrics.refused(refusal, parts.uri.path());
            Some(refusal.code())
        }
    };
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    if let Some(code) = refused {
        *answer.status_mut() = StatusCode::FORBIDDEN;
        answer
            .headers_mut()
            .insert("x-portcullis-code", HeaderValue::from_static(code));
        tracing::info!(code, request_id = %id, "refused for another proxy");
    }
    answer
}

/// What another proxy asks about.
struct Question<'a> {
    method: Method,
    uri: Uri,
    host: &'a str,
    is_secure: bool,
}

impl<'a> Question<'a> {
    fn read(proxy: AskingProxy, method: &Method, uri: &Uri, headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let said = |name: &str| only(headers, name)?.ok_or(Refusal::ForwardAuth);
        let of = |method: &str, uri: &str, host: &str| {
            Ok(Self {
                method: said(method)?.parse().map_err(|_| Refusal::Method)?,
                uri: said(uri)?.parse().map_err(|_| Refusal::Target)?,
                host: said(host)?,
                is_secure: only(headers, "x-forwarded-proto")? == Some("https"),
            })
        };
        match proxy {
            AskingProxy::Nginx => of("x-original-method", "x-original-uri", "x-forwarded-host"),
            AskingProxy::Traefik => of("x-forwarded-method", "x-forwarded-uri", "x-forwarded-host"),
            AskingProxy::Envoy => Ok(Self {
                method: method.clone(),
                uri: uri.clone(),
                host: said("host")?,
                is_secure: only(headers, "x-forwarded-proto")? == Some("https"),
            }),
        }
    }
}

/// The one value of a header, if there is one. Of several, one would be the caller's.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).into_iter();
    let first = values
        .next()
        .map(|value| value.to_str().map_err(|_| Refusal::ForwardAuth));
    if values.next().is_some() {
        return Err(Refusal::ForwardAuth);
    }
    first.transpose()
}

/// What is asked about may go on; or a call that may, if its head passes the gates.
fn decide(
    edge: &Edge,
    live: &Live,
    peer: IpAddr,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Option<Received>, Refusal> {
    let settings = &live.settings;
    let asked = settings.forward_auth.ok_or(Refusal::ForwardAuth)?;
    if !settings.proxies.trusts(peer) {
        return Err(Refusal::ForwardAuth);
    }
    let question = Question::read(asked.proxy, method, uri, headers)?;
    settings
        .hosts
        .find(question.host, question.is_secure)
        .ok_or(Refusal::HostUnknown)?;
    let (path, query) = (question.uri.path(), question.uri.query());
    let target = Target::read(path, query, settings.paths)?;
    // Here they cannot be removed.
    let mut seen = headers.clone();
    if target.is_page_data {
        seen.remove("x-nextjs-data");
    }
    if has_internals(&seen) || target.has_internal_keys {
        return Err(Refusal::InternalHeader);
    }
    let address = settings.proxies.client(Some(peer), headers);
    let is_within = edge.requests.allow(address, settings.limits.requests, Instant::now());
    let soft = target
        .soft
        .or_else(|| (!is_within).then_some(Refusal::Rate))
        .or_else(|| soft_refusal(settings, &question.method, headers, &target));
    if let Some(refusal) = soft.filter(|_| settings.mode == Mode::Enforce) {
        return Err(refusal);
    }
    let is_upgrade = headers.contains_key("upgrade");
    if is_upgrade && !(is_listed(&settings.upgrades, &target.page) && origin_is_own(settings, headers)) {
        return Err(Refusal::Upgrade);
    }
    let is_call = live
        .actions
        .body_limit(&question.method, &target.path, headers)
        .is_some();
    // A proxy that leaves the content type out would hide every form.
    let tells = asked.proxy != AskingProxy::Envoy || headers.contains_key(CONTENT_TYPE);
    let is_unclear = question.method == Method::POST && !tells;
    if !is_call && !is_unclear {
        return Ok(None);
    }
    if !(asked.judges && headers.contains_key("next-action")) {
        return Err(Refusal::NeedsBody);
    }
    forget_forwarding(&mut seen);
    Ok(Some(Received {
        method: question.method,
        path: target.page,
        headers: seen,
        body: Bytes::new(),
        peer: match address {
            ClientAddress::Known(address) => Some(address),
            ClientAddress::Unknown => None,
        },
        is_secure: question.is_secure,
    }))
}

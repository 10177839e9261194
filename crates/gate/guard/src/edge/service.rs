//! One request, from its head to the head of its answer: the checks of the edge in their order, then the gates for what
//! could be an action, then the application.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use hyper::body::{Body as _, Incoming};
use portcullis_funnel::{ClientAddress, Denial, Received};
use portcullis_policy::{Mode, SecretsInResults};
use tokio::time::{Instant, timeout};

use super::body::{EdgeBody, Inbound, Pace, Relay, UpstreamBody, Watch};
use super::caught::caught;
use super::checks::{check_http2, drop_avif, public_host, soft_refusal};
use super::held::Share;
use super::refusal::Refusal;
use super::response_headers::Asked;
use super::state::{Edge, Live, Peer};
use super::target::Target;
use super::trace::REQUEST_ID;
use super::wire::{InFlight, REFUSED, WireState};
use super::{action_call, request_headers, upgrade};
use crate::action::{PageScan, Verdict};
use crate::admin::{Metrics, Observation};

/// Bodies of actions that one address may send at once.
const MOST_BODIES: usize = 64;

/// What an answer holds until it has gone.
#[derive(Debug)]
pub(crate) struct Hold {
    _in_flight: Option<InFlight>,
    _observation: Option<Observation>,
}

/// The body of every answer.
pub(crate) type Body = EdgeBody<Hold>;

/// A request's way through the edge.
pub(super) struct Call<'a> {
    pub(super) live: &'a Arc<Live>,
    pub(super) peer: &'a Arc<Peer>,
    pub(super) request_id: &'a str,
    pub(super) started: Instant,
    pub(super) metrics: &'a Arc<Metrics>,
}

/// What is known about a request once its head is checked.
pub(super) struct Checked {
    pub(super) target: Target,
    pub(super) host: String,
    pub(super) is_secure: bool,
    pub(super) address: Option<IpAddr>,
}

/// An answer, before its headers are those for the browser.
pub(super) enum Reply {
    /// There is nothing more to come.
    Whole(Response<Bytes>),
    /// As the application sends it.
    Relay(Response<Relay>),
    /// As a task of its own filters it.
    Filtered(Response<action_call::Pieces>),
}

/// Answers one request, whatever becomes of its handling.
pub(crate) async fn answer(
    edge: Arc<Edge>,
    peer: Arc<Peer>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let _answering = peer.wire.as_ref().map(WireState::answer);
    let (is_http2, metrics) = (peer.is_http2, Arc::clone(&edge.metrics));
    if let Some(answer) = caught(handled(edge, peer, request)).await {
        return answer;
    }
    tracing::error!("the handling of a request panicked");
    metrics.refused(Refusal::Internal, "");
    let hold = Hold {
        _in_flight: None,
        _observation: None,
    };
    let body = |bytes| EdgeBody::whole(bytes, hold);
    Ok(Refusal::Internal.response(is_http2).map(body))
}

async fn handled(edge: Arc<Edge>, peer: Arc<Peer>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let started = Instant::now();
    let in_flight = peer.in_flight();
    let mut observation = edge.metrics.observe(started);
    let live = edge.live.load_full();
    let is_trusted = peer
        .address
        .is_some_and(|address| live.settings.proxies.trusts(address));
    let request_id = edge.ids.request(request.headers(), is_trusted);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let call = Call {
        live: &live,
        peer: &peer,
        request_id: &request_id,
        started,
        metrics: &edge.metrics,
    };
    let (parts, incoming) = request.into_parts();
    let mut asked = Asked {
        is_secure: peer.is_tls || live.settings.hosts.any_secure(),
        is_for_one: false,
    };
    let outcome = handle(&edge, &call, parts, incoming, &mut asked).await;
    let reply = match outcome {
        Ok(reply) => reply,
        Err(refusal) => {
            tracing::info!(
                code = refusal.code(), method = %method, path = %path, request_id = %request_id,
                peer = ?peer.address, "refused"
            );
            edge.metrics.refused(refusal, &path);
            Reply::Whole(refusal.response(peer.is_http2))
        }
    };
    let (mut parts, body) = split(reply);
    if parts.status != http::StatusCode::SWITCHING_PROTOCOLS {
        let connection = parts.headers.get(http::header::CONNECTION).cloned();
        live.settings.responses.apply(parts.status, &mut parts.headers, asked);
        // Only what guard itself says about the connection: a refusal that ends it.
        if let Some(connection) = connection.filter(|value| value == "close" && matches!(body, Split::Whole(_))) {
            parts.headers.insert(http::header::CONNECTION, connection);
        }
    }
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        parts.headers.insert(REQUEST_ID, id);
    }
    observation.status(parts.status);
    tracing::debug!(
        status = parts.status.as_u16(), method = %method, path = %path, request_id = %request_id,
        ms = started.elapsed().as_millis(), "answered"
    );
    let hold = Hold {
        _in_flight: in_flight,
        _observation: Some(observation),
    };
    let body = match body {
        Split::Whole(bytes) => EdgeBody::whole(bytes, hold),
        Split::Relay(relay) => EdgeBody::relay(relay, hold),
        Split::Filtered(pieces) => EdgeBody::filtered(pieces, hold),
    };
    Ok(Response::from_parts(parts, body))
}

enum Split {
    Whole(Bytes),
    Relay(Relay),
    Filtered(action_call::Pieces),
}

fn split(reply: Reply) -> (http::response::Parts, Split) {
    match reply {
        Reply::Whole(response) => {
            let (parts, bytes) = response.into_parts();
            (parts, Split::Whole(bytes))
        }
        Reply::Relay(response) => {
            let (parts, relay) = response.into_parts();
            (parts, Split::Relay(relay))
        }
        Reply::Filtered(response) => {
            let (parts, pieces) = response.into_parts();
            (parts, Split::Filtered(pieces))
        }
    }
}

async fn handle(
    edge: &Arc<Edge>,
    call: &Call<'_>,
    mut parts: Parts,
    incoming: Incoming,
    asked: &mut Asked,
) -> Result<Reply, Refusal> {
    if parts.method.as_str() == REFUSED && !call.peer.is_http2 {
        let refusal = call.peer.wire.as_ref().and_then(|wire| wire.refusal());
        return Err(refusal.unwrap_or(Refusal::Method));
    }
    if call.peer.is_http2 {
        check_http2(&parts, &incoming)?;
        request_headers::join_cookies(&mut parts.headers);
    }
    let settings = &call.live.settings;
    let (host, is_secure) = public_host(call, &parts)?;
    asked.is_secure = is_secure;
    let address = settings.proxies.client(call.peer.address, &parts.headers);
    let now = Instant::now();
    let is_within = edge.requests.allow(address, settings.limits.requests, now);
    let path = parts.uri.path();
    if path == "*" {
        return Err(Refusal::Target);
    }
    let target = Target::read(path, parts.uri.query(), settings.paths)?;
    let soft = if is_within { target.soft } else { Some(Refusal::Rate) };
    let soft = soft.or_else(|| soft_refusal(settings, &parts.method, &parts.headers, &target));
    if let Some(refusal) = soft {
        if settings.mode == Mode::Enforce || !refusal.can_be_observed() {
            return Err(refusal);
        }
        tracing::info!(code = refusal.code(), path = %path, request_id = %call.request_id, "would be refused");
        edge.metrics.observed(refusal, path);
    }
    let checked = Checked {
        target,
        host,
        is_secure,
        address: known(address),
    };
    let has_no_avif = settings.images.as_ref().is_some_and(|images| !images.avif);
    if has_no_avif && checked.target.page.ends_with("/_next/image") {
        drop_avif(&mut parts.headers);
    }
    let is_rsc = parts.headers.contains_key("rsc");
    asked.is_for_one = is_rsc || parts.headers.contains_key("next-action");
    if let Some(protocol) = request_headers::upgrade_of(&parts.headers) {
        return upgrade::tunnel(call, &checked, parts, incoming, protocol).await;
    }
    let limit = call
        .live
        .actions
        .body_limit(&parts.method, &checked.target.path, &parts.headers);
    let Some(limit) = limit else {
        return pass(call, &checked, parts, incoming).await;
    };
    asked.is_for_one = true;
    judge(edge, call, &checked, parts, incoming, limit).await
}

const fn known(address: ClientAddress) -> Option<IpAddr> {
    match address {
        ClientAddress::Known(address) => Some(address),
        ClientAddress::Unknown => None,
    }
}

/// Sends a request that is no action on as it is.
async fn pass(call: &Call<'_>, checked: &Checked, parts: Parts, incoming: Incoming) -> Result<Reply, Refusal> {
    let limits = &call.live.settings.limits;
    if incoming.is_end_stream() {
        return exchange(call, checked, parts, UpstreamBody::Whole(None)).await;
    }
    if incoming.size_hint().lower() > limits.body {
        return Err(Refusal::TooLarge);
    }
    let inbound = Inbound::new(incoming, pace(call, limits.body));
    let cause = inbound.cause();
    let reply = exchange(call, checked, parts, UpstreamBody::Inbound(Box::new(inbound))).await;
    // What the application made of half a body is not the reason.
    match (reply, cause.get()) {
        (Err(_), Some(cause)) => Err(wire_cause(call, *cause)),
        (reply, _) => reply,
    }
}

/// Reads the body whole and has it judged.
async fn judge(
    edge: &Edge,
    call: &Call<'_>,
    checked: &Checked,
    parts: Parts,
    incoming: Incoming,
    limit: usize,
) -> Result<Reply, Refusal> {
    let is_plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !parts.headers.get_all(CONTENT_ENCODING).iter().all(is_plain) {
        return Err(Refusal::ContentEncoding);
    }
    let limits = &call.live.settings.limits;
    let sender = checked.address.map_or(ClientAddress::Unknown, ClientAddress::Known);
    let Some(_place) = edge.senders.enter(sender, usize::MAX, MOST_BODIES) else {
        return Err(Refusal::Rate);
    };
    // Held until the call has been judged, and written anew.
    let mut share = edge.held.share(limits.held);
    let read = if call.live.actions.is_refused_by_head(&parts.method, &parts.headers) {
        Ok(Bytes::new())
    } else {
        action_body(call, incoming, limit as u64, &mut share).await
    };
    let body = match read {
        Ok(body) => body,
        // In the form that the caller of an action understands.
        Err(Refusal::TooLarge) => {
            let refuse = |denial| call.live.actions.refuse(&parts.headers, denial, call.request_id);
            return Ok(Reply::Whole(refuse(&Denial::TooLarge)));
        }
        Err(refusal) => return Err(wire_cause(call, refusal)),
    };
    let received = Received {
        method: parts.method.clone(),
        path: checked.target.page.clone(),
        headers: headers_for_gates(&parts.headers),
        body,
        peer: checked.address,
        is_secure: checked.is_secure,
    };
    match call.live.actions.judge(received, call.request_id).await {
        Verdict::NotAnAction(body) => {
            let mut parts = parts;
            parts.headers.remove(CONTENT_LENGTH);
            exchange(call, checked, parts, UpstreamBody::whole(body)).await
        }
        Verdict::Refuse(response) => Ok(Reply::Whole(response)),
        Verdict::Forward(forward) => {
            let head = upstream_head(call, checked, parts)?;
            action_call::run(call, head, *forward).await
        }
    }
}

async fn action_body(call: &Call<'_>, incoming: Incoming, limit: u64, share: &mut Share) -> Result<Bytes, Refusal> {
    if incoming.size_hint().lower() > limit {
        return Err(Refusal::TooLarge);
    }
    let body = Inbound::new(incoming, pace(call, limit)).whole(share);
    let limits = &call.live.settings.limits;
    let until = call.started + limits.action_body.min(limits.total);
    tokio::time::timeout_at(until, body)
        .await
        .map_err(|_| Refusal::BodySlow)?
}

/// The headers as they came, without what only a proxy may say: the address is known already.
fn headers_for_gates(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    request_headers::forget_forwarding(&mut headers);
    headers
}

/// If the reader of the connection refused the body, that is the reason.
fn wire_cause(call: &Call<'_>, cause: Refusal) -> Refusal {
    let refused = call.peer.wire.as_ref().and_then(|wire| wire.refusal());
    refused.filter(|_| cause == Refusal::BodyShort).unwrap_or(cause)
}

pub(super) fn pace(call: &Call<'_>, limit: u64) -> Pace {
    let limits = &call.live.settings.limits;
    Pace {
        idle: limits.body_idle,
        rate: limits.body_rate,
        limit,
    }
}

/// The head of the request to the application.
pub(super) fn upstream_head(call: &Call<'_>, checked: &Checked, mut parts: Parts) -> Result<Parts, Refusal> {
    request_headers::clean(&mut parts.headers, checked.target.is_page_data);
    let origin = request_headers::Origin {
        address: checked.address,
        host: &checked.host,
        is_secure: checked.is_secure,
    };
    request_headers::set_origin(&mut parts.headers, origin);
    call.live_ids(&mut parts.headers);
    parts.version = http::Version::HTTP_11;
    parts.uri = upstream_uri(call, checked).ok_or(Refusal::Target)?;
    parts.extensions = http::Extensions::new();
    if call.live.upstream.address().is_http2 {
        parts.headers.remove(HOST);
        parts.version = http::Version::HTTP_2;
    }
    Ok(parts)
}

impl Call<'_> {
    fn live_ids(&self, headers: &mut HeaderMap) {
        if let Ok(id) = HeaderValue::from_str(self.request_id) {
            headers.insert(HeaderName::from_static(REQUEST_ID), id);
        }
        super::trace::ensure(headers);
    }
}

/// The target of the request to the application: what was judged, or nothing.
fn upstream_uri(call: &Call<'_>, checked: &Checked) -> Option<Uri> {
    let path = checked.target.path_and_query();
    let address = call.live.upstream.address();
    if !address.is_http2 {
        return path.parse().ok();
    }
    let uri = Uri::builder().scheme(address.scheme()).authority(checked.host.as_str());
    uri.path_and_query(path).build().ok()
}

/// Sends a request and relays its answer. When the client goes, this future and the relay are dropped, and with them the
/// connection to the application.
async fn exchange(call: &Call<'_>, checked: &Checked, parts: Parts, body: UpstreamBody) -> Result<Reply, Refusal> {
    let limits = &call.live.settings.limits;
    let mut parts = upstream_head(call, checked, parts)?;
    let is_looked_at = call.live.settings.pages != SecretsInResults::Off && parts.method == Method::GET;
    if is_looked_at {
        // What is compressed cannot be looked at.
        parts
            .headers
            .insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    let request = Request::from_parts(parts, body);
    let (response, lease) = timeout(limits.answer, call.live.upstream.send(request))
        .await
        .map_err(|_| Refusal::UpstreamSlow)??;
    let until = call.started + limits.total;
    let watch = is_looked_at.then(|| watch(call, checked, response.headers())).flatten();
    let relay = |incoming| Relay::new(incoming, lease, limits.answer_idle, until).watched(watch);
    if response.status() == http::StatusCode::SWITCHING_PROTOCOLS {
        // Nobody asked for another protocol.
        return Err(Refusal::UpstreamBroken);
    }
    Ok(Reply::Relay(response.map(relay)))
}

/// Pages, and the data of pages, as far as they can be read.
fn watch(call: &Call<'_>, checked: &Checked, headers: &HeaderMap) -> Option<Watch> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let is_page = ["text/html", "text/x-component"]
        .iter()
        .any(|page| kind.starts_with(page));
    if !is_page || headers.contains_key(CONTENT_ENCODING) {
        return None;
    }
    Some(Watch {
        scan: PageScan::default(),
        blocks: call.live.settings.pages == SecretsInResults::Block,
        metrics: Arc::clone(call.metrics),
        path: checked.target.page.clone(),
        request_id: call.request_id.to_owned(),
    })
}

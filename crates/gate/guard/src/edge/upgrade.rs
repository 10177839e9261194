//! A change of protocol, as for web sockets: only on the paths that the policy names, only from our own origin, and then
//! bytes both ways until one side ends.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, UPGRADE};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::body::{Relay, UpstreamBody};
use super::checks::{is_listed, origin_is_own};
use super::refusal::Refusal;
use super::service::{Call, Checked, Reply, upstream_head};
use super::state::{Peer, stopped};

/// Asks the application for the protocol, and connects the two sides if it agrees.
pub(super) async fn tunnel(
    call: &Call<'_>,
    checked: &Checked,
    mut parts: Parts,
    incoming: Incoming,
    protocol: HeaderValue,
) -> Result<Reply, Refusal> {
    let settings = &call.live.settings;
    let is_allowed = is_listed(&settings.upgrades, &checked.target.page)
        && parts.method == Method::GET
        && !call.peer.is_http2
        && origin_is_own(settings, &parts.headers);
    if !is_allowed {
        return Err(Refusal::Upgrade);
    }
    drop(incoming);
    let client = parts.extensions.remove::<OnUpgrade>().ok_or(Refusal::Upgrade)?;
    let mut parts = upstream_head(call, checked, parts)?;
    parts.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    parts.headers.insert(UPGRADE, protocol);
    let request = Request::from_parts(parts, UpstreamBody::Whole(None));
    let (mut response, lease) = timeout(settings.limits.answer, call.live.upstream.send(request))
        .await
        .map_err(|_| Refusal::UpstreamSlow)??;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let until = call.started + settings.limits.total;
        return Ok(Reply::Relay(response.map(|incoming| {
            Relay::new(incoming, lease, settings.limits.answer_idle, until)
        })));
    }
    let application = hyper::upgrade::on(&mut response);
    let (head, _) = response.into_parts();
    if let Some(wire) = &call.peer.wire {
        wire.make_raw();
    }
    tokio::spawn(connect(client, application, Arc::clone(call.peer)));
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    for (name, value) in &head.headers {
        if name == UPGRADE || name == "set-cookie" || name.as_str().starts_with("sec-websocket-") {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("upgrade"));
    Ok(Reply::Whole(answer))
}

async fn connect(client: OnUpgrade, application: OnUpgrade, peer: Arc<Peer>) {
    let (Ok(client), Ok(application)) = tokio::join!(client, application) else {
        return;
    };
    let (mut client, mut application) = (TokioIo::new(client), TokioIo::new(application));
    let mut ends = peer.alive.clone();
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut application) => {}
        // A tunnel has no end of its own that a shutdown could wait for.
        () = stopped(&mut ends) => {}
    }
}

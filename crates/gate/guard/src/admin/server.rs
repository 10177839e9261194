//! The listener of operators: who may ask, and what for.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use portcullis_funnel::{Secret, same_bytes};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::{policy_view, revocations, status};
use crate::edge::{Edge, stopped};

/// Connections at once.
const CONNECTIONS: usize = 64;
/// Bytes of a body.
const MOST_BYTES: usize = 64 << 10;
/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(10);

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

/// The page loads nothing from elsewhere, and nothing of it is written by callers.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                           form-action 'none'; frame-ancestors 'none'";

/// What the listener of operators knows.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) edge: Arc<Edge>,
    pub(crate) token: Secret<Vec<u8>>,
}

/// An answer to an operator.
pub(super) type Answer = Response<Full<Bytes>>;

/// Serves operators until guard stops.
pub(crate) async fn serve(admin: Arc<Admin>, listener: TcpListener, mut stops: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stops) => return,
        };
        let (Ok((stream, _)), Ok(place)) = (accepted, Arc::clone(&places).try_acquire_owned()) else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let admin = Arc::clone(&admin);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(Arc::clone(&admin), request));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), service);
            drop(connection.await);
            drop(place);
        });
    }
}

async fn answer(admin: Arc<Admin>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let mut answer = timeout(PATIENCE, route(&admin, request))
        .await
        .unwrap_or_else(|_| problem(StatusCode::SERVICE_UNAVAILABLE, "this took too long"));
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in [
        ("content-security-policy", PAGE_POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(answer)
}

async fn route(admin: &Admin, request: Request<Incoming>) -> Answer {
    let (parts, body) = request.into_parts();
    let reads = parts.method == Method::GET;
    match parts.uri.path() {
        "/health" if reads => return json_answer(StatusCode::OK, &json!({"status": "ok"})),
        "/ready" if reads => return ready(admin).await,
        "/" if reads => return file("text/html; charset=utf-8", PAGE),
        "/page.js" if reads => return file("text/javascript; charset=utf-8", SCRIPT),
        "/page.css" if reads => return file("text/css; charset=utf-8", STYLE),
        _ => {}
    }
    if !is_operator(admin, &parts.headers) {
        let mut answer = problem(StatusCode::UNAUTHORIZED, "a token is needed");
        answer
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return answer;
    }
    match (parts.uri.path(), parts.method.clone()) {
        ("/metrics", Method::GET) => file(
            "text/plain; version=0.0.4; charset=utf-8",
            &status::prometheus(&admin.edge).await,
        ),
        ("/status", Method::GET) => json_answer(StatusCode::OK, &status::json(&admin.edge)),
        ("/policy", Method::GET) => json_answer(StatusCode::OK, &policy_view::json(&admin.edge.live.load())),
        ("/limits", Method::GET) => json_answer(StatusCode::OK, &policy_view::limits(&admin.edge.live.load())),
        ("/limits", Method::DELETE) => {
            admin.edge.requests.forget();
            tracing::warn!("an operator reset the counts of addresses");
            json_answer(StatusCode::OK, &json!({"reset": "requests-per-address"}))
        }
        ("/revocations", Method::POST) => match whole(body).await {
            Some(body) => revocations::revoke(&admin.edge, &body).await,
            None => problem(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large, or broke off"),
        },
        ("/metrics" | "/status" | "/policy", _) => not_allowed("GET"),
        ("/limits", _) => not_allowed("GET, DELETE"),
        ("/revocations", _) => not_allowed("POST"),
        _ => problem(StatusCode::NOT_FOUND, "there is nothing here"),
    }
}

async fn whole(body: Incoming) -> Option<Bytes> {
    let body = Limited::new(body, MOST_BYTES).collect().await.ok()?;
    Some(body.to_bytes())
}

fn is_operator(admin: &Admin, headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(AUTHORIZATION).into_iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let given = value.as_bytes().strip_prefix(b"Bearer ").unwrap_or_default();
    same_bytes(given, admin.token.expose())
}

/// Whether requests can be served: the application is there, and what the gates remember with.
async fn ready(admin: &Admin) -> Answer {
    let live = admin.edge.live.load_full();
    let has_application = live.upstream.is_reachable().await;
    let store = revocations::is_store_up(&live).await;
    let status = if has_application && store {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    json_answer(status, &json!({"application": has_application, "store": store}))
}

fn file(kind: &'static str, text: &str) -> Answer {
    let mut answer = Response::new(Full::from(text.to_owned()));
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

pub(super) fn json_answer(status: StatusCode, value: &Value) -> Answer {
    let mut answer = file("application/json", &format!("{value}\n"));
    *answer.status_mut() = status;
    answer
}

pub(super) fn problem(status: StatusCode, text: &str) -> Answer {
    json_answer(status, &json!({"error": text}))
}

fn not_allowed(methods: &'static str) -> Answer {
    let mut answer = problem(StatusCode::METHOD_NOT_ALLOWED, "not with this method");
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    answer
}

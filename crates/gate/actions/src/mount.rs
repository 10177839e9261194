//! The actions as routes of axum: `POST /_actions/{name}`. Bodies are read here, within their size and time; answers are
//! written here, as JSON, or as a redirect for a form without scripts.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Once};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::any;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, SET_COOKIE, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use portcullis_funnel::{Denial, Principal, RateStore, Received, Stage, Trail};
use thiserror::Error;

use crate::arguments::raw_content_type;
use crate::builder::is_own_path;
use crate::decode::form::{Entry, Form};
use crate::endpoint::Endpoint;
use crate::flash::Kept;
use crate::handler::Mounted;
use crate::inventory::ActionTable;
use crate::secrets::may_be_kept;
use crate::verdict::{Reply, Verdict, whole_seconds};
use crate::{ActionClient, App};

/// Where actions are.
pub(crate) const PREFIX: &str = "/_actions";

/// What is wrong with the actions that are to be mounted.
#[derive(Debug, Error)]
#[error("{} cannot be mounted:\n{}", .0.len(), .0.join("\n"))]
pub struct BrokenActions(Vec<String>);

/// Actions that are mounted.
#[derive(Debug)]
pub struct Actions {
    /// The routes.
    pub router: Router,
    /// What they are.
    pub table: ActionTable,
}

struct Site<A: App> {
    client: ActionClient<A>,
    actions: BTreeMap<String, Mounted<A>>,
    addresses_are_missing: Once,
}

impl<A: App> Site<A> {
    /// Without addresses all callers share one limit, which is safe and of no use.
    fn says_that_addresses_are_missing(&self) {
        self.addresses_are_missing.call_once(|| {
            tracing::error!(
                "the addresses of callers are not known, so all share one limit: serve the router with \
                 `into_make_service_with_connect_info::<SocketAddr>()`"
            );
        });
    }
}

impl<A: App> ActionClient<A> {
    /// The routes of these actions, or everything that is wrong with them.
    pub fn mount(&self, list: Vec<Mounted<A>>) -> Result<Actions, BrokenActions> {
        let mut broken = Vec::new();
        let mut actions = BTreeMap::new();
        for action in list {
            let name = action.0.info().name.clone();
            broken.extend(action.0.faults().into_iter().map(|fault| format!("`{name}`: {fault}")));
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_name) {
                broken.push(format!("`{name}` is no name: use letters, digits, `-`, `_` and `.`"));
            }
            if actions.insert(name.clone(), action).is_some() {
                broken.push(format!("`{name}` is the name of several actions"));
            }
        }
        if !broken.is_empty() {
            return Err(BrokenActions(broken));
        }
        let table = ActionTable(actions.values().map(|action| action.0.info().clone()).collect());
        let site = Arc::new(Site {
            client: self.clone(),
            actions,
            addresses_are_missing: Once::new(),
        });
        let router = Router::new()
            .route(&format!("{PREFIX}/{{name}}"), any(serve::<A>))
            .with_state(site);
        Ok(Actions { router, table })
    }
}

async fn serve<A: App>(State(site): State<Arc<Site<A>>>, request: Request) -> Response {
    let mut trail = site.client.trail();
    // The name as it was sent: names of actions need no escapes, so an escaped one is none of theirs.
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    let action = site.actions.get(name).map(|mounted| mounted.0.as_ref());
    let wants_page = is_form_of_a_page(request.headers());
    let received = match receive(&site, action, request, &mut trail).await {
        Ok(received) => received,
        Err(denial) => {
            let reply = Reply::of(&trail).refused(trail, denial);
            return if wants_page {
                plain_page(&site.client, &reply)
            } else {
                json_answer(&site.client, &reply)
            };
        }
    };
    let Some(action) = action else {
        let reply = Reply::of(&trail).refused(trail, Denial::UnknownAction);
        return json_answer(&site.client, &reply);
    };
    let form = if wants_page {
        Form::read(raw_content_type(&received), &received.body, site.client.0.limits).ok()
    } else {
        None
    };
    let received = with_key(received, form.as_ref());
    let reply = action.serve(received, trail).await;
    match form {
        Some(form) => page_answer(&site.client, action, reply, form).await,
        None => json_answer(&site.client, &reply),
    }
}

/// A form that a browser sends by itself, and shows the answer of.
fn is_form_of_a_page(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let content_type = text(CONTENT_TYPE).to_ascii_lowercase();
    let is_form = content_type.starts_with("application/x-www-form-urlencoded")
        || content_type.starts_with("multipart/form-data");
    is_form && text(ACCEPT).to_ascii_lowercase().contains("text/html")
}

/// The request as the gates want it. What is over its size or its time ends here, with a record.
async fn receive<A: App>(
    site: &Site<A>,
    action: Option<&dyn Endpoint<A>>,
    request: Request,
    trail: &mut Trail,
) -> Result<Received, Denial> {
    let shared = &site.client.0;
    let (parts, body) = request.into_parts();
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    if peer.is_none() {
        site.says_that_addresses_are_missing();
    }
    let address = shared.proxies.client(peer, &parts.headers);
    trail.comes_from(address);
    if let Some(action) = action {
        trail.is_for(&action.info().name);
    }
    if let Some(rule) = &shared.address_rate {
        let key = rule.key(PREFIX, address, &Principal::Anonymous, |_| None);
        let decision = RateStore::take(shared.store.as_ref(), &key, rule.limit(), rule.cost()).await?;
        if !decision.admitted {
            return Err(Denial::RateLimited {
                retry_after: decision.retry_after,
            });
        }
    }
    let length = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if length
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: usize| length > shared.limits.body)
    {
        return Err(Denial::TooLarge);
    }
    let body = match tokio::time::timeout(shared.timeout, to_bytes(body, shared.limits.body)).await {
        Err(_elapsed) => return Err(Denial::Deadline),
        Ok(Err(_too_large_or_gone)) => return Err(Denial::TooLarge),
        Ok(Ok(body)) => body,
    };
    Ok(Received {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        body,
        peer,
        is_secure: shared.is_secure,
    })
}

/// A form carries its idempotency key as a field; the gate reads the header.
fn with_key(mut received: Received, form: Option<&Form>) -> Received {
    let name = HeaderName::from_static("idempotency-key");
    if !received.headers.contains_key(&name)
        && let Some(key) = form.and_then(|form| form.key.as_ref())
        && let Ok(value) = HeaderValue::from_str(key)
    {
        received.headers.insert(name, value);
    }
    received
}

fn json_answer<A: App>(client: &ActionClient<A>, reply: &Reply) -> Response {
    let body = reply.verdict.body(&reply.request_id).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = reply.verdict.status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    describe(client, reply, headers);
    response
}

/// Headers that every answer has.
fn describe<A: App>(client: &ActionClient<A>, reply: &Reply, headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(VARY, HeaderValue::from_static("Accept, Cookie, Origin"));
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-request-id", &reply.request_id);
    if let Some(rate) = reply.rate {
        for (name, value) in rate.headers(client.0.clock.now()) {
            set(name, &value);
        }
    }
    if let Some(wait) = reply.verdict.retry_after() {
        set("retry-after", &whole_seconds(wait).to_string());
    }
    for cookie in &reply.cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            headers.append(SET_COOKIE, value);
        }
    }
}

/// What a form that failed gets back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeping {
    /// What went wrong.
    Errors,
    /// And what was typed.
    Values,
}

impl Keeping {
    /// Nothing, not even a redirect, if the form may have been another site's: it would fill our own form with its texts,
    /// for the user to send. No values before the caller is known and not too often here: they would fill the store.
    fn of(reply: &Reply) -> Option<Self> {
        match reply.stage {
            Stage::Identify | Stage::Origin => None,
            Stage::Session if reply.verdict.status() == StatusCode::FORBIDDEN => None,
            Stage::Session | Stage::Revocation | Stage::Rate => Some(Self::Errors),
            _ => Some(Self::Values),
        }
    }
}

/// The answer to a form without scripts: on to the next page, or back to the form with what went wrong.
async fn page_answer<A: App>(
    client: &ActionClient<A>,
    action: &dyn Endpoint<A>,
    mut reply: Reply,
    form: Form,
) -> Response {
    let own = |path: Option<String>| path.filter(|path| is_own_path(path));
    let form_page = action.form_page().map(|page| filled(page, &form));
    let place = if reply.verdict.is_done() {
        let redirect = match &reply.verdict {
            Verdict::Done { redirect, .. } | Verdict::Repeated { redirect, .. } => redirect.clone(),
            _ => None,
        };
        own(redirect).or(form_page).or_else(|| Some("/".to_owned()))
    } else {
        let body = reply.verdict.body(&reply.request_id);
        let Some(keeping) = Keeping::of(&reply) else {
            return plain_page(client, &reply);
        };
        let info = action.info();
        let may_be_kept = |name: &str| keeping == Keeping::Values && may_be_kept(&info.input, name);
        let kept = Kept::new(&info.name, form, may_be_kept, &body);
        let must_sign_in = reply.verdict.status() == StatusCode::UNAUTHORIZED;
        let sign_in = client.0.sign_in_page.clone().filter(|_| must_sign_in);
        let place = sign_in.or(form_page);
        if place.is_some() {
            match client.keep(&kept).await {
                Ok(cookie) => reply.cookies.push(cookie),
                Err(unavailable) => {
                    tracing::warn!(%unavailable, "the state of a form could not be kept");
                    return plain_page(client, &reply);
                }
            }
        }
        place
    };
    let Some(location) = place.and_then(|place| HeaderValue::from_str(&place).ok()) else {
        return plain_page(client, &reply);
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, location);
    describe(client, &reply, response.headers_mut());
    response
}

/// A form's page, with the values of its fields in place of their names: `/documents/{document}`. A value that is more
/// than one plain word stays out, and the page is the folder.
fn filled(page: &str, form: &Form) -> String {
    let value = |name: &str| {
        let mut found = form.entries.iter().filter(|(one, _)| one == name);
        let (_, entry) = found.next()?;
        let Entry::Text(text) = entry else { return None };
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_plain = (1..=128).contains(&text.len()) && text.bytes().all(is_word);
        (is_plain && found.next().is_none()).then_some(text.as_str())
    };
    let mut path = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        match value(name) {
            Some(text) => path.push_str(text),
            None => return path,
        }
        rest = after;
    }
    path + rest
}

/// For a form whose action declares no page. It holds nothing of the caller's.
fn plain_page<A: App>(client: &ActionClient<A>, reply: &Reply) -> Response {
    let body = reply.verdict.body(&reply.request_id);
    let message = body.pointer("/error/message").and_then(serde_json::Value::as_str);
    let text = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>This did not work</title><p>{}</p><p>Request {}</p>",
        message.unwrap_or("this did not work"),
        reply.request_id
    );
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = reply.verdict.status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    describe(client, reply, headers);
    response
}

#[cfg(test)]
mod tests {
    use super::filled;
    use crate::Limits;
    use crate::decode::form::Form;

    #[test]
    fn a_page_takes_plain_words_of_its_form() {
        let page = |body: &str| {
            let form = Form::read("application/x-www-form-urlencoded", body.as_bytes(), Limits::default()).unwrap();
            filled("/documents/{id}/edit", &form)
        };
        assert_eq!(page("id=d-1"), "/documents/d-1/edit");
        for body in [
            "",
            "id=",
            "id=a&id=b",
            "id=..%2F..",
            "id=%2Fevil.test",
            "id=a%0d%0ab",
            "id=a.b",
        ] {
            assert_eq!(page(body), "/documents/", "{body}");
        }
    }
}

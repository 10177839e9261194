//! The pages. Each form is a plain one that works without scripts; what a page shows is what its reader may see.

mod lists;
mod single;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use portcullis_actions::funnel::{Denial, Identity, Principal, Unavailable};
use portcullis_actions::{ActionClient, CspNonce, Flash, FormState};

use crate::app::Acme;
use crate::html::{escaped, problems};

/// What pages work with.
pub(crate) type Site = Arc<ActionClient<Acme>>;

pub(crate) fn routes(site: Site) -> Router {
    Router::new()
        .route("/", get(lists::home))
        .route("/documents", get(lists::home))
        .route("/documents/new", get(single::new_document))
        .route("/documents/{id}", get(single::document))
        .route("/team", get(lists::team))
        .route("/billing", get(lists::billing))
        .route("/profile", get(single::profile))
        .route("/sign-in", get(single::sign_in))
        .route("/sign-in/code", get(single::code))
        .route("/contact", get(single::contact))
        .with_state(site)
}

/// Why a page cannot be shown. The reader learns the status.
#[derive(Debug)]
pub(crate) enum NoPage {
    SignIn,
    Missing,
    Down,
}

impl From<sqlx::Error> for NoPage {
    fn from(cause: sqlx::Error) -> Self {
        tracing::error!(%cause, "a query of a page failed");
        Self::Down
    }
}

impl From<Unavailable> for NoPage {
    fn from(cause: Unavailable) -> Self {
        tracing::error!(%cause, "a page could not be made");
        Self::Down
    }
}

impl From<Denial> for NoPage {
    fn from(denial: Denial) -> Self {
        tracing::info!(denial = denial.code(), "a page was refused");
        Self::Down
    }
}

impl IntoResponse for NoPage {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn => (StatusCode::SEE_OTHER, [(LOCATION, "/sign-in")]).into_response(),
            Self::Missing => (StatusCode::NOT_FOUND, "not found").into_response(),
            Self::Down => (StatusCode::SERVICE_UNAVAILABLE, "try again later").into_response(),
        }
    }
}

/// A page in the making.
pub(crate) struct Page {
    pub(crate) site: Site,
    pub(crate) principal: Principal,
    headers: HeaderMap,
    flash: Flash,
    cookies: Vec<String>,
    nonce: String,
    body: String,
}

impl Page {
    pub(crate) async fn start(site: Site, headers: HeaderMap, nonce: &CspNonce) -> Result<Self, NoPage> {
        let principal = site.identify(&headers).await?;
        let flash = site.flash(&headers).await;
        Ok(Self {
            site,
            principal,
            headers,
            flash,
            cookies: vec![Flash::clear_cookie()],
            nonce: nonce.as_str().to_owned(),
            body: String::new(),
        })
    }

    /// Who reads it; everybody else is sent to sign in.
    pub(crate) fn reader(&self) -> Result<Identity, NoPage> {
        self.principal.identity().cloned().ok_or(NoPage::SignIn)
    }

    pub(crate) fn add(&mut self, html: &str) {
        self.body.push_str(html);
    }

    /// A form for an action, with what it needs to get through the gates.
    pub(crate) fn form(
        &mut self,
        action: &str,
        button: &str,
        fields: impl FnOnce(&FormState) -> String,
    ) -> Result<(), NoPage> {
        let state = self.flash.form(action);
        let gates = self.site.form_fields(action, &self.principal, &self.headers)?;
        // All forms of a page share the token of the first one.
        if let Ok(cookie) = HeaderValue::from_str(gates.set_cookie.split(';').next().unwrap_or_default())
            && self.cookies.len() == 1
        {
            self.headers.append("cookie", cookie);
            self.cookies.push(gates.set_cookie.clone());
        }
        let html = format!(
            "<form method=\"post\" action=\"/_actions/{action}\" data-action=\"{action}\">{}{}{}<button>{}</button></form>",
            gates.html(),
            problems(state.form_errors()),
            fields(&state),
            escaped(button)
        );
        self.add(&html);
        Ok(())
    }

    pub(crate) fn finish(mut self, title: &str) -> Result<Response, NoPage> {
        let is_in = self.principal.identity().is_some();
        let links = if is_in {
            "<a href=\"/\">Documents</a> <a href=\"/team\">Team</a> <a href=\"/billing\">Billing</a> \
             <a href=\"/profile\">Profile</a>"
        } else {
            "<a href=\"/sign-in\">Sign in</a> <a href=\"/contact\">Contact</a>"
        };
        let body = std::mem::take(&mut self.body);
        if is_in {
            self.form("signOut", "Sign out", |_| String::new())?;
        }
        let text = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} - Acme</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"/icon.svg\">\
             <style nonce=\"{}\">{STYLE}</style></head><body><nav>{links}</nav><main><h1>{title}</h1>{body}</main>\
             <footer>{}</footer></body></html>",
            self.nonce,
            self.body,
            title = escaped(title),
        );
        let mut response = Response::new(axum::body::Body::from(text));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        for cookie in &self.cookies {
            headers.append(SET_COOKIE, HeaderValue::from_str(cookie).map_err(|_| NoPage::Down)?);
        }
        headers.insert(HeaderName::from_static("vary"), HeaderValue::from_static("Cookie"));
        Ok(response)
    }
}

const STYLE: &str = "body{font:1rem/1.5 system-ui;max-width:44rem;margin:0 auto;padding:1rem}nav a{margin-right:1rem}\
    label{display:block;font-weight:600}input,textarea,select{width:100%;padding:.4rem;font:inherit;box-sizing:border-box}\
    textarea{min-height:6rem}button{margin:.5rem 0;padding:.4rem .9rem;font:inherit}.error{color:#b00020;margin:0}\
    form{margin:1rem 0}footer{margin-top:3rem;border-top:1px solid #ccc}";

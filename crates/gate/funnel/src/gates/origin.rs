//! Gate 2: from where. A browser is made to call by whatever page it shows, so a call that carries cookies has to come
//! from this application's own pages, by the browser's own word.

use http::header::{COOKIE, ORIGIN};

use super::Call;
use super::identify::Identified;
use crate::csrf::CSRF_COOKIE;
use crate::{CsrfHalves, Denial, Origins, Trail};

/// The call comes from here; or a token has to show it, which the session gate checks, because it is bound to a session.
#[derive(Debug)]
pub(crate) struct SameOrigin {
    call: Call,
    token: Option<CsrfHalves>,
}

impl SameOrigin {
    pub(super) fn into_parts(self) -> (Call, Option<CsrfHalves>) {
        (self.call, self.token)
    }
}

pub(crate) fn check(identified: Identified, origins: &Origins, trail: &mut Trail) -> Result<SameOrigin, Denial> {
    let call = identified.into_call();
    let token = trail.decided(decide(&call, origins))?;
    Ok(SameOrigin { call, token })
}

/// The token that still has to be checked, if the call is judged by one.
fn decide(call: &Call, origins: &Origins) -> Result<Option<CsrfHalves>, Denial> {
    let headers = &call.received.headers;
    let mut sent = headers.get_all(ORIGIN).into_iter();
    let origin = sent.next();
    if sent.next().is_some() {
        return Err(Denial::AmbiguousOrigin);
    }
    let is_allowed = match origin.map(http::HeaderValue::as_bytes) {
        None => false,
        Some(b"null") => return Err(Denial::NullOrigin),
        Some(origin) if origins.allow(origin) => true,
        Some(_) => return Err(Denial::ForeignOrigin),
    };
    let mut sites = headers.get_all("sec-fetch-site").into_iter();
    let site = sites.next().map(http::HeaderValue::as_bytes);
    if sites.next().is_some() {
        return Err(Denial::AmbiguousOrigin);
    }
    let is_here = match site {
        None => false,
        Some(b"same-origin") => true,
        // A sibling may call if it is one of the origins; a page of nowhere is no page of ours.
        Some(b"same-site" | b"none") if is_allowed => true,
        Some(_) => return Err(Denial::CrossSite),
    };
    if is_allowed || is_here {
        return Ok(None);
    }
    // No browser of this decade, or no browser at all. Without cookies nobody's session can be used.
    if !headers.contains_key(COOKIE) {
        return Ok(None);
    }
    let field = call
        .door
        .fields
        .csrf
        .clone()
        .or_else(|| call.header("x-portcullis-csrf"));
    let Some(field) = field else {
        return Err(Denial::MissingOrigin);
    };
    let token = CsrfHalves {
        cookie: csrf_cookie(call),
        field: Some(field),
    };
    Ok(Some(token))
}

/// The one cookie with the token; several are none.
fn csrf_cookie(call: &Call) -> Option<String> {
    let headers = call.received.headers.get_all(COOKIE).into_iter();
    let texts = headers.filter_map(|value| value.to_str().ok());
    let mut found = texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| name.trim() == CSRF_COOKIE);
    let (_, value) = found.next()?;
    found.next().is_none().then(|| value.trim().to_owned())
}

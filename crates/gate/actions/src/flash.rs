//! What a form without scripts gets back after a failure: its errors and its values, kept on the server for one reading,
//! under an unguessable id in a cookie. Nothing of it stands in an address, where histories and logs would keep it.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderMap;
use http::header::COOKIE;
use portcullis_funnel::{CSRF_COOKIE, CsrfTokens, FlashStore, Principal, Unavailable};
use serde::{Deserialize, Serialize};

use crate::decode::form::{CSRF_FIELD, Entry, Form, KEY_FIELD, NONCE_FIELD};
use crate::{ActionClient, App};

const FLASH_COOKIE: &str = "__Host-portcullis-flash";
const LIFE: Duration = Duration::from_mins(5);
const NONCE_LIFE: Duration = Duration::from_hours(1);
/// Values beyond this are not kept: the form comes back empty rather than the store full.
const MOST_BYTES: usize = 32 * 1024;

/// What is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Kept {
    action: String,
    values: BTreeMap<String, Vec<String>>,
    /// By pointer; the empty one is the form as a whole.
    errors: BTreeMap<String, Vec<FormError>>,
}

/// One error of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormError {
    /// The stable code.
    pub code: String,
    /// An English sentence. It is not escaped for HTML, and holds nothing of the caller's.
    pub message: String,
}

impl Kept {
    /// The errors of a form that failed, and of its values what `may_be_kept`.
    pub(crate) fn new(action: &str, form: Form, may_be_kept: impl Fn(&str) -> bool, body: &serde_json::Value) -> Self {
        let mut kept = Self {
            action: action.to_owned(),
            ..Self::default()
        };
        let mut bytes = 0_usize;
        for (name, entry) in form.entries {
            if let Entry::Text(text) = entry
                && may_be_kept(&name)
            {
                bytes = bytes.saturating_add(name.len()).saturating_add(text.len());
                kept.values.entry(name).or_default().push(text);
            }
        }
        if bytes > MOST_BYTES {
            kept.values.clear();
        }
        let error = body.get("error");
        let read = |problem: &serde_json::Value| FormError {
            code: text_of(problem, "code"),
            message: text_of(problem, "message"),
        };
        let fields = error
            .and_then(|error| error.get("fields"))
            .and_then(serde_json::Value::as_object);
        for (pointer, problems) in fields.into_iter().flatten() {
            let problems = problems.as_array().into_iter().flatten().map(read).collect();
            kept.errors.insert(pointer.clone(), problems);
        }
        if kept.errors.is_empty() {
            kept.errors.insert(String::new(), error.map(read).into_iter().collect());
        }
        kept
    }
}

fn text_of(value: &serde_json::Value, key: &str) -> String {
    let text = value.get(key).and_then(serde_json::Value::as_str);
    text.unwrap_or("this did not work").to_owned()
}

/// The state of a page's form: what was entered and what was wrong with it, if the page is shown after a failure.
#[derive(Debug, Default)]
pub struct FormState {
    kept: Kept,
}

impl FormState {
    /// The value that was entered. It is the caller's own text: escape it.
    pub fn value(&self, field: &str) -> &str {
        self.values(field).first().map_or("", String::as_str)
    }

    /// All values that were entered for a field.
    pub fn values(&self, field: &str) -> &[String] {
        self.kept.values.get(field).map_or(&[], Vec::as_slice)
    }

    /// What is wrong with a field.
    pub fn errors(&self, field: &str) -> &[FormError] {
        let pointer = format!("/{}", field.replace('.', "/"));
        self.kept.errors.get(&pointer).map_or(&[], Vec::as_slice)
    }

    /// What is wrong with the form as a whole.
    pub fn form_errors(&self) -> &[FormError] {
        self.kept.errors.get("").map_or(&[], Vec::as_slice)
    }

    /// Whether the page is shown after a failure.
    pub fn has_failed(&self) -> bool {
        !self.kept.errors.is_empty()
    }
}

/// What was kept for the page that is being made. It is gone from the store.
#[derive(Debug, Default)]
pub struct Flash {
    kept: Option<Kept>,
}

impl Flash {
    /// The state of the form of one action: empty, unless that form has failed.
    pub fn form(&mut self, action: &str) -> FormState {
        let is_its = self.kept.as_ref().is_some_and(|kept| kept.action == action);
        let kept = if is_its { self.kept.take() } else { None };
        FormState {
            kept: kept.unwrap_or_default(),
        }
    }

    /// The `Set-Cookie` header for the page, which ends the cookie.
    pub fn clear_cookie() -> String {
        format!("{FLASH_COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
    }
}

/// Hidden fields for a form, and the cookie that belongs to them.
#[derive(Debug, Clone)]
pub struct FormFields {
    /// Names and values. They need no escaping: they have letters, digits and `._-` only.
    pub fields: Vec<(&'static str, String)>,
    /// The `Set-Cookie` header for the page.
    pub set_cookie: String,
}

impl FormFields {
    /// The fields as HTML.
    pub fn html(&self) -> String {
        let field =
            |(name, value): &(&str, String)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        self.fields.iter().map(field).collect()
    }
}

impl<A: App> ActionClient<A> {
    /// Keeps what a form gets back. Gives the `Set-Cookie` header.
    pub(crate) async fn keep(&self, kept: &Kept) -> Result<String, Unavailable> {
        const UNWRITABLE: Unavailable = Unavailable::new("flash", "it cannot be written");
        let id = self.random_id()?;
        let message = serde_json::to_vec(kept).map_err(|_| UNWRITABLE)?;
        let end = self.0.clock.now().plus(LIFE);
        FlashStore::put(self.store(), &id, &message, end).await?;
        let life = LIFE.as_secs();
        Ok(format!(
            "{FLASH_COOKIE}={id}; Path=/; Max-Age={life}; Secure; HttpOnly; SameSite=Lax"
        ))
    }

    /// Takes what was kept for this page. A store that is down means a form without its errors, not a page that fails.
    pub async fn flash(&self, headers: &HeaderMap) -> Flash {
        let Some(id) = cookie(headers, FLASH_COOKIE).filter(|id| id.len() <= 64) else {
            return Flash::default();
        };
        match FlashStore::take_flash(self.store(), id).await {
            Ok(message) => Flash {
                kept: message.and_then(|message| serde_json::from_slice(&message).ok()),
            },
            Err(unavailable) => {
                tracing::warn!(%unavailable, "the state of a form could not be read");
                Flash::default()
            }
        }
    }

    /// Hidden fields for the form of an action on the page that is being made for this caller: the token against forged
    /// requests, a nonce, and a key for an idempotent action.
    pub fn form_fields(
        &self,
        action: &str,
        principal: &Principal,
        headers: &HeaderMap,
    ) -> Result<FormFields, Unavailable> {
        let identity = principal.identity();
        let mine = cookie(headers, CSRF_COOKIE).filter(|token| self.0.csrf.is_for(token, identity));
        let token = match mine {
            Some(token) => token.to_owned(),
            None => self.0.csrf.issue(identity, self.0.entropy.as_ref())?,
        };
        let nonce = self.nonce(action, principal, NONCE_LIFE)?;
        let set_cookie = CsrfTokens::set_cookie(&token);
        let fields = vec![
            (CSRF_FIELD, token),
            (NONCE_FIELD, nonce),
            (KEY_FIELD, self.random_id()?),
        ];
        Ok(FormFields { fields, set_cookie })
    }
}

/// The one cookie of this name; several are none.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let texts = headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut found = texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .filter(|(one, _)| one.trim() == name);
    let (_, value) = found.next()?;
    found.next().is_none().then(|| value.trim())
}

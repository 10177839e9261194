//! Decoded arguments, as the gates look into them.

use std::sync::Arc;
use std::sync::OnceLock;

use portcullis_flight::{Body, Call, Kind, Value, WriteError, write};
use portcullis_funnel::Arguments;
use ring::digest;

use super::endpoint::{Endpoint, pointer};

/// Fields in which the widgets put their proofs.
const PROOFS: &[&str] = &["cf-turnstile-response", "h-captcha-response", "g-recaptcha-response"];

/// A call, its endpoint, and its canonical body.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) call: Call,
    pub(crate) endpoint: Arc<Endpoint>,
    body: OnceLock<Result<Body, WriteError>>,
}

impl Decoded {
    pub(crate) const fn new(call: Call, endpoint: Arc<Endpoint>) -> Self {
        let body = OnceLock::new();
        Self { call, endpoint, body }
    }

    /// The bytes that the application gets.
    pub(crate) fn body(&self) -> &Result<Body, WriteError> {
        self.body.get_or_init(|| write(&self.call, None))
    }

    /// The value at a JSON pointer into the list of arguments.
    pub(crate) fn at(&self, pointer: &str) -> Option<Value<'_>> {
        let mut steps = pointer.strip_prefix('/')?.split('/');
        let first = index(steps.next()?)?;
        steps.try_fold(self.call.argument(first)?, |value, step| {
            let step = step.replace("~1", "/").replace("~0", "~");
            match value.kind() {
                Kind::Object(fields) => fields.value(&step),
                Kind::FormData(fields) => {
                    // Of two entries with one name the application may read either: neither is the value.
                    let mut named = fields.iter().filter(|(name, _)| name.as_str() == Some(&step));
                    let (_, value) = named.next()?;
                    named.next().is_none().then_some(value)
                }
                Kind::Array(items) => items.at(index(&step)?),
                _ => None,
            }
        })
    }

    /// Positions that the id says the action does not have, and that carry something all the same.
    pub(crate) fn has_surplus(&self) -> bool {
        let Some(mask) = mask(self.call.action().as_str()) else {
            return false;
        };
        let surplus = |position: usize| match position {
            0..6 => mask & (0x40 >> position) == 0,
            _ => mask & 1 == 0,
        };
        self.call
            .arguments()
            .enumerate()
            .any(|(position, value)| surplus(position) && !matches!(value.kind(), Kind::Undefined | Kind::Null))
    }
}

/// The first byte of an id of Next.js 15 and 16: which parameters the action uses.
fn mask(id: &str) -> Option<u8> {
    let digits = (id.len() == 42).then(|| id.get(..2)).flatten()?;
    u8::from_str_radix(digits, 16).ok()
}

/// A position in its only spelling.
fn index(text: &str) -> Option<usize> {
    let plain = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    plain.then(|| text.parse().ok()).flatten()
}

/// The one text of a value.
pub(crate) fn text(value: Value<'_>) -> Option<String> {
    match value.kind() {
        Kind::String(text) => text.as_str().map(str::to_owned),
        Kind::Boolean(value) => Some(value.to_string()),
        Kind::BigInt(digits) => Some(digits.to_owned()),
        // Zero has one text, whatever its sign.
        Kind::Number(0.0) => Some("0".to_owned()),
        Kind::Number(number) if number.is_finite() => Some(number.to_string()),
        _ => None,
    }
}

impl Arguments for Decoded {
    fn text(&self, pointer: &str) -> Option<String> {
        self.at(pointer).and_then(text)
    }

    fn fingerprint(&self) -> Option<String> {
        let body = self.body().as_ref().ok()?;
        let hash = digest::digest(&digest::SHA256, &body.bytes);
        Some(super::hex(hash.as_ref()))
    }

    fn captcha(&self) -> Option<String> {
        if let Some(path) = &self.endpoint.captcha {
            return self.text(&pointer(path));
        }
        self.call.arguments().find_map(|argument| {
            let Kind::FormData(fields) = argument.kind() else {
                return None;
            };
            let mut proofs = fields
                .iter()
                .filter(|(name, _)| name.as_str().is_some_and(|name| PROOFS.contains(&name)));
            let (_, value) = proofs.next()?;
            proofs.next().is_none().then(|| text(value)).flatten()
        })
    }
}

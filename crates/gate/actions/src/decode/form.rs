//! Forms, url-encoded or multipart, to named entries. Fields that are for the gates are kept apart from those that are
//! for the action.

use portcullis_flight::{Budgets, EntryValue, read_form_entries};
use portcullis_funnel::{GateFields, Undecoded};

use super::Limits;

/// Hidden fields of a form that are for the gates.
pub(crate) const CSRF_FIELD: &str = "portcullis_csrf";
pub(crate) const NONCE_FIELD: &str = "portcullis_nonce";
pub(crate) const KEY_FIELD: &str = "portcullis_key";
/// The names under which the widgets of captcha services put their proofs.
const CAPTCHA_FIELDS: &[&str] = &[
    "portcullis_captcha",
    "cf-turnstile-response",
    "h-captcha-response",
    "g-recaptcha-response",
];

/// The value of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Text(String),
    File {
        name: String,
        mime: String,
        content: Vec<u8>,
    },
}

/// A form, split.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) gates: GateFields,
    pub(crate) key: Option<String>,
    pub(crate) entries: Vec<(String, Entry)>,
}

impl Form {
    /// Reads a body by its content type, which is one of the two.
    pub(crate) fn read(content_type: &str, body: &[u8], limits: Limits) -> Result<Self, Undecoded> {
        let (essence, parameters) = content_type.split_at(content_type.find(';').unwrap_or(content_type.len()));
        let entries = if essence.trim().eq_ignore_ascii_case("multipart/form-data") {
            multipart(parameters, body, limits)?
        } else {
            url_encoded(body, limits)?
        };
        Self::split(entries)
    }

    fn split(entries: Vec<(String, Entry)>) -> Result<Self, Undecoded> {
        let mut form = Self::default();
        for (name, entry) in entries {
            let place = match name.as_str() {
                CSRF_FIELD => &mut form.gates.csrf,
                NONCE_FIELD => &mut form.gates.nonce,
                KEY_FIELD => &mut form.key,
                name if CAPTCHA_FIELDS.contains(&name) => &mut form.gates.captcha,
                _ => {
                    form.entries.push((name, entry));
                    continue;
                }
            };
            let Entry::Text(text) = entry else {
                return Err(Undecoded::Malformed {
                    code: "form.unexpected-file",
                });
            };
            // A widget may put one proof under several of its names.
            let is_same_proof = CAPTCHA_FIELDS.contains(&name.as_str()) && place.as_ref() == Some(&text);
            if place.replace(text).is_some() && !is_same_proof {
                return Err(Undecoded::Malformed {
                    code: "form.duplicate-field",
                });
            }
        }
        Ok(form)
    }
}

fn multipart(parameters: &str, body: &[u8], limits: Limits) -> Result<Vec<(String, Entry)>, Undecoded> {
    let budgets = Budgets {
        bytes: limits.body,
        parts: limits.keys,
        ..Budgets::default()
    };
    let entries = read_form_entries(parameters, body, &budgets).map_err(|refusal| Undecoded::Malformed {
        code: refusal.code.as_str(),
    })?;
    let owned = entries.into_iter().map(|entry| {
        let value = match entry.value {
            EntryValue::Text(text) => Entry::Text(text.to_owned()),
            EntryValue::File { name, mime, content } => Entry::File {
                name: name.to_owned(),
                mime: mime.to_owned(),
                content: content.to_vec(),
            },
        };
        (entry.name.to_owned(), value)
    });
    Ok(owned.collect())
}

/// The names and values of a url-encoded body. A broken escape or text is refused: parsers disagree what it means.
fn url_encoded(body: &[u8], limits: Limits) -> Result<Vec<(String, Entry)>, Undecoded> {
    let mut entries = Vec::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if entries.len() >= limits.keys {
            return Err(Undecoded::TooLarge);
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decoded(halves.next().unwrap_or_default())?;
        let value = decoded(halves.next().unwrap_or_default())?;
        entries.push((name, Entry::Text(value)));
    }
    Ok(entries)
}

fn decoded(text: &[u8]) -> Result<String, Undecoded> {
    const BROKEN: Undecoded = Undecoded::Malformed { code: "form.encoding" };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = rest.next().and_then(digit).ok_or(BROKEN)?;
                let low = rest.next().and_then(digit).ok_or(BROKEN)?;
                high << 4 | low
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| BROKEN)
}

#[cfg(test)]
mod tests {
    use portcullis_funnel::Undecoded;

    use super::{Entry, Form};
    use crate::Limits;

    fn read(body: &str) -> Result<Form, Undecoded> {
        Form::read("application/x-www-form-urlencoded", body.as_bytes(), Limits::default())
    }

    #[test]
    fn fields_of_the_gates_are_kept_apart() {
        let form = read("a=1+%C3%A9&portcullis_csrf=c&portcullis_nonce=n&cf-turnstile-response=h&a=&b").unwrap();
        assert_eq!(form.gates.csrf.as_deref(), Some("c"));
        assert_eq!(form.gates.nonce.as_deref(), Some("n"));
        assert_eq!(form.gates.captcha.as_deref(), Some("h"));
        let entry = |name: &str, text: &str| (name.to_owned(), Entry::Text(text.to_owned()));
        assert_eq!(form.entries, [entry("a", "1 é"), entry("a", ""), entry("b", "")]);
    }

    #[test]
    fn one_proof_may_stand_under_two_names() {
        let form = read("text=hi&h-captcha-response=T&g-recaptcha-response=T").unwrap();
        assert_eq!(form.gates.captcha.as_deref(), Some("T"));
        assert_eq!(form.entries.len(), 1);
    }

    #[test]
    fn what_has_two_meanings_is_refused() {
        let code = |body: &str| match read(body) {
            Err(Undecoded::Malformed { code }) => code,
            _ => "",
        };
        for body in ["a=%", "a=%4", "a=%zz", "a=%ff", "%C3=1"] {
            assert_eq!(code(body), "form.encoding", "{body}");
        }
        assert_eq!(code("portcullis_csrf=a&portcullis_csrf=a"), "form.duplicate-field");
        assert_eq!(
            code("h-captcha-response=a&g-recaptcha-response=b"),
            "form.duplicate-field"
        );
        let many = vec!["a=1"; 1_001].join("&");
        assert_eq!(read(&many), Err(Undecoded::TooLarge));
    }
}

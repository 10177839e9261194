//! What is wrong with an input, field by field: a pointer, a stable code, and the rule's parameter. Never the value.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Display;

use garde::i18n::{I18n, InvalidCreditCard, InvalidEmail, InvalidPhoneNumber, InvalidUrl, IpKind, with_i18n};
use portcullis_funnel::FieldError;
use serde_json::{Map, Value, json};

use crate::Input;

/// Reads an input and checks its rules.
pub(crate) fn read<I: Input>(value: Value) -> Result<I, Vec<FieldError>> {
    let wire: I::Wire = serde_path_to_error::deserialize(value).map_err(|error| vec![unreadable(&error)])?;
    let mut report = garde::Report::new();
    with_i18n(Codes, || I::check_wire(&wire, &garde::Path::empty(), &mut report));
    if report.is_empty() {
        return Ok(I::from_wire(wire));
    }
    // A field that says `dive` reports what is in it twice.
    let mut seen = BTreeSet::new();
    let problems = report.iter().map(|(path, error)| broken(path, error.message()));
    Err(problems
        .filter(|problem| seen.insert((problem.pointer.clone(), problem.code.clone())))
        .collect())
}

/// A value of another shape. The texts of serde tell which kind; they quote the caller, so they go no further.
fn unreadable(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let text = error.inner().to_string();
    let code = if let Some(rest) = text.strip_prefix("missing field `") {
        let name = rest.split('`').next().unwrap_or_default();
        push(&mut pointer, name);
        "required"
    } else if text.starts_with("unknown field") {
        // The caller chose this name; the place is the object around it.
        let parent = pointer.rfind('/').unwrap_or(0);
        pointer.truncate(parent);
        "unknown_field"
    } else if text.starts_with("unknown variant") {
        "not_allowed"
    } else {
        "type"
    };
    FieldError {
        pointer,
        code: code.to_owned(),
    }
}

fn push(pointer: &mut String, step: &str) {
    pointer.push('/');
    pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
}

fn broken(path: &garde::Path, message: &str) -> FieldError {
    let mut pointer = String::new();
    for step in path.to_string().split(['.', '[', ']']).filter(|step| !step.is_empty()) {
        push(&mut pointer, step);
    }
    FieldError {
        pointer,
        code: code_of(message),
    }
}

/// A custom rule's message is its code if it looks like one.
fn code_of(message: &str) -> String {
    let is_code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_:-.".contains(&byte);
    if !message.is_empty() && message.bytes().all(is_code) {
        message.to_owned()
    } else {
        "invalid".to_owned()
    }
}

/// Codes in place of sentences.
struct Codes;

impl I18n for Codes {
    fn length_lower_than(&self, min: usize) -> Cow<'static, str> {
        format!("too_short:{min}").into()
    }

    fn length_greater_than(&self, max: usize) -> Cow<'static, str> {
        format!("too_long:{max}").into()
    }

    fn range_lower_than(&self, min: &dyn Display) -> Cow<'static, str> {
        format!("too_small:{min}").into()
    }

    fn range_greater_than(&self, max: &dyn Display) -> Cow<'static, str> {
        format!("too_large:{max}").into()
    }

    fn credit_card_invalid(&self, _reason: InvalidCreditCard) -> Cow<'static, str> {
        "credit_card".into()
    }

    fn pattern_no_match(&self, _pattern: &dyn Display) -> Cow<'static, str> {
        "pattern".into()
    }

    fn contains_missing(&self, _pattern: &dyn Display) -> Cow<'static, str> {
        "pattern".into()
    }

    fn url_invalid(&self, _reason: InvalidUrl) -> Cow<'static, str> {
        "url".into()
    }

    fn prefix_missing(&self, _pattern: &dyn Display) -> Cow<'static, str> {
        "pattern".into()
    }

    fn suffix_missing(&self, _pattern: &dyn Display) -> Cow<'static, str> {
        "pattern".into()
    }

    fn phone_number_invalid(&self, _reason: InvalidPhoneNumber) -> Cow<'static, str> {
        "phone_number".into()
    }

    fn ip_invalid(&self, _kind: IpKind) -> Cow<'static, str> {
        "ip".into()
    }

    fn matches_field_mismatch(&self, _field: &dyn Display) -> Cow<'static, str> {
        "mismatch".into()
    }

    fn email_invalid(&self, _reason: InvalidEmail) -> Cow<'static, str> {
        "email".into()
    }

    fn ascii_invalid(&self) -> Cow<'static, str> {
        "pattern".into()
    }

    fn alphanumeric_invalid(&self) -> Cow<'static, str> {
        "pattern".into()
    }

    fn required_not_set(&self) -> Cow<'static, str> {
        "required".into()
    }
}

/// A problem as clients get it: code, parameters, and an English sentence.
pub(crate) fn shown(code: &str) -> Value {
    let (name, parameter) = code.split_once(':').unwrap_or((code, ""));
    let mut params = Map::new();
    if !parameter.is_empty() {
        let limit = serde_json::from_str::<Value>(parameter).ok().filter(Value::is_number);
        params.insert("limit".to_owned(), limit.unwrap_or_else(|| json!(parameter)));
    }
    json!({"code": name, "message": sentence(name, parameter), "params": params})
}

fn sentence(name: &str, parameter: &str) -> String {
    match name {
        "required" => "this is required".to_owned(),
        "type" => "this has another type".to_owned(),
        "unknown_field" => "there is a field that nothing takes".to_owned(),
        "not_allowed" => "this is not one of the choices".to_owned(),
        "too_short" => format!("this is shorter than {parameter}"),
        "too_long" => format!("this is longer than {parameter}"),
        "too_small" => format!("this is less than {parameter}"),
        "too_large" => format!("this is more than {parameter}"),
        "mismatch" => "this does not match".to_owned(),
        "email" => "this is no e-mail address".to_owned(),
        _ => "this is not valid".to_owned(),
    }
}

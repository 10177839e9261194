//! The head of a request: is it an action, and which transport carries it? Next.js decides by loose tests of strings;
//! here a request that Next.js might take for an action is either one of the exact forms, or refused.

use crate::multipart::boundary;
use crate::{ActionId, Code, DecodeOptions, KnownIds, Refusal};

/// What the decision needs of a request's head. The values of the headers come without surrounding white space.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The method, as sent.
    pub method: &'a str,
    /// The value of every `next-action` header.
    pub next_action: &'a [&'a str],
    /// The value of every `content-type` header.
    pub content_type: &'a [&'a str],
    /// Whether there is a `content-encoding` header.
    pub content_encoding: bool,
}

/// What a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identified<'a> {
    /// None of an application's actions is called, for this reason.
    NotAnAction(&'static str),
    /// A fetch action with a body of text.
    FetchText(ActionId),
    /// A fetch action with a multipart body, and its boundary.
    FetchMultipart(ActionId, &'a str),
    /// A form action: its id stands in the body. The boundary.
    Form(&'a str),
}

const MULTIPART: &str = "multipart/form-data";

/// Says what a request is, or why it is refused.
pub fn identify<'a>(head: &Head<'a>, known: &KnownIds, options: &DecodeOptions) -> Result<Identified<'a>, Refusal> {
    if head.method != "POST" {
        return Ok(Identified::NotAnAction("the method is not `POST`"));
    }
    let multipart = head.content_type.iter().any(|value| value.starts_with(MULTIPART));
    if head.next_action.is_empty() && !multipart {
        let reason = "there is no `next-action` header, and the body is no multipart form";
        return Ok(Identified::NotAnAction(reason));
    }
    let action = match head.next_action {
        [] => None,
        [id] => Some(known.check(id, options.cached_functions).map_err(Refusal::new)?),
        _ => return Err(Refusal::new(Code::IdDuplicate)),
    };
    let content_type = match head.content_type {
        [] => return Err(Refusal::new(Code::ContentType)),
        [one] => *one,
        _ => return Err(Refusal::new(Code::ContentTypeDuplicate)),
    };
    if head.content_encoding {
        return Err(Refusal::new(Code::ContentEncoding));
    }
    match (action, content_type.strip_prefix(MULTIPART)) {
        (Some(action), Some(parameters)) => Ok(Identified::FetchMultipart(
            action,
            boundary(parameters).map_err(Refusal::new)?,
        )),
        (None, Some(parameters)) => Ok(Identified::Form(boundary(parameters).map_err(Refusal::new)?)),
        (Some(action), None) if is_text(content_type) => Ok(Identified::FetchText(action)),
        _ => Err(Refusal::new(Code::ContentType)),
    }
}

/// `text/plain;charset=UTF-8`, in any case and with spaces around the semicolon.
fn is_text(content_type: &str) -> bool {
    let Some((kind, parameter)) = content_type.split_once(';') else {
        return false;
    };
    kind.trim_end().eq_ignore_ascii_case("text/plain") && parameter.trim_start().eq_ignore_ascii_case("charset=utf-8")
}

#[cfg(test)]
mod tests {
    use super::{Head, Identified, identify};
    use crate::{ActionId, Code, DecodeOptions, KnownIds};

    const ID: &str = "40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn check(
        method: &str,
        next_action: &[&str],
        content_type: &[&str],
        expected: Result<Option<&Identified<'_>>, Code>,
    ) {
        let head = Head {
            method,
            next_action,
            content_type,
            content_encoding: false,
        };
        let found = identify(&head, &KnownIds::Any, &DecodeOptions::default());
        let found = found
            .as_ref()
            .map(|found| Some(found).filter(|found| !matches!(found, Identified::NotAnAction(_))));
        assert_eq!(found.map_err(|refusal| refusal.code), expected, "{head:?}");
    }

    #[test]
    fn the_exact_forms_are_actions() {
        let id = ActionId::new(ID).expect("an id");
        for text in [
            "text/plain;charset=UTF-8",
            "text/plain; charset=utf-8",
            "Text/Plain ;charset=UTF-8",
        ] {
            check("POST", &[ID], &[text], Ok(Some(&Identified::FetchText(id.clone()))));
        }
        check(
            "POST",
            &[ID],
            &["multipart/form-data; boundary=--x"],
            Ok(Some(&Identified::FetchMultipart(id, "--x"))),
        );
        check(
            "POST",
            &[],
            &["multipart/form-data;boundary=x"],
            Ok(Some(&Identified::Form("x"))),
        );
        check("GET", &[ID], &[], Ok(None));
        check("POST", &[], &["text/plain;charset=UTF-8"], Ok(None));
        check("POST", &[], &["application/x-www-form-urlencoded"], Ok(None));
        check("POST", &[], &["Multipart/Form-Data; boundary=x"], Ok(None));
    }

    #[test]
    fn what_is_almost_one_is_refused() {
        let text: &[&str] = &["text/plain;charset=UTF-8"];
        check("POST", &[ID, ID], text, Err(Code::IdDuplicate));
        check("POST", &[&format!("{ID}, {ID}")], text, Err(Code::IdMalformed));
        check("POST", &[""], text, Err(Code::IdMalformed));
        check("POST", &[&ID.to_uppercase()], text, Err(Code::IdMalformed));
        check(
            "POST",
            &["c0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
            text,
            Err(Code::IdCached),
        );
        check("POST", &[ID], &[], Err(Code::ContentType));
        check(
            "POST",
            &[ID],
            &["text/plain;charset=UTF-8", "multipart/form-data; boundary=x"],
            Err(Code::ContentTypeDuplicate),
        );
        for content_type in [
            "text/plain",
            "text/plain;charset=utf-16",
            "application/json",
            "Multipart/Form-Data; boundary=x",
        ] {
            check("POST", &[ID], &[content_type], Err(Code::ContentType));
        }
        for content_type in [
            "multipart/form-data",
            "multipart/form-data; boundary=\"x\"",
            "multipart/form-data; boundary=x; boundary=y",
        ] {
            check("POST", &[ID], &[content_type], Err(Code::MultipartBoundary));
        }
    }
}

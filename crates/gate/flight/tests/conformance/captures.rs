//! Requests that browsers sent to real applications: decoded to the arguments that the application got.

use portcullis_flight::{
    Call, Code, DecodeOptions, Head, Identified, KnownIds, Refusal, form_action, identify, read_fetch_multipart,
    read_fetch_text, read_form, tagged,
};
use serde_json::Value;

use crate::folder;
use crate::json::{parse, same};

/// Cases that stay refused when every kind is allowed, and why.
const REFUSED: &[(&str, Code)] = &[("fetch-proto_keys", Code::KeyPrototype)];

struct Capture {
    label: String,
    meta: Value,
    requests: Vec<Vec<u8>>,
}

fn captures() -> Vec<Capture> {
    let mut captures = Vec::new();
    for label in folder::folders(&folder::flight().join("captures")) {
        for case in folder::folders(&label) {
            let meta = parse(std::str::from_utf8(&folder::read(&case.join("meta.json"))).expect("text"));
            let files = ["request.http", "request-2.http"].map(|name| case.join(name));
            let requests = files
                .iter()
                .filter(|file| file.exists())
                .map(|file| folder::read(file))
                .collect();
            captures.push(Capture {
                label: format!("{}", case.display()),
                meta,
                requests,
            });
        }
    }
    captures
}

impl Capture {
    fn case(&self) -> &str {
        self.meta["case"].as_str().expect("a case")
    }

    /// What the application's function got from the request with this number.
    fn expected(&self, number: usize) -> Option<&Value> {
        let log = self.meta["args_decoded_by_server_log"].as_array();
        let logged = log.and_then(|log| log.get(number));
        let single = (number == 0)
            .then(|| &self.meta["args_decoded_by_server"])
            .filter(|value| !value.is_null());
        logged.or(single)
    }
}

#[test]
fn requests_of_real_clients_are_decoded_to_what_the_application_got() {
    let captures = captures();
    let (mut compared, mut wrong) = (0, Vec::new());
    for capture in captures.iter().filter(|capture| !capture.case().starts_with("raw-")) {
        for (number, request) in capture.requests.iter().enumerate() {
            let refused = REFUSED
                .iter()
                .find(|(case, _)| *case == capture.case())
                .map(|(_, code)| *code);
            let call = match (decode(request, &KnownIds::Any, &DecodeOptions::all()), refused) {
                (Err(refusal), Some(code)) if refusal.code == code => continue,
                (Ok(Some(call)), None) => call,
                (other, _) => {
                    let other = other.map(|call| call.as_ref().map(tagged::arguments));
                    wrong.push(format!("{}: {other:?}", capture.label));
                    continue;
                }
            };
            let arguments = parse(&tagged::arguments(&call));
            let Some(expected) = capture.expected(number) else {
                continue;
            };
            compared += 1;
            // Some functions take their parameters apart before the recorder sees them.
            let sent = same(&arguments, &capture.meta["args_sent"]);
            if !same(&arguments, expected) && !sent && !closure(&arguments, expected) {
                wrong.push(format!("{}: {arguments} for {expected}", capture.label));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 100, "{compared} captures were compared");
}

/// An inline action gets its variables in the place of the first argument, which holds them encrypted. The recorder
/// logs the parameters that the function names.
fn closure(arguments: &Value, expected: &Value) -> bool {
    let (Some([first, rest @ ..]), Some(expected)) = (arguments.as_array().map(Vec::as_slice), expected.as_array())
    else {
        return false;
    };
    let encrypted = first["$type"] == "promise" && first["value"].as_str().is_some_and(|text| text.len() >= 44);
    let ends = |count: usize| {
        expected.len() > count
            && expected
                .iter()
                .rev()
                .take(count)
                .rev()
                .zip(rest)
                .all(|(left, right)| same(right, left))
    };
    encrypted && (rest.is_empty() || (1..=rest.len()).any(ends))
}

/// Requests made by hand, most of which Next.js takes: what the reader says of each.
const BY_HAND: &[(&str, Decision)] = &[
    ("action_on_missing_path", Decision::Accepted),
    ("args_1001", Decision::Refused(Code::BudgetArguments)),
    ("closure_garbage_ciphertext", Decision::Accepted),
    ("closure_tampered", Decision::Refused(Code::PromiseMissing)),
    ("empty_body", Decision::Refused(Code::JsonEmpty)),
    ("empty_body_noargs_action", Decision::Refused(Code::JsonEmpty)),
    ("get_with_next_action", Decision::NotAnAction),
    ("id_empty", Decision::Refused(Code::IdMalformed)),
    ("id_proto", Decision::Refused(Code::IdMalformed)),
    ("id_toString", Decision::Refused(Code::IdMalformed)),
    ("id_twice", Decision::Refused(Code::IdDuplicate)),
    ("id_uppercase", Decision::Refused(Code::IdMalformed)),
    ("invalid_json", Decision::Refused(Code::JsonSyntax)),
    ("json_content_type", Decision::Refused(Code::ContentType)),
    ("lowercase_text_plain_no_charset", Decision::Refused(Code::ContentType)),
    ("malformed_id_short", Decision::Refused(Code::IdMalformed)),
    ("mpa_any_action_as_form", Decision::Accepted),
    ("mpa_malformed_id", Decision::Refused(Code::IdMalformed)),
    ("mpa_no_action_field", Decision::Refused(Code::FormUnaddressed)),
    ("mpa_ref_bound_null", Decision::Refused(Code::FormDescriptor)),
    ("mpa_ref_forged_bound", Decision::Accepted),
    ("mpa_two_ids_last_wins", Decision::Accepted),
    ("mpa_urlencoded", Decision::NotAnAction),
    ("multipart_dup_root", Decision::Refused(Code::PartDuplicate)),
    ("multipart_file_root", Decision::Refused(Code::PartType)),
    ("multipart_no_root", Decision::Refused(Code::RootMissing)),
    ("multipart_simple", Decision::Refused(Code::ReferenceForward)),
    ("next_action_plus_mpa_fields", Decision::Refused(Code::PartName)),
    ("no_content_type", Decision::Refused(Code::ContentType)),
    ("ok_no_router_state", Decision::Accepted),
    ("post_without_action_plain", Decision::NotAnAction),
    ("put_with_next_action", Decision::NotAnAction),
    ("root_not_array_object", Decision::Refused(Code::RootShape)),
    ("root_null", Decision::Refused(Code::RootShape)),
    ("root_number", Decision::Refused(Code::RootShape)),
    ("root_string", Decision::Refused(Code::RootShape)),
    ("uppercase_multipart_type", Decision::Refused(Code::ContentType)),
    ("urlencoded_charset_with_action", Decision::Refused(Code::ContentType)),
    ("urlencoded_with_action", Decision::Refused(Code::ContentType)),
];

#[derive(Debug, PartialEq)]
enum Decision {
    Accepted,
    Refused(Code),
    NotAnAction,
}

#[test]
fn requests_made_by_hand_are_decided_as_listed() {
    let (mut met, mut wrong) = (0, Vec::new());
    for capture in captures() {
        let row = BY_HAND
            .iter()
            .find(|(case, _)| capture.case().strip_prefix("raw-") == Some(case));
        let Some((_, expected)) = row else { continue };
        for request in &capture.requests {
            met += 1;
            let decision = match decode(request, &KnownIds::Any, &DecodeOptions::all()) {
                Ok(Some(_)) => Decision::Accepted,
                Ok(None) => Decision::NotAnAction,
                Err(refusal) => Decision::Refused(refusal.code),
            };
            if decision != *expected {
                wrong.push(format!("{}: {decision:?} for {expected:?}", capture.label));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(met >= BY_HAND.len(), "{met} requests were decided");
}

/// What the reader makes of a recorded request; `None` if it is no action.
fn decode(request: &[u8], known: &KnownIds, options: &DecodeOptions) -> Result<Option<Call>, Refusal> {
    let end = request
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("a head");
    let head = std::str::from_utf8(&request[..end]).expect("a head of text");
    let body = &request[end + 4..];
    let mut lines = head.split("\r\n");
    let method = lines.next().and_then(|line| line.split(' ').next()).expect("a method");
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(':')).collect();
    let values = |name: &str| -> Vec<&str> {
        headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect()
    };
    let head = Head {
        method,
        next_action: &values("next-action"),
        content_type: &values("content-type"),
        content_encoding: !values("content-encoding").is_empty(),
    };
    Ok(match identify(&head, known, options)? {
        Identified::NotAnAction(_) => None,
        Identified::FetchText(action) => Some(read_fetch_text(action, body, known, options)?),
        Identified::FetchMultipart(action, boundary) => {
            Some(read_fetch_multipart(action, boundary, body, known, options)?)
        }
        Identified::Form(boundary) => {
            let call = read_form(boundary, body, known, options)?;
            // Who only asks which action it is hears the same.
            let named = form_action(boundary, body, known, options)?;
            assert_eq!(named.as_ref(), Some(call.action()));
            Some(call)
        }
    })
}

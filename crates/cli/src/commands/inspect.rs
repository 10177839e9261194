//! `portcullis inspect`: what one captured request calls, decoded by the code that guards applications. The output is
//! version 1 of a contract.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use portcullis_flight::{
    ActionId, Call, DecodeOptions, Dialect, Identified, KnownIds, Refusal, Transport, identify, read_fetch_multipart,
    read_fetch_text, read_form, tagged,
};

use super::Verdict;
use crate::arguments::{Allowed, DialectName, InspectArguments};
use crate::captured::{Captured, Problem};
use crate::failure::Failure;
use crate::output;

pub(super) fn run(arguments: &InspectArguments) -> Result<Verdict, Failure> {
    let request = read(&arguments.file)?;
    let known = arguments.manifest.as_deref().map_or(Ok(KnownIds::Any), known_ids)?;
    let options = options(arguments);
    let (verdict, line) = match Captured::parse(&request) {
        Err(Problem::Head(reason)) => {
            let title = format!("`{}` is no HTTP/1.1 request: {reason}", arguments.file.display());
            return Err(
                Failure::new(title).help("save the head and the body as they were sent, with their line breaks")
            );
        }
        Err(Problem::Framing(code, message)) => (Verdict::Refused, refused(code, message, None, 0)),
        Ok(captured) => match decode(&captured, &known, &options) {
            Ok(Ok(call)) => (Verdict::Fine, accepted(&call)),
            Ok(Err(reason)) => (Verdict::Fine, not_an_action(reason)),
            Err(refusal) => {
                let line = refused(
                    refusal.code.as_str(),
                    refusal.message(),
                    refusal.part.as_deref(),
                    refusal.offset,
                );
                (Verdict::Refused, line)
            }
        },
    };
    output::print(&line, false)?;
    Ok(verdict)
}

fn options(arguments: &InspectArguments) -> DecodeOptions {
    let options = match arguments.allow {
        Some(Allowed::All) => DecodeOptions::all(),
        None => DecodeOptions::default(),
    };
    let dialect = arguments.dialect.map(|name| match name {
        DialectName::R18a => Dialect::R18a,
        DialectName::R18 => Dialect::R18,
        DialectName::R19a => Dialect::R19a,
        DialectName::R19b => Dialect::R19b,
        DialectName::R19c => Dialect::R19c,
    });
    DecodeOptions { dialect, ..options }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut request = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().read_to_end(&mut request)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut request))
    };
    read.map_err(|error| Failure::file("read", path, &error))?;
    Ok(request)
}

/// The ids of a `server-reference-manifest.json`. The file also holds a secret, so nothing else of it is kept.
fn known_ids(path: &Path) -> Result<KnownIds, Failure> {
    let failure = |reason: &str| {
        Failure::new(format!(
            "`{}` is no server reference manifest: {reason}",
            path.display()
        ))
        .help("it is `.next/server/server-reference-manifest.json` after `next build`")
    };
    let text = read(path)?;
    let manifest: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| failure(&format!("line {} is not JSON", error.line())))?;
    let runtimes = ["node", "edge"].map(|runtime| manifest.get(runtime).and_then(|ids| ids.as_object()));
    if runtimes.iter().all(Option::is_none) {
        return Err(failure("it has neither `node` nor `edge`"));
    }
    let ids = runtimes.into_iter().flatten().flat_map(serde_json::Map::keys);
    let ids: Option<BTreeSet<_>> = ids.map(|id| ActionId::new(id)).collect();
    ids.map(KnownIds::Listed).ok_or_else(|| failure("an id is malformed"))
}

/// The call, or why it is none.
fn decode(
    captured: &Captured<'_>,
    known: &KnownIds,
    options: &DecodeOptions,
) -> Result<Result<Call, &'static str>, Refusal> {
    let body = &captured.body;
    let call = match identify(&captured.head(), known, options)? {
        Identified::NotAnAction(reason) => return Ok(Err(reason)),
        Identified::FetchText(action) => read_fetch_text(action, body, known, options)?,
        Identified::FetchMultipart(action, boundary) => read_fetch_multipart(action, boundary, body, known, options)?,
        Identified::Form(boundary) => read_form(boundary, body, known, options)?,
    };
    Ok(Ok(call))
}

fn accepted(call: &Call) -> String {
    let transport = match call.transport() {
        Transport::Fetch => "fetch",
        Transport::Form => "form",
    };
    let (action, arguments) = (call.action(), tagged::arguments(call));
    format!(
        "{{\"version\":1,\"verdict\":\"accepted\",\"action\":\"{action}\",\"transport\":\"{transport}\",\"arguments\":{arguments}}}\n"
    )
}

fn refused(code: &str, message: &str, part: Option<&str>, offset: usize) -> String {
    let part = part.map_or_else(|| "null".to_owned(), tagged::string);
    let message = tagged::string(message);
    format!(
        "{{\"version\":1,\"verdict\":\"refused\",\"code\":\"{code}\",\"message\":{message},\"part\":{part},\"offset\":{offset}}}\n"
    )
}

fn not_an_action(reason: &str) -> String {
    format!(
        "{{\"version\":1,\"verdict\":\"not-an-action\",\"reason\":{}}}\n",
        tagged::string(reason)
    )
}

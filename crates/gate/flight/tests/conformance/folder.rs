//! Where the vectors lie, and how a recorded request is taken apart.

use std::path::{Path, PathBuf};

use portcullis_flight::{
    Call, DecodeOptions, Head, Identified, KnownIds, Refusal, identify, read_fetch_multipart, read_fetch_text,
    read_form,
};

/// The folder `flight` of the vectors.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no other edge that could read the environment for it"
)]
pub(crate) fn flight() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    std::env::var_os("PORTCULLIS_VECTORS")
        .map_or_else(own, PathBuf::from)
        .join("flight")
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own vectors")]
pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folders directly below, sorted.
#[expect(clippy::disallowed_methods, reason = "a test reads its own vectors")]
pub(crate) fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut folders: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// What the reader makes of a recorded request; `None` if it is no action.
pub(crate) fn decode(request: &[u8], known: &KnownIds, options: &DecodeOptions) -> Result<Option<Call>, Refusal> {
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
        Identified::Form(boundary) => Some(read_form(boundary, body, known, options)?),
    })
}

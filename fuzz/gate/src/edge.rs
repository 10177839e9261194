//! The readers of guard's edge: they panic where one breaks a promise. What is read is compared with a plain reading of
//! the same bytes, and must not depend on the pieces in which they arrive.

use portcullis_guard::fuzzing::{self, Body, ChunkReader, Preamble};

const LIMIT: usize = 8 << 10;

/// The head of a request.
pub fn head(input: &[u8]) {
    let whole = fuzzing::head(input, 0, LIMIT);
    if let Ok(Some((length, body))) = whole {
        let head = input.get(..length).expect("a head that has arrived");
        assert_eq!(body, framing(head), "another framing");
    }
    for at in [1, input.len() / 3, input.len() / 2, input.len().saturating_sub(1)] {
        let Some(first) = input.get(..at) else { continue };
        match fuzzing::head(first, 0, LIMIT) {
            // The rest is read without the beginning.
            Ok(None) => assert_eq!(fuzzing::head(input, at, LIMIT), whole, "read after {at}"),
            Ok(Some(found)) => assert_eq!(whole, Ok(Some(found)), "found in {at}"),
            Err(_) => assert!(whole.is_err(), "refused at {at}, and accepted at the end"),
        }
    }
}

/// How a head frames its body, read the simplest way.
fn framing(head: &[u8]) -> Body {
    // Values may have bytes beyond ASCII.
    let head = String::from_utf8_lossy(head);
    let lines: Vec<_> = head.strip_suffix("\r\n\r\n").expect("its end").split("\r\n").collect();
    let words: Vec<_> = lines[0].split(' ').collect();
    assert!(
        words.len() == 3 && words[2].starts_with("HTTP/1."),
        "a request line: {words:?}"
    );
    let (mut length, mut chunked, mut hosts) = (None, false, 0);
    for line in &lines[1..] {
        assert!(
            !line.chars().any(|letter| letter.is_control() && letter != '\t'),
            "a control character in {line:?}"
        );
        let (name, value) = line.split_once(':').expect("a header");
        assert!(!name.is_empty() && !name.contains([' ', '\t']), "a name: {name:?}");
        match name.to_ascii_lowercase().as_str() {
            "host" => hosts += 1,
            "content-length" => {
                let value = value.trim_matches([' ', '\t']);
                assert!(value.bytes().all(|byte| byte.is_ascii_digit()), "a length: {value:?}");
                assert!(
                    length.replace(value.parse::<u64>().expect("a length")).is_none(),
                    "two lengths"
                );
            }
            "transfer-encoding" => {
                assert!(
                    !chunked && value.trim_matches([' ', '\t']).eq_ignore_ascii_case("chunked"),
                    "{value:?}"
                );
                chunked = true;
            }
            _ => {}
        }
    }
    assert_eq!(hosts, 1, "one host");
    assert!(!chunked || length.is_none(), "a length and chunks");
    match length {
        _ if chunked => Body::Chunked,
        None | Some(0) => Body::None,
        Some(length) => Body::Sized(length),
    }
}

/// A body of chunks.
pub fn chunks(input: &[u8]) {
    let whole = read(&[input]);
    for at in [1, 2, input.len() / 2, input.len().saturating_sub(1)] {
        if let Some((first, second)) = input.split_at_checked(at) {
            assert_eq!(read(&[first, second]), whole, "split at {at}");
        }
    }
    if let Ok((length, true)) = whole {
        let body = input.get(..length).expect("a body that has arrived");
        assert!(unchunked(body).is_some(), "no chunks");
    }
}

fn read(pieces: &[&[u8]]) -> Result<(usize, bool), &'static str> {
    let (mut reader, mut length) = (ChunkReader::default(), 0);
    for piece in pieces {
        let (more, has_ended) = reader.read(piece)?;
        assert!(
            more <= piece.len() && (has_ended || more == piece.len()),
            "more than there is"
        );
        length += more;
        if has_ended {
            return Ok((length, true));
        }
    }
    Ok((length, false))
}

/// The content of chunks, read the simplest way.
fn unchunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let end = body.windows(2).position(|pair| pair == b"\r\n")?;
        let size = std::str::from_utf8(body.get(..end)?).ok()?;
        let size = usize::from_str_radix(size, 16)
            .ok()
            .filter(|_| !size.starts_with('+'))?;
        body = body.get(end + 2..)?;
        content.extend_from_slice(body.get(..size)?);
        body = body.get(size..)?.strip_prefix(b"\r\n")?;
        if size == 0 {
            return body.is_empty().then_some(content);
        }
    }
}

/// The PROXY protocol.
pub fn preamble(input: &[u8]) {
    let whole = fuzzing::preamble(input);
    if let Preamble::Complete(length, _) = whole {
        assert!(0 < length && length <= input.len(), "{length} of {}", input.len());
        assert_eq!(fuzzing::preamble(&input[..length]), whole, "what follows changes it");
    }
    for at in [1, 5, 12, 16, input.len() / 2, input.len().saturating_sub(1)] {
        let Some(first) = input.get(..at) else { continue };
        match fuzzing::preamble(first) {
            Preamble::Partial => {}
            decided => assert_eq!(decided, whole, "decided after {at}"),
        }
    }
}

/// A path, and a query behind the first question mark.
pub fn target(input: &[u8]) {
    let Some((rule, text)) = input.split_first() else {
        return;
    };
    let encoded_slash = rule & 1 == 1;
    // What the reader of heads lets through.
    if !text.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'#') {
        return;
    }
    let Ok(text) = std::str::from_utf8(text) else { return };
    let (path, query) = text
        .split_once('?')
        .map_or((text, None), |(path, query)| (path, Some(query)));
    let Ok((onward, page)) = fuzzing::target(path, query, encoded_slash) else {
        return;
    };
    assert!(onward.starts_with('/') && page.starts_with('/'), "{onward} {page}");
    assert!(onward.bytes().all(|byte| byte.is_ascii_graphic()), "{onward:?}");
    let segments = |text: &str| text.split('/').any(|segment| segment == "." || segment == "..");
    let sent = onward.split('?').next().unwrap_or_default();
    assert!(
        !segments(sent) && !segments(&page) && !page.contains('\\'),
        "{onward} {page}"
    );
    let (path, query) = onward
        .split_once('?')
        .map_or((onward.as_str(), None), |(path, query)| (path, Some(query)));
    let again = fuzzing::target(path, query, encoded_slash);
    assert_eq!(again, Ok((onward.clone(), page)), "read again");
}

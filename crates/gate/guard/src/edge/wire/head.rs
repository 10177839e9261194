//! The head of a request of HTTP/1: its end, its grammar, and how its body is framed.

use memchr::memmem;

use crate::edge::refusal::Refusal;

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::edge) enum Framing {
    /// There is none.
    None,
    /// This many bytes, one at least.
    Sized(u64),
    /// Chunks.
    Chunked,
}

/// Headers of one request.
pub(crate) const MOST_HEADERS: usize = 100;

/// Methods that are let through. `CONNECT` and `TRACE` ask the proxy itself for something.
const METHODS: &[&[u8]] = &[b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"];

/// Looks for a head at the start of `bytes`, of which the first `scanned` have no end: its length and its framing.
pub(in crate::edge) fn read(bytes: &[u8], scanned: usize, limit: usize) -> Result<Option<(usize, Framing)>, Refusal> {
    let from = scanned.saturating_sub(3);
    let tail = bytes.get(from..).unwrap_or_default();
    let Some(end) = memmem::find(tail, b"\r\n\r\n") else {
        if bytes.len() > limit {
            return Err(Refusal::HeadSize);
        }
        // A client that ends lines with LF alone would wait for ever.
        if has_bare_line_feed(bytes) {
            return Err(Refusal::HeadSyntax);
        }
        return Ok(None);
    };
    let end = from + end;
    let length = end + 4;
    if length > limit {
        return Err(Refusal::HeadSize);
    }
    let head = bytes.get(..end).unwrap_or_default();
    check(head).map(|framing| Some((length, framing)))
}

fn has_bare_line_feed(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', bytes).any(|at| at == 0 || bytes.get(at - 1) != Some(&b'\r'))
}

/// What the headers say about the body.
#[derive(Debug, Default)]
struct Seen {
    hosts: usize,
    length: Option<u64>,
    is_chunked: bool,
}

fn check(head: &[u8]) -> Result<Framing, Refusal> {
    let mut lines = Lines(head);
    let line = lines.next().unwrap_or_default();
    let (method, is_http_11) = request_line(line)?;
    let mut seen = Seen::default();
    let mut count = 0;
    for line in lines {
        count += 1;
        if count > MOST_HEADERS {
            return Err(Refusal::HeadSize);
        }
        header(line, is_http_11, &mut seen)?;
    }
    match seen.hosts {
        0 => return Err(Refusal::HostMissing),
        1 => {}
        _ => return Err(Refusal::HostSeveral),
    }
    let framing = match (seen.length, seen.is_chunked) {
        (Some(_), true) => return Err(Refusal::LengthAndChunks),
        (None | Some(0), false) => Framing::None,
        (Some(length), false) => Framing::Sized(length),
        (None, true) => Framing::Chunked,
    };
    if framing != Framing::None && matches!(method, b"GET" | b"HEAD") {
        return Err(Refusal::BodyUnexpected);
    }
    Ok(framing)
}

/// Lines that end in CRLF; a CR or LF of its own stays in the line, where no grammar takes it.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = memmem::find(self.0, b"\r\n").unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(2..).unwrap_or_default();
        Some(line)
    }
}

/// The method, and whether the version is 1.1.
fn request_line(line: &[u8]) -> Result<(&[u8], bool), Refusal> {
    let mut parts = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::HeadSyntax);
    };
    if method.is_empty() || !method.iter().all(|byte| is_token(*byte)) {
        return Err(Refusal::HeadSyntax);
    }
    let is_http_11 = match version {
        b"HTTP/1.1" => true,
        b"HTTP/1.0" => false,
        other if other.starts_with(b"HTTP/") => return Err(Refusal::Version),
        _ => return Err(Refusal::HeadSyntax),
    };
    if !METHODS.contains(&method) {
        return Err(Refusal::Method);
    }
    // The server library would answer what it cannot read itself, and nobody would hear of it.
    let is_visible = |byte: &u8| matches!(byte, 0x21..=0x7e) && *byte != b'#';
    if !target.iter().all(is_visible) || http::Uri::try_from(target).is_err() {
        return Err(Refusal::Target);
    }
    Ok((method, is_http_11))
}

fn header(line: &[u8], is_http_11: bool, seen: &mut Seen) -> Result<(), Refusal> {
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Err(Refusal::HeadFold);
    }
    let colon = memchr::memchr(b':', line).ok_or(Refusal::HeadSyntax)?;
    let (name, value) = line.split_at_checked(colon).ok_or(Refusal::HeadSyntax)?;
    let value = without_blanks(value.get(1..).unwrap_or_default());
    if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
        return Err(Refusal::HeadSyntax);
    }
    if !value.iter().all(|byte| matches!(byte, b'\t' | 0x20..=0x7e | 0x80..)) {
        return Err(Refusal::HeadSyntax);
    }
    if name.eq_ignore_ascii_case(b"host") {
        seen.hosts += 1;
    } else if name.eq_ignore_ascii_case(b"content-length") {
        // A list, a sign, a second header: all of them are read differently somewhere.
        let is_number = !value.is_empty() && value.len() <= 15 && value.iter().all(u8::is_ascii_digit);
        if !is_number || seen.length.is_some() {
            return Err(Refusal::Length);
        }
        let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        seen.length = Some(number.ok_or(Refusal::Length)?);
    } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
        if !is_http_11 || seen.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return Err(Refusal::TransferCoding);
        }
        seen.is_chunked = true;
    } else if name.eq_ignore_ascii_case(b"expect") && !value.eq_ignore_ascii_case(b"100-continue") {
        return Err(Refusal::Expectation);
    }
    Ok(())
}

/// Blanks around a value are spaces and tabs. A line feed at its end would end the whole head for others.
fn without_blanks(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

const fn is_token(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
    ) || byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::{Framing, read};
    use crate::edge::refusal::Refusal;

    fn framing(head: &str) -> Result<Option<(usize, Framing)>, Refusal> {
        read(head.as_bytes(), 0, 4096)
    }

    #[test]
    fn a_head_ends_with_an_empty_line_and_not_before() {
        let head = "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(framing(head), Ok(Some((head.len() - 3, Framing::Sized(3)))));
        for end in 0..head.len() - 4 {
            assert_eq!(read(&head.as_bytes()[..end], 0, 4096), Ok(None), "{end}");
            // Wherever the pieces are cut, the end is found.
            assert!(read(head.as_bytes(), end, 4096).unwrap().is_some(), "{end}");
        }
    }

    #[test]
    fn a_body_has_one_framing() {
        let with = |headers: &str| {
            let head = format!("POST / HTTP/1.1\r\nhost: a\r\n{headers}\r\n");
            framing(&head).map(|found| found.unwrap().1)
        };
        assert_eq!(with(""), Ok(Framing::None));
        assert_eq!(with("content-length: 0\r\n"), Ok(Framing::None));
        assert_eq!(with("Transfer-Encoding: Chunked\r\n"), Ok(Framing::Chunked));
        for (headers, refusal) in [
            (
                "content-length: 1\r\ntransfer-encoding: chunked\r\n",
                Refusal::LengthAndChunks,
            ),
            (
                "transfer-encoding: chunked\r\ncontent-length: 0\r\n",
                Refusal::LengthAndChunks,
            ),
            ("content-length: 1, 1\r\n", Refusal::Length),
            ("content-length: 1\r\ncontent-length: 1\r\n", Refusal::Length),
            ("content-length: +1\r\n", Refusal::Length),
            ("content-length: -1\r\n", Refusal::Length),
            ("content-length: 0x1\r\n", Refusal::Length),
            ("content-length:\r\n", Refusal::Length),
            ("content-length:\x0c5\r\n", Refusal::HeadSyntax),
            ("content-length: 99999999999999999999\r\n", Refusal::Length),
            ("transfer-encoding: gzip, chunked\r\n", Refusal::TransferCoding),
            ("transfer-encoding: chunked, chunked\r\n", Refusal::TransferCoding),
            (
                "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
                Refusal::TransferCoding,
            ),
            ("transfer-encoding: identity\r\n", Refusal::TransferCoding),
            ("transfer-encoding: \u{b}chunked\r\n", Refusal::HeadSyntax),
            ("transfer-encoding : chunked\r\n", Refusal::HeadSyntax),
            ("a: b\r\n c: d\r\n", Refusal::HeadFold),
            ("a: b\r\n\tc\r\n", Refusal::HeadFold),
            ("a: b\nc: d\r\n", Refusal::HeadSyntax),
            ("a: b\rc: d\r\n", Refusal::HeadSyntax),
            // At the ends of a value they are no blanks either: some would see the end of the head here.
            ("a: b\n\r\n", Refusal::HeadSyntax),
            ("a: b\r\r\n", Refusal::HeadSyntax),
            ("a: \nb\r\n", Refusal::HeadSyntax),
            ("content-length: 3\u{c}\r\n", Refusal::HeadSyntax),
            ("a: \0\r\n", Refusal::HeadSyntax),
            ("a b: c\r\n", Refusal::HeadSyntax),
            (": c\r\n", Refusal::HeadSyntax),
            ("no colon\r\n", Refusal::HeadSyntax),
            ("expect: the-impossible\r\n", Refusal::Expectation),
            ("host: b\r\n", Refusal::HostSeveral),
        ] {
            assert_eq!(with(headers), Err(refusal), "{headers:?}");
        }
    }

    #[test]
    fn the_request_line_has_three_parts() {
        let line = |line: &str| framing(&format!("{line}\r\nhost: a\r\n\r\n")).map(|_| ());
        assert_eq!(line("GET / HTTP/1.1"), Ok(()));
        assert_eq!(line("GET / HTTP/1.0"), Ok(()));
        for (text, refusal) in [
            ("GET  / HTTP/1.1", Refusal::HeadSyntax),
            ("GET / HTTP/1.1 ", Refusal::HeadSyntax),
            (" GET / HTTP/1.1", Refusal::HeadSyntax),
            ("", Refusal::HeadSyntax),
            ("GET /", Refusal::HeadSyntax),
            ("GET / http/1.1", Refusal::HeadSyntax),
            ("GET / HTTP/2.0", Refusal::Version),
            ("GET / HTTP/1.2", Refusal::Version),
            ("get / HTTP/1.1", Refusal::Method),
            ("CONNECT a:80 HTTP/1.1", Refusal::Method),
            ("TRACE / HTTP/1.1", Refusal::Method),
            ("REFUSED / HTTP/1.1", Refusal::Method),
            ("GET /\u{e4} HTTP/1.1", Refusal::Target),
            ("GET /a#b HTTP/1.1", Refusal::Target),
            ("GET /<a> HTTP/1.1", Refusal::Target),
            ("GET /a\tb HTTP/1.1", Refusal::Target),
        ] {
            assert_eq!(line(text), Err(refusal), "{text:?}");
        }
    }

    #[test]
    fn sizes_are_limited() {
        let long = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(5000));
        assert_eq!(framing(&long), Err(Refusal::HeadSize));
        assert_eq!(read(&long.as_bytes()[..4500], 0, 4096), Err(Refusal::HeadSize));
        let many = format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(100));
        assert_eq!(framing(&many), Err(Refusal::HeadSize));
    }

    #[test]
    fn lines_without_cr_do_not_wait_for_the_deadline() {
        assert_eq!(framing("GET / HTTP/1.1\nHost: a\n\n"), Err(Refusal::HeadSyntax));
        assert_eq!(framing("\n"), Err(Refusal::HeadSyntax));
        assert_eq!(framing("GET / HTTP/1.1\r"), Ok(None));
    }
}

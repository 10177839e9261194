//! One HTTP/1.1 request as it was captured: its head, and its body by exactly one way of framing. What a browser or a
//! proxy would have to guess is refused.

use portcullis_flight::Head;

/// A captured request.
#[derive(Debug)]
pub(crate) struct Captured<'a> {
    method: &'a str,
    next_action: Vec<&'a str>,
    content_type: Vec<&'a str>,
    content_encoding: bool,
    /// Its body, without chunk framing.
    pub(crate) body: Vec<u8>,
}

/// Why a file is no request that can be inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It is no HTTP request.
    Head(&'static str),
    /// It is one that is refused: code and message.
    Framing(&'static str, &'static str),
}

const LENGTH: Problem = Problem::Framing(
    "edge.framing.length",
    "the length of the body is malformed or given twice",
);
const ENCODING: Problem = Problem::Framing(
    "edge.framing.transfer-encoding",
    "a transfer encoding that is not exactly `chunked`, or beside a length",
);
const CHUNK: Problem = Problem::Framing("edge.framing.chunk", "a chunk of the body is malformed");
const TRUNCATED: Problem = Problem::Framing("edge.framing.truncated", "the body is shorter than its length");
const TRAILING: Problem = Problem::Framing("edge.framing.trailing", "bytes after the body");
const LINE_BREAK: Problem = Problem::Framing(
    "edge.framing.line-break",
    "a line of the head ends without carriage return and line feed",
);
const NOT_TEXT: Problem = Problem::Framing("edge.header.encoding", "a header that decides the call is not UTF-8");

impl<'a> Captured<'a> {
    /// Takes a request apart.
    pub(crate) fn parse(request: &'a [u8]) -> Result<Self, Problem> {
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut parsed = httparse::Request::new(&mut headers);
        let length = match parsed.parse(request) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Err(Problem::Head("its head does not end")),
            Err(httparse::Error::TooManyHeaders) => return Err(Problem::Head("it has more than 128 headers")),
            Err(_) => return Err(Problem::Head("its head is malformed")),
        };
        let (head, rest) = request.split_at_checked(length).unwrap_or_default();
        if bare_line_break(head) {
            return Err(LINE_BREAK);
        }
        let present = |name: &str| {
            parsed
                .headers
                .iter()
                .any(|header| header.name.eq_ignore_ascii_case(name))
        };
        let texts = |name: &str| -> Result<Vec<&'a str>, Problem> {
            let named = parsed
                .headers
                .iter()
                .filter(|header| header.name.eq_ignore_ascii_case(name));
            named
                .map(|header| std::str::from_utf8(header.value).map_err(|_| NOT_TEXT))
                .collect()
        };
        let body = body(&texts("transfer-encoding")?, &texts("content-length")?, rest)?;
        Ok(Self {
            method: parsed.method.unwrap_or_default(),
            next_action: texts("next-action")?,
            content_type: texts("content-type")?,
            content_encoding: present("content-encoding"),
            body,
        })
    }

    /// What decides whether it is an action.
    pub(crate) fn head(&self) -> Head<'_> {
        Head {
            method: self.method,
            next_action: &self.next_action,
            content_type: &self.content_type,
            content_encoding: self.content_encoding,
        }
    }
}

fn bare_line_break(head: &[u8]) -> bool {
    let mut before = 0;
    let mut bare = |byte: &u8| std::mem::replace(&mut before, *byte) != b'\r' && *byte == b'\n';
    head.iter().any(&mut bare)
}

/// A file ends where its request ends, so without a length the rest is the body.
fn body(encodings: &[&str], lengths: &[&str], rest: &[u8]) -> Result<Vec<u8>, Problem> {
    match (encodings, lengths) {
        ([], []) => Ok(rest.to_vec()),
        ([], [length]) => {
            let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
            let length: usize = length.parse().ok().filter(|_| digits).ok_or(LENGTH)?;
            match rest.len() {
                found if found < length => Err(TRUNCATED),
                found if found > length => Err(TRAILING),
                _ => Ok(rest.to_vec()),
            }
        }
        ([], _) => Err(LENGTH),
        ([encoding], []) if encoding.eq_ignore_ascii_case("chunked") => unchunked(rest),
        _ => Err(ENCODING),
    }
}

/// The content of chunks. Extensions and trailers, which proxies read differently, are refused.
fn unchunked(mut rest: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    loop {
        let end = rest
            .iter()
            .position(|byte| *byte == b'\r')
            .filter(|end| *end <= 8)
            .ok_or(CHUNK)?;
        let (size, after) = rest.split_at_checked(end).ok_or(CHUNK)?;
        let digits = !size.is_empty() && size.iter().all(u8::is_ascii_hexdigit);
        let size = std::str::from_utf8(size).ok().filter(|_| digits).ok_or(CHUNK)?;
        let size = usize::from_str_radix(size, 16).map_err(|_| CHUNK)?;
        let content = after.strip_prefix(b"\r\n").ok_or(CHUNK)?;
        let (content, after) = content.split_at_checked(size).ok_or(TRUNCATED)?;
        body.extend_from_slice(content);
        rest = after.strip_prefix(b"\r\n").ok_or(CHUNK)?;
        if size == 0 {
            return if rest.is_empty() { Ok(body) } else { Err(TRAILING) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &str, body: &str, expected: Result<&str, Problem>) {
        let request = format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n{body}");
        let captured = Captured::parse(request.as_bytes()).map(|captured| captured.body);
        assert_eq!(captured, expected.map(|body| body.as_bytes().to_vec()), "{request:?}");
    }

    #[test]
    fn a_body_has_one_framing() {
        check("Content-Length: 2\r\n", "[]", Ok("[]"));
        check("", "[]", Ok("[]"));
        check(
            "Transfer-Encoding: chunked\r\n",
            "1\r\n[\r\n1\r\n]\r\n0\r\n\r\n",
            Ok("[]"),
        );
        check("Content-Length: 3\r\n", "[]", Err(TRUNCATED));
        check("Content-Length: 1\r\n", "[]", Err(TRAILING));
        check("Content-Length: +2\r\n", "[]", Err(LENGTH));
        check("Content-Length: 2\r\nContent-Length: 2\r\n", "[]", Err(LENGTH));
        check(
            "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
            "[]",
            Err(ENCODING),
        );
        check("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n", Err(ENCODING));
        check("Transfer-Encoding: chunked\r\n", "2;a=b\r\n[]\r\n0\r\n\r\n", Err(CHUNK));
        check("Transfer-Encoding: chunked\r\n", "3\r\n[]\r\n0\r\n\r\n", Err(CHUNK));
        check("Transfer-Encoding: chunked\r\n", "ff\r\n[]", Err(TRUNCATED));
        check("Transfer-Encoding: chunked\r\n", "0\r\n\r\nGET", Err(TRAILING));
        check("Content-Length: 2\n", "[]", Err(LINE_BREAK));
    }
}

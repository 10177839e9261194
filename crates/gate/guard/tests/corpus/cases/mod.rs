//! The regression corpus: twenty families of requests that have hurt Next.js applications, or that two parsers read
//! differently, and beside each what must go on working. They are shapes: no case carries code or a target.
//!
//! Pure, so that the tests of this crate and the end-to-end tests send the very same bytes.

#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "the corpus cuts its own constants and ids of hexadecimal digits"
)]

mod callers;
mod calls;
mod http1;
mod multipart;
mod references;
mod values;

/// What has to happen to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expect {
    /// Nothing reaches the application. The code starts with one of these.
    Refused(Vec<&'static str>),
    /// It reaches the application.
    Passes,
    /// It reaches the application without these headers, and without these words in its target.
    Without(Vec<&'static str>),
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) family: &'static str,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) expect: Expect,
}

/// The application that requests are for.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// As in `Host`.
    pub(crate) host: String,
    /// As in `Origin`.
    pub(crate) origin: String,
    /// The path of a page.
    pub(crate) page: String,
    /// An action that everybody may call with anything.
    pub(crate) action: String,
}

/// All cases, in the order of the families.
pub(crate) fn all(site: &Site) -> Vec<Case> {
    let mut cases = Cases {
        site,
        found: Vec::new(),
        family: "",
    };
    references::add(&mut cases);
    values::add(&mut cases);
    calls::add(&mut cases);
    multipart::add(&mut cases);
    callers::add(&mut cases);
    http1::add(&mut cases);
    cases.found
}

/// Where the families put their cases.
pub(crate) struct Cases<'a> {
    pub(crate) site: &'a Site,
    found: Vec<Case>,
    family: &'static str,
}

pub(crate) const BOUNDARY: &str = "----portcullis7c0rpus";
pub(crate) const TEXT: &str = "text/plain;charset=UTF-8";

impl Cases<'_> {
    pub(crate) fn family(&mut self, family: &'static str) {
        self.family = family;
    }

    pub(crate) fn add(&mut self, name: impl Into<String>, request: Request, expect: Expect) {
        let bytes = request.bytes();
        self.found.push(Case {
            family: self.family,
            name: name.into(),
            bytes,
            expect,
        });
    }

    pub(crate) fn refuse(&mut self, name: impl Into<String>, request: Request, codes: &[&'static str]) {
        self.add(name, request, Expect::Refused(codes.to_vec()));
    }

    pub(crate) fn pass(&mut self, name: impl Into<String>, request: Request) {
        self.add(name, request, Expect::Passes);
    }

    /// A fetch action with arguments as text.
    pub(crate) fn text(&self, body: impl AsRef<[u8]>) -> Request {
        self.fetch().header("Content-Type", TEXT).body(body)
    }

    /// A fetch action with arguments in parts, in this order.
    pub(crate) fn parts(&self, parts: &[(&str, &str)]) -> Request {
        self.fetch().multipart(&fields(parts))
    }

    /// A form post.
    pub(crate) fn form(&self, parts: &[(&str, &str)]) -> Request {
        self.page("POST")
            .header("Accept", "text/html")
            .multipart(&fields(parts))
    }

    /// A fetch action without content.
    pub(crate) fn fetch(&self) -> Request {
        self.page("POST")
            .header("Accept", "text/x-component")
            .header("Next-Action", &self.site.action)
    }

    /// A request for the page, as the page's own scripts and forms make it.
    pub(crate) fn page(&self, method: &str) -> Request {
        let request = Request::new(method, &self.site.page).header("Host", &self.site.host);
        if method == "POST" {
            request.header("Origin", &self.site.origin)
        } else {
            request
        }
    }
}

/// The parts of a body that have a name and a text only.
pub(crate) fn fields(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, text) in parts {
        part(
            &mut body,
            &format!("Content-Disposition: form-data; name=\"{name}\""),
            text.as_bytes(),
        );
    }
    close(&mut body);
    body
}

/// A part with any head.
pub(crate) fn part(body: &mut Vec<u8>, head: &str, content: &[u8]) {
    body.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").bytes());
    body.extend(content);
    body.extend(b"\r\n");
}

/// The end of a body in parts.
pub(crate) fn close(body: &mut Vec<u8>) {
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
}

/// A request that is being written; nothing in it is checked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    start: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
    framed: bool,
}

impl Request {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            start: format!("{method} {target} HTTP/1.1"),
            headers: Vec::new(),
            body: None,
            framed: true,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// The header once, with this value.
    pub(crate) fn only(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self = self.no(name);
        self.header(name, value)
    }

    pub(crate) fn no(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// Another target, as it is.
    pub(crate) fn target(mut self, target: &str) -> Self {
        let method = self.start.split(' ').next().unwrap_or_default();
        self.start = format!("{method} {target} HTTP/1.1");
        self
    }

    /// The body; its length is told.
    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = Some(body.as_ref().to_vec());
        self
    }

    /// The body, and nothing that tells where it ends.
    pub(crate) fn unframed(mut self, body: impl AsRef<[u8]>) -> Self {
        self.framed = false;
        self.body(body)
    }

    pub(crate) fn multipart(self, body: &[u8]) -> Self {
        self.header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(body)
    }

    fn bytes(self) -> Vec<u8> {
        let mut bytes = self.start.into_bytes();
        bytes.extend(b"\r\n");
        for (name, value) in self.headers {
            bytes.extend(name.bytes());
            bytes.extend(b": ");
            bytes.extend(value);
            bytes.extend(b"\r\n");
        }
        if let Some(body) = self.body.as_ref().filter(|_| self.framed) {
            bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
        }
        bytes.extend(b"Connection: close\r\n\r\n");
        bytes.extend(self.body.unwrap_or_default());
        bytes
    }
}

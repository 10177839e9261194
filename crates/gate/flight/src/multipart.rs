//! Multipart bodies, of which only the form is read that browsers and Node write: every body that passes has one
//! meaning, whichever parser reads it. What the names mean is decided in `parts` and `form`.

use memchr::memmem::Finder;

use crate::{Budgets, Code, Refusal};

/// One part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) name: &'a str,
    pub(crate) file: Option<FileHead<'a>>,
    pub(crate) content: &'a [u8],
}

/// What the headers of a file say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileHead<'a> {
    pub(crate) name: &'a str,
    pub(crate) mime: &'a str,
}

impl FileHead<'_> {
    /// The head as the reader of fetch actions in Next.js has it. It keeps what is behind the last slash of a name, and
    /// takes a file without a name for a field, unless its type is the one that browsers send where no file was chosen.
    pub(crate) fn of_fetch(self) -> Option<Self> {
        let nothing_chosen = self.name.is_empty() && self.mime.eq_ignore_ascii_case("application/octet-stream");
        let name = if nothing_chosen {
            UNNAMED
        } else {
            self.name.rsplit('/').next().unwrap_or_default()
        };
        (!matches!(name, "" | "." | "..")).then_some(Self { name, ..self })
    }
}

/// What the missing name becomes: JavaScript's `undefined` as a text.
const UNNAMED: &str = "undefined";

impl<'a> Part<'a> {
    /// The content of a field. It must be UTF-8.
    pub(crate) fn utf8(&self) -> Result<&'a str, Refusal> {
        std::str::from_utf8(self.content)
            .map_err(|error| Refusal::of_part(Code::MultipartUtf8, self.name, error.valid_up_to()))
    }

    /// The same, without the mark that the reader of forms in Node drops from its start.
    pub(crate) fn text(&self) -> Result<&'a str, Refusal> {
        let text = self.utf8()?;
        if text.starts_with(BYTE_ORDER_MARK) {
            return Err(Refusal::of_part(Code::MultipartByteOrderMark, self.name, 0));
        }
        Ok(text)
    }
}

/// A name that begins with one is another name to the reader of forms in Node: one that React takes for its own.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The boundary that a content type names, after `multipart/form-data`.
pub(crate) fn boundary(parameters: &str) -> Result<&str, Code> {
    let parameter = parameters.strip_prefix(';').map(|rest| rest.trim_start_matches(' '));
    let boundary = parameter.and_then(|parameter| parameter.strip_prefix("boundary="));
    let plain = |text: &&str| (1..=70).contains(&text.len()) && text.bytes().all(is_token);
    boundary.filter(plain).ok_or(Code::MultipartBoundary)
}

/// What a header's name and a boundary are made of.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Splits a body. INVARIANT: `boundary` has been read from the head by [`boundary`].
pub(crate) fn read<'a>(body: &'a [u8], boundary: &str, budgets: &Budgets) -> Result<Vec<Part<'a>>, Refusal> {
    if body.len() > budgets.bytes {
        return Err(Refusal::at(Code::BudgetBytes, budgets.bytes));
    }
    let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
    let dashed = delimiter.get(2..).unwrap_or_default();
    let finder = Finder::new(boundary);
    if !body.starts_with(dashed) {
        let code = if finder.find(body).is_some() {
            Code::MultipartPreamble
        } else {
            Code::MultipartUnfinished
        };
        return Err(Refusal::at(code, 0));
    }
    let mut parts = Vec::new();
    let mut position = dashed.len();
    loop {
        let rest = body.get(position..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix(b"--") {
            if after.is_empty() || after == b"\r\n" {
                return Ok(parts);
            }
            return Err(Refusal::at(Code::MultipartEpilogue, position + 2));
        }
        match rest {
            [b'\r', b'\n', ..] => position += 2,
            [b'\n', ..] => return Err(Refusal::at(Code::MultipartLineBreak, position)),
            [] => return Err(Refusal::at(Code::MultipartUnfinished, position)),
            _ => return Err(Refusal::at(Code::MultipartDelimiter, position)),
        }
        if parts.len() >= budgets.parts {
            return Err(Refusal::at(Code::BudgetParts, position));
        }
        let head = Head::read(body, &mut position, budgets)?;
        let rest = body.get(position..).unwrap_or_default();
        // Some parsers would see a delimiter here, which needs no line break of its own after an empty head.
        if rest.starts_with(dashed) {
            return Err(Refusal::at(Code::MultipartDelimiter, position));
        }
        let found = finder
            .find(rest)
            .ok_or(Refusal::at(Code::MultipartUnfinished, body.len()))?;
        // The reader of forms in Node takes the bare boundary for a delimiter.
        let delimits = |length: &usize| rest.get(*length..).is_some_and(|rest| rest.starts_with(&delimiter));
        let length = found.checked_sub(4).filter(delimits);
        let length = length.ok_or(Refusal::at(Code::MultipartDelimiter, position + found))?;
        parts.push(head.part(rest.get(..length).unwrap_or_default(), position)?);
        position += length + delimiter.len();
    }
}

/// The headers of a part, as far as they are read.
#[derive(Debug, Default)]
struct Head<'a> {
    name: Option<&'a str>,
    file_name: Option<&'a str>,
    disposition: bool,
    content_type: Option<&'a str>,
}

impl<'a> Head<'a> {
    fn read(body: &'a [u8], position: &mut usize, budgets: &Budgets) -> Result<Self, Refusal> {
        let mut head = Self::default();
        loop {
            let start = *position;
            let refuse = |code| Refusal::at(code, start);
            let rest = body.get(start..).unwrap_or_default();
            let length = memchr::memchr2(b'\r', b'\n', rest).ok_or(refuse(Code::MultipartUnfinished))?;
            let (line, after) = rest.split_at_checked(length).unwrap_or_default();
            if !after.starts_with(b"\r\n") {
                return Err(refuse(Code::MultipartLineBreak));
            }
            *position = start + length + 2;
            if line.is_empty() {
                return Ok(head);
            }
            head.line(line, budgets).map_err(refuse)?;
        }
    }

    fn line(&mut self, line: &'a [u8], budgets: &Budgets) -> Result<(), Code> {
        if matches!(line, [b' ' | b'\t', ..]) {
            return Err(Code::MultipartFolded);
        }
        let line = std::str::from_utf8(line).map_err(|_| Code::MultipartUtf8)?;
        let (name, value) = line.split_once(':').ok_or(Code::MultipartHeader)?;
        let value = value.strip_prefix(' ').unwrap_or(value);
        if name.is_empty() || !name.bytes().all(is_token) || value.trim_matches([' ', '\t']) != value {
            return Err(Code::MultipartHeader);
        }
        match name.to_ascii_lowercase().as_str() {
            "content-disposition" if self.disposition => Err(Code::MultipartHeaderDuplicate),
            "content-type" if self.content_type.is_some() => Err(Code::MultipartHeaderDuplicate),
            "content-disposition" => {
                self.disposition = true;
                self.disposition(value, budgets)
            }
            "content-type" => {
                self.content_type = Some(value);
                Ok(())
            }
            "content-transfer-encoding" => Err(Code::MultipartTransferEncoding),
            _ => Err(Code::MultipartHeaderUnknown),
        }
    }

    fn disposition(&mut self, value: &'a str, budgets: &Budgets) -> Result<(), Code> {
        let mut rest = value.strip_prefix("form-data").ok_or(Code::MultipartDisposition)?;
        while !rest.is_empty() {
            let parameter = rest.strip_prefix("; ").ok_or(Code::MultipartDisposition)?;
            let (key, text) = parameter.split_once('=').ok_or(Code::MultipartDisposition)?;
            if key.contains('*') {
                return Err(Code::MultipartDispositionExtended);
            }
            let quoted = text.strip_prefix('"').ok_or(Code::MultipartDisposition)?;
            let (text, after) = quoted.split_once('"').ok_or(Code::MultipartDisposition)?;
            if text
                .bytes()
                .any(|byte| byte == b'\\' || (byte < b' ' && byte != b'\t') || byte == 0x7f)
            {
                return Err(Code::MultipartName);
            }
            let (place, longest) = match key {
                "name" => (&mut self.name, budgets.name),
                "filename" => (&mut self.file_name, budgets.name.saturating_mul(4)),
                _ => return Err(Code::MultipartDispositionParameter),
            };
            if text.len() > longest {
                return Err(Code::MultipartNameLong);
            }
            if place.replace(text).is_some() {
                return Err(Code::MultipartDispositionParameter);
            }
            rest = after;
        }
        Ok(())
    }

    fn part(self, content: &'a [u8], position: usize) -> Result<Part<'a>, Refusal> {
        let refuse = |code| Refusal::at(code, position);
        if !self.disposition {
            return Err(refuse(Code::MultipartDisposition));
        }
        let name = self.name.ok_or(refuse(Code::MultipartNameless))?;
        let refuse = |code| Refusal::of_part(code, name, 0);
        if [Some(name), self.file_name]
            .into_iter()
            .flatten()
            .any(|name| name.starts_with(BYTE_ORDER_MARK))
        {
            return Err(refuse(Code::MultipartByteOrderMark));
        }
        if self
            .content_type
            .is_some_and(|mime| mime.to_ascii_lowercase().contains("charset"))
        {
            return Err(refuse(Code::MultipartCharset));
        }
        let file = match (self.file_name, self.content_type) {
            (None, None) => None,
            (None, Some(_)) => return Err(refuse(Code::MultipartFieldType)),
            (Some(name), Some(mime)) if is_media_type(mime) => Some(FileHead { name, mime }),
            (Some(_), _) => return Err(refuse(Code::MultipartFileType)),
        };
        Ok(Part { name, file, content })
    }
}

/// A type and a subtype, without parameters.
fn is_media_type(mime: &str) -> bool {
    let token = |text: &str| !text.is_empty() && text.bytes().all(is_token);
    mime.len() <= 128
        && mime
            .split_once('/')
            .is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::{Budgets, Code};

    fn check(body: &str, expected: Result<&[(&str, &str)], Code>) {
        // A boundary that stands nowhere else.
        let body = body.replace("--b", "--0b0");
        let parts = read(body.as_bytes(), "0b0", &Budgets::default());
        let parts = parts.map(|parts| {
            parts
                .iter()
                .map(|part| (part.name, part.text().expect("text")))
                .collect::<Vec<_>>()
        });
        assert_eq!(
            parts.as_deref().map_err(|refusal| refusal.code),
            expected.as_ref().map(|parts| &**parts).map_err(|code| *code),
            "{body:?}"
        );
    }

    #[test]
    fn what_browsers_write_is_read() {
        check(
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx0b0\r\n--b--\r\n",
            Err(Code::MultipartDelimiter),
        );
        check("--b--\r\n", Ok(&[]));
        check("--b--", Ok(&[]));
        check(
            "--b\r\nContent-Disposition: form-data; name=\"0\"\r\n\r\n[]\r\n--b--\r\n",
            Ok(&[("0", "[]")]),
        );
        check(
            "--b\r\ncontent-disposition: form-data; name=\"é\"\r\n\r\n\r\n--b--\r\n",
            Ok(&[("é", "")]),
        );
        check(
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--\r\n--b\r\nContent-Disposition: form-data; name=\"b\"; \
             filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n--b\n\r\n--b--\r\n",
            Err(Code::MultipartDelimiter),
        );
        check(
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--\r\n--b\r\nContent-Disposition: form-data; name=\"b\"; \
             filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n-b\n\r\n--b--\r\n",
            Ok(&[("a", "x\r\n--"), ("b", "-b\n")]),
        );
    }

    #[test]
    fn each_differential_is_refused_with_its_code() {
        let field = |head: &str| format!("--b\r\n{head}\r\n\r\nx\r\n--b--\r\n");
        let named = "Content-Disposition: form-data; name=\"0\"";
        for (body, code) in [
            ("x\r\n--b--\r\n".to_owned(), Code::MultipartPreamble),
            ("\r\n--b--\r\n".to_owned(), Code::MultipartPreamble),
            ("--b--\r\nx".to_owned(), Code::MultipartEpilogue),
            ("--b-- \r\n".to_owned(), Code::MultipartEpilogue),
            (String::new(), Code::MultipartUnfinished),
            ("--b".to_owned(), Code::MultipartUnfinished),
            (format!("--b\r\n{named}\r\n\r\nx"), Code::MultipartUnfinished),
            (format!("--b\r\n{named}\r\n\r\nx\r\n--b"), Code::MultipartUnfinished),
            (
                format!("--b\r\n{named}\r\n\r\nx\r\n--bb--\r\n"),
                Code::MultipartDelimiter,
            ),
            (
                format!("--b \r\n{named}\r\n\r\nx\r\n--b--\r\n"),
                Code::MultipartDelimiter,
            ),
            (format!("--b\n{named}\n\nx\n--b--\n"), Code::MultipartLineBreak),
            (format!("--b\r\n{named}\n\r\nx\r\n--b--\r\n"), Code::MultipartLineBreak),
            (
                field("Content-Disposition: form-data;\r\n name=\"0\""),
                Code::MultipartDisposition,
            ),
            (field(&format!("{named}\r\n x")), Code::MultipartFolded),
            (field("Content-Disposition form-data"), Code::MultipartHeader),
            (
                field("Content-Disposition : form-data; name=\"0\""),
                Code::MultipartHeader,
            ),
            (field(&format!("{named}\r\nX-A: b")), Code::MultipartHeaderUnknown),
            (field(&format!("{named}\r\n{named}")), Code::MultipartHeaderDuplicate),
            (
                field(&format!("{named}\r\nContent-Transfer-Encoding: base64")),
                Code::MultipartTransferEncoding,
            ),
            (field("Content-Type: text/plain"), Code::MultipartDisposition),
            (
                field("Content-Disposition: attachment; name=\"0\""),
                Code::MultipartDisposition,
            ),
            (
                field("Content-Disposition: form-data; name=0"),
                Code::MultipartDisposition,
            ),
            (
                field("Content-Disposition: form-data; name=\"0\"; name=\"1\""),
                Code::MultipartDispositionParameter,
            ),
            (
                field("Content-Disposition: form-data; name=\"0\"; size=\"1\""),
                Code::MultipartDispositionParameter,
            ),
            (
                field("Content-Disposition: form-data; name*=utf-8''0"),
                Code::MultipartDispositionExtended,
            ),
            (field("Content-Disposition: form-data"), Code::MultipartNameless),
            (
                field("Content-Disposition: form-data; name=\"a\\\"b\""),
                Code::MultipartName,
            ),
            (
                field("Content-Disposition: form-data; name=\"a\0b\""),
                Code::MultipartName,
            ),
            (
                field(&format!("Content-Disposition: form-data; name=\"{}\"", "n".repeat(257))),
                Code::MultipartNameLong,
            ),
            (
                field(&format!("{named}\r\nContent-Type: text/plain")),
                Code::MultipartFieldType,
            ),
            (
                field(&format!("{named}\r\nContent-Type: text/plain; charset=utf-16le")),
                Code::MultipartCharset,
            ),
            (field(&format!("{named}; filename=\"f\"")), Code::MultipartFileType),
            (
                field(&format!("{named}; filename=\"f\"\r\nContent-Type: text")),
                Code::MultipartFileType,
            ),
        ] {
            check(&body, Err(code));
        }
    }
}

//! The entries of an ordinary form, by the same strict multipart reader: for callers that are no React. What the names
//! mean is the caller's to decide.

use crate::multipart::{boundary, read};
use crate::{Budgets, Refusal};

/// One entry of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormEntry<'a> {
    /// The field's name.
    pub name: &'a str,
    /// What was entered or chosen.
    pub value: EntryValue<'a>,
}

/// The value of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryValue<'a> {
    /// A text.
    Text(&'a str),
    /// A file.
    File {
        /// The name that the caller gives it.
        name: &'a str,
        /// The media type that the caller gives it, without parameters.
        mime: &'a str,
        /// Its bytes.
        content: &'a [u8],
    },
}

/// Reads a multipart body. `parameters` is what the content type says after `multipart/form-data`.
pub fn read_form_entries<'a>(
    parameters: &str,
    body: &'a [u8],
    budgets: &Budgets,
) -> Result<Vec<FormEntry<'a>>, Refusal> {
    let boundary = boundary(parameters).map_err(|code| Refusal::at(code, 0))?;
    read(body, boundary, budgets)?
        .into_iter()
        .map(|part| {
            let value = match part.file {
                Some(head) => EntryValue::File {
                    name: head.name,
                    mime: head.mime,
                    content: part.content,
                },
                None => EntryValue::Text(part.utf8()?),
            };
            Ok(FormEntry { name: part.name, value })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{EntryValue, FormEntry, read_form_entries};
    use crate::{Budgets, Code};

    #[test]
    fn fields_and_files_are_told_apart() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; \
                    name=\"f\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\ny\r\n--b--\r\n";
        let entries = read_form_entries("; boundary=b", body.as_bytes(), &Budgets::default());
        let file = EntryValue::File {
            name: "a.txt",
            mime: "text/plain",
            content: b"y",
        };
        let text = EntryValue::Text("x");
        let expected = vec![
            FormEntry { name: "t", value: text },
            FormEntry { name: "f", value: file },
        ];
        assert_eq!(entries.map_err(|refusal| refusal.code), Ok(expected));
        let without = read_form_entries("", body.as_bytes(), &Budgets::default());
        assert_eq!(without.map_err(|refusal| refusal.code), Err(Code::MultipartBoundary));
    }
}

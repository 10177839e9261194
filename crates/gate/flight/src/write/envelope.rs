//! Parts to bytes: a boundary that none of them contains, and headers as browsers write them.

use std::collections::BTreeSet;

use super::Body;

/// Begins every boundary; 16 hexadecimal digits follow.
const BOUNDARY: &str = "----PortcullisBoundary";

/// The parts of a body, in order.
#[derive(Debug, Default)]
pub(super) struct Output {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    name: String,
    /// Name and media type.
    file: Option<(String, String)>,
    content: Vec<u8>,
}

impl Output {
    pub(super) fn field(&mut self, name: &str, content: &[u8]) {
        self.parts.push(Part {
            name: name.to_owned(),
            file: None,
            content: content.to_vec(),
        });
    }

    pub(super) fn file(&mut self, name: &str, file_name: &str, mime: &str, content: &[u8]) {
        let file = Some((file_name.to_owned(), mime.to_owned()));
        self.parts.push(Part {
            name: name.to_owned(),
            file,
            content: content.to_vec(),
        });
    }

    /// Text, if there is only the root.
    pub(super) fn fetch_body(mut self) -> Body {
        match self.parts.pop() {
            Some(root) if self.parts.is_empty() => Body {
                content_type: "text/plain;charset=UTF-8".to_owned(),
                bytes: root.content,
            },
            last => {
                self.parts.extend(last);
                self.form_body()
            }
        }
    }

    pub(super) fn form_body(self) -> Body {
        let boundary = self.boundary();
        let content: usize = self
            .parts
            .iter()
            .map(|part| part.content.len() + part.name.len() + 160)
            .sum();
        let mut bytes = Vec::with_capacity(content + 64);
        for part in &self.parts {
            let head = match &part.file {
                Some((name, mime)) => format!("; filename=\"{name}\"\r\nContent-Type: {mime}"),
                None => String::new(),
            };
            let name = &part.name;
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{head}\r\n\r\n");
            bytes.extend_from_slice(head.as_bytes());
            bytes.extend_from_slice(&part.content);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        Body {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            bytes,
        }
    }

    /// The first of the boundaries that stands in no content. Who sends contents full of them buys one search of the
    /// whole, not one a boundary.
    fn boundary(&self) -> String {
        let finder = memchr::memmem::Finder::new(BOUNDARY);
        let mut taken = BTreeSet::new();
        for part in &self.parts {
            for position in finder.find_iter(&part.content) {
                let digits = part
                    .content
                    .get(position + BOUNDARY.len()..)
                    .and_then(|rest| rest.get(..16));
                taken.extend(digits.map(<[u8]>::to_vec));
            }
        }
        let free = (0..=u64::MAX)
            .map(|number| format!("{number:016x}"))
            .find(|digits| !taken.contains(digits.as_bytes()));
        format!("{BOUNDARY}{}", free.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::{BOUNDARY, Output};

    #[test]
    fn the_boundary_stands_in_no_content() {
        let mut output = Output::default();
        output.field("a", format!("{BOUNDARY}0000000000000000").as_bytes());
        output.field("b", format!("\r\n--{BOUNDARY}0000000000000001--{BOUNDARY}").as_bytes());
        assert!(output.form_body().content_type.ends_with("Boundary0000000000000002"));
    }
}

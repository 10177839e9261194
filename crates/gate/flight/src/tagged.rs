//! Values as JSON that people and tests read: plain JSON stands for itself, and everything else is an object with a
//! `$type`. It is an output format of its own, and not what is sent to an application.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::document::NodeId;
use crate::text::JsStr;
use crate::value::{Fields, File, Items, Kind, Stream, StreamKind, Value};
use crate::{Call, number};

/// The arguments of a call as a JSON array.
pub fn arguments(call: &Call) -> String {
    let mut printer = Printer::default();
    printer.output.push('[');
    for (position, argument) in call.arguments().enumerate() {
        if position > 0 {
            printer.output.push(',');
        }
        printer.step(&format!("[{position}]"), argument);
    }
    printer.output.push(']');
    printer.output
}

/// One value as JSON.
pub fn value(value: Value<'_>) -> String {
    let mut printer = Printer::default();
    printer.value(value);
    printer.output
}

/// A text as JSON.
pub fn string(text: &str) -> String {
    let mut output = String::new();
    write_string(&mut output, JsStr::from_wtf8(text.as_bytes()));
    output
}

#[derive(Debug, Default)]
struct Printer {
    output: String,
    /// The containers around, and the path of each.
    around: Vec<(NodeId, usize)>,
    path: String,
}

impl Printer {
    /// A value that is one step further.
    fn step(&mut self, step: &str, value: Value<'_>) {
        let length = self.path.len();
        self.path.push_str(step);
        self.value(value);
        self.path.truncate(length);
    }

    fn value(&mut self, value: Value<'_>) {
        if let Some((_, length)) = self.around.iter().find(|(id, _)| *id == value.id()) {
            let to = format!("${}", self.path.get(..*length).unwrap_or_default());
            self.tag("ref", |printer| {
                printer.output.push_str(",\"to\":");
                printer.string(JsStr::from_wtf8(to.as_bytes()));
            });
            return;
        }
        self.around.push((value.id(), self.path.len()));
        self.kind(value.kind());
        self.around.pop();
    }

    fn kind(&mut self, kind: Kind<'_>) {
        match kind {
            Kind::Null => self.output.push_str("null"),
            Kind::Boolean(value) => self.output.push_str(if value { "true" } else { "false" }),
            Kind::Number(number) => self.number(number),
            Kind::String(text) => self.string(text),
            Kind::Array(items) => self.items(items),
            Kind::Object(fields) => self.object(fields),
            Kind::Undefined => self.tag("undefined", |_| ()),
            Kind::TemporaryReference => self.tag("temporary_reference", |_| ()),
            Kind::BigInt(digits) => self.tag_text("bigint", "value", digits),
            Kind::Date(date) => self.tag_text("date", "value", &date.to_string()),
            Kind::Symbol(name) => self.tag("symbol", |printer| {
                printer.output.push_str(",\"description\":");
                printer.string(name);
            }),
            Kind::Map(pairs) => self.tag("map", |printer| {
                printer.list("entries", pairs.iter(), |printer, (key, value)| {
                    printer.pair(|printer| printer.value(key), value);
                });
            }),
            Kind::Set(items) => self.tag("set", |printer| printer.list("values", items.iter(), Self::value)),
            Kind::Iterator(items) => self.tag("iterator", |printer| printer.list("values", items.iter(), Self::value)),
            Kind::FormData(fields) => self.tag("formdata", |printer| printer.entries(fields)),
            Kind::File(file) => self.file(file),
            Kind::Bytes(view, bytes) => self.tag_text(view.name(), "base64", &STANDARD.encode(bytes)),
            Kind::Promise(value) => self.tag("promise", |printer| {
                printer.output.push_str(",\"value\":");
                printer.value(value);
            }),
            Kind::Stream(stream) => self.stream(stream),
            Kind::ServerReference(function) => self.tag("server_reference", |printer| {
                printer.output.push_str(",\"id\":");
                printer.string(JsStr::from_wtf8(function.id.as_bytes()));
                printer.list("bound", function.bound.iter(), Self::value);
            }),
        }
    }

    fn number(&mut self, number: f64) {
        match number {
            _ if number.is_nan() => self.tag("nan", |_| ()),
            f64::INFINITY => self.tag("infinity", |_| ()),
            f64::NEG_INFINITY => self.tag("-infinity", |_| ()),
            _ if number == 0.0 && number.is_sign_negative() => self.tag("-0", |_| ()),
            _ => number::write(&mut self.output, number),
        }
    }

    fn string(&mut self, text: JsStr<'_>) {
        write_string(&mut self.output, text);
    }

    fn items(&mut self, items: Items<'_>) {
        self.output.push('[');
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.output.push(',');
            }
            self.step(&format!("[{position}]"), item);
        }
        self.output.push(']');
    }

    fn object(&mut self, fields: Fields<'_>) {
        if fields.iter().any(|(key, _)| key == "$type" || key == "__proto__") {
            self.tag("object", |printer| printer.entries(fields));
            return;
        }
        self.output.push('{');
        for (position, (key, value)) in fields.iter().enumerate() {
            if position > 0 {
                self.output.push(',');
            }
            self.string(key);
            self.output.push(':');
            self.step(&format!(".{}", key.to_string_lossy()), value);
        }
        self.output.push('}');
    }

    fn entries(&mut self, fields: Fields<'_>) {
        self.list("entries", fields.iter(), |printer, (key, value)| {
            printer.pair(|printer| printer.string(key), value);
        });
    }

    fn pair(&mut self, key: impl FnOnce(&mut Self), value: Value<'_>) {
        self.output.push('[');
        key(self);
        self.output.push(',');
        self.value(value);
        self.output.push(']');
    }

    fn list<T>(&mut self, name: &str, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.output.push_str(",\"");
        self.output.push_str(name);
        self.output.push_str("\":[");
        for (position, item) in items.enumerate() {
            if position > 0 {
                self.output.push(',');
            }
            write(self, item);
        }
        self.output.push(']');
    }

    fn file(&mut self, file: File<'_>) {
        self.tag("file", |printer| {
            printer.output.push_str(",\"name\":");
            printer.string(file.name());
            printer.text_field("mime", file.mime());
            printer.text_field("base64", &STANDARD.encode(file.content()));
        });
    }

    fn stream(&mut self, stream: Stream<'_>) {
        let (name, chunks) = match stream.kind {
            StreamKind::Values | StreamKind::Bytes => ("readable_stream", "chunks"),
            StreamKind::Iterable => ("async_iterable", "values"),
            StreamKind::Iterator => ("async_iterator", "values"),
        };
        self.tag(name, |printer| {
            if stream.kind == StreamKind::Bytes {
                let bytes = stream.chunks().iter().flat_map(|chunk| match chunk.kind() {
                    Kind::Bytes(_, bytes) => bytes.to_vec(),
                    _ => Vec::new(),
                });
                let bytes: Vec<u8> = bytes.collect();
                printer.output.push_str(",\"bytes\":true");
                printer.text_field("base64", &STANDARD.encode(bytes));
                return;
            }
            if stream.kind == StreamKind::Values {
                printer.output.push_str(",\"bytes\":false");
            }
            printer.list(chunks, stream.chunks().iter(), Self::value);
            if let Some(value) = stream.returned() {
                printer.output.push_str(",\"return\":");
                printer.value(value);
            }
        });
    }

    fn tag(&mut self, name: &str, rest: impl FnOnce(&mut Self)) {
        self.output.push_str("{\"$type\":\"");
        self.output.push_str(name);
        self.output.push('"');
        rest(self);
        self.output.push('}');
    }

    fn tag_text(&mut self, name: &str, key: &str, text: &str) {
        self.tag(name, |printer| printer.text_field(key, text));
    }

    fn text_field(&mut self, key: &str, text: &str) {
        self.output.push_str(",\"");
        self.output.push_str(key);
        self.output.push_str("\":");
        self.string(JsStr::from_wtf8(text.as_bytes()));
    }
}

/// Writes a string as JSON. Whatever could drive a terminal or turn the direction of the text is escaped.
fn write_string(output: &mut String, text: JsStr<'_>) {
    output.push('"');
    for point in text.code_points() {
        match char::from_u32(point) {
            Some('"') => output.push_str("\\\""),
            Some('\\') => output.push_str("\\\\"),
            Some('\n') => output.push_str("\\n"),
            Some(character) if is_plain(character) => output.push(character),
            _ => {
                let mut units = [0; 2];
                let units = char::from_u32(point).map(|character| character.encode_utf16(&mut units).to_vec());
                for unit in units.unwrap_or_else(|| vec![u16::try_from(point).unwrap_or_default()]) {
                    let written = write!(output, "\\u{unit:04x}");
                    debug_assert!(written.is_ok(), "a string takes every text");
                }
            }
        }
    }
    output.push('"');
}

fn is_plain(character: char) -> bool {
    let directs =
        matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{feff}');
    !character.is_control() && !directs && character != '\u{61c}'
}

//! The canonical body of a call: own part numbers in the order in which React's encoder would give them, minimal JSON,
//! own boundary. What React's reader makes of it equals what it made of the body that was read.
//!
//! An object that stands at several places is written at the first and referred to from the others, as React does. Where
//! no path leads to the first place, or React would find `null` there, it gets a part of its own.

mod envelope;
mod survey;
mod values;

#[cfg(test)]
mod tests;

use crate::call::{Call, Transport};
use crate::document::{Node, NodeId};
use crate::options::Dialect;
use envelope::Output;
use values::Writer;

/// A body, and the content type that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The value of the `content-type` header.
    pub content_type: String,
    /// The body. Its length is the value of `content-length`.
    pub bytes: Vec<u8>,
}

/// Why a call cannot be written. A call that was read, and is written in the dialect in which it was read, fails only
/// for the reasons that say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// More than nine form data: React loses the tenth. Readers that do not allow `wide_form_data` never return it.
    #[error("more than nine form data in one call")]
    FormData,
    /// The dialect has no such kind of value.
    #[error("a kind of value that this version of React does not have")]
    Dialect,
    /// A form cannot carry it.
    #[error("a kind of value that a form cannot carry")]
    Form,
    /// A cycle through keys with a colon or with a name that objects inherit, to which no path leads.
    #[error("a cycle to which no reference can be written")]
    Cycle,
}

/// Writes a call. `dialect` is the application's; without one, it is the dialect that the call was read in, or the
/// newest.
pub fn write(call: &Call, dialect: Option<Dialect>) -> Result<Body, WriteError> {
    let unsalted = if call.action.is_unsalted() {
        Dialect::R18
    } else {
        Dialect::R19c
    };
    let dialect = dialect.or(call.dialect).unwrap_or(unsalted);
    // React reads form data only from parts below ten. Their numbers come first if they would not be.
    match write_in(call, dialect, 0) {
        Err(WriteError::FormData) => write_in(call, dialect, count_form_data(call)),
        written => written,
    }
}

fn write_in(call: &Call, dialect: Dialect, form_data_first: u32) -> Result<Body, WriteError> {
    match call.transport {
        Transport::Fetch => {
            let mut writer = Writer::new(&call.document, &call.arguments, dialect, form_data_first);
            writer.root(0, &call.arguments)?;
            writer.later()?;
            Ok(writer.output.fetch_body())
        }
        Transport::Form => write_form(call, dialect),
    }
}

fn write_form(call: &Call, dialect: Dialect) -> Result<Body, WriteError> {
    let (form, bound) = call.arguments.split_last().ok_or(WriteError::Form)?;
    let Node::FormData(fields) = call.document.node(*form) else {
        return Err(WriteError::Form);
    };
    let mut writer = Writer::new(&call.document, bound, dialect, 0);
    writer.in_form = true;
    if call.described {
        writer.prefix = "$ACTION_1:";
        writer.output.field("$ACTION_REF_1", b"");
        writer.root(1, bound)?;
        let description = format!("{{\"id\":\"{}\",\"bound\":\"$@1\"}}", call.action);
        writer.output.field("$ACTION_1:0", description.as_bytes());
        writer.later()?;
    } else {
        writer.output.field(&format!("$ACTION_ID_{}", call.action), b"");
    }
    if let Some(key) = &call.state_key {
        writer.output.field("$ACTION_KEY", key.as_bytes());
    }
    let mut output = std::mem::take(&mut writer.output);
    for field in fields.of(&call.document.fields) {
        let name = escaped(&call.document.text(field.key).to_string_lossy());
        entry(&mut output, &name, call, field.value);
    }
    Ok(output.form_body())
}

fn entry(output: &mut Output, name: &str, call: &Call, value: NodeId) {
    match crate::Value::new(&call.document, value).kind() {
        crate::Kind::File(file) => output.file(
            name,
            &escaped(&file.name().to_string_lossy()),
            file.mime(),
            file.content(),
        ),
        crate::Kind::String(text) => output.field(name, text.to_string_lossy().as_bytes()),
        _ => {}
    }
}

/// As browsers do it; the reader of forms takes it back.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// How many stand below the arguments.
fn count_form_data(call: &Call) -> u32 {
    let survey = survey::Survey::of(&call.document, &call.arguments, true);
    crate::document::index(survey.count(|id| matches!(call.document.node(id), Node::FormData(_))))
}

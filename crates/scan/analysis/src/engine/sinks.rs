//! Places where a value of the client is dangerous: the text of a query, a command, a path, an address.

use portcullis_catalog::{Call, EffectKind, Part};
use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::Run;
use super::effect::{LimitKey, Signal, Sink};
use crate::state::State;
use crate::value::{Origin, Value};

impl Run<'_> {
    /// Records values of the client in dangerous places of a call.
    pub(super) fn look_for_sinks(
        &mut self,
        _state: &State,
        call: &Call,
        name: &str,
        label: &str,
        arguments: &[Value],
        place: Place,
    ) {
        for (position, argument) in arguments.iter().enumerate() {
            let part = match call.takes.get(position) {
                Some(part) => *part,
                None if call.takes.is_empty() => default_part(call.effect, name, position),
                None => Part::Other,
            };
            if let Some(sink) = danger(part, argument) {
                self.signal(Signal::Sink(place, sink, Text::from(label)));
            }
            // What a mail shows as markup: `{ to, subject, html }`.
            if call.effect == Some(EffectKind::Message)
                && let Value::Object(mail) = argument
                && mail
                    .field("html")
                    .is_some_and(|html| danger(Part::Markup, html).is_some())
            {
                self.signal(Signal::Sink(place, Sink::Markup, Text::from(label)));
            }
        }
    }
}

/// What an argument is for where the catalog does not say.
fn default_part(effect: Option<EffectKind>, name: &str, position: usize) -> Part {
    match (effect, position) {
        (Some(EffectKind::Request), 0) => Part::Url,
        (Some(EffectKind::FileRead | EffectKind::File), 0) => Part::Path,
        (Some(EffectKind::Sql), 0) if !matches!(name, "findRaw" | "aggregateRaw") => Part::Sql,
        (None, 0) if matches!(name, "redirect" | "permanentRedirect") => Part::Redirect,
        _ => Part::Other,
    }
}

/// Whether a value of the client is dangerous there.
fn danger(part: Part, value: &Value) -> Option<Sink> {
    let is_text = |value: &Value| {
        let origin = value.origin();
        origin.has(Origin::CLIENT) && origin.has(Origin::TEXT)
    };
    // Where an address leads is said by all of it, and not by its path.
    let whole = |value: &Value| match value {
        Value::Object(object) => object.open.as_ref().unwrap_or(value).origin(),
        value => value.origin(),
    };
    let leads = |value: &Value| is_text(value) && whole(value).has(Origin::LEAD);
    let sink = match part {
        // A tagged template hands values over as parameters: they are other arguments than the text.
        Part::Sql if !matches!(value, Value::Object(_) | Value::Model(_)) => Sink::Sql,
        Part::Command => Sink::Command,
        Part::Path => Sink::Path,
        Part::Markup => Sink::Markup,
        Part::Url if leads(value) => return Some(Sink::Url),
        Part::Redirect if leads(value) => return Some(Sink::Redirect),
        _ => return None,
    };
    is_text(value).then_some(sink)
}

/// What a limit is counted by.
pub(super) fn key_of(call: &Call, arguments: &[Value]) -> LimitKey {
    let at = call.takes.iter().position(|part| *part == Part::Key);
    let Some(key) = at.and_then(|at| arguments.get(at)) else {
        return LimitKey::Unknown;
    };
    let origin = key.origin();
    if origin.has(Origin::IDENTITY) {
        LimitKey::Trusted
    } else if origin.has(Origin::CLIENT) {
        LimitKey::Untrusted
    } else {
        LimitKey::Unknown
    }
}

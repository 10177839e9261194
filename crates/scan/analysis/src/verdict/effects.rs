//! What an endpoint does, for rules that ask for kinds of effects and for dangerous places.

use portcullis_model::Evidence;

use super::{EVIDENCE_LIMIT, Facts, Report, effect_evidence};
use crate::engine::{Signal, Sink};

/// Collects what the entitled caller's run did.
pub(super) fn collect(caller: &Report, facts: &mut Facts) {
    for effect in &caller.observations {
        if !effect.incidental && facts.effects.len() < EVIDENCE_LIMIT {
            facts.effects.push((effect.kind, effect_evidence(effect)));
        }
    }
    let confides = caller.signals.contains(&Signal::Confided);
    for signal in &caller.signals {
        let Signal::Sink(place, sink, label) = signal else {
            continue;
        };
        let (sink, text) = match sink {
            Sink::Log => (Sink::Log, format!("`{label}` writes a password, a key or a token")),
            Sink::Body if confides => (
                Sink::Log,
                format!("`{label}` writes all that the client sent, with the password or token in it"),
            ),
            Sink::Body => continue,
            Sink::Filter => (
                Sink::Filter,
                format!("`{label}` gets an object if the client sends one, and takes it for operators"),
            ),
            Sink::Lookup => (Sink::Lookup, format!("the client names what is taken from {label}")),
            Sink::Property => (
                Sink::Property,
                "with `__proto__` as the first key this writes to the prototype of all objects".to_owned(),
            ),
            other => (*other, format!("`{label}` gets what the client wrote")),
        };
        facts.sinks.push((sink, Evidence { place: *place, text }));
    }
}

//! What an endpoint does, for rules that ask for kinds of effects and for dangerous places.

use portcullis_model::Evidence;

use super::{EVIDENCE_LIMIT, Facts, Report, effect_evidence};
use crate::engine::Signal;

/// Collects what the entitled caller's run did.
pub(super) fn collect(caller: &Report, facts: &mut Facts) {
    for effect in &caller.observations {
        if !effect.incidental && facts.effects.len() < EVIDENCE_LIMIT {
            facts.effects.push((effect.kind, effect_evidence(effect)));
        }
    }
    for signal in &caller.signals {
        if let Signal::Sink(place, sink, label) = signal {
            facts.sinks.push((
                *sink,
                Evidence {
                    place: *place,
                    text: format!("`{label}` gets what the client wrote"),
                },
            ));
        }
    }
}

//! Can the same call take effect twice? Where that moves money, a nonce or an idempotency key has to stand in the way.
//!
//! Money moves by a payment of a service, or by a column of the project's own that goes up or down. What is deleted twice
//! is deleted once, so deletes count only where they are part of that.

use portcullis_catalog::EffectKind;
use portcullis_model::{Coverage, Evidence};

use super::{EVIDENCE_LIMIT, Facts, Report, effect_evidence};
use crate::engine::{Observation, Signal};

/// What happens again when a call is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replays {
    /// Money moves.
    Money,
    /// A code that is good for one time is taken again.
    Code,
}

/// The answer for replay.
pub(super) fn judge(caller: &Report, facts: &mut Facts) -> Coverage {
    let moves = |effect: &&Observation| {
        !effect.incidental && (effect.kind == EffectKind::Payment || effect.details.moves.is_some())
    };
    let known: Vec<&Observation> = caller.observations.iter().filter(moves).collect();
    if let Some(found) = unspent(caller) {
        let reason = "the code that the client sends is looked up, and nothing ends it: it is good for another call";
        facts.replays = Some(Replays::Code);
        return Coverage::Absent {
            evidence: vec![found],
            reason: reason.to_owned(),
        };
    }
    if known.is_empty() {
        return Coverage::NotNeeded {
            evidence: Vec::new(),
            reason: "no effect was seen that harms when it is repeated once".to_owned(),
        };
    }
    // A key that the project itself keeps names the whole call.
    let kept = caller.signals.iter().find_map(|signal| match signal {
        Signal::Once(place, label) => Some(Evidence {
            place: *place,
            text: format!("`{label}` looks up the key that names this call"),
        }),
        _ => None,
    });
    let kept = kept.or_else(|| {
        let keeps = caller.observations.iter().find(|effect| effect.details.is_named_once)?;
        Some(Evidence {
            place: keeps.place,
            text: format!("`{}` keeps the key that names this call", keeps.label),
        })
    });
    if let Some(kept) = kept {
        return Coverage::Proven { evidence: vec![kept] };
    }
    if let Some(effect) = known.iter().find(|effect| !effect.details.once) {
        facts.replays = Some(Replays::Money);
        return Coverage::Absent {
            evidence: vec![effect_evidence(effect)],
            reason: match &effect.details.moves {
                Some(column) => format!("the same call sent twice moves `{column}` twice"),
                None => format!("the same call sent twice runs `{}` twice", effect.label),
            },
        };
    }
    let evidence = known.into_iter().take(EVIDENCE_LIMIT).map(|payment| Evidence {
        place: payment.place,
        text: format!("`{}` gets a key that names this call", payment.label),
    });
    Coverage::Proven {
        evidence: evidence.collect(),
    }
}

/// Where a code for one time is looked up that nothing ends, although something follows from it.
fn unspent(caller: &Report) -> Option<Evidence> {
    let (place, label) = caller.signals.iter().find_map(|signal| match signal {
        Signal::OneTime(place, label) => Some((*place, label)),
        _ => None,
    })?;
    let table = |label: &str| {
        let parts: Vec<&str> = label.split('.').collect();
        match parts.as_slice() {
            [.., table, _] if parts.len() > 2 => Some((*table).to_owned()),
            _ => None,
        }
    };
    let own = table(label)?;
    let writes = || {
        caller
            .observations
            .iter()
            .filter(|effect| matches!(effect.kind, EffectKind::Write | EffectKind::Sql) && !effect.incidental)
    };
    // What does not say which table it changes may end the code.
    let may_end = |effect: &Observation| {
        let method = effect.label.rsplit('.').next().unwrap_or_default();
        let changes = ["update", "delete", "remove", "destroy", "upsert", "Delete", "Update"]
            .iter()
            .any(|word| method.contains(word));
        match table(&effect.label) {
            Some(table) => table == own || !changes || matches!(table.as_str(), "update" | "delete" | "insert" | "set"),
            None => true,
        }
    };
    let follows = writes().next().is_some() && !writes().any(may_end);
    follows.then(|| Evidence {
        place,
        text: format!("`{label}` looks up the code that the client sends"),
    })
}

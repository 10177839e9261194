//! Does error text of the inside stay inside? From the entitled caller's run, in which every effect may also fail with
//! an error that tells about the inside. What is thrown out of an action is masked by Next.js in production.

use portcullis_model::{Coverage, Evidence};

use super::{Facts, Report};

/// The answer for errors.
pub(super) fn judge(caller: &Report, facts: &mut Facts) -> Coverage {
    facts.errors = caller
        .errors
        .iter()
        .map(|place| Evidence {
            place: *place,
            text: "text of an internal error is given back here".to_owned(),
        })
        .collect();
    if !facts.errors.is_empty() {
        return Coverage::Absent {
            evidence: facts.errors.clone(),
            reason: "what went wrong inside is told to the client".to_owned(),
        };
    }
    if let Some(reason) = caller.exhausted {
        return Coverage::Unknown {
            evidence: Vec::new(),
            reason: reason.to_owned(),
        };
    }
    if caller.observations.is_empty() && caller.signals.is_empty() {
        return Coverage::NotNeeded {
            evidence: Vec::new(),
            reason: "it does nothing that could fail".to_owned(),
        };
    }
    let evidence = caller.ends.iter().map(|(place, text)| Evidence {
        place: *place,
        text: format!("the call {text}"),
    });
    Coverage::Proven {
        evidence: evidence.collect(),
    }
}

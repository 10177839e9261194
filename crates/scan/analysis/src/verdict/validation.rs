//! Does every value that the client sends pass a run-time check before it takes effect? From the entitled caller's run:
//! what reaches an effect carries whether anything looked at it.

use portcullis_model::{Coverage, Evidence, Place};

use super::{EVIDENCE_LIMIT, Facts, Report};
use crate::endpoints::Found;
use crate::engine::Signal;

/// The answer for validation.
pub(super) fn judge(endpoint: &Found, caller: &Report, facts: &mut Facts) -> Coverage {
    let mut raw: Vec<Evidence> = Vec::new();
    let mut checked: Vec<Evidence> = Vec::new();
    let mut put = |place: Place, label: &str, is_raw: bool| {
        let (list, text) = if is_raw {
            (&mut raw, format!("`{label}` gets what the client sent as it came"))
        } else {
            (&mut checked, format!("`{label}` gets what was checked before"))
        };
        if !list.iter().any(|known| known.place == place) && list.len() < EVIDENCE_LIMIT {
            list.push(Evidence { place, text });
        }
    };
    for signal in &caller.signals {
        if let Signal::Read(place, label, is_raw) = signal {
            put(*place, label, *is_raw);
        }
    }
    for effect in &caller.observations {
        if effect.details.client && !effect.incidental {
            put(effect.place, &effect.label, effect.details.raw);
        }
    }
    if !raw.is_empty() {
        facts.raw.clone_from(&raw);
        let labels = raw.first().map_or_else(String::new, |evidence| evidence.text.clone());
        return Coverage::Absent {
            evidence: raw,
            reason: format!("{labels}, and its TypeScript type is gone at run time"),
        };
    }
    if let Some(reason) = caller.exhausted {
        return Coverage::Unknown {
            evidence: Vec::new(),
            reason: reason.to_owned(),
        };
    }
    if !checked.is_empty() {
        return Coverage::Proven { evidence: checked };
    }
    if let Some(opaque) = caller.outside.first().filter(|_| !endpoint.parameters.is_empty()) {
        return Coverage::Unknown {
            evidence: vec![Evidence {
                place: opaque.place,
                text: format!("`{}` leads out of the project", opaque.label),
            }],
            reason: format!(
                "`{}` of `{}` gets what the client sent, and could not be looked into",
                opaque.label, opaque.module
            ),
        };
    }
    Coverage::NotNeeded {
        evidence: Vec::new(),
        reason: "nothing that the client sends reaches an effect".to_owned(),
    }
}

//! Does anything leave that need not leave? From what the entitled caller gets back: whole rows carry every column,
//! those of tomorrow included.

use portcullis_model::{Coverage, Evidence};

use super::{Facts, Report};

/// The answer for output.
pub(super) fn judge(caller: &Report, facts: &mut Facts) -> Coverage {
    facts.rows = caller
        .rows
        .iter()
        .map(|(place, label)| Evidence {
            place: *place,
            text: if label.is_empty() {
                "a whole row of the database is given back".to_owned()
            } else {
                format!("what `{label}` gives is returned with every column")
            },
        })
        .collect();
    if !facts.rows.is_empty() {
        return Coverage::Absent {
            evidence: facts.rows.clone(),
            reason: "a whole row of the database leaves: every column, those of tomorrow included".to_owned(),
        };
    }
    if let Some(reason) = caller.exhausted {
        return Coverage::Unknown {
            evidence: Vec::new(),
            reason: reason.to_owned(),
        };
    }
    let evidence: Vec<Evidence> = caller
        .ends
        .iter()
        .map(|(place, text)| Evidence {
            place: *place,
            text: format!("the call {text}"),
        })
        .collect();
    if caller.completes && !evidence.is_empty() {
        Coverage::Proven { evidence }
    } else {
        Coverage::NotNeeded {
            evidence,
            reason: "nothing is given back".to_owned(),
        }
    }
}

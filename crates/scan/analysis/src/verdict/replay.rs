//! Can the same call take effect twice? Where that moves money, a nonce or an idempotency key has to stand in the way.

use portcullis_catalog::EffectKind;
use portcullis_model::Coverage;

use super::{Report, effect_evidence};

/// The answer for replay.
pub(super) fn judge(caller: &Report) -> Coverage {
    let payment = caller
        .observations
        .iter()
        .find(|effect| effect.kind == EffectKind::Payment && !effect.incidental);
    match payment {
        Some(payment) => Coverage::Absent {
            evidence: vec![effect_evidence(payment)],
            reason: format!("the same call sent twice runs `{}` twice", payment.label),
        },
        None => Coverage::NotNeeded {
            evidence: Vec::new(),
            reason: "no effect was seen that harms when it is repeated once".to_owned(),
        },
    }
}

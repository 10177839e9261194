//! Can the same call take effect twice? Where that moves money, a nonce or an idempotency key has to stand in the way.

use portcullis_catalog::EffectKind;
use portcullis_model::{Coverage, Evidence};

use super::{EVIDENCE_LIMIT, Report, effect_evidence};

/// The answer for replay.
pub(super) fn judge(caller: &Report) -> Coverage {
    let mut payments = caller
        .observations
        .iter()
        .filter(|effect| effect.kind == EffectKind::Payment && !effect.incidental);
    let known: Vec<_> = payments.clone().collect();
    if let Some(payment) = payments.find(|payment| !payment.details.once) {
        return Coverage::Absent {
            evidence: vec![effect_evidence(payment)],
            reason: format!("the same call sent twice runs `{}` twice", payment.label),
        };
    }
    if known.is_empty() {
        return Coverage::NotNeeded {
            evidence: Vec::new(),
            reason: "no effect was seen that harms when it is repeated once".to_owned(),
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

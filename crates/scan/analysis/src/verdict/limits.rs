//! Is there a limit that stops whoever calls too often? From the run in which the limiter says no.

use portcullis_catalog::EffectKind;
use portcullis_model::{Coverage, Evidence};

use super::{EVIDENCE_LIMIT, Facts, Report, effect_evidence};
use crate::endpoints::Found;
use crate::engine::{LimitKey, Observation, Signal};

/// The answer for the rate limit.
pub(super) fn judge(endpoint: &Found, caller: &Report, limited: Option<&Report>, facts: &mut Facts) -> Coverage {
    facts.costly = costly(caller);
    facts.has_captcha = caller.signals.iter().any(|signal| matches!(signal, Signal::Captcha(_)));
    facts.untrusted_limit = caller.signals.iter().find_map(|signal| match signal {
        Signal::Limiter(place, LimitKey::Untrusted) => Some(Evidence {
            place: *place,
            text: "the limit is counted by what the client sends".to_owned(),
        }),
        _ => None,
    });
    if !caller.observations.iter().any(counts_as_effect) {
        return Coverage::NotNeeded {
            evidence: Vec::new(),
            reason: "it reaches no effect that could be repeated to harm".to_owned(),
        };
    }
    let Some(limited) = limited else {
        return Coverage::Absent {
            evidence: caller
                .observations
                .iter()
                .find(|effect| counts_as_effect(effect))
                .map(effect_evidence)
                .into_iter()
                .collect(),
            reason: "no limiter runs on the way to the effect".to_owned(),
        };
    };
    let limiters: Vec<Evidence> = caller
        .signals
        .iter()
        .filter_map(|signal| match signal {
            Signal::Limiter(place, key) => Some(Evidence {
                place: *place,
                text: match key {
                    LimitKey::Trusted => "calls are counted here, by who calls",
                    LimitKey::Untrusted => "calls are counted here, by what the client sends",
                    LimitKey::Unknown => "calls are counted here",
                }
                .to_owned(),
            }),
            _ => None,
        })
        .take(EVIDENCE_LIMIT / 2)
        .collect();
    // What is written where calls are counted keeps the count.
    let keeps_count = |effect: &Observation| {
        effect.place.file != endpoint.place.file
            && caller
                .signals
                .iter()
                .any(|signal| matches!(signal, Signal::Limiter(place, _) if place.file == effect.place.file))
    };
    if let Some(reached) = limited
        .observations
        .iter()
        .find(|effect| counts_as_effect(effect) && !keeps_count(effect))
    {
        let mut evidence = limiters;
        evidence.push(effect_evidence(reached));
        return Coverage::Absent {
            evidence,
            reason: format!("`{}` is reached whatever the limiter says", reached.label),
        };
    }
    if let Some(reason) = limited.exhausted {
        return Coverage::Unknown {
            evidence: limiters,
            reason: reason.to_owned(),
        };
    }
    Coverage::Proven { evidence: limiters }
}

/// Whether repeating it harms; what counts the calls does not.
fn counts_as_effect(effect: &Observation) -> bool {
    !effect.incidental
        && !effect.details.counts
        && !effect.details.by_credential
        && !matches!(
            effect.kind,
            EffectKind::Cookie | EffectKind::Revalidate | EffectKind::SignOut
        )
}

/// What costs most when it is repeated.
fn costly(caller: &Report) -> Option<(EffectKind, Evidence)> {
    let rank = |kind: EffectKind| match kind {
        EffectKind::Message => 0,
        EffectKind::Payment => 1,
        EffectKind::Metered => 2,
        EffectKind::Session => 3,
        EffectKind::Storage | EffectKind::Queue => 4,
        EffectKind::Write | EffectKind::Sql | EffectKind::Request | EffectKind::File => 5,
        _ => 6,
    };
    caller
        .observations
        .iter()
        .filter(|effect| counts_as_effect(effect))
        .min_by_key(|effect| rank(effect.kind))
        .map(|effect| (effect.kind, effect_evidence(effect)))
}

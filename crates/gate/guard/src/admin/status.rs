//! What is going on, for Prometheus and for the page of operators.

use portcullis_policy::Access;
use serde_json::{Value, json};

use crate::edge::{Edge, Live};
use crate::log::rfc_3339;

/// Refusals that the page shows by number.
const MOST: usize = 20;

/// The text for Prometheus.
pub(super) fn prometheus(edge: &Edge) -> String {
    edge.metrics.text(edge.connections.count())
}

/// Everything that the page shows.
pub(super) fn json(edge: &Edge) -> Value {
    let live = edge.live.load();
    let mut refusals: Vec<(String, u64, u64)> = edge
        .metrics
        .refusals()
        .into_iter()
        .map(|(code, enforced, observed)| (code.to_owned(), enforced, observed))
        .collect();
    refusals.sort_by_key(|(_, enforced, observed)| std::cmp::Reverse(enforced + observed));
    let refusals: Vec<Value> = refusals
        .into_iter()
        .take(MOST)
        .map(|(code, enforced, observed)| json!({"code": code, "enforced": enforced, "observed": observed}))
        .collect();
    let events: Vec<Value> = edge
        .metrics
        .events()
        .into_iter()
        .map(|event| {
            json!({
                "at": rfc_3339(event.at.millis()), "gate": "edge", "code": event.code, "what": event.what,
                "observed": event.is_observed,
            })
        })
        .collect();
    json!({
        "requests": edge.metrics.requests(),
        "connections": edge.connections.count(),
        "mode": super::policy_view::mode(live.settings.mode),
        "refusals": refusals,
        "events": events,
        "actions": actions(&live),
    })
}

/// Each action of the policy, and what it demands.
pub(super) fn actions(live: &Live) -> Vec<Value> {
    let row = |(name, action): (&String, &portcullis_policy::ActionPolicy)| {
        let access = match &action.access {
            Access::Authenticated => "authenticated".to_owned(),
            Access::Public { .. } => "public".to_owned(),
        };
        json!({
            "name": name,
            "access": access,
            "role": action.role.as_ref().map(|role| role.value.clone()),
            "permission": action.permission,
            "rate": action.rate.iter().map(|rate| &rate.value).map(|rate| format!("{}/{}s", rate.count, rate.seconds)).collect::<Vec<_>>(),
            "schema": action.schema.is_some(),
            "owns": action.owns.is_some(),
            "replay": action.replay.is_some(),
            "captcha": action.captcha.is_some(),
            "output": action.output.is_some(),
        })
    };
    live.config.actions.iter().map(row).collect()
}

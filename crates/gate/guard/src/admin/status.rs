//! What is going on, for Prometheus and for the page of operators.

use std::collections::BTreeMap;

use portcullis_policy::Access;
use serde_json::{Value, json};

use super::metrics::{family, sample};
use super::revocations::is_store_up;
use crate::action;
use crate::edge::{Edge, Live};
use crate::log::rfc_3339;

/// Refusals that the page shows by number.
const MOST: usize = 20;
/// Decisions that the page shows.
const MOST_EVENTS: usize = 200;

/// The text for Prometheus.
pub(super) async fn prometheus(edge: &Edge) -> String {
    let live = edge.live.load_full();
    let mut text = edge.metrics.text(edge.connections.count(), &live.actions.metrics());
    for (name, about, is_up) in [
        (
            "portcullis_store_up",
            "Whether the store answers.",
            is_store_up(&live).await,
        ),
        (
            "portcullis_application_up",
            "Whether the application takes connections.",
            live.upstream.is_reachable().await,
        ),
    ] {
        family(&mut text, name, "gauge", about);
        sample(&mut text, name, &[], u64::from(is_up));
    }
    text
}

/// Everything that the page shows.
pub(super) fn json(edge: &Edge) -> Value {
    let live = edge.live.load();
    let decided = live.actions.metrics();
    let summary = live.actions.summary();
    json!({
        "requests": edge.metrics.requests(),
        "connections": edge.connections.count(),
        "mode": super::policy_view::mode(live.settings.mode),
        "refusals": refusals(edge, &decided),
        "events": events(edge, &decided),
        "actions": actions(&live),
        "unnamed": summary.unnamed,
        "admits-unnamed": summary.admits_unnamed,
        "unbuilt": summary.unbuilt,
    })
}

/// What refused most, at the edge and at the gates.
fn refusals(edge: &Edge, decided: &action::Metrics) -> Vec<Value> {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (code, enforced, observed) in edge.metrics.refusals() {
        counts.insert(code, (enforced, observed));
    }
    for (key, count) in decided.decisions.iter().filter(|(key, _)| !key.code.is_empty()) {
        let (enforced, observed) = counts.entry(key.code).or_default();
        let which = if key.decision == "observed" { observed } else { enforced };
        *which = which.saturating_add(*count);
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, (enforced, observed))| std::cmp::Reverse(enforced.saturating_add(*observed)));
    let row = |(code, (enforced, observed)): (&str, (u64, u64))| json!({"code": code, "enforced": enforced, "observed": observed});
    counts.into_iter().take(MOST).map(row).collect()
}

/// The latest decisions, the newest first.
fn events(edge: &Edge, decided: &action::Metrics) -> Vec<Value> {
    let at_the_edge = edge.metrics.events().into_iter().map(|event| {
        let value = json!({
            "at": rfc_3339(event.at.millis()), "gate": "edge", "code": event.code, "what": event.what,
            "decision": if event.is_observed { "observed" } else { "denied" },
        });
        (event.at, value)
    });
    let at_the_gates = decided.recent.iter().map(|decision| {
        let value = json!({
            "at": rfc_3339(decision.at.millis()), "gate": decision.key.gate, "code": decision.key.code,
            "what": decision.key.action, "decision": decision.key.decision, "request-id": decision.request_id,
        });
        (decision.at, value)
    });
    let mut events: Vec<_> = at_the_edge.chain(at_the_gates).collect();
    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    events.into_iter().take(MOST_EVENTS).map(|(_, value)| value).collect()
}

/// Each action of the policy, and what it demands.
pub(super) fn actions(live: &Live) -> Vec<Value> {
    let row = |(name, action): (&String, &portcullis_policy::ActionPolicy)| {
        let access = match &action.access {
            Access::Authenticated => "authenticated",
            Access::Public { .. } => "public",
        };
        let rates = action.rate.iter().map(|rate| &rate.value);
        json!({
            "name": name,
            "access": access,
            "role": action.role.as_ref().map(|role| role.value.clone()),
            "permission": action.permission,
            "rate": rates.map(|rate| format!("{}/{}s", rate.count, rate.seconds)).collect::<Vec<_>>(),
            "schema": action.schema.is_some(),
            "owns": !action.owns.is_empty(),
            "replay": action.replay.is_some(),
            "captcha": action.captcha.is_some(),
            "output": action.output.is_some(),
        })
    };
    live.config.actions.iter().map(row).collect()
}

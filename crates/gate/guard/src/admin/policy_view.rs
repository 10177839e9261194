//! The policy in force, for operators. It is written field by field: a secret cannot slip in with a new key.

use portcullis_policy::{Mode, Provider};
use serde_json::{Value, json};

use crate::edge::Live;

/// What is in force, without anything secret.
pub(super) fn json(live: &Live) -> Value {
    let config = &live.config;
    let guard = config.guard.as_ref();
    let origins: Vec<&str> = guard
        .iter()
        .flat_map(|guard| &guard.public_origins)
        .map(|origin| origin.value.as_str())
        .collect();
    let roles: Vec<&str> = config.roles.order.iter().map(|role| role.value.as_str()).collect();
    // A store's address may have a password in it: what kind it is says enough.
    let store = config.store.as_ref().and_then(|store| store.url.as_ref());
    let store = store.and_then(|url| url.value.split(':').next()).unwrap_or("memory");
    json!({
        "mode": mode(live.settings.mode),
        "listen": live.settings.listen.to_string(),
        "upstream": format!("{}://{}", live.settings.upstream.scheme(), live.settings.upstream.authority),
        "public-origins": origins,
        "tls": live.tls.is_some(),
        "proxy-protocol": live.settings.proxy_protocol,
        "session": config.session.as_ref().and_then(|session| session.provider).map(provider),
        "roles": roles,
        "store": store,
        "limits": limits(live),
        "actions": super::status::actions(live),
    })
}

/// The limits in force.
pub(super) fn limits(live: &Live) -> Value {
    let (wire, limits) = (live.settings.wire, live.settings.limits);
    let (requests, window) = limits.requests;
    let millis = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    json!({
        "head-bytes": wire.head,
        "body-bytes": limits.body,
        "body-rate-bytes": limits.body_rate,
        "head-deadline-ms": millis(wire.head_deadline),
        "body-idle-ms": millis(limits.body_idle),
        "connect-ms": millis(limits.connect),
        "answer-ms": millis(limits.answer),
        "answer-idle-ms": millis(limits.answer_idle),
        "total-ms": millis(limits.total),
        "keep-alive-ms": millis(wire.keep_alive),
        "drain-ms": millis(limits.drain),
        "connections": limits.connections,
        "connections-per-address": limits.connections_per_address,
        "requests-per-address": {"requests": requests, "ms": millis(window)},
    })
}

pub(super) const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Observe => "observe",
    }
}

fn provider(provider: Provider) -> String {
    format!("{provider:?}").to_lowercase()
}

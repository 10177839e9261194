//! Ends sessions before their time: one session, all of a user, or everything before a moment.

use http::StatusCode;
use portcullis_funnel::{Clock as _, Revocation, Timestamp};
use portcullis_store::SystemClock;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

use super::server::{Answer, json_answer, problem};
use crate::edge::{Edge, Live};

/// How long a revocation is remembered if the operator says nothing: longer than sessions usually live.
const REMEMBERED: Duration = Duration::from_hours(90 * 24);
/// The longest time that can be asked for.
const LONGEST: u64 = 10 * 366 * 24 * 3600;

/// What an operator asks for. Times are milliseconds since 1970; without `before` it is now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    session: Option<Session>,
    user: Option<User>,
    everything: Option<Everything>,
    /// For how many seconds it is remembered.
    remember: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    provider: String,
    key: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    provider: String,
    id: String,
    before: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Everything {
    before: Option<i64>,
}

const SHAPE: &str = "write one of {\"session\": {\"provider\", \"key\"}}, {\"user\": {\"provider\", \"id\", \"before\"?}}, \
                     {\"everything\": {\"before\"?}}, and \"remember\" in seconds if you like";

fn read(body: &[u8], now: Timestamp) -> Option<(Revocation, Timestamp)> {
    let asked: Asked = serde_json::from_slice(body).ok()?;
    let not_before = |before: Option<i64>| before.map_or(now, Timestamp::from_millis);
    let revocation = match (asked.session, asked.user, asked.everything) {
        (Some(Session { provider, key }), None, None) => Revocation::Session { provider, key },
        (None, Some(user), None) => Revocation::User {
            provider: user.provider,
            user_id: user.id,
            not_before: not_before(user.before),
        },
        (None, None, Some(everything)) => Revocation::Everything {
            not_before: not_before(everything.before),
        },
        _ => return None,
    };
    let remembered = asked
        .remember
        .map_or(REMEMBERED, |seconds| Duration::from_secs(seconds.min(LONGEST)));
    Some((revocation, now.plus(remembered)))
}

/// Revokes what the body says.
pub(super) async fn revoke(edge: &Edge, body: &[u8]) -> Answer {
    let Some((revocation, expires_at)) = read(body, SystemClock.now()) else {
        return problem(StatusCode::BAD_REQUEST, SHAPE);
    };
    let live = edge.live.load_full();
    let store = live.actions.store();
    match store.revoke(&revocation, expires_at).await {
        Ok(()) => {
            let what = match &revocation {
                Revocation::Session { .. } => "session",
                Revocation::User { .. } => "user",
                Revocation::Everything { .. } => "everything",
            };
            tracing::warn!(what, "an operator revoked");
            json_answer(
                StatusCode::OK,
                &json!({"revoked": what, "remembered-until": expires_at.millis()}),
            )
        }
        Err(unavailable) => problem(StatusCode::SERVICE_UNAVAILABLE, &unavailable.to_string()),
    }
}

/// Whether the store answers.
pub(super) async fn is_store_up(live: &Live) -> bool {
    let nobody = portcullis_funnel::Identity::default();
    live.actions.store().is_revoked(&nobody).await.is_ok()
}

#[cfg(test)]
mod tests {
    use portcullis_funnel::{Revocation, Timestamp};

    use super::read;

    #[test]
    fn one_thing_is_revoked_at_a_time() {
        let now = Timestamp::from_seconds(100);
        let asked = |text: &str| read(text.as_bytes(), now).map(|(revocation, _)| revocation);
        assert_eq!(
            asked("{\"user\": {\"provider\": \"authjs\", \"id\": \"7\"}}"),
            Some(Revocation::User {
                provider: "authjs".to_owned(),
                user_id: "7".to_owned(),
                not_before: now
            })
        );
        assert_eq!(
            asked("{\"everything\": {\"before\": 5}}"),
            Some(Revocation::Everything {
                not_before: Timestamp::from_millis(5)
            })
        );
        assert!(asked("{\"session\": {\"provider\": \"a\", \"key\": \"b\"}, \"remember\": 60}").is_some());
        for text in [
            "",
            "{}",
            "{\"everything\": {}, \"session\": {\"provider\": \"a\", \"key\": \"b\"}}",
            "{\"session\": {\"provider\": \"a\"}}",
            "{\"everything\": {}, \"extra\": 1}",
        ] {
            assert_eq!(asked(text), None, "{text}");
        }
        let until = |seconds: u64| {
            let text = format!("{{\"everything\": {{}}, \"remember\": {seconds}}}");
            read(text.as_bytes(), now).unwrap().1
        };
        assert_eq!(until(60), Timestamp::from_seconds(160));
        assert!(until(u64::MAX) < Timestamp::NEVER);
    }
}

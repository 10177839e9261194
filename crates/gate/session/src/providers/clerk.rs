//! Clerk: a token of one minute in a cookie, and a second cookie that says whether the browser is signed in at all.

use portcullis_funnel::{Identity, Timestamp};
use serde_json::Value;
use thiserror::Error;

use super::clerk_permissions::permissions;
use super::{Provider, identity, revoked_by};
use crate::jose::{Algorithm, ClaimRules, Envelope, KeySet, MAX_TOKEN_BYTES, subject, text, verify};
use crate::strict_json::Object;
use crate::text::to_base64url;
use crate::{Presented, Reading, Refusal};

/// Header values that mark a session. Templates and machine tokens have others.
const SESSION_CATEGORIES: &[&str] = &["cl_B7d4PD111AAA", "cl_I7d4PD111III"];

/// One Clerk application.
#[derive(Debug, Clone)]
pub struct Clerk {
    issuer: String,
    authorized_parties: Vec<String>,
    suffix: String,
}

/// Without a list of origins, a session that a sibling subdomain obtained would count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("list the origins of this application: without them a token minted for any sibling origin is accepted")]
pub struct NoAuthorizedParties;

/// What follows the names of the cookies of one application: the start of its publishable key's SHA-1.
pub fn cookie_suffix(publishable_key: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, publishable_key.as_bytes());
    to_base64url(digest.as_ref()).chars().take(8).collect()
}

impl Clerk {
    /// `frontend_api` is the host in the publishable key; `authorized_parties` are this application's origins.
    pub fn new(
        publishable_key: &str,
        frontend_api: &str,
        authorized_parties: Vec<String>,
    ) -> Result<Self, NoAuthorizedParties> {
        if authorized_parties.is_empty() {
            return Err(NoAuthorizedParties);
        }
        Ok(Self {
            issuer: format!("https://{frontend_api}"),
            authorized_parties,
            suffix: cookie_suffix(publishable_key),
        })
    }

    /// The session cookie and the browser's last change, both with the suffix or both without.
    fn cookies<'a>(&self, presented: &'a Presented) -> Result<Option<(&'a str, Option<&'a str>)>, Refusal> {
        let session = format!("__session_{}", self.suffix);
        let changed = format!("__client_uat_{}", self.suffix);
        let suffixed = presented.has(&session) || presented.has(&changed);
        let (session, changed) = if suffixed {
            (session.as_str(), changed.as_str())
        } else {
            ("__session", "__client_uat")
        };
        let changed = presented.cookie(changed)?;
        Ok(presented.cookie(session)?.map(|token| (token, changed)))
    }

    fn identify(&self, token: &str, keys: &KeySet, now: Timestamp) -> Result<(Identity, Option<i64>), Refusal> {
        let envelope = Envelope {
            algorithms: &[Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512],
            types: &["JWT"],
            needs_key_id: false,
            max_bytes: MAX_TOKEN_BYTES,
        };
        let signed = verify(token, keys, envelope)?;
        if let Some(category) = signed.header.get("cat")
            && !SESSION_CATEGORIES.iter().any(|known| category == known)
        {
            return Err(Refusal::WrongType);
        }
        let claims = signed.claims;
        let rules = ClaimRules {
            issuer: Some(&self.issuer),
            tolerance: 5,
            ..ClaimRules::default()
        };
        let lifetime = rules.check(&claims, now)?;
        let party = claims.get("azp").and_then(Value::as_str);
        if !party.is_some_and(|party| self.authorized_parties.iter().any(|one| one == party)) {
            return Err(Refusal::WrongAuthorizedParty);
        }
        let user = subject(claims.get("sub"))?;
        if user.starts_with("mch_") {
            return Err(Refusal::WrongType);
        }
        if text(&claims, "sts").as_deref() == Some("pending") {
            return Err(Refusal::Pending);
        }
        let mut identity = identity("clerk", user, lifetime, token);
        identity.session_id = text(&claims, "sid");
        identity.email = text(&claims, "email");
        fill_organization(&mut identity, &claims);
        identity.authenticated_at = identity
            .authenticated_at
            .or_else(|| verified_at(&claims, lifetime.issued));
        if let Some(actor) = claims.get("act") {
            identity.impersonator = Some(subject(actor.get("sub"))?);
        }
        revoked_by(&mut identity, text(&claims, "jti"));
        Ok((identity, lifetime.issued.map(Timestamp::seconds)))
    }
}

/// When the first factor was verified: `fva` has whole minutes since then, which are rounded up, and -1 for never.
fn verified_at(claims: &Object, issued: Option<Timestamp>) -> Option<Timestamp> {
    let minutes = claims.get("fva")?.get(0)?.as_i64().filter(|minutes| *minutes >= 0)?;
    let seconds = minutes.checked_add(1)?.checked_mul(60)?;
    Some(Timestamp::from_seconds(issued?.seconds().checked_sub(seconds)?))
}

fn fill_organization(identity: &mut Identity, claims: &Object) {
    if let Some(organization) = claims.get("o").and_then(Value::as_object) {
        identity.organization = text(organization, "id");
        identity.roles = text(organization, "rol")
            .map(|role| format!("org:{role}"))
            .into_iter()
            .collect();
        identity.permissions = permissions(&text(claims, "fea").unwrap_or_default(), organization);
        return;
    }
    identity.organization = text(claims, "org_id");
    identity.roles = text(claims, "org_role").into_iter().collect();
    identity.permissions = claims
        .get("org_permissions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|permission| permission.as_str().map(str::to_owned))
        .collect();
}

impl Provider for Clerk {
    fn name(&self) -> &'static str {
        "clerk"
    }

    fn needs_keys(&self) -> bool {
        true
    }

    fn read(&self, presented: &Presented, keys: &KeySet, now: Timestamp) -> Result<Reading, Refusal> {
        match (self.cookies(presented)?, presented.bearer()) {
            (Some(_), Some(_)) => Err(Refusal::Ambiguous),
            (None, Some(token)) => Ok(Reading::user(self.identify(token, keys, now)?.0)),
            (None, None) => Err(Refusal::Missing),
            (Some((token, changed)), None) => {
                let (identity, issued) = self.identify(token, keys, now)?;
                match changed.map(change_time).transpose()? {
                    None | Some(0) => Err(Refusal::SignedOut),
                    Some(changed) if issued.is_none_or(|issued| issued < changed) => Err(Refusal::Stale),
                    Some(_) => Ok(Reading::user(identity)),
                }
            }
        }
    }
}

fn change_time(text: &str) -> Result<i64, Refusal> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .ok_or(Refusal::Malformed("the time of the last change is not a number"))
}

#[cfg(test)]
mod tests {
    use portcullis_funnel::Timestamp;
    use serde_json::json;

    use super::verified_at;

    #[test]
    fn a_token_of_a_minute_ago_says_how_long_ago_its_user_was_asked() {
        let at = |fva: serde_json::Value| {
            let claims = json!({"fva": fva});
            verified_at(claims.as_object().unwrap(), Some(Timestamp::from_seconds(10_000)))
        };
        assert_eq!(at(json!([0, -1])), Some(Timestamp::from_seconds(9_940)));
        assert_eq!(at(json!([60, 0])), Some(Timestamp::from_seconds(10_000 - 61 * 60)));
        for nothing in [json!([-1, 0]), json!([]), json!("0"), json!([i64::MAX])] {
            assert_eq!(at(nothing), None);
        }
    }
}

//! What a token says about its time, issuer, audience and subject.

use portcullis_funnel::Timestamp;
use serde_json::Value;

use crate::Refusal;
use crate::strict_json::Object;

/// The longest id of a user, in characters.
const MAX_SUBJECT_CHARS: usize = 512;

/// What a provider's claims must say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ClaimRules<'a> {
    /// The exact issuer.
    pub(crate) issuer: Option<&'a str>,
    /// What the audience must contain.
    pub(crate) audience: Option<&'a str>,
    /// Seconds by which clocks may differ.
    pub(crate) tolerance: i64,
    /// A time of issue in the future is accepted: who encrypts under the application's own secret is the application.
    pub(crate) ignores_issued_at: bool,
}

/// When the user signed in, as far as the token says it; when the token was made, and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetime {
    pub(crate) authenticated: Option<Timestamp>,
    pub(crate) issued: Option<Timestamp>,
    pub(crate) expires: Timestamp,
}

impl ClaimRules<'_> {
    /// Checks times, issuer and audience.
    pub(crate) fn check(&self, claims: &Object, now: Timestamp) -> Result<Lifetime, Refusal> {
        let latest = now.seconds().saturating_add(self.tolerance);
        let earliest = now.seconds().saturating_sub(self.tolerance);
        let expires = seconds(claims, "exp")?.ok_or(Refusal::MissingExpiry)?;
        if expires <= earliest {
            return Err(Refusal::Expired);
        }
        if seconds(claims, "nbf")?.is_some_and(|start| start > latest) {
            return Err(Refusal::NotYetValid);
        }
        let issued = seconds(claims, "iat")?;
        if !self.ignores_issued_at && issued.is_some_and(|at| at > latest) {
            return Err(Refusal::IssuedInFuture);
        }
        if let Some(issuer) = self.issuer
            && claims.get("iss").and_then(Value::as_str) != Some(issuer)
        {
            return Err(Refusal::WrongIssuer);
        }
        if let Some(audience) = self.audience
            && !names_audience(claims, audience)
        {
            return Err(Refusal::WrongAudience);
        }
        let issued = issued.map(Timestamp::from_seconds);
        Ok(Lifetime {
            authenticated: seconds(claims, "auth_time")?.map(Timestamp::from_seconds),
            issued,
            expires: Timestamp::from_seconds(expires),
        })
    }
}

/// A point in time in whole seconds. Fractions are allowed and cut off; other types are an error, not an absence.
fn seconds(claims: &Object, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let number = value.as_f64().filter(|number| number.is_finite());
    number
        .map(|number| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the cast saturates, and the end of time is an expiry like any other"
            )]
            let whole = number.floor() as i64;
            Some(whole)
        })
        .ok_or(Refusal::Malformed("a time is not a number"))
}

fn names_audience(claims: &Object, audience: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(many)) => many.iter().any(|one| one == audience),
        _ => false,
    }
}

/// The user's id: a text that is not empty and has no control character.
pub(crate) fn subject(value: Option<&Value>) -> Result<String, Refusal> {
    let subject = value
        .and_then(Value::as_str)
        .filter(|subject| !subject.is_empty())
        .ok_or(Refusal::MissingSubject)?;
    if subject.chars().any(char::is_control) {
        return Err(Refusal::Malformed("the subject has a control character"));
    }
    if subject.chars().nth(MAX_SUBJECT_CHARS).is_some() {
        return Err(Refusal::MissingSubject);
    }
    Ok(subject.to_owned())
}

/// A claim that is a text.
pub(crate) fn text(claims: &Object, name: &str) -> Option<String> {
    claims.get(name).and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use portcullis_funnel::Timestamp;
    use serde_json::json;

    use super::{ClaimRules, subject};
    use crate::Refusal;

    fn check(claims: &serde_json::Value) -> Result<(), Refusal> {
        let rules = ClaimRules {
            issuer: Some("https://a/"),
            audience: Some("b"),
            tolerance: 5,
            ignores_issued_at: false,
        };
        rules
            .check(claims.as_object().unwrap(), Timestamp::from_seconds(1_000))
            .map(|_| ())
    }

    #[test]
    fn times_are_compared_with_the_tolerance() {
        let with = |name: &str, value: serde_json::Value| {
            let mut claims = json!({"iss": "https://a/", "aud": ["x", "b"], "exp": 2_000});
            claims[name] = value;
            check(&claims)
        };
        assert_eq!(with("exp", json!(996)), Ok(()));
        assert_eq!(with("exp", json!(995)), Err(Refusal::Expired));
        assert_eq!(with("exp", json!(995.9)), Err(Refusal::Expired));
        assert_eq!(with("exp", json!(-1)), Err(Refusal::Expired));
        assert_eq!(with("exp", json!(1e300)), Ok(()));
        assert_eq!(with("nbf", json!(1_005)), Ok(()));
        assert_eq!(with("nbf", json!(1_006)), Err(Refusal::NotYetValid));
        assert_eq!(with("iat", json!(1_006)), Err(Refusal::IssuedInFuture));
        for name in ["exp", "nbf", "iat", "auth_time"] {
            assert!(
                matches!(with(name, json!("1000")), Err(Refusal::Malformed(_))),
                "{name}"
            );
        }
    }

    #[test]
    fn issuer_and_audience_are_exact() {
        let good = json!({"iss": "https://a/", "aud": "b", "exp": 2_000});
        assert_eq!(check(&good), Ok(()));
        for issuer in [json!("https://a"), json!(["https://a/"]), json!(null)] {
            let mut claims = good.clone();
            claims["iss"] = issuer;
            assert_eq!(check(&claims), Err(Refusal::WrongIssuer));
        }
        for audience in [json!("bc"), json!([]), json!(null), json!({"b": 1})] {
            let mut claims = good.clone();
            claims["aud"] = audience;
            assert_eq!(check(&claims), Err(Refusal::WrongAudience));
        }
    }

    #[test]
    fn a_subject_is_a_printable_text() {
        assert_eq!(subject(Some(&json!("ada"))), Ok("ada".to_owned()));
        for value in [json!(""), json!(7), json!(null), json!("x".repeat(513))] {
            assert_eq!(subject(Some(&value)), Err(Refusal::MissingSubject));
        }
        assert!(matches!(subject(Some(&json!("a\u{0}"))), Err(Refusal::Malformed(_))));
    }
}

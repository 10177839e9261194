//! Why a gate refuses. A caller gets a fixed status, a fixed text and a code that may be coarser than the real one: what
//! would tell a stranger more than "no" has one public code. The audit record has the real one.

use std::time::Duration;

use http::StatusCode;

use crate::Unavailable;

/// What is wrong with one field of the arguments. It names the place and the rule, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// A JSON pointer into the arguments.
    pub pointer: String,
    /// The rule that was broken.
    pub code: String,
}

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Denial {
    /// Not a POST request.
    Method,
    /// Another content type, none, or several.
    ContentType,
    /// No action has this id.
    UnknownAction,
    /// The request names several actions.
    AmbiguousAction,
    /// The action exists and no policy says who may call it.
    MissingPolicy,
    /// The request comes from another origin.
    ForeignOrigin,
    /// The request's origin is `null`.
    NullOrigin,
    /// A browser's request without an origin, and without a token in its place.
    MissingOrigin,
    /// The request has several origins.
    AmbiguousOrigin,
    /// The browser says that another site made the request.
    CrossSite,
    /// The token against forged requests is missing its other half, or is forged itself.
    ForgedRequest,
    /// Nobody is signed in.
    SignInRequired,
    /// The session is not believed.
    InvalidSession,
    /// The session has ended.
    ExpiredSession,
    /// Two readers could see two identities.
    AmbiguousSession,
    /// Support staff acts in the user's name, and this action is for the user alone.
    Impersonated,
    /// The session was revoked.
    RevokedSession,
    /// Too many calls.
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The user's role is too low.
    MissingRole,
    /// The user lacks a permission.
    MissingPermission,
    /// The application's own rule says no.
    RefusedByRule,
    /// The payload breaks the grammar.
    Malformed {
        /// The decoder's code, of the families `flight.*` and `multipart.*`.
        code: &'static str,
    },
    /// The payload is over a limit.
    TooLarge,
    /// The arguments do not match the schema.
    Invalid(Vec<FieldError>),
    /// The resource is another's.
    NotOwner,
    /// There is no such resource.
    NotFound,
    /// A nonce or an idempotency key is required.
    MissingNonce,
    /// The nonce was made for something else, or by somebody else.
    ForgedNonce,
    /// The nonce has ended.
    ExpiredNonce,
    /// The nonce was spent before.
    ReplayedNonce,
    /// A call with this idempotency key is under way, or ended without a result.
    InProgress,
    /// The idempotency key was used for another request.
    ReusedKey,
    /// The proof of a human is missing.
    MissingCaptcha,
    /// The proof is not accepted.
    RejectedCaptcha,
    /// A backend does not answer.
    Unavailable(Unavailable),
    /// The call took too long.
    Deadline,
}

/// The fixed part of a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DenialRow {
    /// The code in the audit record.
    pub code: &'static str,
    /// The code that the caller gets.
    pub public_code: &'static str,
    /// The status that the caller gets.
    pub status: u16,
    /// The text that the caller gets.
    pub text: &'static str,
}

const fn row(code: &'static str, public_code: &'static str, status: u16, text: &'static str) -> DenialRow {
    DenialRow {
        code,
        public_code,
        status,
        text,
    }
}

const NO_SUCH_ACTION: &str = "no such action";
const FORBIDDEN: &str = "you may not do this";
const NOT_FOUND: &str = "not found";
const SIGN_IN: &str = "sign in first";
const ELSEWHERE: &str = "this request did not come from this site";
const LATER: &str = "try again later";

impl Denial {
    /// The fixed part.
    pub const fn row(&self) -> DenialRow {
        match self {
            Self::Method => row("action.method", "action.unknown", 405, NO_SUCH_ACTION),
            Self::ContentType => row(
                "action.content-type",
                "action.unknown",
                415,
                "this content is not understood",
            ),
            Self::UnknownAction => row("action.unknown", "action.unknown", 404, NO_SUCH_ACTION),
            Self::AmbiguousAction => row("action.ambiguous", "action.unknown", 404, NO_SUCH_ACTION),
            Self::MissingPolicy => row("policy.missing", "action.unknown", 404, NO_SUCH_ACTION),
            Self::ForeignOrigin => row("origin.foreign", "origin.foreign", 403, ELSEWHERE),
            Self::NullOrigin => row("origin.null", "origin.foreign", 403, ELSEWHERE),
            Self::MissingOrigin => row("origin.missing", "origin.foreign", 403, ELSEWHERE),
            Self::AmbiguousOrigin => row("origin.ambiguous", "origin.foreign", 403, ELSEWHERE),
            Self::CrossSite => row("origin.cross-site", "origin.foreign", 403, ELSEWHERE),
            Self::ForgedRequest => row("origin.token", "origin.foreign", 403, ELSEWHERE),
            Self::SignInRequired => row("session.required", "session.required", 401, SIGN_IN),
            Self::InvalidSession => row("session.invalid", "session.required", 401, SIGN_IN),
            Self::ExpiredSession => row("session.expired", "session.required", 401, SIGN_IN),
            Self::AmbiguousSession => row("session.ambiguous", "session.required", 401, SIGN_IN),
            Self::Impersonated => row("session.impersonated", "forbidden", 403, FORBIDDEN),
            Self::RevokedSession => row("revocation.revoked", "session.required", 401, SIGN_IN),
            Self::RateLimited { .. } => row("rate.limited", "rate.limited", 429, "too many requests"),
            Self::MissingRole => row("permission.role", "forbidden", 403, FORBIDDEN),
            Self::MissingPermission => row("permission.missing", "forbidden", 403, FORBIDDEN),
            Self::RefusedByRule => row("permission.rule", "forbidden", 403, FORBIDDEN),
            Self::Malformed { code } => row(code, "request.malformed", 400, "this request is not understood"),
            Self::TooLarge => row("edge.too-large", "edge.too-large", 413, "this request is too large"),
            Self::Invalid(_) => row("schema.invalid", "schema.invalid", 422, "some fields are not valid"),
            Self::NotOwner => row("ownership.not-owner", "not-found", 404, NOT_FOUND),
            Self::NotFound => row("ownership.not-found", "not-found", 404, NOT_FOUND),
            Self::MissingNonce => row("replay.missing", "replay.stale", 409, "load the page again and repeat"),
            Self::ForgedNonce => row("replay.forged", "replay.stale", 409, "load the page again and repeat"),
            Self::ExpiredNonce => row("replay.expired", "replay.stale", 409, "load the page again and repeat"),
            Self::ReplayedNonce => row("replay.spent", "replay.spent", 409, "this was done already"),
            Self::InProgress => row(
                "replay.in-progress",
                "replay.in-progress",
                409,
                "this is being done already",
            ),
            Self::ReusedKey => row(
                "replay.reused-key",
                "replay.reused-key",
                422,
                "this key belongs to another request",
            ),
            Self::MissingCaptcha => row("captcha.missing", "captcha.required", 403, "show that you are human"),
            Self::RejectedCaptcha => row("captcha.rejected", "captcha.required", 403, "show that you are human"),
            Self::Unavailable(_) => row("store.unavailable", "unavailable", 503, LATER),
            Self::Deadline => row("edge.deadline", "unavailable", 503, LATER),
        }
    }

    /// The stable code for the audit record.
    pub const fn code(&self) -> &'static str {
        self.row().code
    }

    /// The status for the caller.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// How long the caller should wait, where that helps.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            Self::Unavailable(_) | Self::Deadline => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}

impl From<Unavailable> for Denial {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::Denial;
    use crate::Unavailable;

    const PAGE: &str = include_str!("../../../../docs/denials.md");

    /// One of each. The compiler holds the list complete: `row` above has no catch-all, and neither has this match.
    fn all() -> Vec<Denial> {
        use Denial as D;
        let list = vec![
            D::Method,
            D::ContentType,
            D::UnknownAction,
            D::AmbiguousAction,
            D::MissingPolicy,
            D::ForeignOrigin,
            D::NullOrigin,
            D::MissingOrigin,
            D::AmbiguousOrigin,
            D::CrossSite,
            D::ForgedRequest,
            D::SignInRequired,
            D::InvalidSession,
            D::ExpiredSession,
            D::AmbiguousSession,
            D::Impersonated,
            D::RevokedSession,
            D::RateLimited {
                retry_after: Duration::ZERO,
            },
            D::MissingRole,
            D::MissingPermission,
            D::RefusedByRule,
            D::Malformed { code: "flight.*" },
            D::TooLarge,
            D::Invalid(Vec::new()),
            D::NotOwner,
            D::NotFound,
            D::MissingNonce,
            D::ForgedNonce,
            D::ExpiredNonce,
            D::ReplayedNonce,
            D::InProgress,
            D::ReusedKey,
            D::MissingCaptcha,
            D::RejectedCaptcha,
            D::Unavailable(Unavailable::new("", "")),
            D::Deadline,
        ];
        for denial in &list {
            match denial {
                D::Method
                | D::ContentType
                | D::UnknownAction
                | D::AmbiguousAction
                | D::MissingPolicy
                | D::ForeignOrigin
                | D::NullOrigin
                | D::MissingOrigin
                | D::AmbiguousOrigin
                | D::CrossSite
                | D::ForgedRequest
                | D::SignInRequired
                | D::InvalidSession
                | D::ExpiredSession
                | D::AmbiguousSession
                | D::Impersonated
                | D::RevokedSession
                | D::RateLimited { .. }
                | D::MissingRole
                | D::MissingPermission
                | D::RefusedByRule
                | D::Malformed { .. }
                | D::TooLarge
                | D::Invalid(_)
                | D::NotOwner
                | D::NotFound
                | D::MissingNonce
                | D::ForgedNonce
                | D::ExpiredNonce
                | D::ReplayedNonce
                | D::InProgress
                | D::ReusedKey
                | D::MissingCaptcha
                | D::RejectedCaptcha
                | D::Unavailable(_)
                | D::Deadline => {}
            }
        }
        list
    }

    #[test]
    fn every_denial_has_its_row_in_the_documentation() {
        let rows: Vec<String> = all()
            .iter()
            .map(Denial::row)
            .map(|row| {
                format!(
                    "| `{}` | `{}` | {} | {} |",
                    row.code, row.public_code, row.status, row.text
                )
            })
            .collect();
        // What the edge of guard refuses has a table of its own.
        let (page, _) = PAGE.split_once("\n## At the edge").unwrap();
        let missing: Vec<&String> = rows
            .iter()
            .filter(|row| !page.lines().any(|line| line.starts_with(*row)))
            .collect();
        assert!(missing.is_empty(), "docs/denials.md lacks:\n{missing:#?}");
        let documented = page.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(
            documented,
            rows.len(),
            "docs/denials.md has rows for denials that do not exist"
        );
    }

    #[test]
    fn codes_are_unique_and_statuses_refuse() {
        let codes: BTreeSet<&str> = all().iter().map(Denial::code).collect();
        assert_eq!(codes.len(), all().len());
        for denial in all() {
            assert!(
                denial.status().is_client_error() || denial.status().as_u16() == 503,
                "{denial:?}"
            );
        }
    }

    #[test]
    fn an_outage_is_no_refusal_of_the_caller() {
        let outage = Denial::from(Unavailable::new("redis", "no connection"));
        assert_eq!(outage.status().as_u16(), 503);
        assert!(outage.retry_after().is_some());
    }

    #[test]
    fn what_is_not_yours_looks_like_what_does_not_exist() {
        let public = |denial: &Denial| (denial.row().public_code, denial.row().status, denial.row().text);
        assert_eq!(public(&Denial::NotOwner), public(&Denial::NotFound));
        assert_eq!(public(&Denial::UnknownAction), public(&Denial::MissingPolicy));
    }
}

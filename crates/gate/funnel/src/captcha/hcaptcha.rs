//! hCaptcha: the request names the site key, which binds the proof to our page; there is no action.

use super::Verification;

pub(super) const URL: &str = "https://api.hcaptcha.com/siteverify";

/// The service has compared the site key, and says so with its success.
pub(super) fn is_for(answer: &Verification) -> bool {
    answer.success
}

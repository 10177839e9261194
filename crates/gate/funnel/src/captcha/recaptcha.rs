//! Google reCAPTCHA: the kind with a score names an action, and succeeds for robots too, with a low score.

use super::Verification;

pub(super) const URL: &str = "https://www.google.com/recaptcha/api/siteverify";

pub(super) fn is_for(answer: &Verification, action: &str, minimum: f64) -> bool {
    answer.action.as_deref() == Some(action) && answer.score.is_some_and(|score| score >= minimum)
}

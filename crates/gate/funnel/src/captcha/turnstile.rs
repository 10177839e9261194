//! Cloudflare Turnstile: a proof lives five minutes and names the action of its widget.

use super::Verification;

pub(super) const URL: &str = "https://challenges.cloudflare.com/turnstile/v0/siteverify";

pub(super) fn is_for(answer: &Verification, action: &str) -> bool {
    answer.action.as_deref() == Some(action)
}

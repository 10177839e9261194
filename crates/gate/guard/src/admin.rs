//! What operators see and do: numbers, the latest refusals, the policy in force, revocations and limits. A listener of its
//! own, on this machine unless the policy says otherwise; everything but health asks for a token.

mod forward_auth;
mod metrics;
mod policy_view;
mod revocations;
mod server;
mod status;

pub(crate) use forward_auth::serve as serve_forward_auth;
pub(crate) use metrics::{Metrics, Observation};
pub(crate) use server::{Admin, serve};

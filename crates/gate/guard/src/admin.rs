//! What operators see and do: numbers, the policy in force, revocations.

mod metrics;

pub(crate) use metrics::{Metrics, Observation};

//! The proxy: what holds for every request, whether it is an action or not. It knows nothing about actions but whom to
//! ask.

mod action_call;
mod body;
mod caught;
mod checks;
mod crowd;
pub mod fuzzing;
mod held;
mod listener;
mod proxy_protocol;
mod refusal;
mod request_headers;
mod response_headers;
mod service;
mod state;
mod target;
mod tls;
mod trace;
mod upgrade;
mod upstream;
mod wire;

pub(crate) use body::UpstreamBody;
pub(crate) use checks::{is_listed, origin_is_own, soft_refusal};
pub(crate) use listener::{accept, open};
pub(crate) use refusal::Refusal;
pub(crate) use request_headers::{forget_forwarding, has_internals};
pub(crate) use response_headers::ResponseRules;
pub(crate) use state::{Edge, Live, stopped};
pub(crate) use target::{PathRules, Target};
pub(crate) use tls::acceptor;
pub(crate) use upstream::Upstream;
pub(crate) use wire::WireLimits;

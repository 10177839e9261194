//! Actions over HTTP, as a client sees them: the wire, the gates in front of real handlers, forms without scripts.

#![cfg(test)]

mod faults;
mod forms;
mod gates;
mod handlers;
mod inputs;
#[path = "../../../store/tests/contract/redis_server.rs"]
#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it says when it skips")]
mod redis_server;
mod seeds;
mod settings;
mod site;
mod typescript;

//! Actions over HTTP, as a client sees them: the wire, the gates in front of real handlers, forms without scripts.

#![cfg(test)]

mod forms;
mod gates;
mod handlers;
mod inputs;
mod settings;
mod site;
mod typescript;

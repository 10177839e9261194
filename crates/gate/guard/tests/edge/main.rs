//! The proxy with real sockets: an application that records what reaches it, and clients that write raw bytes.

mod framing;
mod lifecycle;
mod passing;
mod secure;
mod streaming;
mod world;

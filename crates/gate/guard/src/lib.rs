//! A reverse proxy in front of a running Next.js application. It enforces the gates per action, on decoded arguments,
//! and forwards only bytes that it wrote itself.

pub mod action;
pub mod audit_file;
pub mod manifest;

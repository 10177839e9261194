//! Server Actions in Rust, on axum: an action that does not say who may call it does not compile.

//! The derive macros of `portcullis-actions`.

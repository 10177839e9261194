//! The output formats, one file each.

pub(crate) mod concise;
pub(crate) mod diff;
pub(crate) mod github;
pub(crate) mod html;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod sarif;

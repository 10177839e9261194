//! The configuration file, `portcullis.toml`: its text becomes a [`Config`], or every mistake in it with its place.
//!
//! Pure: it reads no file and knows no rule and no library. Names of rules are checked by who knows the rules, and
//! entries of the catalog by who knows their format; both have the spans that they need for that.

mod config;
mod entry;
mod keys;
mod parse;
mod reader;
mod schema;
mod suggestion;

pub use config::{AuthConfig, Config, ConfigError, RuleSetting, ScanConfig};
pub use entry::Entry;
pub use parse::parse;
pub use schema::json_schema;
pub use suggestion::closest;

/// The name of the file at a project's root.
pub const FILE_NAME: &str = "portcullis.toml";

//! The configuration file, `portcullis.toml`: its text becomes a [`Config`], or every mistake in it with its place.
//!
//! Pure: it reads no file and knows no rule, no library and no endpoint. Names of rules are checked by who knows the
//! rules, entries of the catalog by who knows their format, names of endpoints by who has the inventory; each has the
//! spans that it needs for that.

mod action;
mod config;
mod edge;
mod edge_keys;
mod entry;
mod gate;
mod judging;
mod keys;
mod parse;
mod rate;
mod reader;
mod schema;
mod session;
mod suggestion;

pub use action::{Access, ActionPolicy, Captcha, Located, Owns, Replay};
pub use config::{AuthConfig, Config, ConfigError, RowPolicies, RuleSetting, ScanConfig};
pub use edge::{
    AdminConfig, AskingProxy, CookiesConfig, EdgeConfig, ImagesConfig, LimitsConfig, PathsConfig, TlsConfig,
};
pub use entry::Entry;
pub use gate::{GuardConfig, Mode, RolesConfig, StoreConfig};
pub use judging::{
    Allowance, AuditConfig, CaptchaConfig, DatabaseConfig, Gate, JudgingConfig, NextVersion, SecretsInResults, Unnamed,
};
pub use parse::parse;
pub use rate::{ArgumentPath, Rate, RateKey};
pub use schema::json_schema;
pub use session::{CacheForm, KeyTransform, Provider, SessionConfig};
pub use suggestion::closest;

/// The name of the file at a project's root.
pub const FILE_NAME: &str = "portcullis.toml";

//! What the configuration says, and what a mistake in it looks like.

use std::collections::BTreeMap;
use std::ops::Range;

use portcullis_model::Severity;

use crate::Entry;
use crate::action::ActionPolicy;
use crate::gate::{GuardConfig, RolesConfig, StoreConfig};
use crate::judging::{AuditConfig, CaptchaConfig, DatabaseConfig};
use crate::session::SessionConfig;

/// A whole `portcullis.toml`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// `[scan]`.
    pub scan: ScanConfig,
    /// `[guard]`.
    pub guard: Option<GuardConfig>,
    /// `[session]`.
    pub session: Option<SessionConfig>,
    /// `[roles]`.
    pub roles: RolesConfig,
    /// `[store]`.
    pub store: Option<StoreConfig>,
    /// `[database]`.
    pub database: Option<DatabaseConfig>,
    /// `[captcha]`.
    pub captcha: Option<CaptchaConfig>,
    /// `[audit]`.
    pub audit: Option<AuditConfig>,
    /// `[actions."file#export"]`, by the name of the endpoint.
    pub actions: BTreeMap<String, ActionPolicy>,
}

/// The `[scan]` section.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScanConfig {
    /// Glob patterns of files that are not looked at, relative to the root. Each one is known to be a valid pattern.
    pub exclude: Vec<String>,
    /// What the project says of single rules, by the rule's id. The ids are not known to exist.
    pub rules: BTreeMap<String, RuleSetting>,
    /// Where each id of `rules` stands in the file, so that an unknown one can be pointed at.
    pub rule_spans: BTreeMap<String, Range<usize>>,
    /// The project's own authentication.
    pub auth: AuthConfig,
    /// The `[[scan.catalog]]` entries as they stand; the catalog interprets them.
    pub catalog: Vec<toml::Table>,
    /// Where each entry of `catalog` stands in the file, in the same order.
    pub catalog_spans: Vec<Range<usize>>,
}

/// What the project says of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleSetting {
    /// The rule does not run.
    Off,
    /// The rule runs as it is.
    On,
    /// The rule runs, and its findings have this severity.
    Severity(Severity),
}

/// The `[scan.auth]` section: what the project declares about its own authentication.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthConfig {
    /// Functions that do not return for a caller who is not signed in.
    pub guards: Vec<Entry>,
    /// Functions that build a protected action out of a handler.
    pub wrappers: Vec<Entry>,
    /// Every exported action must be built by one of `wrappers`.
    pub require_wrapper: bool,
}

/// A mistake in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The bytes of the file that it is about.
    pub span: Range<usize>,
    /// What is wrong, on one line. Quotes the file, so it is hostile when printed.
    pub message: String,
    /// What stands under the marked text; may be empty.
    pub label: String,
    /// What to do, one entry a suggestion.
    pub help: Vec<String>,
}

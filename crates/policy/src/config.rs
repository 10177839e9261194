//! What the configuration says, and what a mistake in it looks like.

use std::collections::BTreeMap;
use std::ops::Range;

use portcullis_model::Severity;

use crate::Entry;

/// A whole `portcullis.toml`.
///
/// Only `[scan]` is interpreted. The sections of the gate are known names whose content is kept as it stands: no key
/// inside them is checked yet, so a mistake there is not reported.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// `[scan]`.
    pub scan: ScanConfig,
    /// `[guard]`, not interpreted.
    pub guard: Option<toml::Table>,
    /// `[session]`, not interpreted.
    pub session: Option<toml::Table>,
    /// `[roles]`, not interpreted.
    pub roles: Option<toml::Table>,
    /// `[store]`, not interpreted.
    pub store: Option<toml::Table>,
    /// `[actions."file#export"]`, one table an endpoint, not interpreted.
    pub actions: BTreeMap<String, toml::Table>,
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
    /// What to do, one entry a suggestion.
    pub help: Vec<String>,
}

//! What can be said about an action without calling it: for reports, for generated clients, and for the test that shows
//! who may call what.

use portcullis_funnel::Replay;
use serde_json::Value;

use crate::ErrorCode;

/// One action.
#[derive(Debug, Clone)]
pub struct ActionInfo {
    /// Its name.
    pub name: String,
    /// `authenticated`, `public` or `optional`.
    pub access: &'static str,
    /// Why everybody may call it.
    pub reason: String,
    /// Its limits.
    pub rates: Vec<String>,
    /// Why it has none.
    pub unlimited: Option<String>,
    /// The lowest role that may call.
    pub role: Option<&'static str>,
    /// What a caller has to be permitted.
    pub permissions: Vec<&'static str>,
    /// The fields that refer to resources, which are opened in the name of the caller.
    pub references: Vec<&'static str>,
    /// What keeps a call from being run twice.
    pub replay: Replay,
    /// A proof of a human is needed, made for this action of the widget.
    pub captcha: Option<String>,
    /// The user has to have proved recently who they are.
    pub step_up: bool,
    /// The JSON Schema of the input.
    pub input: Value,
    /// Fields that are never given back, with dots between the levels.
    pub secrets: Vec<String>,
    /// The JSON Schema of the result.
    pub output: Value,
    /// The codes of its own errors.
    pub errors: Vec<ErrorCode>,
}

/// All actions that are mounted, in the order of their names.
#[derive(Debug, Clone, Default)]
pub struct ActionTable(pub(crate) Vec<ActionInfo>);

impl ActionTable {
    /// The actions.
    pub fn iter(&self) -> std::slice::Iter<'_, ActionInfo> {
        self.0.iter()
    }

    /// One action.
    pub fn find(&self, name: &str) -> Option<&ActionInfo> {
        self.0.iter().find(|info| info.name == name)
    }
}

impl<'a> IntoIterator for &'a ActionTable {
    type Item = &'a ActionInfo;
    type IntoIter = std::slice::Iter<'a, ActionInfo>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

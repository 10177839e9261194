//! What a `package.json` says, as far as resolution and versions need it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json;

/// The fields that name a package's entry, the one closest to the source first.
const ENTRY_FIELDS: [&str; 5] = ["source", "module", "main", "types", "typings"];

/// A parsed `package.json`. Fields of an unexpected type count as absent, as they do for package managers.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) name: Option<String>,
    pub(super) entries: Vec<String>,
    pub(super) exports: Option<Value>,
    pub(super) imports: Option<Value>,
    /// The configuration that `extends: "package"` means.
    pub(super) tsconfig: Option<String>,
    /// The globs of its workspaces.
    pub(super) workspaces: Vec<String>,
    /// Every dependency of any kind, from name to range.
    pub(super) dependencies: BTreeMap<String, String>,
    /// Whether `next` is more than a peer dependency.
    pub(super) owns_next: bool,
}

impl Manifest {
    /// Parses the text of a `package.json`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut value = json::parse(text)?;
        let Some(fields) = value.as_object_mut() else {
            return Err("the top level is not an object".to_owned());
        };
        let text = |field: &str| fields.get(field).and_then(Value::as_str).map(ToOwned::to_owned);
        let mut manifest = Self {
            name: text("name").filter(|name| !name.is_empty()),
            entries: ENTRY_FIELDS.iter().filter_map(|field| text(field)).collect(),
            tsconfig: text("tsconfig"),
            workspaces: workspaces(fields.get("workspaces")),
            ..Self::default()
        };
        // A later kind does not replace an earlier one: what is installed is the first.
        for kind in [
            "dependencies",
            "devDependencies",
            "optionalDependencies",
            "peerDependencies",
        ] {
            for (name, range) in fields.get(kind).and_then(Value::as_object).into_iter().flatten() {
                if let Some(range) = range.as_str()
                    && !manifest.dependencies.contains_key(name)
                {
                    manifest.owns_next |= name == "next" && kind != "peerDependencies";
                    manifest.dependencies.insert(name.clone(), range.to_owned());
                }
            }
        }
        manifest.exports = fields.remove("exports").filter(|value| !value.is_null());
        manifest.imports = fields.remove("imports");
        Ok(manifest)
    }
}

fn workspaces(value: Option<&Value>) -> Vec<String> {
    let Some(value) = value else {
        return Vec::new();
    };
    let list = value.get("packages").unwrap_or(value);
    json::strings(list).map(ToOwned::to_owned).collect()
}

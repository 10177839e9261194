//! The build's list of action ids, `server-reference-manifest.json`.
//!
//! INVARIANT: the file holds the key with which Next.js seals what closures carry. It is read into a type that has no
//! place for it, straight from the file, and what the parser has to say about a broken file is not repeated.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde::Deserialize;

/// What of the list is of interest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// By the id as it is written.
    pub actions: BTreeMap<String, ListedAction>,
}

/// An action of a build.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ListedAction {
    /// The file, relative to the project. Next.js 14 does not write it.
    pub filename: Option<String>,
    /// The export; for an inline action, a name that the build made up.
    #[serde(rename = "exportedName")]
    pub exported_name: Option<String>,
    /// Whether the entry has the shape that Next.js 14 and 15 write.
    #[serde(default, rename = "layer", deserialize_with = "is_there")]
    pub has_layer: bool,
}

fn is_there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[derive(Deserialize)]
struct Document {
    /// Always written, so that without it this is something else, or not all of it.
    node: BTreeMap<String, ListedAction>,
    #[serde(default)]
    edge: BTreeMap<String, ListedAction>,
}

/// Reads the list; nothing if there is none.
pub fn read(path: &Path) -> Result<Option<Manifest>, &'static str> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err("it cannot be read"),
    };
    let document: Document =
        serde_json::from_reader(BufReader::new(file)).map_err(|_| "it is not what Next.js writes")?;
    let mut actions = document.node;
    actions.extend(document.edge);
    Ok(Some(Manifest { actions }))
}

impl ListedAction {
    /// `file#export`, if the build says it.
    pub fn name(&self) -> Option<String> {
        let (file, export) = self.filename.as_ref().zip(self.exported_name.as_ref())?;
        Some(format!("{}#{export}", file.trim_start_matches("./")))
    }

    /// Whether it stands inside of a component.
    pub fn is_inline(&self) -> bool {
        self.exported_name.as_ref().is_some_and(|name| name.starts_with("$$"))
    }
}

impl Manifest {
    /// The names of what is exported, sorted. What the build makes of inline actions has a name of its own.
    pub fn exported_names(&self) -> Vec<String> {
        let exported = self.actions.values().filter(|action| !action.is_inline());
        let mut names: Vec<String> = exported.filter_map(ListedAction::name).collect();
        names.sort();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "c2VjcmV0LWtleS1vZi10aGUtYnVpbGQ=";

    fn written(text: &str) -> Result<Option<Manifest>, &'static str> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("manifest.json");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn ids_and_names_are_read_and_the_key_is_not() {
        let text = format!(
            r#"{{"node": {{"40ab": {{"workers": {{}}, "filename": "app/a.ts", "exportedName": "save"}}, "00cd": {{"workers": {{}}, "layer": {{}}}},
                "7f": {{"filename": "app/p.tsx", "exportedName": "$$RSC_SERVER_ACTION_0"}}}}, "edge": {{}}, "encryptionKey": "{SECRET}"}}"#
        );
        let manifest = written(&text).unwrap().unwrap();
        assert_eq!(manifest.actions.len(), 3);
        assert_eq!(manifest.exported_names(), ["app/a.ts#save"]);
        assert!(manifest.actions["00cd"].has_layer && !manifest.actions["40ab"].has_layer);
        assert!(!format!("{manifest:?}").contains(SECRET));
    }

    #[test]
    fn a_broken_one_is_refused_without_its_text() {
        let problem = written(&format!(r#"{{"encryptionKey": "{SECRET}", "node": "{SECRET}"}}"#)).unwrap_err();
        assert!(!problem.contains(SECRET));
        assert!(read(Path::new("nowhere/manifest.json")).unwrap().is_none());
    }
}

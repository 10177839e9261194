//! The build's list of action ids.
//!
//! INVARIANT: the file holds the key with which Next.js seals what closures carry. It is read into a type that has no
//! place for it, straight from the file, and what the parser has to say about a broken file is not repeated.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde::Deserialize;

/// What of the list is of interest.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    /// How many ids there are.
    pub(crate) ids: usize,
    /// Those that the build names, as `file#export`, sorted.
    pub(crate) names: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    node: BTreeMap<String, Action>,
    #[serde(default)]
    edge: BTreeMap<String, Action>,
}

#[derive(Deserialize)]
struct Action {
    filename: Option<String>,
    #[serde(rename = "exportedName")]
    exported_name: Option<String>,
}

/// Reads the list; nothing if there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Manifest>, &'static str> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err("it cannot be read"),
    };
    let document: Document =
        serde_json::from_reader(BufReader::new(file)).map_err(|_| "it is not what Next.js writes")?;
    Ok(Some(Manifest::of(document)))
}

impl Manifest {
    fn of(document: Document) -> Self {
        let mut actions = document.node;
        actions.extend(document.edge);
        let mut names: Vec<String> = actions
            .values()
            .filter_map(|action| {
                let (file, export) = action.filename.as_ref().zip(action.exported_name.as_ref())?;
                // What the build makes of inline actions has a name of its own.
                (!export.starts_with("$$")).then(|| format!("{}#{export}", file.trim_start_matches("./")))
            })
            .collect();
        names.sort();
        names.dedup();
        Self {
            ids: actions.len(),
            names,
        }
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
            r#"{{"node": {{"40ab": {{"workers": {{}}, "filename": "app/a.ts", "exportedName": "save"}}, "00cd": {{"workers": {{}}}},
                "7f": {{"filename": "app/p.tsx", "exportedName": "$$RSC_SERVER_ACTION_0"}}}}, "edge": {{}}, "encryptionKey": "{SECRET}"}}"#
        );
        let manifest = written(&text).unwrap().unwrap();
        assert_eq!(
            (manifest.ids, manifest.names.as_slice()),
            (3, &["app/a.ts#save".to_owned()][..])
        );
        assert!(!format!("{manifest:?}").contains(SECRET));
    }

    #[test]
    fn a_broken_one_is_refused_without_its_text() {
        let problem = written(&format!(r#"{{"encryptionKey": "{SECRET}", "node": "{SECRET}"}}"#)).unwrap_err();
        assert!(!problem.contains(SECRET));
        assert!(read(Path::new("nowhere/manifest.json")).unwrap().is_none());
    }
}

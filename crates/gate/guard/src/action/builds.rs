//! Which ids the builds have, and which endpoint of the policy each one is. Several builds stand side by side during a
//! deployment; an id that two of them give to different endpoints is nobody's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use portcullis_flight::rows::NextMajor;
use portcullis_flight::{ActionId, KnownIds};
use ring::digest;

use super::SetupError;
use super::routes::Routes;
use crate::manifest::{self, ListedAction, Manifest};

/// What the builds say.
#[derive(Debug, Default)]
pub(crate) struct Builds {
    /// The name of each id. `None`: the builds disagree, or none of the policy's names fits.
    names: BTreeMap<ActionId, Option<String>>,
    /// Whether any build was read.
    pub(crate) is_listed: bool,
    pub(crate) major: Option<NextMajor>,
    pub(crate) routes: Routes,
}

/// What an id is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// No build has it.
    Unknown,
    /// A build has it, or every id counts because there is no build; its name is not known.
    Nameless,
    /// This endpoint.
    As(&'a str),
}

impl Builds {
    /// Reads the builds at `paths`, as `folder` sees them. The first one may be missing if it is not named in the policy.
    pub(crate) fn read(
        folder: &Path,
        paths: &[&str],
        usual: Option<&str>,
        policy_names: &BTreeSet<&str>,
        source_root: Option<&str>,
    ) -> Result<Self, SetupError> {
        let mut builds = Self::default();
        for path in paths {
            let file = folder.join(path);
            let manifest = load(path, &file)?.ok_or_else(|| SetupError::file(path, "there is no such file"))?;
            builds.add(&file, &manifest, folder, policy_names, source_root)?;
        }
        if let Some(path) = usual {
            let file = folder.join(path);
            if let Some(manifest) = load(path, &file)? {
                builds.add(&file, &manifest, folder, policy_names, source_root)?;
            }
        }
        Ok(builds)
    }

    fn add(
        &mut self,
        file: &Path,
        manifest: &Manifest,
        folder: &Path,
        policy_names: &BTreeSet<&str>,
        source_root: Option<&str>,
    ) -> Result<(), SetupError> {
        self.is_listed = true;
        if let Some(server) = file.parent() {
            self.routes
                .read(server)
                .map_err(|problem| SetupError::file(&server.display().to_string(), problem))?;
        }
        let root = source_root.map_or_else(|| project_of(file, folder), |root| Some(root.to_owned()));
        let hashed = root.map(|root| hashed_names(&root, policy_names)).unwrap_or_default();
        let inline = inline_names(manifest, policy_names);
        for (text, action) in &manifest.actions {
            let Some(id) = ActionId::new(text) else { continue };
            self.sees(&id, action);
            let name = action.name().or_else(|| hashed.get(text.as_str()).cloned());
            let name = name.map(|name| inline.get(&name).cloned().unwrap_or(name));
            let known = self.names.entry(id).or_insert_with(|| name.clone());
            if *known != name {
                *known = None;
            }
        }
        Ok(())
    }

    /// Builds of different versions: the answer of the newest is understood by the older ones, but for Next.js 14.
    fn sees(&mut self, id: &ActionId, action: &ListedAction) {
        let major = match (id.is_unsalted(), action.has_layer) {
            (true, _) => NextMajor::Fourteen,
            (false, true) => NextMajor::Fifteen,
            (false, false) => NextMajor::Sixteen,
        };
        self.major = self.major.max(Some(major));
    }

    /// The ids that exist.
    pub(crate) fn known(&self) -> KnownIds {
        if self.is_listed {
            KnownIds::Listed(self.names.keys().cloned().collect())
        } else {
            KnownIds::Any
        }
    }

    /// The endpoint of an id.
    pub(crate) fn name(&self, id: &ActionId) -> Named<'_> {
        match self.names.get(id) {
            Some(Some(name)) => Named::As(name),
            Some(None) => Named::Nameless,
            None if self.is_listed => Named::Unknown,
            None => Named::Nameless,
        }
    }

    /// All names of the builds.
    pub(crate) fn all_names(&self) -> BTreeSet<&str> {
        self.names.values().flatten().map(String::as_str).collect()
    }
}

fn load(path: &str, file: &Path) -> Result<Option<Manifest>, SetupError> {
    manifest::read(file).map_err(|problem| SetupError::file(path, problem))
}

/// The folder around `.next`, as Next.js 14 wrote it into its ids.
fn project_of(file: &Path, folder: &Path) -> Option<String> {
    let project = file.ancestors().find(|part| part.ends_with(".next"))?.parent()?;
    let project = if project.as_os_str().is_empty() {
        folder
    } else {
        project
    };
    let absolute = std::path::absolute(project).ok()?;
    absolute.to_str().map(str::to_owned)
}

/// Next.js 14 writes no names; its ids are hashes of the file and the export.
fn hashed_names(root: &str, policy_names: &BTreeSet<&str>) -> BTreeMap<String, String> {
    let root = root.trim_end_matches('/');
    let pairs = policy_names.iter().filter_map(|name| {
        let (file, export) = name.rsplit_once('#')?;
        let text = format!("{root}/{file}:{export}");
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        Some((super::hex(hash.as_ref()), (*name).to_owned()))
    });
    pairs.collect()
}

/// The build numbers inline actions, and the policy names them after their functions. Where a file has one of each, they
/// are the same; otherwise the policy has to use the build's name.
fn inline_names(manifest: &Manifest, policy_names: &BTreeSet<&str>) -> BTreeMap<String, String> {
    let mut built: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for action in manifest.actions.values().filter(|action| action.is_inline()) {
        if let (Some(file), Some(name)) = (&action.filename, action.name()) {
            built.entry(file.trim_start_matches("./")).or_default().insert(name);
        }
    }
    let mut names = BTreeMap::new();
    for (file, built) in built {
        let written = policy_names.iter().filter(|name| {
            let parts = name.rsplit_once('#');
            parts.is_some_and(|(one, export)| one == file && export.contains('.') && !export.starts_with("$$"))
        });
        let written: Vec<_> = written.collect();
        if let (1, [only]) = (built.len(), written.as_slice()) {
            names.extend(built.into_iter().map(|name| (name, (**only).to_owned())));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const SECOND: &str = "60bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn entry(id: &str, name: &str) -> String {
        let (file, export) = name.split_once('#').unwrap();
        format!(r#""{id}":{{"workers":{{}},"filename":"{file}","exportedName":"{export}"}}"#)
    }

    fn builds(manifests: &[Vec<String>], policy: &[&str]) -> Result<Builds, SetupError> {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..manifests.len()).map(|number| format!("{number}.json")).collect();
        for (name, entries) in names.iter().zip(manifests) {
            let text = format!(
                r#"{{"node":{{{}}},"edge":{{}},"encryptionKey":"k"}}"#,
                entries.join(",")
            );
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let paths: Vec<&str> = names.iter().map(String::as_str).collect();
        Builds::read(
            folder.path(),
            &paths,
            None,
            &policy.iter().copied().collect(),
            Some("/app"),
        )
    }

    fn id(text: &str) -> ActionId {
        ActionId::new(text).unwrap()
    }

    #[test]
    fn builds_side_by_side_share_what_they_agree_on() {
        let one = builds(
            &[
                vec![entry(FIRST, "a.ts#save"), entry(SECOND, "a.ts#load")],
                vec![entry(FIRST, "a.ts#save"), entry(SECOND, "a.ts#remove")],
            ],
            &[],
        )
        .unwrap();
        assert_eq!(one.name(&id(FIRST)), Named::As("a.ts#save"));
        assert_eq!(one.name(&id(SECOND)), Named::Nameless);
        assert_eq!(one.name(&id(&"0".repeat(42))), Named::Unknown);
        assert_eq!(one.major, Some(NextMajor::Sixteen));
    }

    #[test]
    fn an_inline_action_is_the_only_one_of_its_file() {
        let entries = vec![entry(FIRST, "app/p.tsx#$$RSC_SERVER_ACTION_0")];
        let alone = builds(std::slice::from_ref(&entries), &["app/p.tsx#Page.save"]).unwrap();
        assert_eq!(alone.name(&id(FIRST)), Named::As("app/p.tsx#Page.save"));
        let two = builds(&[entries], &["app/p.tsx#Page.save", "app/p.tsx#Page.load"]).unwrap();
        assert_eq!(two.name(&id(FIRST)), Named::As("app/p.tsx#$$RSC_SERVER_ACTION_0"));
    }

    #[test]
    fn ids_of_next_14_are_found_by_their_hash() {
        // SHA-1 of `/app/app/a.ts:save`.
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, b"/app/app/a.ts:save");
        let hash = crate::action::hex(hash.as_ref());
        let build = builds(
            &[vec![format!(r#""{hash}":{{"workers":{{}},"layer":{{}}}}"#)]],
            &["app/a.ts#save"],
        )
        .unwrap();
        assert_eq!(build.name(&id(&hash)), Named::As("app/a.ts#save"));
        assert_eq!(build.major, Some(NextMajor::Fourteen));
    }

    #[test]
    fn without_a_build_every_id_exists() {
        let none = Builds::default();
        assert_eq!(none.name(&id(FIRST)), Named::Nameless);
        assert_eq!(none.known(), KnownIds::Any);
        let missing = Builds::read(Path::new("/nowhere"), &["x.json"], None, &BTreeSet::new(), None);
        assert!(matches!(missing, Err(SetupError::File { .. })));
    }
}

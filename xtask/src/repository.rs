//! The files of the work tree, read once. Ignored files are not among them; files that nobody added yet are.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Every file by its path from the root, with `/`. Files that are not UTF-8 have no text.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    files: BTreeMap<String, Option<String>>,
}

impl Repository {
    /// Reads the tree at `root`.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        let walk = ignore::WalkBuilder::new(root)
            .hidden(false)
            .parents(false)
            .ignore(false)
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk {
            let entry = entry.context("cannot list the work tree")?;
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let path = entry.path();
            let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
            let relative = path.strip_prefix(root).unwrap_or(path);
            let name: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            files.insert(name.join("/"), String::from_utf8(bytes).ok());
        }
        Ok(Self { files })
    }

    /// A tree that exists only in a test.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned())))
            .collect();
        Self { files }
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Whether a file or a folder stands at `path`.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        path.is_empty() || self.files.keys().any(|file| file == path || file.starts_with(&folder))
    }

    /// Every text file, in the order of the paths.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// Every text file whose path starts with `folder` and ends with `ending`.
    pub(crate) fn below<'a>(&'a self, folder: &'a str, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.texts()
            .filter(move |(path, _)| path.starts_with(folder) && path.ends_with(ending))
    }
}

/// The name of the file at `path`, without folders and without what follows its first dot.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::{Repository, stem};

    #[test]
    fn ignored_files_and_the_history_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &[u8]| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(".gitignore", b"/target\n");
        write("target/out.rs", b"");
        write(".git/config", b"");
        write(".ci/run", b"cargo test\n");
        write("image.png", &[0xff, 0xfe]);

        let repository = Repository::load(folder.path()).unwrap();
        let texts: Vec<_> = repository.texts().map(|(path, _)| path).collect();
        assert_eq!(texts, [".ci/run", ".gitignore"]);
        assert!(repository.has("image.png") && repository.has(".ci") && !repository.has("target"));
    }

    #[test]
    fn a_stem_has_no_folder_and_no_ending() {
        assert_eq!(stem("crates/scan/rules/src/open_door.rs"), "open_door");
        assert_eq!(stem("x.test.ts"), "x");
    }
}

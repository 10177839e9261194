//! What exists at a path, from memory.

use std::collections::BTreeMap;

use portcullis_model::{FileId, SourceFile};
use rustc_hash::FxHashMap;

use super::path;

/// Links lead to links. This many steps are taken.
const MAX_LINKS: usize = 16;

/// What exists at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// A loaded source file.
    Source(FileId),
    /// A source file that was excluded or could not be read: nothing else may be found in its place.
    Unread,
    /// A file without code to analyse.
    Other,
}

/// Every file of the project.
#[derive(Debug, Default)]
pub(super) struct Tree {
    entries: FxHashMap<Box<str>, Entry>,
    /// Every directory that holds a file, however deep, and whether one of them is a loaded source file.
    directories: FxHashMap<Box<str>, bool>,
    links: BTreeMap<String, String>,
}

impl Tree {
    /// A tree of loaded `sources`, in the order of their ids, and of `others`.
    pub(super) fn new<'path>(
        sources: &[SourceFile],
        others: impl Iterator<Item = (&'path str, Entry)>,
        links: BTreeMap<String, String>,
    ) -> Self {
        let mut tree = Self {
            links,
            ..Self::default()
        };
        for (index, file) in (0_u32..).zip(sources) {
            tree.insert(&file.path, Entry::Source(FileId(index)));
        }
        for (path, entry) in others {
            if !tree.entries.contains_key(path) {
                tree.insert(path, entry);
            }
        }
        tree
    }

    fn insert(&mut self, path: &str, entry: Entry) {
        let is_source = matches!(entry, Entry::Source(_));
        for directory in path::ancestors(path).skip(1) {
            match self.directories.get_mut(directory) {
                Some(has_source) if *has_source || !is_source => break,
                Some(has_source) => *has_source = true,
                None => {
                    self.directories.insert(directory.into(), is_source);
                }
            }
        }
        self.entries.insert(path.into(), entry);
    }

    /// What is at `path`.
    pub(super) fn entry(&self, path: &str) -> Option<Entry> {
        self.entries.get(path).copied()
    }

    /// The source file at `path`.
    pub(super) fn source(&self, path: &str) -> Option<FileId> {
        match self.entry(path)? {
            Entry::Source(file) => Some(file),
            Entry::Unread | Entry::Other => None,
        }
    }

    /// Whether a directory holds any file, however deep.
    pub(super) fn has_directory(&self, path: &str) -> bool {
        self.directories.contains_key(path)
    }

    /// Whether a directory holds any loaded source file, however deep.
    pub(super) fn has_source(&self, path: &str) -> bool {
        self.directories.get(path).copied().unwrap_or(false)
    }

    /// `path` with the links on the way replaced; nothing if there are none.
    pub(super) fn through_links(&self, path: &str) -> Option<String> {
        if self.links.is_empty() {
            return None;
        }
        let mut current = path.to_owned();
        for step in 0..MAX_LINKS {
            let Some((link, target)) = path::ancestors(&current).find_map(|at| self.links.get_key_value(at)) else {
                return (step > 0).then_some(current);
            };
            let rest = current.strip_prefix(link.as_str()).unwrap_or_default();
            current = path::join(target, rest)?;
        }
        None
    }

    /// For each directory, the value of the nearest directory at or above it that has one.
    pub(super) fn inherit<T: Copy>(&self, own: impl Fn(&str) -> Option<T>) -> FxHashMap<Box<str>, T> {
        let mut values: FxHashMap<Box<str>, T> = FxHashMap::default();
        // The order of the paths puts every directory after the one that holds it.
        let mut directories: Vec<&Box<str>> = self.directories.keys().collect();
        directories.sort_unstable();
        for directory in directories {
            let above = || path::parent(directory).and_then(|parent| values.get(parent).copied());
            if let Some(value) = own(directory).or_else(above) {
                values.insert(directory.clone(), value);
            }
        }
        values
    }
}

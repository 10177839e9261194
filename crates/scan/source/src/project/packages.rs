//! The packages of the project: every directory with a `package.json`, and which of them a name means.

use rustc_hash::FxHashMap;

use super::manifest::Manifest;
use super::path;
use super::tree::Tree;
use super::workspace::Workspace;

/// An index into the packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PackageId(usize);

/// A directory with a `package.json`.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) directory: String,
    pub(super) manifest: Manifest,
    /// The workspace that it is installed in, as an index; packages outside of any are not linked by name.
    workspace: Option<usize>,
}

/// A package that a manifest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// The `package.json`, relative to the root.
    pub manifest: String,
    /// What the manifest asks for, with a `catalog:` looked up. Hostile when printed.
    pub range: String,
    /// The version that a lock file installs. Hostile when printed.
    pub locked: Option<String>,
}

/// Which package a name means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named<'packages> {
    /// A package of the project that the package manager links: what is not found in it does not exist.
    Linked(&'packages Package),
    /// A package of the project that bears the name, though nothing says that it is what gets installed.
    Namesake(&'packages Package),
    /// No package of the project.
    Foreign,
}

/// All packages.
#[derive(Debug, Default)]
pub(super) struct Packages {
    list: Vec<Package>,
    by_name: FxHashMap<String, Vec<PackageId>>,
    by_directory: FxHashMap<String, PackageId>,
    nearest: FxHashMap<Box<str>, PackageId>,
}

impl Packages {
    /// The packages by directory, in order, and the workspaces that link them.
    pub(super) fn new(manifests: Vec<(String, Manifest)>, workspaces: &[Workspace], tree: &Tree) -> Self {
        let mut packages = Self::default();
        for (index, (directory, manifest)) in manifests.into_iter().enumerate() {
            let id = PackageId(index);
            if let Some(name) = &manifest.name {
                packages.by_name.entry(name.clone()).or_default().push(id);
            }
            packages.by_directory.insert(directory.clone(), id);
            let workspace = (0..workspaces.len())
                .filter(|index| {
                    workspaces
                        .get(*index)
                        .is_some_and(|workspace| workspace.contains(&directory))
                })
                .max_by_key(|index| workspaces.get(*index).map_or(0, |workspace| workspace.directory.len()));
            packages.list.push(Package {
                directory,
                manifest,
                workspace,
            });
        }
        packages.nearest = tree.inherit(|directory| packages.by_directory.get(directory).copied());
        packages
    }

    fn get(&self, id: PackageId) -> Option<&Package> {
        self.list.get(id.0)
    }

    /// Every package, sorted by directory.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Package> {
        self.list.iter()
    }

    /// The package whose `package.json` lies in `directory`.
    pub(super) fn at(&self, directory: &str) -> Option<&Package> {
        self.get(*self.by_directory.get(directory)?)
    }

    /// The package that a directory is part of.
    pub(super) fn nearest(&self, directory: &str) -> Option<&Package> {
        self.get(*self.nearest.get(directory)?)
    }

    /// Which package `name` means for files in `directory`.
    pub(super) fn named(&self, name: &str, directory: &str) -> Named<'_> {
        let importer = self.nearest(directory);
        let range = importer.and_then(|package| package.manifest.dependencies.get(name));
        if let (Some(importer), Some(range)) = (importer, range)
            && let Some(linked) = self.by_path(importer, range)
        {
            return Named::Linked(linked);
        }
        let Some(ids) = self.by_name.get(name) else {
            return Named::Foreign;
        };
        let is_local = range.is_some_and(|range| range.starts_with("workspace:"));
        let Some(package) = self.closest(ids, importer, directory) else {
            return Named::Foreign;
        };
        let is_self = importer.is_some_and(|importer| importer.directory == package.directory);
        if is_self {
            // An application called `stripe` that depends on `stripe` does not import itself.
            return if range.is_some() && !is_local {
                Named::Foreign
            } else {
                Named::Namesake(package)
            };
        }
        let is_member = package.workspace.is_some() && package.workspace == importer.and_then(|one| one.workspace);
        match range {
            _ if is_member || is_local => Named::Linked(package),
            Some(_) => Named::Foreign,
            None => Named::Namesake(package),
        }
    }

    /// The package that `file:../other` and the like mean.
    fn by_path(&self, importer: &Package, range: &str) -> Option<&Package> {
        let target = ["file:", "link:", "portal:"]
            .iter()
            .find_map(|prefix| range.strip_prefix(prefix))
            .or_else(|| {
                range
                    .strip_prefix("workspace:")
                    .filter(|target| target.starts_with('.'))
            })?;
        self.at(&path::join(&importer.directory, target)?)
    }

    /// Of several packages with one name: the one in the importer's workspace, then the one closest to it in the tree,
    /// then the first.
    fn closest(&self, ids: &[PackageId], importer: Option<&Package>, directory: &str) -> Option<&Package> {
        let rank = |package: &Package| {
            let same = package.workspace.is_some() && package.workspace == importer.and_then(|one| one.workspace);
            let shared = package
                .directory
                .split('/')
                .zip(directory.split('/'))
                .take_while(|(one, two)| one == two);
            (same, shared.count())
        };
        // `max_by_key` takes the last of equals, and the first directory shall win.
        ids.iter()
            .rev()
            .filter_map(|id| self.get(*id))
            .max_by_key(|package| rank(package))
    }
}

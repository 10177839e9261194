//! Which directories of the project are Next.js applications, and what each of them is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_model::SourceFile;

use super::packages::{Dependency, Package, Packages};
use super::tree::Tree;
use super::workspace::PnpmWorkspace;
use super::{lockfile, path};

/// A Next.js application: a directory with a `next.config` file, or with routes and a `package.json` that depends on `next`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextApp {
    /// Its directory relative to the root, with `/`; empty for the root itself.
    pub directory: String,
    /// Next.js's version: exact if a lock file says it, else the range in `package.json`. Hostile when printed.
    pub version: Option<String>,
    /// The directory of the app router (`app` or `src/app`), relative to the root.
    pub app_directory: Option<String>,
    /// The directory of the pages router (`pages` or `src/pages`), relative to the root.
    pub pages_directory: Option<String>,
    /// Its `next.config` file, relative to the root.
    pub config: Option<String>,
}

impl NextApp {
    /// Whether it has any route.
    pub fn has_routes(&self) -> bool {
        self.app_directory.is_some() || self.pages_directory.is_some()
    }
}

/// What versions are looked up in.
#[derive(Debug)]
pub(super) struct Versions<'load> {
    pub(super) packages: &'load Packages,
    /// The lock files, by path.
    pub(super) locks: &'load BTreeMap<String, Arc<str>>,
    /// What each `pnpm-workspace.yaml` says, by directory.
    pub(super) workspaces: &'load BTreeMap<String, PnpmWorkspace>,
}

/// The applications, sorted by directory, and the version to report for the whole project: that of the first application
/// with routes, else of the first package that asks for `next`.
pub(super) fn find(files: &[SourceFile], tree: &Tree, versions: &Versions<'_>) -> (Vec<NextApp>, Option<String>) {
    let mut configs: BTreeMap<&str, &str> = BTreeMap::new();
    for file in files
        .iter()
        .filter(|file| path::name(&file.path).starts_with("next.config."))
    {
        configs
            .entry(path::parent(&file.path).unwrap_or_default())
            .or_insert(&file.path);
    }
    let mut directories: BTreeSet<&str> = configs.keys().copied().collect();
    let packages = versions.packages.iter().filter(|package| package.manifest.owns_next);
    directories.extend(packages.map(|package| package.directory.as_str()));
    let existing = |directory: &str, names: [&str; 2]| {
        names
            .iter()
            .filter_map(|name| path::join(directory, name))
            .find(|path| tree.has_source(path))
    };
    let apps = directories.into_iter().map(|directory| NextApp {
        directory: directory.to_owned(),
        version: versions.of(directory),
        app_directory: existing(directory, ["app", "src/app"]),
        pages_directory: existing(directory, ["pages", "src/pages"]),
        config: configs.get(directory).map(|path| (*path).to_owned()),
    });
    let mut apps: Vec<NextApp> = apps.collect();
    let version = apps
        .iter()
        .filter(|app| app.has_routes())
        .chain(&apps)
        .find_map(|app| app.version.clone());
    // A library names `next` to build against it.
    apps.retain(|app| app.has_routes() || app.config.is_some());
    (apps, version)
}

/// The packages with known advisories that manifests ask for as more than a peer.
pub(super) fn dependencies(versions: &Versions<'_>) -> Vec<Dependency> {
    let mut found = Vec::new();
    for package in versions.packages.iter() {
        for name in ADVISED {
            let Some(range) = package.manifest.dependencies.get(name) else {
                continue;
            };
            if name == "next" && !package.manifest.owns_next {
                continue;
            }
            let looked_up = range
                .strip_prefix("catalog:")
                .filter(|_| name == "next")
                .and_then(|catalog| {
                    versions.in_catalog(&package.directory, if catalog == "default" { "" } else { catalog })
                });
            found.push(Dependency {
                name: name.to_owned(),
                manifest: path::join(&package.directory, "package.json").unwrap_or_default(),
                range: looked_up.unwrap_or_else(|| range.clone()),
                locked: versions.locked(package, name, range),
            });
        }
    }
    found
}

/// The packages whose versions matter: the framework, and the decoders of server actions.
const ADVISED: [&str; 4] = [
    "next",
    "react-server-dom-parcel",
    "react-server-dom-turbopack",
    "react-server-dom-webpack",
];

impl Versions<'_> {
    /// The version of `next` for an application. One without a `package.json` uses that of a directory above it.
    fn of(&self, directory: &str) -> Option<String> {
        let package = path::ancestors(directory)
            .filter_map(|directory| self.packages.at(directory))
            .find(|package| package.manifest.dependencies.contains_key("next"))?;
        let range = package.manifest.dependencies.get("next")?;
        self.locked(package, "next", range)
            .or_else(|| match range.strip_prefix("catalog:") {
                Some(catalog) => self.in_catalog(&package.directory, if catalog == "default" { "" } else { catalog }),
                None => Some(range.clone()),
            })
    }

    fn locked(&self, package: &Package, name: &str, range: &str) -> Option<String> {
        const NAMES: [&str; 5] = [
            "pnpm-lock.yaml",
            "bun.lock",
            "package-lock.json",
            "npm-shrinkwrap.json",
            "yarn.lock",
        ];
        path::ancestors(&package.directory).find_map(|directory| {
            NAMES.iter().find_map(|lock| {
                let path = path::join(directory, lock)?;
                lockfile::version(name, &path, self.locks.get(&path)?, &package.directory, range)
            })
        })
    }

    fn in_catalog(&self, directory: &str, catalog: &str) -> Option<String> {
        path::ancestors(directory).find_map(|directory| self.workspaces.get(directory)?.next.get(catalog).cloned())
    }
}

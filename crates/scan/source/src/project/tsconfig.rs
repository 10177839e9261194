//! `tsconfig.json` and `jsconfig.json`: what they declare, with `extends` and `references` followed.
//!
//! Reads no file by itself; the loader passes a function that does, as `extends` may name any JSON file.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_model::{Diagnostic, DiagnosticKind};
use serde_json::Value;

use super::alias::{Config, Configs, Target};
use super::exports::{self, Targets};
use super::packages::{Named, Packages};
use super::tree::Tree;
use super::{json, path};

/// `extends` chains longer than this are cut.
const MAX_EXTENDS: usize = 32;

/// Stands in a path for the directory of the configuration that is used, not the one that it is written in.
const CONFIG_DIRECTORY: &str = "${configDir}";

/// Reads a JSON file of the project.
pub(super) type Read<'load> = &'load dyn Fn(&str) -> Result<Arc<str>, Diagnostic>;

/// One file, with what it extends.
#[derive(Debug, Clone, Default)]
struct Merged {
    base_url: Option<Located<String>>,
    paths: Option<Located<Arc<Paths>>>,
}

/// Patterns and their targets, as written.
type Paths = Vec<(String, Vec<String>)>;

/// A value and the directory that it is relative to.
#[derive(Debug, Clone)]
struct Located<T> {
    directory: String,
    value: T,
}

/// Loads configurations, each file once.
pub(super) struct Loader<'load> {
    tree: &'load Tree,
    packages: &'load Packages,
    read: Read<'load>,
    merged: BTreeMap<String, Merged>,
    diagnostics: Vec<Diagnostic>,
}

impl<'load> Loader<'load> {
    /// A loader that reads with `read`.
    pub(super) fn new(tree: &'load Tree, packages: &'load Packages, read: Read<'load>) -> Self {
        Self {
            tree,
            packages,
            read,
            merged: BTreeMap::new(),
            diagnostics: Vec::new(),
        }
    }

    /// The configurations at `files`: paths of `tsconfig*.json` and `jsconfig.json`, sorted.
    pub(super) fn load<'path>(mut self, files: impl Iterator<Item = &'path str>) -> (Configs, Vec<Diagnostic>) {
        let mut list = Vec::new();
        let mut references = Vec::new();
        let mut by_path = BTreeMap::new();
        for file in files {
            by_path.insert(file, list.len());
            let directory = path::parent(file).unwrap_or_default();
            let Some(value) = self.parse(file) else {
                list.push(Config::new(directory, None, std::iter::empty()));
                references.push(Vec::new());
                continue;
            };
            let merged = self.merge(file, &value, 0);
            list.push(finished(directory, &merged));
            references.push(referenced(directory, &value));
        }
        for (config, references) in list.iter_mut().zip(references) {
            config.references = references
                .iter()
                .filter_map(|file| by_path.get(file.as_str()).copied())
                .collect();
        }
        // `tsconfig.json` wins over `jsconfig.json`, and nothing else is found by its place.
        let own = |directory: &str| {
            ["tsconfig.json", "jsconfig.json"]
                .iter()
                .find_map(|name| by_path.get(path::join(directory, name)?.as_str()).copied())
        };
        let nearest = self.tree.inherit(own);
        for config in &mut list {
            // A package does not see the aliases of the one around it.
            if self.packages.at(&config.directory).is_none() {
                config.above = path::parent(&config.directory).and_then(|parent| nearest.get(parent).copied());
            }
        }
        (Configs { list, nearest }, self.diagnostics)
    }

    fn parse(&mut self, file: &str) -> Option<Value> {
        let parsed = (self.read)(file).and_then(|text| json::parse(&text).map_err(|reason| broken(file, &reason)));
        parsed.map_err(|diagnostic| self.diagnostics.push(diagnostic)).ok()
    }

    fn merge(&mut self, file: &str, value: &Value, depth: usize) -> Merged {
        if let Some(merged) = self.merged.get(file) {
            return merged.clone();
        }
        // INVARIANT: a file is known before its bases are looked at, so that a cycle ends here.
        self.merged.insert(file.to_owned(), Merged::default());
        let directory = path::parent(file).unwrap_or_default();
        let mut merged = Merged::default();
        let extends = value.get("extends");
        let bases = extends
            .and_then(Value::as_str)
            .into_iter()
            .chain(extends.into_iter().flat_map(json::strings));
        for specifier in bases {
            if depth >= MAX_EXTENDS {
                self.diagnostics
                    .push(broken(file, "its chain of `extends` is too long"));
                break;
            }
            let base = self.base(file, directory, specifier, depth);
            merged.base_url = base.base_url.or(merged.base_url);
            merged.paths = base.paths.or(merged.paths);
        }
        let options = value.get("compilerOptions");
        if let Some(base_url) = options
            .and_then(|options| options.get("baseUrl"))
            .and_then(Value::as_str)
        {
            merged.base_url = Some(Located {
                directory: directory.to_owned(),
                value: base_url.to_owned(),
            });
        }
        if let Some(paths) = options
            .and_then(|options| options.get("paths"))
            .and_then(Value::as_object)
        {
            let paths = paths
                .iter()
                .map(|(pattern, targets)| (pattern.clone(), json::strings(targets).map(ToOwned::to_owned).collect()));
            merged.paths = Some(Located {
                directory: directory.to_owned(),
                value: Arc::new(paths.collect()),
            });
        }
        self.merged.insert(file.to_owned(), merged.clone());
        merged
    }

    /// What `extends: specifier` in `file` brings in. Packages that are not part of the project bring in nothing.
    fn base(&mut self, file: &str, directory: &str, specifier: &str, depth: usize) -> Merged {
        let candidates = if specifier.starts_with('.') {
            let Some(target) = path::join(directory, specifier) else {
                self.diagnostics.push(broken(
                    file,
                    &format!("it extends `{specifier}`, which is outside of the project"),
                ));
                return Merged::default();
            };
            vec![target]
        } else {
            match self.package_candidates(directory, specifier) {
                Some(candidates) => candidates,
                None => return Merged::default(),
            }
        };
        let found = candidates
            .iter()
            .flat_map(|path| [path.clone(), format!("{path}.json"), format!("{path}/tsconfig.json")])
            .find(|path| self.tree.entry(path).is_some());
        let Some(found) = found else {
            self.diagnostics
                .push(broken(file, &format!("it extends `{specifier}`, which is not there")));
            return Merged::default();
        };
        if let Some(merged) = self.merged.get(&found) {
            return merged.clone();
        }
        match self.parse(&found) {
            Some(value) => self.merge(&found, &value, depth.saturating_add(1)),
            None => Merged::default(),
        }
    }

    fn package_candidates(&self, directory: &str, specifier: &str) -> Option<Vec<String>> {
        let (name, subpath) = super::resolve::split_package(specifier)?;
        let (Named::Linked(package) | Named::Namesake(package)) = self.packages.named(name, directory) else {
            return None;
        };
        let mut candidates = Vec::new();
        let key = if subpath.is_empty() {
            ".".to_owned()
        } else {
            format!("./{subpath}")
        };
        if let Some(Targets::Found(targets)) = package
            .manifest
            .exports
            .as_ref()
            .map(|map| exports::exported(map, &key))
        {
            candidates.extend(
                targets
                    .iter()
                    .filter_map(|target| path::join(&package.directory, target)),
            );
        }
        if subpath.is_empty() {
            let own = package.manifest.tsconfig.as_deref().unwrap_or("tsconfig.json");
            candidates.extend(path::join(&package.directory, own));
        } else {
            candidates.extend(path::join(&package.directory, subpath));
        }
        Some(candidates)
    }
}

/// Settles what is relative to what, now that the configuration in use is known.
fn finished(directory: &str, merged: &Merged) -> Config {
    let base_url = merged
        .base_url
        .as_ref()
        .and_then(|base| absolute(directory, &base.directory, &base.value));
    let Some(paths) = &merged.paths else {
        return Config::new(directory, base_url, std::iter::empty());
    };
    // Without a base, targets are relative to the file that declares them.
    let base = base_url.clone().unwrap_or_else(|| paths.directory.clone());
    let target = |text: &String| Target {
        path: absolute(directory, &base, text),
        in_node_modules: text.split('/').any(|part| part == "node_modules"),
    };
    let aliases = paths
        .value
        .iter()
        .map(|(pattern, targets)| (pattern.clone(), targets.iter().map(target).collect()));
    Config::new(directory, base_url, aliases)
}

/// `text` relative to `base`, or to the `used` configuration's directory if it says so.
fn absolute(used: &str, base: &str, text: &str) -> Option<String> {
    match text.strip_prefix(CONFIG_DIRECTORY) {
        Some(rest) => path::join(used, rest),
        None => path::join(base, text),
    }
}

/// The referenced configurations in the same directory; others speak for other directories.
fn referenced(directory: &str, value: &Value) -> Vec<String> {
    let list = value.get("references").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|reference| path::join(directory, reference.get("path")?.as_str()?))
        .filter(|file| path::parent(file) == Some(directory))
        .collect()
}

fn broken(path: &str, reason: &str) -> Diagnostic {
    Diagnostic {
        path: path.to_owned(),
        place: None,
        kind: DiagnosticKind::Manifest,
        message: format!("this configuration can't be used: {reason}; imports through its aliases may stay unresolved"),
    }
}

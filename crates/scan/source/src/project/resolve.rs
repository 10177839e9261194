//! From an import specifier to what it means: aliases, packages of the project, files. Pure, and without a cache of
//! its own: everything that is the same for a directory was worked out when the project was loaded.

use super::alias::Configs;
use super::exports::{self, Targets};
use super::kind;
use super::locate::{Locator, Place};
use super::packages::Named;
use super::{Resolution, builtin, path};

/// `imports` may lead to a package, whose name may be an import again. This many steps are taken.
const MAX_STEPS: usize = 8;

/// What resolution knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver<'project> {
    pub(super) locator: Locator<'project>,
    pub(super) configs: &'project Configs,
}

impl Resolver<'_> {
    /// What `specifier` means in the file at `from`.
    pub(super) fn resolve(self, from: &str, specifier: &str) -> Resolution {
        if specifier.len() > path::MAX_LENGTH {
            return Resolution::Missing;
        }
        self.resolve_in(path::parent(from).unwrap_or_default(), bare_of_loaders(specifier), 0)
    }

    fn resolve_in(self, directory: &str, specifier: &str, step: usize) -> Resolution {
        if specifier.contains("://") || specifier.starts_with("data:") {
            return Resolution::Asset;
        }
        if is_relative(specifier) {
            return path::join(directory, specifier)
                .and_then(|path| self.locator.at(&path, is_directory(specifier)))
                .map_or_else(|| missing(specifier), Resolution::from);
        }
        let aliased = self.configs.aliased(directory, specifier);
        if let Some(place) = self.locator.first(&aliased.paths) {
            return place.into();
        }
        if specifier.starts_with('#') {
            return self.imported(directory, specifier, step);
        }
        if let Some(name) = builtin::name(specifier) {
            return Resolution::Builtin(name.to_owned());
        }
        let mut is_own = aliased.claimed;
        for base in self.configs.base_urls(directory) {
            let Some(path) = path::join(base, specifier) else {
                continue;
            };
            if let Some(place) = self.locator.at(&path, is_directory(specifier)) {
                return place.into();
            }
            is_own |= self.is_first_part_own(base, directory, specifier);
        }
        let Some((name, subpath)) = split_package(specifier) else {
            let guess = if is_own {
                None
            } else {
                self.guessed(directory, specifier)
            };
            return guess.map_or_else(|| missing(specifier), Resolution::from);
        };
        match self.locator.packages.named(name, directory) {
            // A package without any source here is generated or fetched later; it is as foreign as one from a registry.
            Named::Linked(package) if self.locator.tree.has_source(&package.directory) => {
                return self
                    .locator
                    .in_package(package, subpath)
                    .map_or_else(|| missing(specifier), Resolution::from);
            }
            Named::Namesake(package) => {
                if let Some(place) = self.locator.in_package(package, subpath) {
                    return place.into();
                }
            }
            Named::Linked(_) | Named::Foreign => {}
        }
        if is_own {
            return missing(specifier);
        }
        Resolution::Package {
            name: name.to_owned(),
            subpath: subpath.to_owned(),
        }
    }

    /// `imports` of the package that `directory` is part of.
    fn imported(self, directory: &str, specifier: &str, step: usize) -> Resolution {
        let Some(package) = self.locator.packages.nearest(directory) else {
            return Resolution::Missing;
        };
        let Some(Targets::Found(targets)) = package
            .manifest
            .imports
            .as_ref()
            .map(|imports| exports::imported(imports, specifier))
        else {
            return Resolution::Missing;
        };
        let (own, others): (Vec<_>, Vec<_>) = targets.into_iter().partition(|target| target.starts_with('.'));
        if let Some(place) = self.locator.target(package, &own) {
            return place.into();
        }
        match others.first() {
            Some(other) if step < MAX_STEPS => self.resolve_in(&package.directory, other, step.saturating_add(1)),
            _ => Resolution::Missing,
        }
    }

    /// The file that `@/x` or `~/x` means by convention where no configuration says so: `x` or `src/x` in the nearest
    /// directory above that has it. The alias must come from somewhere that can't be seen, as the file does exist.
    fn guessed(self, directory: &str, specifier: &str) -> Option<Place> {
        let rest = specifier.strip_prefix("@/").or_else(|| specifier.strip_prefix("~/"))?;
        let root = self
            .locator
            .packages
            .nearest(directory)
            .map_or("", |package| package.directory.as_str());
        path::ancestors(directory)
            .take_while(|directory| path::is_below(directory, root))
            .flat_map(|directory| {
                [
                    path::join(directory, rest),
                    path::join(directory, &format!("src/{rest}")),
                ]
            })
            .flatten()
            .find_map(|path| self.locator.at_name(&path, is_directory(rest)))
    }

    /// Whether a specifier that a `baseUrl` did not resolve starts with a directory below it, and is no dependency.
    fn is_first_part_own(self, base: &str, directory: &str, specifier: &str) -> bool {
        let Some((first, _)) = specifier.split_once('/') else {
            return false;
        };
        let is_dependency = self
            .locator
            .packages
            .nearest(directory)
            .is_some_and(|package| package.manifest.dependencies.contains_key(first));
        !is_dependency && path::join(base, first).is_some_and(|path| self.locator.tree.has_directory(&path))
    }
}

/// The name of the package in a bare specifier, and what follows it. Nothing if no package can have that name.
pub(super) fn split_package(specifier: &str) -> Option<(&str, &str)> {
    let end = if specifier.starts_with('@') {
        let scope = specifier.find('/')?;
        let rest = specifier.get(scope.saturating_add(1)..)?;
        rest.find('/')
            .map_or(specifier.len(), |at| scope.saturating_add(1).saturating_add(at))
    } else {
        specifier.find('/').unwrap_or(specifier.len())
    };
    let name = specifier.get(..end)?;
    let subpath = specifier.get(end..)?.trim_matches('/');
    let parts = name.strip_prefix('@').unwrap_or(name).split('/');
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '~'])
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~!*'()".contains(&byte))
    };
    parts.into_iter().all(is_part).then_some((name, subpath))
}

/// Without what only a bundler reads: `raw-loader!./a.txt` and `./a.svg?url`.
fn bare_of_loaders(specifier: &str) -> &str {
    let specifier = specifier.rsplit_once('!').map_or(specifier, |(_, last)| last);
    specifier.split_once('?').map_or(specifier, |(path, _)| path)
}

fn missing(specifier: &str) -> Resolution {
    // A stylesheet or image that is generated or ignored takes no part in what a server does.
    if kind::has_asset_extension(specifier) {
        Resolution::Asset
    } else {
        Resolution::Missing
    }
}

fn is_relative(specifier: &str) -> bool {
    matches!(specifier, "." | "..") || specifier.starts_with("./") || specifier.starts_with("../")
}

fn is_directory(specifier: &str) -> bool {
    specifier.ends_with('/') || matches!(path::name(specifier), "." | "..")
}

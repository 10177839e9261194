//! Which aliases hold in which directory, and what they say of a specifier.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::path;

/// An alias with a star: `prefix*suffix`.
#[derive(Debug)]
struct Pattern {
    prefix: String,
    suffix: String,
    targets: Vec<Target>,
}

/// Where an alias leads.
#[derive(Debug)]
pub(super) struct Target {
    /// Relative to the root, the star in it. Nothing if it lies outside of the root.
    pub(super) path: Option<String>,
    /// Whether it says where to find a package, not source of the project.
    pub(super) in_node_modules: bool,
}

impl Target {
    fn apply(&self, star: &str) -> Option<String> {
        // What the star stands for may hold `..`, so that the whole is normalised again.
        path::join("", &self.path.as_ref()?.replacen('*', star, 1))
    }
}

/// The aliases of one configuration, `extends` applied.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) directory: String,
    pub(super) base_url: Option<String>,
    /// The aliases without a star.
    exact: FxHashMap<String, Vec<Target>>,
    /// The aliases with one, the longest prefix first.
    patterns: Vec<Pattern>,
    /// Configurations beside this one that it references: a solution-style file has no aliases of its own.
    pub(super) references: Vec<usize>,
    /// The configuration above it within the same package.
    pub(super) above: Option<usize>,
}

/// What the aliases say of a specifier.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Aliased {
    /// The paths to try, in order.
    pub(super) paths: Vec<String>,
    /// Whether a pattern of the project's own matched, so that finding nothing means that it is missing.
    pub(super) claimed: bool,
}

/// All configurations.
#[derive(Debug, Default)]
pub(super) struct Configs {
    pub(super) list: Vec<Config>,
    /// The configuration in use, by directory.
    pub(super) nearest: FxHashMap<Box<str>, usize>,
}

impl Configs {
    /// What the configuration of `directory` says of `specifier`. If no pattern of the nearest one matches, the ones
    /// above it in the same package are asked, as Next.js reads the one beside `next.config` only.
    pub(super) fn aliased(&self, directory: &str, specifier: &str) -> Aliased {
        for config in self.chain(directory) {
            let group = std::iter::once(config).chain(config.references.iter().filter_map(|one| self.list.get(*one)));
            for config in group {
                if let Some(aliased) = config.aliased(specifier) {
                    return aliased;
                }
            }
        }
        Aliased {
            paths: Vec::new(),
            claimed: false,
        }
    }

    /// The directories that bare specifiers are looked up in before packages are.
    pub(super) fn base_urls(&self, directory: &str) -> impl Iterator<Item = &str> {
        self.chain(directory).flat_map(|config| {
            std::iter::once(config)
                .chain(config.references.iter().filter_map(|one| self.list.get(*one)))
                .filter_map(|config| config.base_url.as_deref())
        })
    }

    fn chain(&self, directory: &str) -> impl Iterator<Item = &Config> {
        let nearest = self.nearest.get(directory).and_then(|index| self.list.get(*index));
        std::iter::successors(nearest, |config| self.list.get(config.above?))
    }
}

impl Config {
    /// A configuration with aliases, each a pattern and its targets.
    pub(super) fn new(
        directory: &str,
        base_url: Option<String>,
        aliases: impl Iterator<Item = (String, Vec<Target>)>,
    ) -> Self {
        let mut config = Self {
            directory: directory.to_owned(),
            base_url,
            ..Self::default()
        };
        for (pattern, targets) in aliases {
            match pattern.split_once('*') {
                None => {
                    config.exact.insert(pattern, targets);
                }
                Some((prefix, suffix)) => {
                    config.patterns.push(Pattern {
                        prefix: prefix.to_owned(),
                        suffix: suffix.to_owned(),
                        targets,
                    });
                }
            }
        }
        config.patterns.sort_by_key(|pattern| Reverse(pattern.prefix.len()));
        config
    }

    fn aliased(&self, specifier: &str) -> Option<Aliased> {
        if let Some(targets) = self.exact.get(specifier) {
            return Some(apply(targets, "", true));
        }
        self.patterns.iter().find_map(|pattern| {
            let star = specifier
                .strip_prefix(pattern.prefix.as_str())?
                .strip_suffix(pattern.suffix.as_str())?;
            // `*` alone says where to look for everything, packages included.
            let is_own = !(pattern.prefix.is_empty() && pattern.suffix.is_empty());
            Some(apply(&pattern.targets, star, is_own))
        })
    }
}

fn apply(targets: &[Target], star: &str, is_own: bool) -> Aliased {
    Aliased {
        paths: targets.iter().filter_map(|target| target.apply(star)).collect(),
        claimed: is_own && !targets.iter().any(|target| target.in_node_modules),
    }
}

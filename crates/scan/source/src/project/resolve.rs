//! From an import specifier to what it means: aliases, packages of the project, files. Pure, and without a cache of
//! its own: everything that is the same for a directory was worked out when the project was loaded.
//!
//! There is no `node_modules` to look into. Where a package of the project points at built files, the source that they
//! are built from is looked for instead.

use portcullis_model::FileId;

use super::exports::{self, Targets};
use super::kind::{self, SOURCE_EXTENSIONS};
use super::packages::{Named, Package, Packages};
use super::tree::{Entry, Tree};
use super::tsconfig::Configs;
use super::{Resolution, builtin, path};

/// `imports` may lead to a package, whose name may be an import again. This many steps are taken.
const MAX_STEPS: usize = 8;

/// Directories that hold built files only, the ones that do where a package points at them, and the ones for a format or
/// a target inside of them.
const BUILT: [&str; 2] = ["dist", "build"];
const BUILT_IN_PACKAGES: [&str; 8] = ["dist", "build", "lib", "out", "output", "es", "esm", "cjs"];
const FORMATS: [&str; 10] = ["es", "esm", "cjs", "mjs", "module", "commonjs", "types", "node", "server", "src"];

/// What is at a place.
#[derive(Debug, Clone, Copy)]
enum Place {
    File(FileId),
    /// Source that is there, but was not loaded.
    Unread,
    Asset,
}

impl From<Entry> for Place {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Source(file) => Self::File(file),
            Entry::Unread => Self::Unread,
            Entry::Other => Self::Asset,
        }
    }
}

impl From<Place> for Resolution {
    fn from(place: Place) -> Self {
        match place {
            Place::File(file) => Self::File(file),
            Place::Unread => Self::Missing,
            Place::Asset => Self::Asset,
        }
    }
}

/// What resolution knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver<'project> {
    pub(super) tree: &'project Tree,
    pub(super) packages: &'project Packages,
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
                .and_then(|path| self.at(&path, is_directory(specifier)))
                .map_or_else(|| missing(specifier), Resolution::from);
        }
        let aliased = self.configs.aliased(directory, specifier);
        if let Some(place) = self.first(&aliased.paths) {
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
            let Some(path) = path::join(base, specifier) else { continue };
            if let Some(place) = self.at(&path, is_directory(specifier)) {
                return place.into();
            }
            is_own |= self.is_first_part_own(base, directory, specifier);
        }
        let Some((name, subpath)) = split_package(specifier) else {
            let guess = if is_own { None } else { self.guessed(directory, specifier) };
            return guess.map_or_else(|| missing(specifier), Resolution::from);
        };
        match self.packages.named(name, directory) {
            // A package without any source here is generated or fetched later; it is as foreign as one from a registry.
            Named::Linked(package) if self.tree.has_source(&package.directory) => {
                return self.in_package(package, subpath).map_or_else(|| missing(specifier), Resolution::from);
            }
            Named::Namesake(package) => {
                if let Some(place) = self.in_package(package, subpath) {
                    return place.into();
                }
            }
            Named::Linked(_) | Named::Foreign => {}
        }
        if is_own {
            return missing(specifier);
        }
        Resolution::Package { name: name.to_owned(), subpath: subpath.to_owned() }
    }

    /// `imports` of the package that `directory` is part of.
    fn imported(self, directory: &str, specifier: &str, step: usize) -> Resolution {
        let Some(package) = self.packages.nearest(directory) else { return Resolution::Missing };
        let Some(Targets::Found(targets)) =
            package.manifest.imports.as_ref().map(|imports| exports::imported(imports, specifier))
        else {
            return Resolution::Missing;
        };
        let (own, others): (Vec<_>, Vec<_>) = targets.into_iter().partition(|target| target.starts_with('.'));
        if let Some(place) = self.target(package, &own) {
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
        let root = self.packages.nearest(directory).map_or("", |package| package.directory.as_str());
        path::ancestors(directory)
            .take_while(|directory| path::is_below(directory, root))
            .flat_map(|directory| [path::join(directory, rest), path::join(directory, &format!("src/{rest}"))])
            .flatten()
            .find_map(|path| self.at_name(&path, is_directory(rest)))
    }

    /// Whether a specifier that a `baseUrl` did not resolve starts with a directory below it, and is no dependency.
    fn is_first_part_own(self, base: &str, directory: &str, specifier: &str) -> bool {
        let Some((first, _)) = specifier.split_once('/') else { return false };
        let is_dependency = self
            .packages
            .nearest(directory)
            .is_some_and(|package| package.manifest.dependencies.contains_key(first));
        !is_dependency && path::join(base, first).is_some_and(|path| self.tree.has_directory(&path))
    }

    /// What `subpath` of a package of the project is.
    fn in_package(self, package: &Package, subpath: &str) -> Option<Place> {
        if let Some(map) = &package.manifest.exports {
            let key = if subpath.is_empty() { ".".to_owned() } else { format!("./{subpath}") };
            match exports::exported(map, &key) {
                Targets::Found(targets) => {
                    if let Some(place) = self.target(package, &targets) {
                        return Some(place);
                    }
                }
                Targets::Excluded => return None,
                Targets::Unlisted => {}
            }
        }
        if subpath.is_empty() {
            return self.main(package);
        }
        let direct = path::join(&package.directory, subpath)?;
        self.at(&direct, false)
            .or_else(|| self.at(&path::join(&package.directory, &format!("src/{subpath}"))?, false))
            .or_else(|| self.source_of(package, subpath, &BUILT_IN_PACKAGES))
    }

    /// The entry of a package or of a directory with a `package.json`.
    fn main(self, package: &Package) -> Option<Place> {
        self.target(package, &package.manifest.entries)
            .or_else(|| self.index(&package.directory))
            .or_else(|| self.index(&path::join(&package.directory, "src")?))
    }

    /// The first target that is source, else the first whose source is there, else the first that exists at all.
    fn target(self, package: &Package, targets: &[String]) -> Option<Place> {
        let mut asset = None;
        for target in targets {
            match path::join(&package.directory, target).and_then(|path| self.file(&path).or_else(|| self.index(&path))) {
                Some(Place::Asset) => asset = Some(Place::Asset),
                Some(code) => return Some(code),
                None => {}
            }
        }
        targets.iter().find_map(|target| self.source_of(package, target, &BUILT_IN_PACKAGES)).or(asset)
    }

    /// The source that the built file `target` of a package comes from: `./dist/esm/a.js` from `src/a.ts` or `a.ts`.
    /// `built` are the directories that count as built.
    fn source_of(self, package: &Package, target: &str, built: &[&str]) -> Option<Place> {
        let parts: Vec<&str> = target.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let (file, directories) = parts.split_last()?;
        let stem = stem(file);
        let built = directories.iter().position(|part| built.contains(part))?;
        let before = directories.get(..built)?.join("/");
        let mut inner = directories.get(built.saturating_add(1)..)?;
        loop {
            for source in ["src", ""] {
                let path = [&package.directory, before.as_str(), source, &inner.join("/"), stem].join("/");
                let path = path::join("", &path)?;
                if let Some(code @ (Place::File(_) | Place::Unread)) =
                    self.with_extension(&path).or_else(|| self.index(&path))
                {
                    return Some(code);
                }
            }
            match inner.split_first() {
                Some((first, rest)) if FORMATS.contains(first) => inner = rest,
                _ => return None,
            }
        }
    }

    fn first(self, paths: &[String]) -> Option<Place> {
        let mut asset = None;
        for path in paths {
            match self.at(path, false) {
                Some(Place::Asset) => asset = Some(Place::Asset),
                Some(code) => return Some(code),
                None => {}
            }
        }
        asset
    }

    /// The file or directory at `path`, also by another name that a link gives it, also if it would have to be built.
    fn at(self, path: &str, is_directory: bool) -> Option<Place> {
        self.at_name(path, is_directory)
            .or_else(|| self.at_name(&self.tree.through_links(path)?, is_directory))
            .or_else(|| self.built_at(path))
    }

    fn built_at(self, path: &str) -> Option<Place> {
        if !path.split('/').any(|part| BUILT.contains(&part)) {
            return None;
        }
        let package = path::ancestors(path).find_map(|directory| self.packages.at(directory))?;
        let target = path.strip_prefix(package.directory.as_str())?;
        self.source_of(package, target, &BUILT)
    }

    fn at_name(self, path: &str, is_directory: bool) -> Option<Place> {
        let file = if is_directory { None } else { self.file(path) };
        file.or_else(|| self.directory(path))
    }

    fn directory(self, path: &str) -> Option<Place> {
        if !self.tree.has_directory(path) {
            return None;
        }
        match self.packages.at(path) {
            Some(package) => self.main(package),
            None => self.index(path),
        }
    }

    fn file(self, path: &str) -> Option<Place> {
        let exact = self.tree.entry(path).map(Place::from);
        exact.or_else(|| self.with_extension(path)).or_else(|| self.typescript_of(path))
    }

    fn with_extension(self, path: &str) -> Option<Place> {
        let mut candidate = String::with_capacity(path.len().saturating_add(8));
        candidate.push_str(path);
        candidate.push('.');
        let stem = candidate.len();
        for extension in SOURCE_EXTENSIONS.iter().chain(&["json", "d.ts", "d.mts", "d.cts"]) {
            candidate.truncate(stem);
            candidate.push_str(extension);
            if let Some(entry) = self.tree.entry(&candidate) {
                return Some(entry.into());
            }
        }
        None
    }

    /// TypeScript writes the extension that the compiled file will have.
    fn typescript_of(self, path: &str) -> Option<Place> {
        let (stem, extension) = path.rsplit_once('.')?;
        let sources: &[&str] = match extension {
            "js" => &["ts", "tsx", "jsx"],
            "jsx" => &["tsx"],
            "mjs" => &["mts"],
            "cjs" => &["cts"],
            _ => return None,
        };
        let declared = format!("d.{}", extension.replace('j', "t"));
        let mut candidates = sources.iter().copied().chain([declared.as_str()]);
        candidates.find_map(|source| self.tree.entry(&format!("{stem}.{source}"))).map(Place::from)
    }

    fn index(self, directory: &str) -> Option<Place> {
        if !self.tree.has_directory(directory) {
            return None;
        }
        self.with_extension(&path::join(directory, "index")?)
    }
}

/// The name of the package in a bare specifier, and what follows it. Nothing if no package can have that name.
pub(super) fn split_package(specifier: &str) -> Option<(&str, &str)> {
    let end = if specifier.starts_with('@') {
        let scope = specifier.find('/')?;
        let rest = specifier.get(scope.saturating_add(1)..)?;
        rest.find('/').map_or(specifier.len(), |at| scope.saturating_add(1).saturating_add(at))
    } else {
        specifier.find('/').unwrap_or(specifier.len())
    };
    let name = specifier.get(..end)?;
    let subpath = specifier.get(end..)?.trim_matches('/');
    let parts = name.strip_prefix('@').unwrap_or(name).split('/');
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '~'])
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~!*'()".contains(&byte))
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
    if kind::has_asset_extension(specifier) { Resolution::Asset } else { Resolution::Missing }
}

fn is_relative(specifier: &str) -> bool {
    matches!(specifier, "." | "..") || specifier.starts_with("./") || specifier.starts_with("../")
}

fn is_directory(specifier: &str) -> bool {
    specifier.ends_with('/') || matches!(path::name(specifier), "." | "..")
}

fn stem(file: &str) -> &str {
    let stem = file.rsplit_once('.').map_or(file, |(stem, extension)| {
        if SOURCE_EXTENSIONS.contains(&extension) { stem } else { file }
    });
    stem.strip_suffix(".d").unwrap_or(stem)
}

//! From a path to what is there: extensions, directories, entries of packages, and the source of built files.
//!
//! There is no `node_modules` and nothing is built. Where a package of the project points at built files, the source that
//! they are built from is looked for instead.

use portcullis_model::FileId;

use super::exports::{self, Targets};
use super::kind::SOURCE_EXTENSIONS;
use super::packages::{Package, Packages};
use super::tree::{Entry, Tree};
use super::{Resolution, path};

/// Directories that hold built files only, the ones that do where a package points at them, and the ones for a format or
/// a target inside of them.
const BUILT: [&str; 2] = ["dist", "build"];
const BUILT_IN_PACKAGES: [&str; 8] = ["dist", "build", "lib", "out", "output", "es", "esm", "cjs"];
const FORMATS: [&str; 10] = [
    "es", "esm", "cjs", "mjs", "module", "commonjs", "types", "node", "server", "src",
];

/// What is at a place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
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

/// What there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Locator<'project> {
    pub(super) tree: &'project Tree,
    pub(super) packages: &'project Packages,
}

impl Locator<'_> {
    /// What is at the first path that has code, else whether there is an asset at one.
    pub(super) fn first(self, paths: &[String]) -> Option<Place> {
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
    pub(super) fn at(self, path: &str, is_directory: bool) -> Option<Place> {
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

    /// The file or directory at exactly `path`.
    pub(super) fn at_name(self, path: &str, is_directory: bool) -> Option<Place> {
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
        exact
            .or_else(|| self.with_extension(path))
            .or_else(|| self.typescript_of(path))
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
        candidates
            .find_map(|source| self.tree.entry(&format!("{stem}.{source}")))
            .map(Place::from)
    }

    fn index(self, directory: &str) -> Option<Place> {
        if !self.tree.has_directory(directory) {
            return None;
        }
        self.with_extension(&path::join(directory, "index")?)
    }

    /// What `subpath` of a package of the project is.
    pub(super) fn in_package(self, package: &Package, subpath: &str) -> Option<Place> {
        if let Some(map) = &package.manifest.exports {
            let key = if subpath.is_empty() {
                ".".to_owned()
            } else {
                format!("./{subpath}")
            };
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
    pub(super) fn target(self, package: &Package, targets: &[String]) -> Option<Place> {
        let mut asset = None;
        for target in targets {
            match path::join(&package.directory, target).and_then(|path| self.file(&path).or_else(|| self.index(&path)))
            {
                Some(Place::Asset) => asset = Some(Place::Asset),
                Some(code) => return Some(code),
                None => {}
            }
        }
        targets
            .iter()
            .find_map(|target| self.source_of(package, target, &BUILT_IN_PACKAGES))
            .or(asset)
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
}

fn stem(file: &str) -> &str {
    let stem = file.rsplit_once('.').map_or(file, |(stem, extension)| {
        if SOURCE_EXTENSIONS.contains(&extension) {
            stem
        } else {
            file
        }
    });
    stem.strip_suffix(".d").unwrap_or(stem)
}

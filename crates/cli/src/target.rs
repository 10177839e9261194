//! From the paths on the command line to one project's root, and the parts of it that the report is about.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// What to analyse, and what of it to report.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The project's directory, absolute and without links.
    pub(crate) root: PathBuf,
    /// The root as the report names it.
    pub(crate) shown: String,
    /// Paths below the root, with `/`; empty if everything is reported.
    pub(crate) only: Vec<String>,
}

impl Target {
    /// A file at the root, as the user would name it.
    pub(crate) fn shown_file(&self, name: &str) -> PathBuf {
        if self.shown == "." {
            PathBuf::from(name)
        } else {
            Path::new(&self.shown).join(name)
        }
    }
}

/// Finds the project that `paths` are about.
///
/// One directory is a project's root, whatever is in it. Anything else is looked up: the nearest directory above with a
/// `package.json`, the same one for all paths.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Target, Failure> {
    let found = paths.iter().map(|path| existing(path)).collect::<Result<Vec<_>, _>>()?;
    if let ([path], [given]) = (found.as_slice(), paths)
        && path.is_dir()
    {
        return Ok(Target {
            root: path.clone(),
            shown: given.display().to_string(),
            only: Vec::new(),
        });
    }
    let root = common_root(&found)?;
    let only = found
        .iter()
        .filter(|path| **path != root)
        .map(|path| below(&root, path))
        .collect::<Result<Vec<_>, _>>()?;
    // A path that is the root itself asks for everything.
    let only = if only.len() == found.len() { only } else { Vec::new() };
    let shown = shown(&root);
    Ok(Target { root, shown, only })
}

fn existing(path: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::fs::canonicalize(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::new(format!("`{}` does not exist", path.display()))
            .help("give the directory of a Next.js project, the one with its `package.json`"),
        _ => Failure::file("open", path, &error),
    })?;
    if absolute.is_dir() || absolute.is_file() {
        return Ok(absolute);
    }
    Err(
        Failure::new(format!("`{}` is neither a directory nor a file", path.display()))
            .help("give the directory of a Next.js project, the one with its `package.json`"),
    )
}

fn common_root(paths: &[PathBuf]) -> Result<PathBuf, Failure> {
    let packages: Vec<Option<&Path>> = paths.iter().map(|path| package_above(path)).collect();
    let common = common_directory(paths).ok_or_else(different_projects)?;
    match packages.split_first() {
        Some((None, rest)) if rest.iter().all(Option::is_none) => Ok(common.to_owned()),
        Some((Some(first), rest)) if rest.iter().all(|other| *other == Some(first)) => Ok((*first).to_owned()),
        // A workspace: its packages are below one that holds them.
        _ => package_above(common).map(Path::to_owned).ok_or_else(different_projects),
    }
}

fn different_projects() -> Failure {
    Failure::new("these paths belong to different projects").help("scan each project on its own")
}

/// The nearest directory at or above `path` with a `package.json`.
fn package_above(path: &Path) -> Option<&Path> {
    path.ancestors()
        .find(|directory| directory.join("package.json").is_file())
}

fn common_directory(paths: &[PathBuf]) -> Option<&Path> {
    let first = paths.first()?;
    first
        .ancestors()
        .filter(|directory| directory.is_dir())
        .find(|directory| {
            // What has no parent is the whole disk, which is nobody's project.
            directory.parent().is_some() && paths.iter().all(|path| path.starts_with(directory))
        })
}

fn below(root: &Path, path: &Path) -> Result<String, Failure> {
    let inside = path.strip_prefix(root).map_err(|_| different_projects())?;
    let parts = inside.iter().map(|part| part.to_str()).collect::<Option<Vec<_>>>();
    let parts = parts.ok_or_else(|| Failure::new(format!("`{}` is not UTF-8", path.display())))?;
    Ok(parts.join("/"))
}

fn shown(root: &Path) -> String {
    let here = std::env::current_dir().and_then(std::fs::canonicalize);
    let inside = here
        .ok()
        .and_then(|here| root.strip_prefix(here).ok().map(Path::to_owned));
    match inside {
        Some(inside) if inside == Path::new("") => ".".to_owned(),
        Some(inside) => inside.display().to_string(),
        None => root.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn with(files: &[&str]) -> Self {
            let directory = tempfile::tempdir().unwrap();
            for file in files {
                let path = directory.path().join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "{}").unwrap();
            }
            Self(directory)
        }

        fn root(&self) -> PathBuf {
            fs::canonicalize(self.0.path()).unwrap()
        }

        fn find(&self, paths: &[&str]) -> Result<(PathBuf, Vec<String>), String> {
            let paths: Vec<PathBuf> = paths.iter().map(|path| self.root().join(path)).collect();
            find(&paths)
                .map(|target| (target.root, target.only))
                .map_err(|failure| failure.messages[0].title.clone())
        }
    }

    #[test]
    fn one_directory_is_the_root_whatever_is_in_it() {
        let tree = Tree::with(&["package.json", "app/a.ts"]);
        assert_eq!(tree.find(&["app"]), Ok((tree.root().join("app"), vec![])));
    }

    #[test]
    fn a_file_and_several_paths_look_for_their_package() {
        let tree = Tree::with(&["p/package.json", "p/app/a.ts", "p/lib/b.ts"]);
        let root = tree.root().join("p");
        assert_eq!(
            tree.find(&["p/app/a.ts"]),
            Ok((root.clone(), vec!["app/a.ts".to_owned()]))
        );
        assert_eq!(
            tree.find(&["p/app", "p/lib/b.ts"]),
            Ok((root.clone(), vec!["app".to_owned(), "lib/b.ts".to_owned()]))
        );
        assert_eq!(tree.find(&["p/app", "p"]), Ok((root, vec![])));
    }

    #[test]
    fn packages_of_a_workspace_meet_at_its_root_and_strangers_do_not() {
        let tree = Tree::with(&[
            "w/package.json",
            "w/a/package.json",
            "w/b/package.json",
            "c/package.json",
        ]);
        assert_eq!(
            tree.find(&["w/a", "w/b"]),
            Ok((tree.root().join("w"), vec!["a".to_owned(), "b".to_owned()]))
        );
        assert_eq!(
            tree.find(&["w/a", "c"]),
            Err("these paths belong to different projects".to_owned())
        );
    }

    #[test]
    fn what_is_not_there_is_named() {
        let tree = Tree::with(&["package.json"]);
        let error = tree.find(&["nowhere"]).unwrap_err();
        assert!(error.ends_with("nowhere` does not exist"), "{error}");
    }
}

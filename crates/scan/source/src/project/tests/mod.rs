//! Tests of the loader and the resolver, on trees in temporary directories.

mod loading;
mod manifests;
mod monorepo;
mod resolving;
mod versions;

use std::path::PathBuf;

use portcullis_model::DiagnosticKind;

use super::{LoadOptions, Project, Resolution, load};

/// A project of `files`, in a directory that lives as long as this does.
struct Fixture {
    directory: tempfile::TempDir,
}

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Self {
        let fixture = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        for (path, text) in files {
            fixture.write(path, text.as_bytes());
        }
        fixture
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn load(&self) -> Project {
        self.load_with(&LoadOptions::default())
    }

    fn load_with(&self, options: &LoadOptions) -> Project {
        load(self.directory.path(), &[], options, &|_| {}).unwrap()
    }
}

/// A project of `files`.
fn project(files: &[(&str, &str)]) -> Project {
    Fixture::new(files).load()
}

fn paths(project: &Project) -> Vec<&str> {
    project.files.iter().map(|file| &*file.path).collect()
}

fn kinds(project: &Project) -> Vec<(&str, DiagnosticKind)> {
    project
        .diagnostics
        .iter()
        .map(|diagnostic| (diagnostic.path.as_str(), diagnostic.kind))
        .collect()
}

/// What `specifier` means in `from`: a path, `package NAME SUBPATH`, `builtin NAME`, `asset` or `missing`.
fn resolved(project: &Project, from: &str, specifier: &str) -> String {
    match project.resolve(project.file_id(from).unwrap(), specifier) {
        Resolution::File(file) => project.file(file).unwrap().path.to_string(),
        Resolution::Package { name, subpath } if subpath.is_empty() => format!("package {name}"),
        Resolution::Package { name, subpath } => format!("package {name} {subpath}"),
        Resolution::Builtin(name) => format!("builtin {name}"),
        Resolution::Asset => "asset".to_owned(),
        Resolution::Missing => "missing".to_owned(),
    }
}

/// Asserts what each specifier means in `from`.
fn check(project: &Project, from: &str, expected: &[(&str, &str)]) {
    for (specifier, meaning) in expected {
        assert_eq!(
            resolved(project, from, specifier),
            *meaning,
            "`{specifier}` in `{from}`"
        );
    }
}

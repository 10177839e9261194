//! Where the vectors lie, and how a recorded request is taken apart.

use std::path::{Path, PathBuf};

/// The folder `flight` of the vectors.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no other edge that could read the environment for it"
)]
pub(crate) fn flight() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    std::env::var_os("PORTCULLIS_VECTORS")
        .map_or_else(own, PathBuf::from)
        .join("flight")
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own vectors")]
pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folders directly below, sorted.
#[expect(clippy::disallowed_methods, reason = "a test reads its own vectors")]
pub(crate) fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut folders: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

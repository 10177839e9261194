//! Reading one file: within a limit, as UTF-8, without a byte order mark.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use portcullis_model::{Diagnostic, DiagnosticKind};

/// The text of `path` below `root`.
pub(super) fn read(root: &Path, path: &str, size: u64, limit: u64) -> Result<Arc<str>, Diagnostic> {
    let problem = |kind, message: String| Diagnostic {
        path: path.to_owned(),
        place: None,
        kind,
        message,
    };
    let too_large = || {
        problem(
            DiagnosticKind::TooLarge,
            format!("this file is larger than {limit} bytes and was not analysed"),
        )
    };
    if size > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size.saturating_add(1)).unwrap_or(0));
    // The file may have grown since the walk, so that its length at that time is no bound.
    let read = File::open(root.join(path)).and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(problem(
            DiagnosticKind::Unreadable,
            format!("could not be read: {error}"),
        ));
    }
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(too_large());
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Arc::from(text.strip_prefix('\u{feff}').unwrap_or(text))),
        Err(error) => Err(problem(
            DiagnosticKind::NotUtf8,
            format!(
                "this file is not UTF-8 (byte {}) and was not analysed",
                error.valid_up_to()
            ),
        )),
    }
}

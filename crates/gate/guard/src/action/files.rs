//! The one place that reads files of the policy whole.

use std::path::Path;

/// The largest one that is read.
const LARGEST: u64 = 8 << 20;

/// The text of a file, or what is wrong.
#[expect(
    clippy::disallowed_methods,
    reason = "guard is an edge: the policy names files beside it, and this is where they are read"
)]
pub(crate) fn text(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err("it is larger than 8 MiB".to_owned());
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

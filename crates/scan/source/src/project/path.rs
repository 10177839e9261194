//! Paths relative to the root: `/` between parts, empty for the root, never `.` or `..` in them.

/// Longer paths and specifiers are not resolved. No system opens them, and the limit bounds the work for hostile ones.
pub(super) const MAX_LENGTH: usize = 4096;

/// The directory of a path; the root has none.
pub(super) fn parent(path: &str) -> Option<&str> {
    if path.is_empty() {
        return None;
    }
    Some(path.rsplit_once('/').map_or("", |(directory, _)| directory))
}

/// The last part of a path.
pub(super) fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Whether `path` is `directory` or lies in it.
pub(super) fn is_below(path: &str, directory: &str) -> bool {
    directory.is_empty()
        || path
            .strip_prefix(directory)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `relative`, seen from `directory`. Nothing if it leaves the root.
pub(super) fn join(directory: &str, relative: &str) -> Option<String> {
    if directory.len().max(relative.len()) > MAX_LENGTH {
        return None;
    }
    let mut path = String::with_capacity(directory.len().saturating_add(relative.len()).saturating_add(16));
    path.push_str(directory);
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                let end = parent(&path)?.len();
                path.truncate(end);
            }
            _ => {
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(part);
            }
        }
    }
    Some(path)
}

/// `path` and every directory above it, from the path to the root.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| parent(path))
}

//! Which version of `next` a lock file installs. A search in the text: lock files are large, and one entry is wanted.

use super::path;

/// The version that the lock file at `lock` installs for the package in `directory`, which asks for `range`.
pub(super) fn next_version(lock: &str, text: &str, directory: &str, range: &str) -> Option<String> {
    let root = path::parent(lock).unwrap_or_default();
    let inner = directory
        .strip_prefix(root)
        .unwrap_or(directory)
        .trim_start_matches('/');
    let version = match path::name(lock) {
        "package-lock.json" | "npm-shrinkwrap.json" => npm(text, inner),
        "pnpm-lock.yaml" => pnpm(text, inner),
        "yarn.lock" => yarn(text, range),
        "bun.lock" => bun(text, inner),
        _ => None,
    }?;
    // `15.0.3(react@19.0.0)` and `12.0.0_react@18.0.0` say in pnpm which peers it is linked with.
    let end = version.find(['(', '_', '"', '\'', ' ', ',']).unwrap_or(version.len());
    version
        .get(..end)
        .filter(|version| version.starts_with(|first: char| first.is_ascii_digit()))
        .map(ToOwned::to_owned)
}

fn npm<'text>(text: &'text str, directory: &str) -> Option<&'text str> {
    let own = format!("\"{directory}/node_modules/next\"");
    [own.as_str(), "\"node_modules/next\"", "\"next\": {"]
        .into_iter()
        .find_map(|key| {
            let entry = after(text, key)?;
            // The version comes first in an entry; one in a later entry is another package's.
            let entry = entry.split_once('}').map_or(entry, |(entry, _)| entry);
            after(entry, "\"version\": \"")
        })
}

fn pnpm<'text>(text: &'text str, directory: &str) -> Option<&'text str> {
    let directory = if directory.is_empty() { "." } else { directory };
    pnpm_importer(text, directory).or_else(|| {
        // Before there were importers, and for ranges that a catalog gives: the first package of that name.
        text.lines().find_map(|line| {
            let key = line.trim().trim_start_matches(['\'', '"']).trim_start_matches('/');
            key.strip_prefix("next@")
                .or_else(|| key.strip_prefix("next/"))?
                .split(':')
                .next()
        })
    })
}

fn pnpm_importer<'text>(text: &'text str, directory: &str) -> Option<&'text str> {
    let mut is_importer = false;
    let mut is_next = false;
    for line in text.lines() {
        let indent = line.len().saturating_sub(line.trim_start().len());
        let (key, value) = line.trim().split_once(':').unwrap_or((line.trim(), ""));
        let key = key.trim_matches(['\'', '"']);
        match indent {
            0 if key == "packages" => return None,
            2 => is_importer = key == directory,
            6 => is_next = is_importer && key == "next",
            8 if is_next && key == "version" => {
                return Some(value.trim().trim_start_matches(['\'', '"']));
            }
            _ => {}
        }
    }
    None
}

fn yarn<'text>(text: &'text str, range: &str) -> Option<&'text str> {
    let descriptors = [format!("next@{range}"), format!("next@npm:{range}")];
    let mut lines = text.lines();
    let mut first = None;
    while let Some(line) = lines.next() {
        let Some(key) = line.strip_suffix(':').filter(|line| !line.starts_with([' ', '#'])) else {
            continue;
        };
        let mut names = key.split(',').map(|name| name.trim().trim_matches('"'));
        if !names.clone().any(|name| name.starts_with("next@")) {
            continue;
        }
        let is_asked = names.any(|name| descriptors.iter().any(|descriptor| descriptor == name));
        let version = lines
            .next()?
            .trim()
            .strip_prefix("version")?
            .trim_start_matches([':', ' ', '"']);
        if is_asked {
            return Some(version);
        }
        first = first.or(Some(version));
    }
    first
}

fn bun<'text>(text: &'text str, directory: &str) -> Option<&'text str> {
    // Where versions differ, the entry's key starts with the importing package, which is named after its directory.
    let own = format!("\"{}/next\": [\"next@", path::name(directory));
    [own.as_str(), "\"next\": [\"next@"]
        .into_iter()
        .find_map(|key| after(text, key))
}

fn after<'text>(text: &'text str, key: &str) -> Option<&'text str> {
    text.split_once(key).map(|(_, rest)| rest)
}

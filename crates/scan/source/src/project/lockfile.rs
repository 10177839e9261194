//! Which version of a package a lock file installs. A search in the text: lock files are large, and one entry is wanted.

use super::path;

/// The version of `name` that the lock file at `lock` installs for the package in `directory`, which asks for `range`.
pub(super) fn version(name: &str, lock: &str, text: &str, directory: &str, range: &str) -> Option<String> {
    let root = path::parent(lock).unwrap_or_default();
    let inner = directory
        .strip_prefix(root)
        .unwrap_or(directory)
        .trim_start_matches('/');
    let version = match path::name(lock) {
        "package-lock.json" | "npm-shrinkwrap.json" => npm(name, text, inner),
        "pnpm-lock.yaml" => pnpm(name, text, inner),
        "yarn.lock" => yarn(name, text, range),
        "bun.lock" => bun(name, text, inner),
        _ => None,
    }?;
    // `15.0.3(react@19.0.0)` and `12.0.0_react@18.0.0` say in pnpm which peers it is linked with.
    let end = version.find(['(', '_', '"', '\'', ' ', ',']).unwrap_or(version.len());
    version
        .get(..end)
        .filter(|version| version.starts_with(|first: char| first.is_ascii_digit()))
        .map(ToOwned::to_owned)
}

fn npm<'text>(name: &str, text: &'text str, directory: &str) -> Option<&'text str> {
    let own = format!("\"{directory}/node_modules/{name}\"");
    [own, format!("\"node_modules/{name}\""), format!("\"{name}\": {{")]
        .into_iter()
        .find_map(|key| {
            let entry = after(text, &key)?;
            // The version comes first in an entry; one in a later entry is another package's.
            let entry = entry.split_once('}').map_or(entry, |(entry, _)| entry);
            after(entry, "\"version\": \"")
        })
}

fn pnpm<'text>(name: &str, text: &'text str, directory: &str) -> Option<&'text str> {
    let directory = if directory.is_empty() { "." } else { directory };
    pnpm_importer(name, text, directory).or_else(|| {
        // Before there were importers, and for ranges that a catalog gives: the first package of that name.
        text.lines().find_map(|line| {
            let key = line.trim().trim_start_matches(['\'', '"']).trim_start_matches('/');
            key.strip_prefix(name)?.strip_prefix(['@', '/'])?.split(':').next()
        })
    })
}

fn pnpm_importer<'text>(name: &str, text: &'text str, directory: &str) -> Option<&'text str> {
    let mut is_importer = false;
    let mut is_asked = false;
    for line in text.lines() {
        let indent = line.len().saturating_sub(line.trim_start().len());
        let (key, value) = line.trim().split_once(':').unwrap_or((line.trim(), ""));
        let key = key.trim_matches(['\'', '"']);
        match indent {
            0 if key == "packages" => return None,
            2 => is_importer = key == directory,
            6 => is_asked = is_importer && key == name,
            8 if is_asked && key == "version" => {
                return Some(value.trim().trim_start_matches(['\'', '"']));
            }
            _ => {}
        }
    }
    None
}

fn yarn<'text>(package: &str, text: &'text str, range: &str) -> Option<&'text str> {
    let descriptors = [format!("{package}@{range}"), format!("{package}@npm:{range}")];
    let start = format!("{package}@");
    let mut lines = text.lines();
    let mut first = None;
    while let Some(line) = lines.next() {
        let Some(key) = line.strip_suffix(':').filter(|line| !line.starts_with([' ', '#'])) else {
            continue;
        };
        let mut names = key.split(',').map(|name| name.trim().trim_matches('"'));
        if !names.clone().any(|name| name.starts_with(&start)) {
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

fn bun<'text>(name: &str, text: &'text str, directory: &str) -> Option<&'text str> {
    // Where versions differ, the entry's key starts with the importing package, which is named after its directory.
    let own = format!("\"{}/{name}\": [\"{name}@", path::name(directory));
    [own, format!("\"{name}\": [\"{name}@")]
        .into_iter()
        .find_map(|key| after(text, &key))
}

fn after<'text>(text: &'text str, key: &str) -> Option<&'text str> {
    text.split_once(key).map(|(_, rest)| rest)
}

//! The `exports` and `imports` maps of a `package.json`: from a subpath to the files that it may mean.
//!
//! Node picks one target by the conditions of the run. A scan has no run: it wants the source that ends up on the
//! server, so it takes all targets, the likeliest first, and the resolver picks the first that exists.

use serde_json::{Map, Value};

/// What a map says of a subpath.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Targets {
    /// These, the best first.
    Found(Vec<String>),
    /// The package forbids it.
    Excluded,
    /// Nothing.
    Unlisted,
}

/// The targets of `subpath` (`.` or `./x`) in an `exports` map.
pub(super) fn exported(exports: &Value, subpath: &str) -> Targets {
    match exports.as_object() {
        Some(map) if map.keys().any(|key| key.starts_with('.')) => matched(map, subpath),
        _ if subpath == "." => targets(exports, None),
        _ => Targets::Unlisted,
    }
}

/// The targets of `specifier` (`#x`) in an `imports` map.
pub(super) fn imported(imports: &Value, specifier: &str) -> Targets {
    imports
        .as_object()
        .map_or(Targets::Unlisted, |map| matched(map, specifier))
}

fn matched(map: &Map<String, Value>, subpath: &str) -> Targets {
    if let Some(value) = map.get(subpath)
        && !subpath.contains('*')
        && !subpath.ends_with('/')
    {
        return targets(value, None);
    }
    let best = map
        .iter()
        .filter_map(|(key, value)| {
            // `"./lib/": "./src/"` is the old way to write `"./lib/*": "./src/*"`.
            let (prefix, suffix) = key
                .split_once('*')
                .or_else(|| key.ends_with('/').then_some((key.as_str(), "")))?;
            let star = subpath.strip_prefix(prefix)?.strip_suffix(suffix)?;
            (!star.is_empty()).then_some((prefix.len(), key.len(), value, star))
        })
        .max_by_key(|(prefix, length, ..)| (*prefix, *length));
    best.map_or(Targets::Unlisted, |(_, _, value, star)| targets(value, Some(star)))
}

fn targets(value: &Value, star: Option<&str>) -> Targets {
    let mut found = Vec::new();
    let mut excluded = false;
    collect(value, star, &mut found, &mut excluded);
    match (found.is_empty(), excluded) {
        (false, _) => Targets::Found(found),
        (true, true) => Targets::Excluded,
        (true, false) => Targets::Unlisted,
    }
}

fn collect(value: &Value, star: Option<&str>, found: &mut Vec<String>, excluded: &mut bool) {
    match value {
        Value::Null => *excluded = true,
        Value::String(target) => {
            let target = match star {
                Some(star) if target.ends_with('/') => format!("{target}{star}"),
                Some(star) => target.replacen('*', star, 2),
                None => target.clone(),
            };
            if !found.contains(&target) {
                found.push(target);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, star, found, excluded)),
        Value::Object(conditions) => {
            let mut conditions: Vec<_> = conditions.iter().collect();
            conditions.sort_by_key(|(condition, _)| rank(condition));
            for (_, value) in conditions {
                collect(value, star, found, excluded);
            }
        }
        Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The place of a condition: source before anything built, the server before the browser.
fn rank(condition: &str) -> u8 {
    match condition {
        "react-server" => 1,
        "node" => 2,
        "import" | "module" | "module-sync" => 3,
        "require" | "development" => 4,
        "default" => 5,
        "types" | "typings" => 6,
        "browser" | "edge-light" | "worker" | "react-native" => 8,
        _ if condition.contains("source") || condition.contains("src") => 0,
        _ => 7,
    }
}

//! Which packages are installed as members of which workspace.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::path;

/// What a `pnpm-workspace.yaml` says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PnpmWorkspace {
    /// The globs of `packages`.
    pub(super) packages: Vec<String>,
    /// The version of `next` by catalog; the default catalog has an empty name.
    pub(super) next: BTreeMap<String, String>,
}

impl PnpmWorkspace {
    /// Reads the two keys out of the YAML, by indentation. Lists of scalars and maps of scalars are all that pnpm
    /// itself writes there; other YAML gives an empty answer, and packages are then still found by their name.
    pub(super) fn parse(text: &str) -> Self {
        let mut workspace = Self::default();
        let mut section = String::new();
        let mut catalog = String::new();
        for line in text.lines() {
            let content = without_comment(line);
            let trimmed = content.trim();
            if trimmed.is_empty() {
                continue;
            }
            let is_item = trimmed.starts_with("- ") || trimmed == "-";
            let is_top = !content.starts_with([' ', '\t']);
            if is_top && !is_item {
                let (key, value) = entry(trimmed);
                key.clone_into(&mut section);
                catalog.clear();
                if section == "packages" {
                    workspace.packages.extend(flow_list(value));
                }
                continue;
            }
            let (key, value) = entry(trimmed);
            match section.as_str() {
                "packages" if is_item => {
                    workspace
                        .packages
                        .push(unquoted(trimmed.trim_start_matches('-').trim()).to_owned());
                }
                "catalogs" if value.is_empty() => key.clone_into(&mut catalog),
                "catalog" | "catalogs" if key == "next" => {
                    workspace.next.insert(catalog.clone(), unquoted(value).to_owned());
                }
                _ => {}
            }
        }
        workspace
    }
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.split_once(" #").map_or(line, |(content, _)| content)
}

fn entry(line: &str) -> (&str, &str) {
    line.split_once(':').map_or((unquoted(line), ""), |(key, value)| {
        (unquoted(key.trim()), value.trim())
    })
}

fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn flow_list(value: &str) -> impl Iterator<Item = String> {
    let inner = value
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or_default();
    inner
        .split(',')
        .map(|item| unquoted(item.trim()).to_owned())
        .filter(|item| !item.is_empty())
}

/// The members of one workspace.
#[derive(Debug)]
pub(super) struct Workspace {
    /// The directory of the workspace.
    pub(super) directory: String,
    include: GlobSet,
    exclude: GlobSet,
}

impl Workspace {
    /// The workspace at `directory` with the globs of its members; `!` takes packages out again.
    pub(super) fn new(directory: &str, globs: &[String]) -> Result<Self, String> {
        let (mut include, mut exclude) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for glob in globs {
            let (builder, pattern) = match glob.strip_prefix('!') {
                Some(pattern) => (&mut exclude, pattern),
                None => (&mut include, glob.as_str()),
            };
            let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
            let glob = GlobBuilder::new(pattern).literal_separator(true).build();
            builder.add(glob.map_err(|error| error.to_string())?);
        }
        Ok(Self {
            directory: directory.to_owned(),
            include: include.build().map_err(|error| error.to_string())?,
            exclude: exclude.build().map_err(|error| error.to_string())?,
        })
    }

    /// Whether the package in `package` is a member. The package of the workspace itself is.
    pub(super) fn contains(&self, package: &str) -> bool {
        if !path::is_below(package, &self.directory) {
            return false;
        }
        let inner = package
            .strip_prefix(self.directory.as_str())
            .unwrap_or_default()
            .trim_start_matches('/');
        inner.is_empty() || (self.include.is_match(inner) && !self.exclude.is_match(inner))
    }
}

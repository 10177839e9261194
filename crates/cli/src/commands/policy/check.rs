//! `portcullis policy check`: compares a policy with the code, and with the build if there is one.

use std::path::Path;

use portcullis_guard::manifest::{self, Manifest};
use portcullis_policy::{Config, ConfigError};

use crate::arguments::{Arguments, PolicyCheckArguments};
use crate::commands::Verdict;
use crate::failure::Failure;
use crate::policy::{inventory, schema_file};
use crate::{configuration, output, target, terminal};

/// Where a build of Next.js has its list, from the project's root.
const MANIFEST: &str = ".next/server/server-reference-manifest.json";

/// How many names a list shows.
const SHOWN: usize = 20;

pub(super) fn run(check: &PolicyCheckArguments, arguments: &Arguments) -> Result<Verdict, Failure> {
    if check.file.symlink_metadata().is_err() {
        return Err(Failure::new(format!("`{}` does not exist", check.file.display()))
            .help("`portcullis policy init` writes one"));
    }
    let folder = match check.file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => Path::new(".").to_owned(),
    };
    let target = target::find(std::slice::from_ref(&folder))?;
    let configuration = configuration::read(Some(&check.file), &target)?;
    let config = &configuration.config;
    let scan = super::super::analyse(&target, &configuration, &super::inventory_only(), arguments.quiet)?;
    let mut mistakes = inventory::mistakes(config, &scan.endpoints);
    mistakes.extend(schema_mistakes(config, &target.root));
    let build = match read_build(config, &target.root) {
        Ok(build) => build,
        Err(mistake) => {
            mistakes.push(mistake);
            None
        }
    };
    if !mistakes.is_empty() {
        mistakes.sort_by_key(|mistake| mistake.span.start);
        return Err(configuration.failure(mistakes));
    }
    let missing: Vec<&str> = inventory::without_entry(config, &scan.endpoints)
        .into_iter()
        .map(|endpoint| endpoint.name.as_str())
        .collect();
    let covered = scan.endpoints.len() - missing.len();
    let file = terminal::visible(&check.file.display().to_string());
    let mut lines = vec![format!(
        "{file}: {covered} of {} endpoints have an entry",
        scan.endpoints.len()
    )];
    lines.extend(listed("no entry, so guard denies it", &missing));
    let mut is_fine = missing.is_empty();
    if let Some(build) = &build {
        let is_known = |name: &&str| scan.endpoints.iter().any(|endpoint| endpoint.name == **name);
        let named = build.exported_names();
        let names = named.iter().map(String::as_str);
        let strangers: Vec<&str> = names.filter(|name| !is_known(name)).collect();
        lines.push(format!("ids of actions in the build: {}", build.actions.len()));
        lines.extend(listed("in the build, not in the code: build again", &strangers));
        is_fine &= strangers.is_empty();
    } else {
        lines.push("no build to compare with".to_owned());
    }
    lines.push(String::new());
    output::print(&lines.join("\n"), false)?;
    Ok(if is_fine { Verdict::Fine } else { Verdict::Findings })
}

fn listed(what: &str, names: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("  {} ({what})", terminal::visible(name)))
        .collect();
    if let Some(more) = names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more ({what})"));
    }
    lines
}

fn schema_mistakes(config: &Config, root: &Path) -> Vec<ConfigError> {
    let schemas = config.actions.values().filter_map(|action| action.schema.as_ref());
    schemas
        .filter_map(|schema| {
            let (message, help) = schema_problem(&schema.value, root)?;
            Some(ConfigError {
                span: schema.span.clone(),
                message,
                label: String::new(),
                help: vec![help],
            })
        })
        .collect()
}

fn schema_problem(file: &str, root: &Path) -> Option<(String, String)> {
    let path = root.join(file);
    let is_inside = std::fs::canonicalize(&path).is_ok_and(|real| real.starts_with(root) && real.is_file());
    if !is_inside {
        return Some((
            format!("`{file}` is not a file of the project"),
            "`portcullis policy init --output -` shows the entries that have schemas".to_owned(),
        ));
    }
    match configuration::text_of(&path) {
        Ok(text) => schema_file::problem(&text).map(|problem| {
            (
                format!("`{file}` is no schema: {problem}"),
                "it is JSON Schema 2020-12, about the list of arguments".to_owned(),
            )
        }),
        Err(_) => Some((format!("`{file}` cannot be read"), "save it as UTF-8".to_owned())),
    }
}

/// The build's list. One that the policy names has to be there; the usual one need not.
fn read_build(config: &Config, root: &Path) -> Result<Option<Manifest>, ConfigError> {
    let named = config.guard.as_ref().and_then(|guard| guard.manifest.as_ref());
    let path = root.join(named.map_or(MANIFEST, |named| named.value.as_str()));
    manifest::read(&path).map_err(|problem| ConfigError {
        span: named.map_or(0..0, |named| named.span.clone()),
        message: format!("the build's list of actions is broken: {problem}"),
        label: String::new(),
        help: vec!["build the application again".to_owned()],
    })
}

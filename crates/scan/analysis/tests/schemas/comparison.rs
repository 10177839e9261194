//! The schemas that are read from source, compared with Zod itself.
//!
//! The constructs stand in `zod4.js`, `zod3.js` and `mini.js`. The same text is read by the analysis and run by Node:
//! every value that Zod accepts has to pass the schema, and where the schema claims to be exact, every value that Zod
//! refuses has to fail it. Zod comes from the registry, pinned by hashes; without Node or a registry the comparison is
//! left out, and says so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::project::parameters;

const GROUPS: [&str; 3] = ["zod4", "zod3", "mini"];

#[derive(Debug, Deserialize)]
struct Report {
    zod: String,
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    approximate: Vec<String>,
    values: u64,
    accepted: u64,
    rejected: u64,
    refused: u64,
    stricter: Vec<Value>,
    wider: Vec<Value>,
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas")
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own files")]
fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The names that a file of constructs exports.
fn exports(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("export const ")?.split_whitespace().next())
        .collect()
}

/// The schema of each export, as an endpoint that applies it to its only parameter has it.
fn read(group: &str) -> Map<String, Value> {
    let text = text_of(&here().join(format!("{group}.js")));
    let names: Vec<String> = exports(&text).into_iter().map(str::to_owned).collect();
    let mut actions =
        "'use server';\nimport * as schemas from './schemas.js';\nimport * as z from 'zod/mini';\n".to_owned();
    for name in &names {
        let parse = if group == "mini" {
            format!("z.parse(schemas.{name}, input)")
        } else {
            format!("schemas.{name}.parse(input)")
        };
        writeln!(
            actions,
            "export async function {name}_(input) {{ const value = {parse}; await save(value); }}"
        )
        .unwrap();
    }
    let files = [("schemas.js", text.as_str()), ("actions.js", actions.as_str())];
    let schemas: Map<String, Value> = parameters(&files)
        .into_iter()
        .map(|(name, mut parameters)| {
            let schema = parameters.swap_remove(0).1;
            (
                name.strip_suffix('_').unwrap().to_owned(),
                schema.unwrap_or(Value::Null),
            )
        })
        .collect();
    for name in names {
        assert!(
            schemas.get(&name).is_some_and(Value::is_object),
            "{group}.{name} has no schema"
        );
    }
    schemas
}

/// Installs what the comparison needs, once; the error says why that is not possible.
fn installed() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schema-comparison");
    std::fs::create_dir_all(&folder).unwrap();
    for file in [
        "package.json",
        "package-lock.json",
        "compare.js",
        "zod4.js",
        "zod3.js",
        "mini.js",
    ] {
        let text = text_of(&here().join(file));
        std::fs::write(folder.join(file), text).unwrap();
    }
    let lock = text_of(&here().join("package-lock.json"));
    let stamp = folder.join("installed");
    if stamp.exists() && text_of(&stamp) == lock {
        return Ok(folder);
    }
    let npm = Command::new("npm")
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefer-offline",
            "--fetch-retries=1",
        ])
        .args(["--fetch-timeout=15000", "--fetch-retry-maxtimeout=2000"])
        .current_dir(&folder)
        .output()
        .map_err(|error| format!("npm does not run: {error}"))?;
    if !npm.status.success() {
        return Err(format!(
            "npm installs nothing: {}",
            String::from_utf8_lossy(&npm.stderr).trim()
        ));
    }
    std::fs::write(&stamp, lock).unwrap();
    Ok(folder)
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "a comparison that is left out has to say so, and figures are to be read"
)]
fn no_schema_is_stricter_than_zod_and_the_exact_ones_are_not_wider() {
    let groups: BTreeMap<&str, Map<String, Value>> = GROUPS.into_iter().map(|group| (group, read(group))).collect();
    let folder = match installed() {
        Ok(folder) => folder,
        Err(reason) => {
            eprintln!("skipped: no comparison with Zod, because {reason}");
            return;
        }
    };
    std::fs::write(folder.join("schemas.json"), serde_json::to_string(&groups).unwrap()).unwrap();
    let node = match Command::new("node")
        .args(["compare.js", "schemas.json"])
        .current_dir(&folder)
        .output()
    {
        Ok(node) => node,
        Err(error) => {
            eprintln!("skipped: no comparison with Zod, because node does not run: {error}");
            return;
        }
    };
    assert!(node.status.success(), "{}", String::from_utf8_lossy(&node.stderr));
    let report: Report = serde_json::from_slice(&node.stdout).unwrap();
    let mut problems = Vec::new();
    let (mut exact, mut values, mut accepted, mut rejected, mut refused) = (0, 0, 0, 0, 0);
    for row in &report.rows {
        values += row.values;
        accepted += row.accepted;
        rejected += row.rejected;
        refused += row.refused;
        if !row.stricter.is_empty() {
            problems.push(format!("{} refuses what Zod accepts: {:?}", row.name, row.stricter));
        }
        if row.approximate.is_empty() {
            exact += 1;
            if !row.wider.is_empty() {
                problems.push(format!("{} accepts what Zod refuses: {:?}", row.name, row.wider));
            }
        }
        // A schema for which no value was accepted proves nothing.
        if row.accepted == 0 && row.name != "zod4.never" && row.name != "zod4.undef" {
            problems.push(format!("{}: none of {} values is accepted", row.name, row.values));
        }
    }
    eprintln!(
        "Zod {}: {} schemas, {exact} exact; {values} values; of {accepted} accepted by Zod all pass; of {rejected} refused \
         by Zod {refused} fail",
        report.zod,
        report.rows.len(),
    );
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

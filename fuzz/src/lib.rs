//! One input through the whole of scan: load, build, analyse, rules, every format of the report.
//!
//! An input is a small project in one text: each file begins with the separator, its name, and a line break.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path};

use portcullis_catalog::Catalog;
use portcullis_model::Scan;
use portcullis_policy::Config;
use portcullis_report::{Format, Options};
use portcullis_rules::Selection;
use portcullis_source::Program;
use portcullis_source::project::{self, LoadOptions};

/// How an input names its next file. `crates/cli/tests/hostile/seeds.rs` reads inputs in the same way.
pub const SEPARATOR: &str = "//// ";

const FORMATS: [Format; 7] = [
    Format::Human,
    Format::Concise,
    Format::Json,
    Format::Sarif,
    Format::Html,
    Format::Markdown,
    Format::Github,
];

/// Panics where a scan breaks one of its promises.
pub fn run(catalog: &Catalog, input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(directory) = tempfile::tempdir() else { return };
    for (position, file) in text.split(SEPARATOR).skip(1).take(8).enumerate() {
        let (name, text) = file.split_once('\n').unwrap_or((file, ""));
        write(directory.path(), position, name.trim(), text);
    }
    let config = Config::default();
    let Ok(project) = project::load(directory.path(), &[], &LoadOptions::default(), &|_| ()) else {
        return;
    };
    let next_version = project.next_version.clone();
    let program = Program::build(project, &|_| ());
    let analysis = portcullis_analysis::analyse(&program, catalog, &config.scan, &|_| ());
    let files = &program.project().files;
    let checked = portcullis_rules::check(&analysis, files, &Selection::default());
    let names: BTreeSet<_> = analysis
        .endpoints
        .iter()
        .map(|endpoint| (endpoint.place, endpoint.name.clone()))
        .collect();
    assert_eq!(names.len(), analysis.endpoints.len(), "an endpoint is listed twice");
    let scan = Scan {
        next_version,
        files: files.clone(),
        endpoints: analysis.endpoints,
        findings: checked.findings,
        diagnostics: program.diagnostics().to_vec(),
        suppressed: checked.suppressed,
        baselined: checked.baselined,
        below_confidence: checked.below_confidence,
        opaque_calls: analysis.opaque_calls,
        rules: checked.rules,
    };
    let options = Options::new(".", "0.0.0");
    for format in FORMATS {
        let report = portcullis_report::render(&scan, portcullis_rules::all(), format, &options);
        assert!(!report.contains('\u{1b}'), "a raw escape character in {format:?}");
        portcullis_report::render_endpoints(&scan, format, &options);
    }
}

/// Names that lead out of the directory are replaced, as the input is hostile here too.
fn write(root: &Path, position: usize, name: &str, text: &str) {
    let inside = !name.is_empty()
        && name.len() < 200
        && !name.contains('\0')
        && Path::new(name)
            .components()
            .all(|component| matches!(component, Component::Normal(_)));
    let path = root.join(if inside {
        name.to_owned()
    } else {
        format!("app/file{position}.ts")
    });
    if let Some(parent) = path.parent() {
        drop(fs::create_dir_all(parent));
    }
    drop(fs::write(path, text));
}

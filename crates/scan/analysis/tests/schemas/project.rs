//! A small project on disk, and what the analysis says of its endpoints' parameters.

use std::collections::BTreeMap;

use portcullis_analysis::analyse;
use portcullis_catalog::Catalog;
use portcullis_model::Json;
use portcullis_policy::ScanConfig;
use portcullis_source::Program;
use portcullis_source::project::{self, LoadOptions};
use serde_json::Value;

/// Parameters by name, each with its schema.
pub(crate) type Parameters = Vec<(String, Option<Value>)>;

/// The endpoints of a project, each with its parameters and their schemas.
pub(crate) fn parameters(files: &[(&str, &str)]) -> BTreeMap<String, Parameters> {
    let files: Vec<(String, String)> = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    let run = move || {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "package.json",
            r#"{ "name": "schemas", "dependencies": { "next": "16.0.0", "zod": "4.0.0", "zsa": "0.6.0",
                 "next-safe-action": "8.0.0", "zod-form-data": "3.0.0", "drizzle-orm": "0.44.0", "drizzle-zod": "0.8.0" } }"#,
        );
        for (path, text) in &files {
            write(path, text);
        }
        let project = project::load(folder.path(), &[], &LoadOptions::default(), &|_| {}).unwrap();
        let program = Program::build(project, &|_| {});
        let catalog = Catalog::with_entries(&[]).unwrap();
        let analysis = analyse(&program, &catalog, &ScanConfig::default(), &|_| {});
        let schemas = analysis.endpoints.iter().map(|endpoint| {
            let parameters = endpoint
                .parameters
                .iter()
                .map(|parameter| (parameter.name.clone(), parameter.schema.as_ref().map(value)));
            (endpoint.short_name.clone(), parameters.collect())
        });
        schemas.collect()
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap();
    thread.join().unwrap()
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Boolean(boolean) => Value::Bool(*boolean),
        Json::Number(text) => serde_json::from_str(text).unwrap(),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => items.iter().map(value).collect(),
        Json::Object(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), value(field)))
            .collect(),
    }
}

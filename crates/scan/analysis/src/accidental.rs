//! Helpers that the directive turns into endpoints: functions that only server code calls.

use portcullis_model::{EndpointId, EndpointKind, Evidence, FileId, Place};
use portcullis_source::ir::ImportName;
use portcullis_source::{Program, Target};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::endpoints::{DIRECTIVE, Entry, Found};

/// A function that only server code calls, and that everybody can call.
#[derive(Debug, Clone)]
pub struct Accidental {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The directive that exposes it.
    pub directive: Place,
    /// Where server code imports it.
    pub importers: Vec<Evidence>,
}

/// The file and the export that is imported, and where.
type ServerImport = (FileId, String, Place);

/// Finds exports of modules with the directive that other server modules import, and that no client code mentions.
pub(crate) fn find(program: &Program, found: &[Found]) -> Vec<Accidental> {
    let importers = server_imports(program);
    let imported: Vec<(u32, FileId, &str, &[ServerImport])> = (0_u32..)
        .zip(found)
        .filter(|(_, endpoint)| endpoint.kind == EndpointKind::Module)
        .filter_map(|(position, endpoint)| {
            let Entry::Export(file, name) = &endpoint.entry else {
                return None;
            };
            let from = importers.partition_point(|(target, export, _)| (*target, export.as_str()) < (*file, name));
            let rest = importers.get(from..).unwrap_or_default();
            let count = rest.partition_point(|(target, export, _)| (*target, export.as_str()) <= (*file, name));
            let own = rest.get(..count).filter(|own| !own.is_empty())?;
            Some((position, *file, name.as_ref(), own))
        })
        .collect();
    if imported.is_empty() {
        return Vec::new();
    }
    let mentions = mentions(program, &imported.iter().map(|(_, _, name, _)| *name).collect());
    imported
        .into_iter()
        .filter(|(_, file, name, _)| {
            let places = mentions.get(name);
            !places.is_some_and(|places| places.iter().any(|place| place != file))
        })
        .filter_map(|(position, file, name, own)| {
            let module = program.module(file)?;
            let directive = module
                .directives
                .iter()
                .find(|directive| &*directive.text == DIRECTIVE)?;
            let evidence = own.iter().take(3).map(|(_, _, place)| Evidence {
                place: *place,
                text: format!("server code imports `{name}` here"),
            });
            Some(Accidental {
                endpoint: EndpointId(position),
                directive: Place::new(file, directive.span),
                importers: evidence.collect(),
            })
        })
        .collect()
}

/// Every name that a module with the directive imports from another one, sorted by what it is.
fn server_imports(program: &Program) -> Vec<ServerImport> {
    let mut imports = Vec::new();
    for file in program.candidates() {
        let Some(module) = program.module(*file) else { continue };
        if !module.directives.iter().any(|directive| &*directive.text == DIRECTIVE) {
            continue;
        }
        for import in &module.imports {
            let ImportName::Named(name) = &import.name else {
                continue;
            };
            let span = module
                .symbols
                .get(usize::try_from(import.symbol.0).unwrap_or(usize::MAX))
                .map(|info| info.span)
                .unwrap_or_default();
            if let Target::Symbol(target, _) = program.import(*file, import)
                && target != *file
            {
                imports.push((target, name.to_string(), Place::new(*file, span)));
            }
        }
    }
    imports.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    imports
}

/// The files outside of server modules, components among them, that mention a name: then it may be meant as an action.
/// Two files a name are enough.
fn mentions<'name>(program: &Program, names: &FxHashSet<&'name str>) -> FxHashMap<&'name str, Vec<FileId>> {
    let files = &program.project().files;
    let per_file: Vec<Vec<&'name str>> = files
        .par_iter()
        .map(|file| {
            if !(file.path.ends_with("sx") || file.text.contains("use client")) {
                return Vec::new();
            }
            let is_part = |character: char| character.is_alphanumeric() || character == '_' || character == '$';
            let words = file.text.split(|character| !is_part(character));
            let mut found: Vec<&str> = words.filter_map(|word| names.get(word).copied()).collect();
            found.sort_unstable();
            found.dedup();
            found
        })
        .collect();
    let mut mentions: FxHashMap<&str, Vec<FileId>> = FxHashMap::default();
    for (position, found) in (0_u32..).zip(per_file) {
        for name in found {
            let places = mentions.entry(name).or_default();
            if places.len() < 2 {
                places.push(FileId(position));
            }
        }
    }
    mentions
}

//! Helpers that the directive turns into endpoints: functions that only server code calls.

use portcullis_model::{EndpointId, EndpointKind, Evidence, FileId, Place};
use portcullis_source::ir::ImportName;
use portcullis_source::{Program, Target};

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

/// Finds exports of modules with the directive that other server modules import, and that no client code mentions.
pub(crate) fn find(program: &Program, found: &[Found]) -> Vec<Accidental> {
    let mut accidental = Vec::new();
    let importers = server_imports(program);
    for (position, endpoint) in (0_u32..).zip(found) {
        let Entry::Export(file, name) = &endpoint.entry else {
            continue;
        };
        if endpoint.kind != EndpointKind::Module {
            continue;
        }
        let own: Vec<Evidence> = importers
            .iter()
            .filter(|(target, export, _)| target == file && export == name.as_ref())
            .map(|(_, _, place)| Evidence {
                place: *place,
                text: format!("server code imports `{name}` here"),
            })
            .take(3)
            .collect();
        if own.is_empty() || is_used_by_pages(program, *file, name) {
            continue;
        }
        let Some(directive) = program
            .module(*file)
            .and_then(|module| module.directives.iter().find(|directive| &*directive.text == DIRECTIVE))
        else {
            continue;
        };
        accidental.push(Accidental {
            endpoint: EndpointId(position),
            directive: Place::new(*file, directive.span),
            importers: own,
        });
    }
    accidental
}

/// Every name that a module with the directive imports from another one.
fn server_imports(program: &Program) -> Vec<(FileId, String, Place)> {
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
    imports
}

/// Whether a component, or any file outside of server modules, names the export: then it may be meant as an action.
fn is_used_by_pages(program: &Program, own: FileId, name: &str) -> bool {
    (0_u32..).zip(&program.project().files).any(|(position, file)| {
        let id = FileId(position);
        if id == own || !(file.path.ends_with("sx") || file.text.contains("use client")) {
            return false;
        }
        mentions(&file.text, name)
    })
}

/// Whether a text contains a name as a word.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_' || character == '$';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

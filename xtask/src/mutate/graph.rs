//! Which declarations an endpoint can get to, by names alone: what a file declares at its top, which names that mentions,
//! and where these come from. It knows nothing of protections, so it can tell who feels an edit without asking the scan.

use std::collections::{BTreeMap, BTreeSet};

use oxc_ast::ast::{
    Declaration, Expression, IdentifierReference, ImportDeclarationSpecifier, JSXIdentifier, ModuleExportName, Program,
    Statement,
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan as _, Span};
use portcullis_model::FileId;
use portcullis_source::project::{Project, Resolution};

use super::project::Door;
use super::syntax;

/// What a file declares, takes and gives.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) declarations: Vec<Declared>,
    /// By local name: the file, and the export unless it is all of them.
    imports: BTreeMap<String, (FileId, Option<String>)>,
    /// By exported name, what it is called here.
    exports: BTreeMap<String, String>,
    handed_on: BTreeMap<String, (FileId, String)>,
    stars: Vec<FileId>,
    /// It begins with `'use server'`.
    pub(super) is_server: bool,
}

/// A declaration at the top of a file.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) span: (usize, usize),
    mentions: BTreeSet<String>,
}

/// A declaration: its file, and its position there.
pub(super) type Node = (FileId, usize);

/// Every file that parses.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) files: BTreeMap<FileId, File>,
}

impl Graph {
    /// Reads the whole project.
    pub(super) fn of(project: &Project) -> Self {
        let mut files = BTreeMap::new();
        for (id, file) in (0..).map(FileId).zip(&project.files) {
            let read = syntax::with_tree(&file.path, &file.text, |program, _| read(project, id, program));
            if let Some(read) = read {
                files.insert(id, read);
            }
        }
        Self { files }
    }

    /// The declaration that an endpoint is.
    pub(super) fn node_of(&self, door: &Door) -> Option<Node> {
        let at = usize::try_from(door.place.span.start).ok()?;
        let file = self.files.get(&door.place.file)?;
        let inside = |one: &Declared| one.span.0 <= at && at < one.span.1;
        if let Some(position) = file.declarations.iter().position(inside) {
            return Some((door.place.file, position));
        }
        let (_, name) = door.name.rsplit_once('#')?;
        self.export(door.place.file, name, 0)
    }

    /// Everything that can run when `start` does.
    pub(super) fn reached_from(&self, start: Node) -> BTreeSet<Node> {
        let mut reached = BTreeSet::from([start]);
        let mut left = vec![start];
        while let Some(node) = left.pop() {
            for next in self.next(node) {
                if reached.insert(next) {
                    left.push(next);
                }
            }
        }
        reached
    }

    fn next(&self, (id, position): Node) -> Vec<Node> {
        let Some(file) = self.files.get(&id) else {
            return Vec::new();
        };
        let mut next = Vec::new();
        let mentions = file.declarations.get(position).map(|one| &one.mentions);
        for name in mentions.into_iter().flatten() {
            next.extend(file.declared(name).map(|position| (id, position)));
            match file.imports.get(name) {
                Some((from, Some(export))) => next.extend(self.export(*from, export, 0)),
                Some((from, None)) => {
                    let count = self.files.get(from).map_or(0, |file| file.declarations.len());
                    next.extend((0..count).map(|position| (*from, position)));
                }
                None => {}
            }
        }
        next
    }

    /// Where an export is declared.
    fn export(&self, id: FileId, name: &str, depth: usize) -> Option<Node> {
        const FAR: usize = 12;
        if depth > FAR {
            return None;
        }
        let file = self.files.get(&id)?;
        if let Some(local) = file.exports.get(name) {
            if let Some(position) = file.declared(local) {
                return Some((id, position));
            }
            let (from, export) = file.imports.get(local)?;
            return self.export(*from, export.as_deref()?, depth + 1);
        }
        if let Some((from, export)) = file.handed_on.get(name) {
            return self.export(*from, export, depth + 1);
        }
        file.stars.iter().find_map(|from| self.export(*from, name, depth + 1))
    }
}

impl File {
    fn declared(&self, name: &str) -> Option<usize> {
        self.declarations.iter().position(|one| one.name == name)
    }
}

fn read(project: &Project, id: FileId, program: &Program<'_>) -> File {
    let mut file = File {
        is_server: program
            .directives
            .iter()
            .any(|one| one.expression.value.as_str() == "use server"),
        ..File::default()
    };
    let target = |specifier: &str| match project.resolve(id, specifier) {
        Resolution::File(file) => Some(file),
        _ => None,
    };
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) => {
                let Some(from) = target(import.source.value.as_str()) else {
                    continue;
                };
                for one in import.specifiers.iter().flatten() {
                    let export = match one {
                        ImportDeclarationSpecifier::ImportSpecifier(one) => Some(one.imported.name().to_string()),
                        ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => Some("default".to_owned()),
                        ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => None,
                    };
                    file.imports.insert(one.local().name.to_string(), (from, export));
                }
            }
            Statement::ExportAllDeclaration(export) => file.stars.extend(target(export.source.value.as_str())),
            Statement::ExportFromDeclaration(export) => {
                let Some(from) = target(export.source.value.as_str()) else {
                    continue;
                };
                for one in &export.specifiers {
                    let name = one.exported.name().to_string();
                    file.handed_on.insert(name, (from, one.local.name().to_string()));
                }
            }
            Statement::ExportNamedDeclaration(export) => {
                for one in &export.specifiers {
                    if let ModuleExportName::IdentifierReference(local) = &one.local {
                        file.exports
                            .insert(one.exported.name().to_string(), local.name.to_string());
                    }
                }
            }
            Statement::ExportDeclaration(export) => {
                let before = file.declarations.len();
                declared(&export.declaration, export.span, &mut file.declarations);
                for one in file.declarations.iter().skip(before) {
                    file.exports.insert(one.name.clone(), one.name.clone());
                }
            }
            Statement::ExportDefaultDeclaration(export) => {
                file.exports.insert("default".to_owned(), "default".to_owned());
                let mut mentions = Mentions::default();
                mentions.visit_export_default_declaration(export);
                if let Some(identifier) = export.declaration.as_expression().and_then(|one| match one {
                    Expression::Identifier(identifier) => Some(identifier.name.to_string()),
                    _ => None,
                }) {
                    file.exports.insert("default".to_owned(), identifier);
                    continue;
                }
                file.declarations.push(Declared {
                    name: "default".to_owned(),
                    span: syntax::range(export.span),
                    mentions: mentions.0,
                });
            }
            other => {
                if let Some(declaration) = other.as_declaration() {
                    declared(declaration, other.span(), &mut file.declarations);
                }
            }
        }
    }
    file
}

fn declared(declaration: &Declaration<'_>, whole: Span, into: &mut Vec<Declared>) {
    let mut mentions = Mentions::default();
    let mut put = |name: &str, span: Span, mentions: BTreeSet<String>| {
        into.push(Declared {
            name: name.to_owned(),
            span: syntax::range(span),
            mentions,
        });
    };
    match declaration {
        Declaration::VariableDeclaration(variables) => {
            let alone = variables.declarations.len() == 1;
            for one in &variables.declarations {
                let mut mentions = Mentions::default();
                mentions.visit_variable_declarator(one);
                for name in one.id.get_binding_identifiers() {
                    put(&name.name, if alone { whole } else { one.span }, mentions.0.clone());
                }
            }
        }
        Declaration::FunctionDeclaration(function) => {
            mentions.visit_declaration(declaration);
            if let Some(id) = &function.id {
                put(&id.name, whole, mentions.0);
            }
        }
        Declaration::ClassDeclaration(class) => {
            mentions.visit_declaration(declaration);
            if let Some(id) = &class.id {
                put(&id.name, whole, mentions.0);
            }
        }
        _ => {}
    }
}

#[derive(Default)]
struct Mentions(BTreeSet<String>);

impl<'a> Visit<'a> for Mentions {
    fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
        self.0.insert(identifier.name.to_string());
    }

    fn visit_jsx_identifier(&mut self, identifier: &JSXIdentifier<'a>) {
        self.0.insert(identifier.name.to_string());
    }
}

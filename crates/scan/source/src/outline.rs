//! What a module says of other modules: its directives, what it imports, what it hands on. Known for every file from
//! the one pass that parses it, without lowering.
//!
//! It does not say whether an imported name is used: TypeScript drops an import of which only types are used, and that
//! takes the lowered module to see.

use oxc_ast::ast;
use oxc_syntax::module_record::{ExportImportName, ImportImportName, ModuleRecord};
use portcullis_model::Span;

use crate::ir::{Directive, Text};

/// The directives of a module, and what it asks of other modules.
#[derive(Debug, Default)]
pub struct Outline {
    /// The directives at its top.
    pub directives: Vec<Directive>,
    /// What it asks of other modules, in the order of the source.
    pub requests: Vec<Request>,
    /// Where a statement that is put first may go: behind the directives, before everything else.
    pub first_statement: u32,
    /// How many levels its tree may have, at most.
    pub(crate) levels: usize,
}

impl Outline {
    /// Whether the module begins with this directive.
    pub fn has_directive(&self, text: &str) -> bool {
        self.directives.iter().any(|directive| &*directive.text == text)
    }
}

/// One name that a module takes from another one.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where from.
    pub specifier: Text,
    /// What.
    pub name: Requested,
    /// The name that it has in the module; none if it is handed on.
    pub local: Option<Text>,
    /// Written as a type: nothing of it is left at run time.
    pub is_type: bool,
    /// Where.
    pub span: Span,
}

/// What a module takes from another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requested {
    /// An export by name; `default` too.
    Named(Text),
    /// All of it, as an object or through `export *`.
    Everything,
    /// All of it, when the code gets there: `import('./x')`.
    Dynamic,
    /// Nothing but its effects: `import './x'`.
    Nothing,
}

/// Reads the outline off what the parser noted.
pub(crate) fn of(program: &ast::Program<'_>, record: &ModuleRecord<'_>, source: &str) -> Outline {
    let mut requests = Vec::new();
    for entry in &record.import_entries {
        requests.push(Request {
            specifier: text(&entry.module_request.name),
            name: match &entry.import_name {
                ImportImportName::Name(name) => Requested::Named(text(&name.name)),
                ImportImportName::Default(_) => Requested::Named(text("default")),
                ImportImportName::NamespaceObject => Requested::Everything,
            },
            local: Some(text(&entry.local_name.name)),
            is_type: entry.is_type,
            span: span(entry.local_name.span),
        });
    }
    for entry in record.indirect_export_entries.iter().chain(&record.star_export_entries) {
        let Some(from) = &entry.module_request else { continue };
        requests.push(Request {
            specifier: text(&from.name),
            name: match &entry.import_name {
                ExportImportName::Name(name) => Requested::Named(text(&name.name)),
                _ => Requested::Everything,
            },
            local: None,
            is_type: entry.is_type,
            span: span(entry.span),
        });
    }
    for (specifier, asked) in &record.requested_modules {
        for one in asked.iter().filter(|one| one.is_import && !one.is_type) {
            let binds = record
                .import_entries
                .iter()
                .any(|entry| entry.statement_span == one.statement_span);
            if !binds {
                requests.push(Request {
                    specifier: text(specifier),
                    name: Requested::Nothing,
                    local: None,
                    is_type: false,
                    span: span(one.statement_span),
                });
            }
        }
    }
    for import in &record.dynamic_imports {
        let range = usize::try_from(import.module_request.start).ok()..usize::try_from(import.module_request.end).ok();
        let (Some(start), Some(end)) = (range.start, range.end) else {
            continue;
        };
        let written = source.get(start..end).unwrap_or_default();
        let specifier = written.trim_matches(['\'', '"', '`']);
        if specifier.len() + 2 == written.len() {
            requests.push(Request {
                specifier: text(specifier),
                name: Requested::Dynamic,
                local: None,
                is_type: false,
                span: span(import.span),
            });
        }
    }
    // The parser keeps its requests in a map without an order.
    requests.sort_by(|a, b| (a.span, &a.specifier).cmp(&(b.span, &b.specifier)));
    Outline {
        directives: program
            .directives
            .iter()
            .map(|directive| Directive {
                text: text(&directive.expression.value),
                span: span(directive.span),
            })
            .collect(),
        requests,
        levels: 0,
        first_statement: program.directives.last().map_or_else(
            || program.hashbang.as_ref().map_or(0, |line| line.span.end),
            |directive| directive.span.end,
        ),
    }
}

fn text(text: &str) -> Text {
    Text::from(text)
}

fn span(span: oxc_span::Span) -> Span {
    Span::new(span.start, span.end)
}

//! Imports and exports, in the forms of ES modules, TypeScript and `CommonJS`.

use std::sync::Arc;

use oxc_ast::ast;
use oxc_span::GetSpan as _;

use super::{Lowerer, span, text};
use crate::ir::{
    Export, ExportSource, Expression, ExpressionKind, Import, ImportName, Key, Module, Pattern, Property, Statement,
    StatementKind, Symbol, SymbolKind, Text,
};

impl Lowerer<'_> {
    pub(super) fn module_declaration(
        &mut self,
        declaration: &ast::ModuleDeclaration<'_>,
        lowered: &mut Vec<Statement>,
    ) {
        match declaration {
            ast::ModuleDeclaration::ImportDeclaration(import) => self.import(import),
            ast::ModuleDeclaration::ExportAllDeclaration(export) => {
                if export.export_kind.is_type() {
                    return;
                }
                let specifier = text(&export.source.value);
                match &export.exported {
                    None => self.module.star_exports.push(specifier),
                    Some(name) => self.export(
                        text(&name.name()),
                        name.span(),
                        ExportSource::From {
                            specifier,
                            name: ImportName::Namespace,
                        },
                    ),
                }
            }
            ast::ModuleDeclaration::ExportDeclaration(export) => self.export_declaration(export, lowered),
            ast::ModuleDeclaration::ExportNamedDeclaration(export) => {
                if export.export_kind.is_type() {
                    return;
                }
                for specifier in export
                    .specifiers
                    .iter()
                    .filter(|specifier| !specifier.export_kind.is_type())
                {
                    let source = match &specifier.local {
                        ast::ModuleExportName::IdentifierReference(identifier) => self.reference(identifier),
                        _ => None,
                    };
                    if let Some(symbol) = source {
                        let name = text(&specifier.exported.name());
                        self.export(name, specifier.exported.span(), ExportSource::Local(symbol));
                    }
                }
            }
            ast::ModuleDeclaration::ExportFromDeclaration(export) => {
                if export.export_kind.is_type() {
                    return;
                }
                let from = text(&export.source.value);
                for specifier in export
                    .specifiers
                    .iter()
                    .filter(|specifier| !specifier.export_kind.is_type())
                {
                    let source = ExportSource::From {
                        specifier: Text::clone(&from),
                        name: ImportName::Named(text(&specifier.local.name())),
                    };
                    self.export(text(&specifier.exported.name()), specifier.exported.span(), source);
                }
            }
            ast::ModuleDeclaration::ExportDefaultDeclaration(export) => self.export_default(export, lowered),
            ast::ModuleDeclaration::TSExportAssignment(export) => {
                let value = self.expression(&export.expression);
                self.export(text("default"), export.span, ExportSource::Value(Arc::new(value)));
            }
            ast::ModuleDeclaration::TSNamespaceExportDeclaration(_) => {}
        }
    }

    fn export(&mut self, name: Text, place: oxc_span::Span, source: ExportSource) {
        self.module.exports.push(Export {
            name,
            span: span(place),
            source,
        });
    }

    fn import(&mut self, import: &ast::ImportDeclaration<'_>) {
        if import.import_kind.is_type() {
            return;
        }
        let specifier = text(&import.source.value);
        for binding in import.specifiers.iter().flatten() {
            let (local, name) = match binding {
                ast::ImportDeclarationSpecifier::ImportSpecifier(one) if one.import_kind.is_type() => continue,
                ast::ImportDeclarationSpecifier::ImportSpecifier(one) => {
                    (&one.local, ImportName::Named(text(&one.imported.name())))
                }
                ast::ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => {
                    (&one.local, ImportName::Named(text("default")))
                }
                ast::ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => (&one.local, ImportName::Namespace),
            };
            let position = super::index(self.module.imports.len());
            let symbol = self.binding(local, SymbolKind::Import(position));
            self.module.imports.push(Import {
                symbol,
                specifier: Text::clone(&specifier),
                name,
            });
        }
    }

    fn export_declaration(&mut self, export: &ast::ExportDeclaration<'_>, lowered: &mut Vec<Statement>) {
        match &export.declaration {
            ast::Declaration::FunctionDeclaration(function) => {
                if let Some((_, Some(symbol))) = self.function_declaration(function) {
                    self.export_symbol(symbol);
                }
            }
            ast::Declaration::VariableDeclaration(declaration) => {
                let start = lowered.len();
                self.variables(declaration, lowered);
                let mut symbols = Vec::new();
                for statement in lowered.iter().skip(start) {
                    if let StatementKind::Declare(pattern, _) = &statement.kind {
                        bound_symbols(pattern, &mut symbols);
                    }
                }
                symbols.into_iter().for_each(|symbol| self.export_symbol(symbol));
            }
            declaration => {
                let start = lowered.len();
                self.declaration(declaration, lowered);
                if let Some(StatementKind::Class(symbol, _) | StatementKind::Enum(symbol, _)) =
                    lowered.get(start).map(|statement| &statement.kind)
                {
                    let symbol = *symbol;
                    self.export_symbol(symbol);
                }
            }
        }
    }

    fn export_symbol(&mut self, symbol: Symbol) {
        if let Some(info) = self.symbol_mut(symbol) {
            let (name, span) = (Text::clone(&info.name), info.span);
            self.module.exports.push(Export {
                name,
                span,
                source: ExportSource::Local(symbol),
            });
        }
    }

    fn export_default(&mut self, export: &ast::ExportDefaultDeclaration<'_>, lowered: &mut Vec<Statement>) {
        let name = text("default");
        match &export.declaration {
            ast::ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                if let Some((id, symbol)) = self.function_declaration(function) {
                    let place = function.id.as_ref().map_or(function.span, |id| id.span);
                    let source = match symbol {
                        Some(symbol) => ExportSource::Local(symbol),
                        None => ExportSource::Value(Arc::new(Expression {
                            span: span(function.span),
                            kind: ExpressionKind::Function(id),
                        })),
                    };
                    self.export(name, place, source);
                }
            }
            ast::ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                let id = self.class_definition(class, None);
                let source = match &class.id {
                    Some(own) => {
                        let symbol = self.binding(own, SymbolKind::Class(id));
                        lowered.push(Statement {
                            span: span(class.span),
                            kind: StatementKind::Class(symbol, id),
                        });
                        ExportSource::Local(symbol)
                    }
                    None => ExportSource::Value(Arc::new(Expression {
                        span: span(class.span),
                        kind: ExpressionKind::Class(id),
                    })),
                };
                self.export(name, class.span, source);
            }
            ast::ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => {}
            declaration => {
                if let Some(expression) = declaration.as_expression() {
                    let value = self.named(expression, None);
                    if let ExpressionKind::Symbol(symbol) = value.kind {
                        self.export(name, expression.span(), ExportSource::Local(symbol));
                    } else {
                        self.export(name, expression.span(), ExportSource::Value(Arc::new(value)));
                    }
                }
            }
        }
    }
}

/// The symbols that a pattern binds, in order.
pub fn bound_symbols(pattern: &Pattern, symbols: &mut Vec<Symbol>) {
    match pattern {
        Pattern::Symbol(symbol, _) => symbols.push(*symbol),
        Pattern::Place(_) => {}
        Pattern::Object { properties, rest } => {
            properties
                .iter()
                .for_each(|(_, pattern)| bound_symbols(pattern, symbols));
            if let Some(rest) = rest {
                bound_symbols(rest, symbols);
            }
        }
        Pattern::Array { elements, rest } => {
            elements
                .iter()
                .flatten()
                .for_each(|pattern| bound_symbols(pattern, symbols));
            if let Some(rest) = rest {
                bound_symbols(rest, symbols);
            }
        }
        Pattern::Default(pattern, _) => bound_symbols(pattern, symbols),
    }
}

impl Module {
    /// `module.exports = x`, `module.exports.a = x` and `exports.a = x` at the top level become exports.
    pub(crate) fn extract_commonjs(&mut self) {
        if !self.exports.is_empty() || !self.star_exports.is_empty() {
            return;
        }
        let mut found = Vec::new();
        self.body.retain_mut(|statement| {
            let StatementKind::Expression(expression) = &mut statement.kind else {
                return true;
            };
            let ExpressionKind::Assign(target, value) = &mut expression.kind else {
                return true;
            };
            let Some(name) = commonjs_name(target) else { return true };
            let value = std::mem::replace(
                &mut **value,
                Expression {
                    span: expression.span,
                    kind: ExpressionKind::Undefined,
                },
            );
            found.push((name, expression.span, value));
            false
        });
        for (name, span, value) in found {
            if &*name == "default"
                && let ExpressionKind::Object(properties) = &value.kind
            {
                for property in properties {
                    if let Property::Value(
                        Key::Name(key),
                        Expression {
                            kind: ExpressionKind::Symbol(symbol),
                            span,
                        },
                    ) = property
                    {
                        let source = ExportSource::Local(*symbol);
                        self.exports.push(Export {
                            name: Text::clone(key),
                            span: *span,
                            source,
                        });
                    }
                }
            }
            self.exports.push(Export {
                name,
                span,
                source: ExportSource::Value(Arc::new(value)),
            });
        }
    }
}

fn commonjs_name(target: &Pattern) -> Option<Text> {
    let Pattern::Place(place) = target else { return None };
    let ExpressionKind::Member { object, property, .. } = &place.kind else {
        return None;
    };
    match &object.kind {
        ExpressionKind::Global(global) if &**global == "module" && &**property == "exports" => Some(text("default")),
        ExpressionKind::Global(global) if &**global == "exports" => Some(Text::clone(property)),
        ExpressionKind::Member {
            object,
            property: inner,
            ..
        } if &**inner == "exports" => match &object.kind {
            ExpressionKind::Global(global) if &**global == "module" => Some(Text::clone(property)),
            _ => None,
        },
        _ => None,
    }
}

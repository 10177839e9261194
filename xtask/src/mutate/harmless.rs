//! Rewrites that change no behaviour: what a scan says of the endpoints must stay.

use std::collections::BTreeSet;

use oxc_ast::ast::{
    ArrowFunctionExpression, BindingPattern, CallExpression, Declaration, ExportSpecifier, Expression, Function,
    FunctionBody, ImportDeclarationSpecifier, ObjectProperty, Program, Statement, ThisExpression, TryStatement,
    VariableDeclaration,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::SymbolId;
use oxc_span::{GetSpan as _, Span};
use oxc_syntax::scope::ScopeFlags;

use super::mutant::{Class, Edit, Site};
use super::roles::{Kind, asks_who, decides};
use super::sites::Source;
use super::syntax::{call_of, disjuncts, exits, is_typed, range, replace, symbol};

/// Every harmless rewrite of a file.
pub(super) fn find(source: &Source<'_>, program: &Program<'_>, is_server: bool) -> Vec<Site> {
    let mut finder = Finder {
        source,
        functions: Vec::new(),
        tries: 0,
        renamed: BTreeSet::new(),
        shorthand: BTreeSet::new(),
        sites: Vec::new(),
    };
    finder.visit_program(program);
    finder.rename(program);
    finder.forms(program);
    if !is_server && !finder.renamed.is_empty() {
        moved(source, program, &mut finder.sites);
    }
    finder.sites
}

struct Finder<'tree> {
    source: &'tree Source<'tree>,
    functions: Vec<Span>,
    tries: usize,
    /// What is called as a guard, by its own name.
    renamed: BTreeSet<SymbolId>,
    /// Names that stand for a property and a variable at once, or for an export.
    shorthand: BTreeSet<SymbolId>,
    sites: Vec<Site>,
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.functions.push(function.span);
        walk::walk_function(self, function, flags);
        self.functions.pop();
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.functions.push(function.span);
        walk::walk_arrow_function_expression(self, function);
        self.functions.pop();
    }

    fn visit_try_statement(&mut self, statement: &TryStatement<'a>) {
        self.tries += 1;
        walk::walk_try_statement(self, statement);
        self.tries -= 1;
    }

    fn visit_function_body(&mut self, body: &FunctionBody<'a>) {
        self.statements(&body.statements);
        walk::walk_function_body(self, body);
    }

    fn visit_object_property(&mut self, property: &ObjectProperty<'a>) {
        if property.shorthand
            && let Expression::Identifier(identifier) = &property.value
        {
            self.shorthand.extend(symbol(identifier, self.source.scoping));
        }
        walk::walk_object_property(self, property);
    }

    fn visit_export_specifier(&mut self, specifier: &ExportSpecifier<'a>) {
        let name = specifier.local.name();
        let root = self.source.scoping.root_scope_id();
        self.shorthand
            .extend(self.source.scoping.get_binding(root, name.as_str().into()));
        walk::walk_export_specifier(self, specifier);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if (asks_who(call) || decides(call).is_some())
            && let Expression::Identifier(identifier) = &call.callee
            && let Some(symbol) = symbol(identifier, self.source.scoping)
            && self.source.scoping.symbol_scope_id(symbol) == self.source.scoping.root_scope_id()
        {
            self.renamed.insert(symbol);
            if !self.functions.is_empty() {
                self.wrap(call, &identifier.name);
            }
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        if !self.functions.is_empty() {
            self.destructure(declaration);
        }
        walk::walk_variable_declaration(self, declaration);
    }
}

impl Finder<'_> {
    fn statements(&mut self, statements: &[Statement<'_>]) {
        for (position, statement) in statements.iter().enumerate() {
            let Statement::IfStatement(check) = statement else {
                continue;
            };
            if check.alternate.is_some() || !exits(&check.consequent) {
                continue;
            }
            let parts = disjuncts(&check.test);
            let kinds: Vec<Option<Kind>> = parts
                .iter()
                .map(|part| super::sites::kind_of(self.source, part))
                .collect();
            if kinds.iter().all(Option::is_none) {
                continue;
            }
            let rest = statements.get(position + 1..).unwrap_or_default();
            let hoists = rest.iter().any(|one| {
                one.as_declaration()
                    .is_some_and(|one| matches!(one, Declaration::FunctionDeclaration(_)))
            });
            if let Some(last) = rest.last().filter(|_| !hoists) {
                let test = self.source.slice(check.test.span());
                let (_, end) = range(last.span());
                let edits = vec![
                    replace(check.span, format!("if (!({test})) {{")),
                    Edit {
                        start: end,
                        end,
                        text: format!("\n}} else {}", self.source.slice(check.consequent.span())),
                    },
                ];
                self.sites
                    .push(self.source.site(Class::Inverted, "turned round", check.span, edits));
            }
            let in_door = matches!(self.functions.as_slice(), [one] if self.source.doors.contains(one));
            if in_door && self.tries == 0 && kinds.iter().all(|kind| *kind == Some(Kind::Session)) {
                let edits = vec![replace(check.consequent.span(), "throw new Error('refused');")];
                self.sites
                    .push(self.source.site(Class::Thrown, "thrown", check.span, edits));
            }
        }
    }

    /// `requireUser()` to `localGuard()`, which calls it.
    fn wrap(&mut self, call: &CallExpression<'_>, name: &str) {
        let (_, end) = range(Span::new(0, u32::try_from(self.source.text.len()).unwrap_or(u32::MAX)));
        let values = if is_typed(self.source.path) {
            format!("...values: Parameters<typeof {name}>")
        } else {
            "...values".to_owned()
        };
        let text = format!("\n\nasync function localGuard({values}) {{\n  return {name}(...values);\n}}\n");
        let awaited = self
            .source
            .text
            .get(..range(call.span).0)
            .is_some_and(|before| before.trim_end().ends_with("await"));
        if awaited {
            let edits = vec![
                replace(call.callee.span(), "localGuard"),
                Edit { start: end, end, text },
            ];
            self.sites
                .push(self.source.site(Class::Wrapped, "in a local helper", call.span, edits));
        }
    }

    /// `const user = await requireUser()` to `const { id: user_id } = await requireUser()`.
    fn destructure(&mut self, declaration: &VariableDeclaration<'_>) {
        let [one] = declaration.declarations.as_slice() else {
            return;
        };
        let BindingPattern::BindingIdentifier(name) = &one.id else {
            return;
        };
        let (Some(symbol), Some(init)) = (name.symbol_id.get(), &one.init) else {
            return;
        };
        if call_of(init).is_none() || one.type_annotation.is_some() || declaration.kind.is_var() {
            return;
        }
        let uses = self.source.uses.get(&symbol).map_or(&[][..], Vec::as_slice);
        let mut names = BTreeSet::new();
        let mut edits = Vec::new();
        for used in uses {
            let Some(first) = used.members.first() else { return };
            let (Some(member), None) = (&first.name, used.destructured) else {
                return;
            };
            let called = self
                .source
                .text
                .get(range(first.span).1..)
                .is_some_and(|after| after.starts_with('('));
            if first.is_optional || called || self.shorthand.contains(&symbol) {
                return;
            }
            let local = format!("{}_{member}", name.name);
            edits.push(replace(first.span, local.clone()));
            names.insert(format!("{member}: {local}"));
        }
        if names.is_empty() {
            return;
        }
        let names: Vec<String> = names.into_iter().collect();
        edits.push(replace(one.id.span(), format!("{{ {} }}", names.join(", "))));
        self.sites.push(
            self.source
                .site(Class::Destructured, "taken apart", declaration.span, edits),
        );
    }

    /// Every use of a guard, under another name.
    fn rename(&mut self, program: &Program<'_>) {
        for statement in &program.body {
            let Statement::ImportDeclaration(import) = statement else {
                continue;
            };
            for specifier in import.specifiers.iter().flatten() {
                let ImportDeclarationSpecifier::ImportSpecifier(one) = specifier else {
                    continue;
                };
                let Some(symbol) = one.local.symbol_id.get().filter(|symbol| self.renamed.contains(symbol)) else {
                    continue;
                };
                if self.shorthand.contains(&symbol) {
                    continue;
                }
                let mut edits: Vec<Edit> = self
                    .source
                    .uses
                    .get(&symbol)
                    .into_iter()
                    .flatten()
                    .map(|used| replace(used.span, "portal"))
                    .collect();
                edits.push(replace(one.span, format!("{} as portal", one.imported.name())));
                let mut site = self.source.site(Class::Renamed, "an import", one.span, edits);
                site.whole_file = true;
                self.sites.push(site);
            }
        }
    }

    /// Functions in the other form.
    fn forms(&mut self, program: &Program<'_>) {
        for statement in &program.body {
            let declaration = match statement {
                Statement::ExportDeclaration(export) => &export.declaration,
                other => match other.as_declaration() {
                    Some(declaration) => declaration,
                    None => continue,
                },
            };
            let edits = match declaration {
                Declaration::FunctionDeclaration(function) => self.as_arrow(function),
                Declaration::VariableDeclaration(variables) => self.as_function(variables),
                _ => None,
            };
            if let Some(edits) = edits {
                let site = self
                    .source
                    .site(Class::Form, "the other form", declaration.span(), edits);
                self.sites.push(site);
            }
        }
    }

    fn as_arrow(&self, function: &Function<'_>) -> Option<Vec<Edit>> {
        let (id, body) = (function.id.as_ref()?, function.body.as_ref()?);
        let keyword = if function.r#async { "async " } else { "" };
        let generic = function.type_parameters.is_some() && self.source.path.ends_with('x');
        if function.generator || generic || has_own_this(|visit| visit.visit_function_body(body)) {
            return None;
        }
        let head = Span::new(function.span.start, id.span.end);
        let arrow = Span::new(body.span.start, body.span.start);
        let tail = Span::new(body.span.end, body.span.end);
        Some(vec![
            replace(head, format!("const {} = {keyword}", id.name)),
            replace(arrow, "=> "),
            replace(tail, ";"),
        ])
    }

    fn as_function(&self, variables: &VariableDeclaration<'_>) -> Option<Vec<Edit>> {
        let [one] = variables.declarations.as_slice() else {
            return None;
        };
        let (BindingPattern::BindingIdentifier(name), Expression::ArrowFunctionExpression(arrow)) =
            (&one.id, one.init.as_ref()?)
        else {
            return None;
        };
        let body = arrow.body.as_function_body()?;
        let plain = self.source.slice(arrow.params.span).starts_with('(') && one.type_annotation.is_none();
        if !plain || has_own_this(|visit| visit.visit_function_body(body)) {
            return None;
        }
        let keyword = if arrow.r#async { "async " } else { "" };
        let start = arrow
            .type_parameters
            .as_ref()
            .map_or(arrow.params.span.start, |one| one.span.start);
        let before = arrow
            .return_type
            .as_ref()
            .map_or(arrow.params.span.end, |one| one.span.end);
        Some(vec![
            replace(
                Span::new(variables.span.start, start),
                format!("{keyword}function {}", name.name),
            ),
            replace(Span::new(before, body.span.start), " "),
            replace(Span::new(body.span.end, variables.span.end), ""),
        ])
    }
}

/// Whether code asks for a `this` or the `arguments` of the function around it.
fn has_own_this(look: impl FnOnce(&mut OwnThis)) -> bool {
    let mut own = OwnThis(false);
    look(&mut own);
    own.0
}

struct OwnThis(bool);

impl<'a> Visit<'a> for OwnThis {
    fn visit_this_expression(&mut self, _: &ThisExpression) {
        self.0 = true;
    }

    fn visit_identifier_reference(&mut self, identifier: &oxc_ast::ast::IdentifierReference<'a>) {
        self.0 |= identifier.name == "arguments";
    }
}

/// The whole module in a new file, and in its place one that hands everything on.
fn moved(source: &Source<'_>, program: &Program<'_>, sites: &mut Vec<Site>) {
    let Some((stem, ending)) = source.path.rsplit_once('.') else {
        return;
    };
    let name = stem.rsplit('/').next().unwrap_or(stem);
    let is_route = matches!(
        name,
        "page" | "layout" | "route" | "middleware" | "proxy" | "template" | "default"
    );
    if is_route || !program.directives.is_empty() {
        return;
    }
    let has_default = program
        .body
        .iter()
        .any(|statement| matches!(statement, Statement::ExportDefaultDeclaration(_)));
    let mut text = format!("export * from './{name}-moved';\n");
    if has_default {
        text = format!("{text}export {{ default }} from './{name}-moved';\n");
    }
    let edits = vec![replace(program.span, text)];
    let at = program.body.first().map_or(program.span, oxc_span::GetSpan::span);
    let mut site = source.site(Class::Moved, "a module", at, edits);
    site.new_file = Some((format!("{stem}-moved.{ending}"), source.text.to_owned()));
    site.whole_file = true;
    sites.push(site);
}

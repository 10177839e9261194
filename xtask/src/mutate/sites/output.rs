//! What is given back: the list of columns is taken out of a query whose result is returned, or a mapping of rows is
//! replaced by the rows.

use std::collections::BTreeMap;

use oxc_ast::ast::{
    Argument, ArrowFunctionExpression, BindingPattern, CallExpression, Expression, Function, ObjectExpression,
    ObjectPropertyKind, Program, ReturnStatement, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::SymbolId;
use oxc_span::{GetSpan as _, Span};
use oxc_syntax::scope::ScopeFlags;

use super::Source;
use crate::mutate::mutant::{Class, Edit, Site};
use crate::mutate::syntax::{
    argument, bare, call_of, callee_name, callee_path, member_of, replace, root, strip, symbol,
};

pub(super) fn find(source: &Source<'_>, program: &Program<'_>, sites: &mut Vec<Site>) {
    let mut finder = Finder {
        source,
        depth: 0,
        rows: BTreeMap::new(),
        sites,
    };
    finder.visit_program(program);
}

struct Finder<'tree> {
    source: &'tree Source<'tree>,
    /// How many functions are around.
    depth: usize,
    /// What a query gave: how to take its columns away, and whether it lists any.
    rows: BTreeMap<SymbolId, (Vec<Edit>, bool)>,
    sites: &'tree mut Vec<Site>,
}

impl Finder<'_> {
    fn push(&mut self, class: Class, form: &'static str, at: Span, edit: Edit) {
        let mut site = self.source.site(class, form, at, vec![edit]);
        site.only_outermost = true;
        self.sites.push(site);
    }

    /// What is returned, and what of it is a query or its result.
    fn given(&mut self, value: &Expression<'_>, is_whole: bool) {
        match strip(value) {
            Expression::Identifier(identifier) => {
                let edits = symbol(identifier, self.source.scoping)
                    .and_then(|one| self.rows.get(&one))
                    .cloned();
                for edit in edits.into_iter().flat_map(|(edits, _)| edits) {
                    self.push(Class::Columns, "of a variable", value.span(), edit);
                }
            }
            Expression::ObjectExpression(object) => {
                self.mapped(object);
                for kind in &object.properties {
                    match kind {
                        ObjectPropertyKind::ObjectProperty(one) => self.given(&one.value, false),
                        ObjectPropertyKind::SpreadProperty(one) => self.given(&one.argument, false),
                    }
                }
            }
            Expression::ConditionalExpression(choice) => {
                self.given(&choice.consequent, is_whole);
                self.given(&choice.alternate, is_whole);
            }
            Expression::LogicalExpression(either) => {
                self.given(&either.left, is_whole);
                self.given(&either.right, is_whole);
            }
            _ => {
                if let Some(call) = call_of(value) {
                    self.given_call(call);
                }
            }
        }
    }

    fn given_call(&mut self, call: &CallExpression<'_>) {
        let path = callee_path(call);
        if path.len() == 1 || path == ["JSON", "stringify"] {
            for one in call.arguments.iter().filter_map(Argument::as_expression) {
                self.given(one, false);
            }
            return;
        }
        // `rows.map((row) => ({ id: row.id }))`
        if callee_name(call) == Some("map")
            && let Some((object, _)) = member_of(&call.callee)
            && let Some((rows, 0)) = root(object)
            && self.is_unlimited(rows)
            && argument(call, 0).is_some_and(gives_object)
        {
            let edit = replace(call.span, rows.name.as_str());
            self.push(Class::Mapping, "of rows", call.span, edit);
            return;
        }
        // What is made of the rows before they are returned is not known.
        if path.contains(&"then") {
            return;
        }
        for edit in columns(self.source, call) {
            self.push(Class::Columns, "of a returned query", call.span, edit);
        }
    }

    fn is_unlimited(&self, identifier: &oxc_ast::ast::IdentifierReference<'_>) -> bool {
        symbol(identifier, self.source.scoping)
            .and_then(|one| self.rows.get(&one))
            .is_some_and(|(edits, lists)| edits.is_empty() && !lists)
    }

    /// `{ id: row.id, name: row.name }`
    fn mapped(&mut self, object: &ObjectExpression<'_>) {
        let mut of: Option<&oxc_ast::ast::IdentifierReference<'_>> = None;
        for kind in &object.properties {
            let ObjectPropertyKind::ObjectProperty(one) = kind else {
                return;
            };
            let Some((identifier, 1)) = root(&one.value) else {
                return;
            };
            if of.is_some_and(|known| known.name != identifier.name) {
                return;
            }
            of = Some(identifier);
        }
        if let Some(row) = of
            && object.properties.len() > 1
            && self.is_unlimited(row)
        {
            self.push(
                Class::Mapping,
                "of a row",
                object.span,
                replace(object.span, row.name.as_str()),
            );
        }
    }
}

fn gives_object(callback: &Expression<'_>) -> bool {
    let Expression::ArrowFunctionExpression(arrow) = bare(callback) else {
        return false;
    };
    arrow
        .body
        .as_expression()
        .is_some_and(|body| matches!(bare(body), Expression::ObjectExpression(_)))
}

/// The edits that take the list of columns out of a query, one each.
fn columns(source: &Source<'_>, query: &CallExpression<'_>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut at = Some(query);
    while let Some(call) = at {
        match (callee_name(call), argument(call, 0)) {
            (Some("select" | "returning"), Some(list @ Expression::ObjectExpression(_))) => {
                edits.push(replace(list.span(), ""));
            }
            (Some("select"), Some(list @ Expression::StringLiteral(text)))
                if text.value != "*" && !text.value.contains('*') =>
            {
                edits.push(replace(list.span(), "'*'"));
            }
            (_, Some(Expression::ObjectExpression(options))) => edits.extend(listed(source, options)),
            _ => {}
        }
        at = member_of(&call.callee).and_then(|(object, _)| call_of(object));
    }
    edits
}

fn listed(_source: &Source<'_>, options: &ObjectExpression<'_>) -> Option<Edit> {
    let spans: Vec<Span> = options.properties.iter().map(oxc_span::GetSpan::span).collect();
    let position = options.properties.iter().position(|kind| match kind {
        ObjectPropertyKind::ObjectProperty(one) => {
            matches!(one.key.static_name().as_deref(), Some("select" | "columns"))
                && matches!(one.value, Expression::ObjectExpression(_))
        }
        ObjectPropertyKind::SpreadProperty(_) => false,
    })?;
    let own = spans.get(position)?;
    let span = match (
        spans.get(position + 1),
        position.checked_sub(1).and_then(|one| spans.get(one)),
    ) {
        (Some(next), _) => Span::new(own.start, next.start),
        (None, Some(before)) => Span::new(before.end, own.end),
        (None, None) => *own,
    };
    Some(replace(span, ""))
}

/// Whether a call reads or writes rows, by the names in it.
fn is_query(call: &CallExpression<'_>) -> bool {
    let path = callee_path(call);
    let is_database = path.iter().any(|name| matches!(*name, "db" | "prisma" | "tx"));
    path.iter().any(|name| {
        name.starts_with("find")
            || matches!(*name, "select" | "returning")
            || (is_database && matches!(*name, "create" | "update" | "upsert"))
    })
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.depth += 1;
        walk::walk_function(self, function, flags);
        self.depth -= 1;
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.depth += 1;
        walk::walk_arrow_function_expression(self, function);
        self.depth -= 1;
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        walk::walk_variable_declarator(self, declarator);
        if self.depth != 1 {
            return;
        }
        let name = match &declarator.id {
            BindingPattern::BindingIdentifier(name) => name.symbol_id.get(),
            // Only the rows themselves, not what a client answers with.
            BindingPattern::ArrayPattern(list) => {
                list.elements
                    .first()
                    .and_then(Option::as_ref)
                    .and_then(|one| match one {
                        BindingPattern::BindingIdentifier(name) => name.symbol_id.get(),
                        _ => None,
                    })
            }
            BindingPattern::ObjectPattern(object) => object.properties.iter().find_map(|one| {
                let is_data = one.key.static_name().is_some_and(|key| key == "data");
                match &one.value {
                    BindingPattern::BindingIdentifier(name) if is_data => name.symbol_id.get(),
                    _ => None,
                }
            }),
            BindingPattern::AssignmentPattern(_) => None,
        };
        if let Some(name) = name
            && let Some(query) = declarator.init.as_ref().and_then(call_of)
            && is_query(query)
        {
            let text = self.source.slice(query.span);
            let lists = text.contains("select:")
                || text.contains("columns:")
                || text.contains(".select(") && !text.contains(".select()");
            self.rows.insert(name, (columns(self.source, query), lists));
        }
    }

    fn visit_return_statement(&mut self, statement: &ReturnStatement<'a>) {
        if let Some(value) = &statement.argument
            && self.depth == 1
        {
            self.given(value, true);
        }
        walk::walk_return_statement(self, statement);
    }
}

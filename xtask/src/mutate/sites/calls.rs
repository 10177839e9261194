//! A guard that is called for what it refuses: the call is taken out, or its `await`, after which it refuses nobody in
//! time.

use oxc_ast::ast::{
    BindingPattern, ConditionalExpression, Expression, ExpressionStatement, IfStatement, Program, UnaryExpression,
    UnaryOperator, VariableDeclaration,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan as _, Span};
use portcullis_model::Protection;

use super::Source;
use crate::mutate::mutant::{Class, Site};
use crate::mutate::roles::{Kind, asks_who, decides};
use crate::mutate::syntax::{bare, call_of, replace, within};

pub(super) fn find(source: &Source<'_>, program: &Program<'_>, sites: &mut Vec<Site>) {
    let mut tests = Tests::default();
    tests.visit_program(program);
    let mut finder = Finder {
        source,
        tests: tests.tests,
        negated: tests.negated,
        sites,
    };
    finder.visit_program(program);
}

/// Every condition, and everything that stands behind a `!`.
#[derive(Default)]
struct Tests {
    tests: Vec<Span>,
    negated: Vec<Span>,
}

impl<'a> Visit<'a> for Tests {
    fn visit_if_statement(&mut self, statement: &IfStatement<'a>) {
        self.tests.push(statement.test.span());
        walk::walk_if_statement(self, statement);
    }

    fn visit_conditional_expression(&mut self, choice: &ConditionalExpression<'a>) {
        self.tests.push(choice.test.span());
        walk::walk_conditional_expression(self, choice);
    }

    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        if unary.operator == UnaryOperator::LogicalNot {
            self.negated.push(bare(&unary.argument).span());
        }
        walk::walk_unary_expression(self, unary);
    }
}

struct Finder<'tree> {
    source: &'tree Source<'tree>,
    tests: Vec<Span>,
    negated: Vec<Span>,
    sites: &'tree mut Vec<Site>,
}

fn class(kind: Kind) -> Option<(Class, Protection)> {
    Some(match kind {
        Kind::Session => (Class::GuardCall, Protection::Authentication),
        Kind::Role => (Class::RoleCheck, Protection::Authorization),
        Kind::Owner => (Class::OwnerCheck, Protection::Ownership),
        Kind::Limit => (Class::LimiterCall, Protection::RateLimit),
        Kind::Parsed => return None,
    })
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_expression_statement(&mut self, statement: &ExpressionStatement<'a>) {
        let kind = call_of(&statement.expression).and_then(decides);
        if let Some((class, protection)) = kind.and_then(class) {
            let removed = vec![replace(statement.span, ";")];
            self.sites.push(
                self.source
                    .site(class, "called for its refusal", statement.span, removed),
            );
            if let Expression::AwaitExpression(waits) = bare(&statement.expression) {
                let edit = replace(Span::new(waits.span.start, waits.argument.span().start), "");
                self.sites.push(self.source.site_of(
                    Class::GuardAwait,
                    protection,
                    "of a statement",
                    statement.span,
                    vec![edit],
                ));
            }
        }
        walk::walk_expression_statement(self, statement);
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        if let [one] = declaration.declarations.as_slice()
            && let BindingPattern::BindingIdentifier(name) = &one.id
            && let Some(symbol) = name.symbol_id.get()
            && let Some(Expression::AwaitExpression(waits)) = one.init.as_ref().map(bare)
            && let Some(call) = call_of(&waits.argument)
        {
            let kind = if asks_who(call) {
                Some(Kind::Session)
            } else {
                decides(call)
            };
            let uses = self.source.uses.get(&symbol).map_or(&[][..], Vec::as_slice);
            if let Some((class, protection)) = kind.and_then(class) {
                if uses.is_empty() {
                    let edits = vec![replace(declaration.span, ";")];
                    self.sites.push(
                        self.source
                            .site(class, "called for its refusal", declaration.span, edits),
                    );
                }
                let deep = usize::from(class == Class::GuardCall);
                let harms = uses.iter().all(|one| {
                    let in_test = self.tests.iter().any(|test| within(one.span, *test));
                    let negated = self.negated.contains(&one.span);
                    one.destructured.is_none() && one.members.len() <= deep && (negated || !in_test)
                });
                if harms {
                    let edit = replace(Span::new(waits.span.start, waits.argument.span().start), "");
                    self.sites.push(self.source.site_of(
                        Class::GuardAwait,
                        protection,
                        "of a declaration",
                        declaration.span,
                        vec![edit],
                    ));
                }
            }
        }
        walk::walk_variable_declaration(self, declaration);
    }
}

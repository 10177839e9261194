//! How the names of a file are used: alone, or for their members, and how deep.

use std::collections::BTreeMap;

use oxc_ast::ast::{
    BindingPattern, ComputedMemberExpression, Expression, IdentifierReference, Program, StaticMemberExpression,
    VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::{Scoping, SymbolId};
use oxc_span::{GetSpan as _, Span};

use super::syntax;

/// One use of a name.
#[derive(Debug, Clone)]
pub(super) struct Use {
    /// The name itself.
    pub(super) span: Span,
    /// The accesses to members that follow, the first one first.
    pub(super) members: Vec<Member>,
    /// What a pattern takes apart, if it begins with the name.
    pub(super) destructured: Option<Span>,
}

/// An access to a member.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// The object, the dot and the name.
    pub(super) span: Span,
    /// The object alone.
    pub(super) object: Span,
    /// Its name, unless it is computed.
    pub(super) name: Option<String>,
    pub(super) is_optional: bool,
}

/// Every use of every name.
pub(super) fn of(program: &Program<'_>, scoping: &Scoping) -> BTreeMap<SymbolId, Vec<Use>> {
    let mut reader = Reader {
        scoping,
        uses: BTreeMap::new(),
    };
    reader.visit_program(program);
    reader.uses
}

struct Reader<'tree> {
    scoping: &'tree Scoping,
    uses: BTreeMap<SymbolId, Vec<Use>>,
}

impl Reader<'_> {
    fn found(&mut self, identifier: &IdentifierReference<'_>) -> Option<&mut Use> {
        let symbol = syntax::symbol(identifier, self.scoping)?;
        let uses = self.uses.entry(symbol).or_default();
        let position = uses.iter().position(|one| one.span == identifier.span);
        let position = position.unwrap_or_else(|| {
            uses.push(Use {
                span: identifier.span,
                members: Vec::new(),
                destructured: None,
            });
            uses.len() - 1
        });
        uses.get_mut(position)
    }

    fn member(&mut self, object: &Expression<'_>, member: Member) {
        if let Some((identifier, _)) = syntax::root(object)
            && let Some(found) = self.found(identifier)
        {
            found.members.push(member);
            found.members.sort_by_key(|one| one.span.end);
        }
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
        self.found(identifier);
    }

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        let name = Some(member.property.name.to_string());
        self.member(
            &member.object,
            Member {
                span: member.span,
                object: member.object.span(),
                name,
                is_optional: member.optional,
            },
        );
        walk::walk_static_member_expression(self, member);
    }

    fn visit_computed_member_expression(&mut self, member: &ComputedMemberExpression<'a>) {
        self.member(
            &member.object,
            Member {
                span: member.span,
                object: member.object.span(),
                name: None,
                is_optional: member.optional,
            },
        );
        walk::walk_computed_member_expression(self, member);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        let is_pattern = matches!(declarator.id, BindingPattern::ObjectPattern(_));
        if is_pattern
            && let Some(init) = &declarator.init
            && let Some((identifier, _)) = syntax::root(init)
            && let Some(found) = self.found(identifier)
        {
            found.destructured = Some(init.span());
        }
        walk::walk_variable_declarator(self, declarator);
    }
}

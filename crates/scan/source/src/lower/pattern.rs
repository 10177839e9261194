//! Patterns: what takes a value in declarations, parameters and assignments.

use oxc_ast::ast;
use oxc_span::GetSpan as _;

use super::{Lowerer, span, text};
use crate::ir::{Expression, ExpressionKind, Key, Pattern, SymbolKind};

impl Lowerer<'_> {
    pub(super) fn pattern(&mut self, pattern: &ast::BindingPattern<'_>, kind: SymbolKind) -> Pattern {
        match pattern {
            ast::BindingPattern::BindingIdentifier(identifier) => {
                Pattern::Symbol(self.binding(identifier, kind), span(identifier.span))
            }
            ast::BindingPattern::ObjectPattern(object) => Pattern::Object {
                properties: object
                    .properties
                    .iter()
                    .map(|property| {
                        (
                            self.key(&property.key, property.computed),
                            self.pattern(&property.value, kind),
                        )
                    })
                    .collect(),
                rest: object
                    .rest
                    .as_ref()
                    .map(|rest| Box::new(self.pattern(&rest.argument, kind))),
            },
            ast::BindingPattern::ArrayPattern(array) => Pattern::Array {
                elements: array
                    .elements
                    .iter()
                    .map(|element| element.as_ref().map(|element| self.pattern(element, kind)))
                    .collect(),
                rest: array
                    .rest
                    .as_ref()
                    .map(|rest| Box::new(self.pattern(&rest.argument, kind))),
            },
            ast::BindingPattern::AssignmentPattern(assignment) => Pattern::Default(
                Box::new(self.pattern(&assignment.left, kind)),
                Box::new(self.expression(&assignment.right)),
            ),
        }
    }

    pub(super) fn key(&mut self, key: &ast::PropertyKey<'_>, computed: bool) -> Key {
        match key {
            ast::PropertyKey::StaticIdentifier(name) => Key::Name(text(&name.name)),
            ast::PropertyKey::PrivateIdentifier(name) => Key::Name(text(&format!("#{}", name.name))),
            ast::PropertyKey::StringLiteral(literal) => Key::Name(text(&literal.value)),
            ast::PropertyKey::NumericLiteral(literal) => Key::Name(text(&literal.value.to_string())),
            key => match key.as_expression() {
                Some(expression) if computed => Key::Computed(Box::new(self.expression(expression))),
                _ => Key::Name(text("")),
            },
        }
    }

    pub(super) fn target(&mut self, target: &ast::AssignmentTarget<'_>) -> Pattern {
        match target {
            ast::AssignmentTarget::ArrayAssignmentTarget(array) => Pattern::Array {
                elements: array
                    .elements
                    .iter()
                    .map(|element| element.as_ref().map(|element| self.target_or_default(element)))
                    .collect(),
                rest: array.rest.as_ref().map(|rest| Box::new(self.target(&rest.target))),
            },
            ast::AssignmentTarget::ObjectAssignmentTarget(object) => Pattern::Object {
                properties: object
                    .properties
                    .iter()
                    .map(|property| self.target_property(property))
                    .collect(),
                rest: object.rest.as_ref().map(|rest| Box::new(self.target(&rest.target))),
            },
            simple => match simple.as_simple_assignment_target() {
                Some(simple) => self.simple_target(simple),
                None => Pattern::Place(Box::new(opaque(span(simple.span())))),
            },
        }
    }

    pub(super) fn simple_target(&mut self, target: &ast::SimpleAssignmentTarget<'_>) -> Pattern {
        match self.simple_target_expression(target) {
            Expression {
                kind: ExpressionKind::Symbol(symbol),
                span,
            } => Pattern::Symbol(symbol, span),
            place => Pattern::Place(Box::new(place)),
        }
    }

    /// The left side of an assignment, as the expression that would read it.
    pub(super) fn simple_target_expression(&mut self, target: &ast::SimpleAssignmentTarget<'_>) -> Expression {
        match target {
            ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(identifier) => self.identifier(identifier),
            ast::SimpleAssignmentTarget::TSAsExpression(cast) => self.expression(&cast.expression),
            ast::SimpleAssignmentTarget::TSSatisfiesExpression(cast) => self.expression(&cast.expression),
            ast::SimpleAssignmentTarget::TSNonNullExpression(cast) => self.expression(&cast.expression),
            ast::SimpleAssignmentTarget::TSTypeAssertion(cast) => self.expression(&cast.expression),
            member => match member.as_member_expression() {
                Some(member) => self.member(member),
                None => opaque(span(member.span())),
            },
        }
    }

    fn target_or_default(&mut self, target: &ast::AssignmentTargetMaybeDefault<'_>) -> Pattern {
        match target {
            ast::AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(with_default) => Pattern::Default(
                Box::new(self.target(&with_default.binding)),
                Box::new(self.expression(&with_default.init)),
            ),
            other => match other.as_assignment_target() {
                Some(target) => self.target(target),
                None => Pattern::Place(Box::new(opaque(span(other.span())))),
            },
        }
    }

    fn target_property(&mut self, property: &ast::AssignmentTargetProperty<'_>) -> (Key, Pattern) {
        match property {
            ast::AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(property) => {
                let place = self.identifier(&property.binding);
                let pattern = match place.kind {
                    ExpressionKind::Symbol(symbol) => Pattern::Symbol(symbol, place.span),
                    _ => Pattern::Place(Box::new(place)),
                };
                let pattern = match &property.init {
                    Some(init) => Pattern::Default(Box::new(pattern), Box::new(self.expression(init))),
                    None => pattern,
                };
                (Key::Name(text(&property.binding.name)), pattern)
            }
            ast::AssignmentTargetProperty::AssignmentTargetPropertyProperty(property) => (
                self.key(&property.name, property.computed),
                self.target_or_default(&property.binding),
            ),
        }
    }
}

pub(super) fn opaque(span: portcullis_model::Span) -> Expression {
    Expression {
        span,
        kind: ExpressionKind::Opaque,
    }
}

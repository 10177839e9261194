//! Expressions.
//!
//! Long because one arm an expression.

use oxc_ast::ast;
use oxc_span::GetSpan as _;
use oxc_syntax::operator as oxc;

use super::pattern::opaque;
use super::{Lowerer, NameHint, index, span, text};
use crate::ir::{
    Argument, BinaryOperator, Class, ClassId, ClassMember, Expression, ExpressionKind, Jsx, Key, LogicalOperator,
    MemberKind, Pattern, Property, SymbolKind, Text, UnaryOperator,
};

impl Lowerer<'_> {
    pub(super) fn expression(&mut self, expression: &ast::Expression<'_>) -> Expression {
        self.named(expression, None)
    }

    fn boxed(&mut self, expression: &ast::Expression<'_>) -> Box<Expression> {
        Box::new(self.expression(expression))
    }

    /// Lowers an expression; a function or class without a name of its own takes the hint.
    pub(super) fn named(&mut self, expression: &ast::Expression<'_>, hint: NameHint) -> Expression {
        let whole = span(expression.span());
        let kind = match expression {
            ast::Expression::BooleanLiteral(literal) => ExpressionKind::Boolean(literal.value),
            ast::Expression::NullLiteral(_) => ExpressionKind::Null,
            ast::Expression::NumericLiteral(literal) => ExpressionKind::Number(literal.value),
            ast::Expression::StringLiteral(literal) => ExpressionKind::String(text(&literal.value)),
            ast::Expression::TemplateLiteral(template) => ExpressionKind::Template(
                quasis(&template.quasis),
                template
                    .expressions
                    .iter()
                    .map(|value| self.expression(value))
                    .collect(),
            ),
            ast::Expression::Identifier(identifier) => return self.identifier(identifier),
            ast::Expression::Super(_) => ExpressionKind::Super,
            ast::Expression::ArrayExpression(array) => {
                ExpressionKind::Array(array.elements.iter().map(|element| self.element(element)).collect())
            }
            ast::Expression::ArrowFunctionExpression(arrow) => ExpressionKind::Function(self.arrow(arrow, hint)),
            ast::Expression::FunctionExpression(function) => ExpressionKind::Function(self.function(function, hint)),
            ast::Expression::ClassExpression(class) => ExpressionKind::Class(self.class_definition(class, hint)),
            ast::Expression::AssignmentExpression(assignment) => self.assignment(assignment),
            ast::Expression::AwaitExpression(awaited) => ExpressionKind::Await(self.boxed(&awaited.argument)),
            ast::Expression::BinaryExpression(binary) => ExpressionKind::Binary(
                binary_operator(binary.operator),
                self.boxed(&binary.left),
                self.boxed(&binary.right),
            ),
            ast::Expression::CallExpression(call) => return self.call(call),
            ast::Expression::ChainExpression(chain) => ExpressionKind::Chain(Box::new(match &chain.expression {
                ast::ChainElement::CallExpression(call) => self.call(call),
                ast::ChainElement::TSNonNullExpression(inner) => self.expression(&inner.expression),
                member => match member.as_member_expression() {
                    Some(member) => self.member(member),
                    None => opaque(whole),
                },
            })),
            ast::Expression::ConditionalExpression(conditional) => ExpressionKind::Conditional(
                self.boxed(&conditional.test),
                self.boxed(&conditional.consequent),
                self.boxed(&conditional.alternate),
            ),
            ast::Expression::ImportExpression(import) => ExpressionKind::Import(self.boxed(&import.source)),
            ast::Expression::LogicalExpression(logical) => ExpressionKind::Logical(
                logical_operator(logical.operator),
                self.boxed(&logical.left),
                self.boxed(&logical.right),
            ),
            ast::Expression::NewExpression(new) => {
                let callee = self.boxed(&new.callee);
                ExpressionKind::New {
                    callee,
                    arguments: self.arguments(&new.arguments),
                }
            }
            ast::Expression::ObjectExpression(object) => ExpressionKind::Object(self.properties(object)),
            ast::Expression::ParenthesizedExpression(inner) => return self.named(&inner.expression, hint),
            ast::Expression::TSAsExpression(inner) => return self.named(&inner.expression, hint),
            ast::Expression::TSSatisfiesExpression(inner) => return self.named(&inner.expression, hint),
            ast::Expression::TSTypeAssertion(inner) => return self.named(&inner.expression, hint),
            ast::Expression::TSNonNullExpression(inner) => return self.named(&inner.expression, hint),
            ast::Expression::TSInstantiationExpression(inner) => return self.named(&inner.expression, hint),
            ast::Expression::SequenceExpression(sequence) => {
                ExpressionKind::Sequence(sequence.expressions.iter().map(|part| self.expression(part)).collect())
            }
            ast::Expression::TaggedTemplateExpression(tagged) => ExpressionKind::Tagged {
                tag: self.boxed(&tagged.tag),
                pieces: quasis(&tagged.quasi.quasis),
                values: tagged
                    .quasi
                    .expressions
                    .iter()
                    .map(|value| self.expression(value))
                    .collect(),
            },
            ast::Expression::ThisExpression(_) => ExpressionKind::This,
            ast::Expression::UnaryExpression(unary) => {
                ExpressionKind::Unary(unary_operator(unary.operator), self.boxed(&unary.argument))
            }
            ast::Expression::UpdateExpression(update) => {
                let place = self.simple_target_expression(&update.argument);
                let one = Expression {
                    span: whole,
                    kind: ExpressionKind::Number(1.0),
                };
                ExpressionKind::Update(BinaryOperator::Arithmetic, Box::new(place), Box::new(one))
            }
            ast::Expression::YieldExpression(yielded) => {
                ExpressionKind::Yield(yielded.argument.as_ref().map(|argument| self.boxed(argument)))
            }
            ast::Expression::JSXElement(element) => self.jsx_element(element),
            ast::Expression::JSXFragment(fragment) => {
                let children = self.jsx_children(&fragment.children);
                ExpressionKind::Jsx(Box::new(Jsx {
                    component: None,
                    element: None,
                    attributes: Vec::new(),
                    children,
                }))
            }
            other => match other.as_member_expression() {
                Some(member) => return self.member(member),
                None => ExpressionKind::Opaque,
            },
        };
        Expression { span: whole, kind }
    }

    pub(super) fn identifier(&mut self, identifier: &ast::IdentifierReference<'_>) -> Expression {
        let kind = match self.reference(identifier) {
            Some(symbol) => ExpressionKind::Symbol(symbol),
            None if identifier.name == "undefined" => ExpressionKind::Undefined,
            None => ExpressionKind::Global(text(&identifier.name)),
        };
        Expression {
            span: span(identifier.span),
            kind,
        }
    }

    pub(super) fn member(&mut self, member: &ast::MemberExpression<'_>) -> Expression {
        let whole = span(member.span());
        let kind = match member {
            ast::MemberExpression::ComputedMemberExpression(member) => match &member.expression {
                ast::Expression::StringLiteral(literal) => ExpressionKind::Member {
                    object: self.boxed(&member.object),
                    property: text(&literal.value),
                    property_span: span(literal.span),
                    optional: member.optional,
                },
                index => ExpressionKind::Index {
                    object: self.boxed(&member.object),
                    index: self.boxed(index),
                    optional: member.optional,
                },
            },
            ast::MemberExpression::StaticMemberExpression(member) => ExpressionKind::Member {
                object: self.boxed(&member.object),
                property: text(&member.property.name),
                property_span: span(member.property.span),
                optional: member.optional,
            },
            ast::MemberExpression::PrivateFieldExpression(member) => ExpressionKind::Member {
                object: self.boxed(&member.object),
                property: text(&format!("#{}", member.field.name)),
                property_span: span(member.field.span),
                optional: member.optional,
            },
        };
        Expression { span: whole, kind }
    }

    fn call(&mut self, call: &ast::CallExpression<'_>) -> Expression {
        let callee = self.boxed(&call.callee);
        let kind = ExpressionKind::Call {
            callee,
            arguments: self.arguments(&call.arguments),
            optional: call.optional,
        };
        Expression {
            span: span(call.span),
            kind,
        }
    }

    fn arguments(&mut self, arguments: &[ast::Argument<'_>]) -> Vec<Argument> {
        arguments
            .iter()
            .map(|argument| match argument {
                ast::Argument::SpreadElement(spread) => Argument::Spread(self.expression(&spread.argument)),
                argument => Argument::Value(match argument.as_expression() {
                    Some(expression) => self.expression(expression),
                    None => opaque(span(argument.span())),
                }),
            })
            .collect()
    }

    fn element(&mut self, element: &ast::ArrayExpressionElement<'_>) -> Argument {
        match element {
            ast::ArrayExpressionElement::SpreadElement(spread) => Argument::Spread(self.expression(&spread.argument)),
            element => Argument::Value(match element.as_expression() {
                Some(expression) => self.expression(expression),
                None => Expression {
                    span: span(element.span()),
                    kind: ExpressionKind::Undefined,
                },
            }),
        }
    }

    fn properties(&mut self, object: &ast::ObjectExpression<'_>) -> Vec<Property> {
        let mut properties = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            match property {
                ast::ObjectPropertyKind::SpreadProperty(spread) => {
                    properties.push(Property::Spread(self.expression(&spread.argument)));
                }
                ast::ObjectPropertyKind::ObjectProperty(property) => {
                    let key = self.key(&property.key, property.computed);
                    let hint = match &key {
                        Key::Name(name) => Some((Text::clone(name), span(property.key.span()))),
                        Key::Computed(_) => None,
                    };
                    let value = self.named(&property.value, hint);
                    match (property.kind, &value.kind) {
                        (ast::PropertyKind::Get, ExpressionKind::Function(id)) => {
                            properties.push(Property::Getter(key, *id));
                        }
                        (ast::PropertyKind::Set, _) => {}
                        _ => properties.push(Property::Value(key, value)),
                    }
                }
            }
        }
        properties
    }

    fn assignment(&mut self, assignment: &ast::AssignmentExpression<'_>) -> ExpressionKind {
        use oxc::AssignmentOperator as Operator;
        if assignment.operator == Operator::Assign {
            let target = self.target(&assignment.left);
            let hint = match &target {
                Pattern::Symbol(symbol, span) => self.symbol_mut(*symbol).map(|info| (Text::clone(&info.name), *span)),
                Pattern::Place(place) => match &place.kind {
                    ExpressionKind::Member {
                        property,
                        property_span,
                        ..
                    } => Some((Text::clone(property), *property_span)),
                    _ => None,
                },
                _ => None,
            };
            let value = self.named(&assignment.right, hint);
            return ExpressionKind::Assign(Box::new(target), Box::new(value));
        }
        let Some(simple) = assignment.left.as_simple_assignment_target() else {
            return ExpressionKind::Opaque;
        };
        let place = Box::new(self.simple_target_expression(simple));
        let value = self.boxed(&assignment.right);
        match assignment.operator {
            Operator::LogicalAnd => ExpressionKind::LogicalAssign(LogicalOperator::And, place, value),
            Operator::LogicalOr => ExpressionKind::LogicalAssign(LogicalOperator::Or, place, value),
            Operator::LogicalNullish => ExpressionKind::LogicalAssign(LogicalOperator::Coalesce, place, value),
            Operator::Addition => ExpressionKind::Update(BinaryOperator::Add, place, value),
            _ => ExpressionKind::Update(BinaryOperator::Arithmetic, place, value),
        }
    }

    pub(super) fn class_definition(&mut self, class: &ast::Class<'_>, hint: NameHint) -> ClassId {
        let id = ClassId(index(self.module.classes.len()));
        let own = class
            .id
            .as_ref()
            .map(|name| (text(&name.name), self.binding(name, SymbolKind::Class(id))));
        self.module.classes.push(Class {
            name: own
                .as_ref()
                .map(|(name, _)| Text::clone(name))
                .or_else(|| hint.map(|(name, _)| name)),
            span: span(class.span),
            parent: None,
            constructor: None,
            members: Vec::new(),
            own_symbol: own.map(|(_, symbol)| symbol),
        });
        let parent = class
            .heritage
            .as_ref()
            .map(|heritage| self.expression(&heritage.expression));
        let around = self.class.replace(id);
        let mut constructor = None;
        let mut members = Vec::new();
        for element in &class.body.body {
            match element {
                ast::ClassElement::MethodDefinition(method) => {
                    let key = self.key(&method.key, method.computed);
                    let Key::Name(name) = key else { continue };
                    let hint = Some((Text::clone(&name), span(method.key.span())));
                    let function = self.function(&method.value, hint);
                    let kind = match method.kind {
                        ast::MethodDefinitionKind::Constructor => {
                            constructor = Some((function, accessors(&method.value)));
                            continue;
                        }
                        ast::MethodDefinitionKind::Get => MemberKind::Getter(function),
                        ast::MethodDefinitionKind::Set => MemberKind::Setter(function),
                        ast::MethodDefinitionKind::Method => MemberKind::Method(function),
                    };
                    members.push(ClassMember {
                        name,
                        is_static: method.r#static,
                        kind,
                    });
                }
                ast::ClassElement::PropertyDefinition(property) => {
                    let key = self.key(&property.key, property.computed);
                    let Key::Name(name) = key else { continue };
                    let hint = Some((Text::clone(&name), span(property.key.span())));
                    let value = property.value.as_ref().map(|value| self.named(value, hint));
                    members.push(ClassMember {
                        name,
                        is_static: property.r#static,
                        kind: MemberKind::Field(value),
                    });
                }
                _ => {}
            }
        }
        self.class = around;
        let constructor = constructor.map(|(function, properties)| {
            self.parameter_properties(function, &properties);
            function
        });
        if let Some(lowered) = self.module.classes.get_mut(usize::try_from(id.0).unwrap_or(usize::MAX)) {
            lowered.parent = parent;
            lowered.constructor = constructor;
            lowered.members = members;
        }
        id
    }

    fn jsx_element(&mut self, element: &ast::JSXElement<'_>) -> ExpressionKind {
        let opening = &element.opening_element;
        let (component, name) = match &opening.name {
            ast::JSXElementName::Identifier(name) => (None, Some(text(&name.name))),
            ast::JSXElementName::IdentifierReference(name) => (Some(self.identifier(name)), None),
            ast::JSXElementName::MemberExpression(member) => (Some(self.jsx_member(member)), None),
            other => (None, Some(text(&format!("{:?}", span(other.span()))))),
        };
        let mut attributes = Vec::with_capacity(opening.attributes.len());
        for attribute in &opening.attributes {
            match attribute {
                ast::JSXAttributeItem::SpreadAttribute(spread) => {
                    attributes.push((None, self.expression(&spread.argument)));
                }
                ast::JSXAttributeItem::Attribute(attribute) => {
                    let name = match &attribute.name {
                        ast::JSXAttributeName::Identifier(name) => text(&name.name),
                        ast::JSXAttributeName::NamespacedName(name) => text(&name.name.name),
                    };
                    let whole = span(attribute.span);
                    let value = match &attribute.value {
                        None => Expression {
                            span: whole,
                            kind: ExpressionKind::Boolean(true),
                        },
                        Some(ast::JSXAttributeValue::StringLiteral(literal)) => Expression {
                            span: span(literal.span),
                            kind: ExpressionKind::String(text(&literal.value)),
                        },
                        Some(ast::JSXAttributeValue::ExpressionContainer(container)) => {
                            match container.expression.as_expression() {
                                Some(expression) => self.expression(expression),
                                None => Expression {
                                    span: whole,
                                    kind: ExpressionKind::Undefined,
                                },
                            }
                        }
                        Some(ast::JSXAttributeValue::Element(element)) => Expression {
                            span: whole,
                            kind: self.jsx_element(element),
                        },
                        Some(ast::JSXAttributeValue::Fragment(fragment)) => {
                            let children = self.jsx_children(&fragment.children);
                            let jsx = Jsx {
                                component: None,
                                element: None,
                                attributes: Vec::new(),
                                children,
                            };
                            Expression {
                                span: whole,
                                kind: ExpressionKind::Jsx(Box::new(jsx)),
                            }
                        }
                    };
                    attributes.push((Some(name), value));
                }
            }
        }
        let children = self.jsx_children(&element.children);
        ExpressionKind::Jsx(Box::new(Jsx {
            component,
            element: name,
            attributes,
            children,
        }))
    }

    fn jsx_member(&mut self, member: &ast::JSXMemberExpression<'_>) -> Expression {
        let object = match &member.object {
            ast::JSXMemberExpressionObject::IdentifierReference(name) => self.identifier(name),
            ast::JSXMemberExpressionObject::MemberExpression(inner) => self.jsx_member(inner),
            ast::JSXMemberExpressionObject::ThisExpression(this) => Expression {
                span: span(this.span),
                kind: ExpressionKind::This,
            },
        };
        Expression {
            span: span(member.span),
            kind: ExpressionKind::Member {
                object: Box::new(object),
                property: text(&member.property.name),
                property_span: span(member.property.span),
                optional: false,
            },
        }
    }

    fn jsx_children(&mut self, children: &[ast::JSXChild<'_>]) -> Vec<Expression> {
        let mut lowered = Vec::with_capacity(children.len());
        for child in children {
            let whole = span(child.span());
            match child {
                ast::JSXChild::Text(_) => {}
                ast::JSXChild::Element(element) => {
                    lowered.push(Expression {
                        span: whole,
                        kind: self.jsx_element(element),
                    });
                }
                ast::JSXChild::Fragment(fragment) => lowered.extend(self.jsx_children(&fragment.children)),
                ast::JSXChild::ExpressionContainer(container) => {
                    if let Some(expression) = container.expression.as_expression() {
                        lowered.push(self.expression(expression));
                    }
                }
                ast::JSXChild::Spread(spread) => lowered.push(self.expression(&spread.expression)),
            }
        }
        lowered
    }
}

/// The names of a constructor's parameters that are properties too: `constructor(private readonly db: Db)`.
fn accessors(constructor: &ast::Function<'_>) -> Vec<usize> {
    constructor
        .params
        .items
        .iter()
        .enumerate()
        .filter(|(_, parameter)| parameter.accessibility.is_some() || parameter.readonly || parameter.r#override)
        .map(|(position, _)| position)
        .collect()
}

fn quasis(quasis: &[ast::TemplateElement<'_>]) -> Vec<Text> {
    quasis
        .iter()
        .map(|quasi| {
            text(
                quasi
                    .value
                    .cooked
                    .as_ref()
                    .map_or(quasi.value.raw.as_str(), |cooked| cooked.as_str()),
            )
        })
        .collect()
}

fn unary_operator(operator: oxc::UnaryOperator) -> UnaryOperator {
    match operator {
        oxc::UnaryOperator::LogicalNot => UnaryOperator::Not,
        oxc::UnaryOperator::UnaryNegation => UnaryOperator::Minus,
        oxc::UnaryOperator::UnaryPlus | oxc::UnaryOperator::BitwiseNot => UnaryOperator::Number,
        oxc::UnaryOperator::Typeof => UnaryOperator::Typeof,
        oxc::UnaryOperator::Void => UnaryOperator::Void,
        oxc::UnaryOperator::Delete => UnaryOperator::Delete,
    }
}

fn binary_operator(operator: oxc::BinaryOperator) -> BinaryOperator {
    use oxc::BinaryOperator as Operator;
    match operator {
        Operator::StrictEquality => BinaryOperator::StrictEqual,
        Operator::StrictInequality => BinaryOperator::StrictNotEqual,
        Operator::Equality => BinaryOperator::Equal,
        Operator::Inequality => BinaryOperator::NotEqual,
        Operator::LessThan | Operator::LessEqualThan => BinaryOperator::Less,
        Operator::GreaterThan | Operator::GreaterEqualThan => BinaryOperator::Greater,
        Operator::Addition => BinaryOperator::Add,
        Operator::In => BinaryOperator::In,
        Operator::Instanceof => BinaryOperator::Instanceof,
        _ => BinaryOperator::Arithmetic,
    }
}

fn logical_operator(operator: oxc::LogicalOperator) -> LogicalOperator {
    match operator {
        oxc::LogicalOperator::And => LogicalOperator::And,
        oxc::LogicalOperator::Or => LogicalOperator::Or,
        oxc::LogicalOperator::Coalesce => LogicalOperator::Coalesce,
    }
}

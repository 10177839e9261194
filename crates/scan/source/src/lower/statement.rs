//! Statements.

use oxc_ast::ast;
use oxc_span::GetSpan as _;

use super::{Lowerer, span, text};
use crate::ir::{
    Directive, Expression, ExpressionKind, FunctionId, Loop, Pattern, Statement, StatementKind, Symbol, SymbolKind,
    Text,
};

impl Lowerer<'_> {
    pub(super) fn statements(&mut self, statements: &[ast::Statement<'_>]) -> Vec<Statement> {
        let mut lowered = Vec::with_capacity(statements.len());
        for statement in statements {
            self.statement(statement, &mut lowered);
        }
        lowered
    }

    fn nested(&mut self, statement: &ast::Statement<'_>) -> Vec<Statement> {
        let mut lowered = Vec::new();
        match statement {
            ast::Statement::BlockStatement(block) => return self.statements(&block.body),
            statement => self.statement(statement, &mut lowered),
        }
        lowered
    }

    pub(super) fn statement(&mut self, statement: &ast::Statement<'_>, lowered: &mut Vec<Statement>) {
        let whole = span(statement.span());
        let loops = self.loops.len();
        let kind = match statement {
            ast::Statement::BlockStatement(block) => StatementKind::Block(self.statements(&block.body)),
            ast::Statement::BreakStatement(jump) => {
                StatementKind::Break(jump.label.as_ref().map(|label| text(&label.name)))
            }
            ast::Statement::ContinueStatement(jump) => {
                StatementKind::Continue(jump.label.as_ref().map(|label| text(&label.name)))
            }
            ast::Statement::DoWhileStatement(statement) => {
                self.around(whole, span(statement.body.span()));
                let body = self.nested(&statement.body);
                StatementKind::Loop(Box::new(Loop::DoWhile {
                    body,
                    test: self.expression(&statement.test),
                }))
            }
            ast::Statement::WhileStatement(statement) => {
                self.around(whole, span(statement.body.span()));
                let test = self.expression(&statement.test);
                StatementKind::Loop(Box::new(Loop::While {
                    test,
                    body: self.nested(&statement.body),
                }))
            }
            ast::Statement::ExpressionStatement(statement) => {
                if let ast::Expression::StringLiteral(literal) = &statement.expression {
                    self.module.stray_directives.push(Directive {
                        text: text(&literal.value),
                        span: span(literal.span),
                    });
                }
                StatementKind::Expression(self.expression(&statement.expression))
            }
            ast::Statement::ForStatement(statement) => {
                self.around(whole, span(statement.body.span()));
                let mut init = Vec::new();
                match &statement.init {
                    Some(ast::ForStatementInit::VariableDeclaration(declaration)) => {
                        self.variables(declaration, &mut init);
                    }
                    Some(other) => {
                        if let Some(expression) = other.as_expression() {
                            init.push(Statement {
                                span: span(expression.span()),
                                kind: StatementKind::Expression(self.expression(expression)),
                            });
                        }
                    }
                    None => {}
                }
                let test = statement.test.as_ref().map(|test| self.expression(test));
                let update = statement.update.as_ref().map(|update| self.expression(update));
                StatementKind::Loop(Box::new(Loop::For {
                    init,
                    test,
                    update,
                    body: self.nested(&statement.body),
                }))
            }
            ast::Statement::ForInStatement(statement) => {
                self.around(whole, span(statement.body.span()));
                let pattern = self.loop_pattern(&statement.left);
                let object = self.expression(&statement.right);
                StatementKind::Loop(Box::new(Loop::In {
                    pattern,
                    object,
                    body: self.nested(&statement.body),
                }))
            }
            ast::Statement::ForOfStatement(statement) => {
                self.around(whole, span(statement.body.span()));
                let pattern = self.loop_pattern(&statement.left);
                let iterable = self.expression(&statement.right);
                let is_await = statement.r#await;
                StatementKind::Loop(Box::new(Loop::Of {
                    pattern,
                    iterable,
                    is_await,
                    body: self.nested(&statement.body),
                }))
            }
            ast::Statement::IfStatement(statement) => StatementKind::If {
                test: self.expression(&statement.test),
                consequent: self.nested(&statement.consequent),
                alternate: statement
                    .alternate
                    .as_ref()
                    .map_or_else(Vec::new, |alternate| self.nested(alternate)),
            },
            ast::Statement::LabeledStatement(statement) => {
                StatementKind::Labelled(text(&statement.label.name), self.nested(&statement.body))
            }
            ast::Statement::ReturnStatement(statement) => {
                StatementKind::Return(statement.argument.as_ref().map(|argument| self.expression(argument)))
            }
            ast::Statement::SwitchStatement(statement) => StatementKind::Switch {
                discriminant: self.expression(&statement.discriminant),
                cases: statement
                    .cases
                    .iter()
                    .map(|case| {
                        let test = case.test.as_ref().map(|test| self.expression(test));
                        (test, self.statements(&case.consequent))
                    })
                    .collect(),
            },
            ast::Statement::ThrowStatement(statement) => StatementKind::Throw(self.expression(&statement.argument)),
            ast::Statement::TryStatement(statement) => StatementKind::Try {
                body: self.statements(&statement.block.body),
                handler: statement.handler.as_ref().map(|handler| {
                    let parameter = handler
                        .param
                        .as_ref()
                        .map(|param| self.pattern(&param.pattern, SymbolKind::Variable));
                    (parameter, self.statements(&handler.body.body))
                }),
                finalizer: statement
                    .finalizer
                    .as_ref()
                    .map_or_else(Vec::new, |finalizer| self.statements(&finalizer.body)),
            },
            ast::Statement::WithStatement(statement) => StatementKind::Block(self.nested(&statement.body)),
            ast::Statement::DebuggerStatement(_) | ast::Statement::EmptyStatement(_) => return,
            other => {
                if let Some(declaration) = other.as_declaration() {
                    self.declaration(declaration, lowered);
                } else if let Some(declaration) = other.as_module_declaration() {
                    self.module_declaration(declaration, lowered);
                }
                return;
            }
        };
        self.loops.truncate(loops);
        lowered.push(Statement { span: whole, kind });
    }

    fn loop_pattern(&mut self, left: &ast::ForStatementLeft<'_>) -> Pattern {
        match left {
            ast::ForStatementLeft::VariableDeclaration(declaration) => match declaration.declarations.first() {
                Some(declarator) => self.pattern(&declarator.id, SymbolKind::Variable),
                None => Pattern::Array {
                    elements: Vec::new(),
                    rest: None,
                },
            },
            left => match left.as_assignment_target() {
                Some(target) => self.target(target),
                None => Pattern::Array {
                    elements: Vec::new(),
                    rest: None,
                },
            },
        }
    }

    pub(super) fn declaration(&mut self, declaration: &ast::Declaration<'_>, lowered: &mut Vec<Statement>) {
        let whole = span(declaration.span());
        match declaration {
            ast::Declaration::VariableDeclaration(declaration) => self.variables(declaration, lowered),
            ast::Declaration::FunctionDeclaration(function) => {
                let _ = self.function_declaration(function);
            }
            ast::Declaration::ClassDeclaration(class) => {
                let id = self.class_definition(class, None);
                if let Some(name) = &class.id {
                    let symbol = self.binding(name, SymbolKind::Class(id));
                    lowered.push(Statement {
                        span: whole,
                        kind: StatementKind::Class(symbol, id),
                    });
                }
            }
            ast::Declaration::TSEnumDeclaration(declaration) if !declaration.declare => {
                let symbol = self.binding(&declaration.id, SymbolKind::Constant);
                let members = declaration
                    .body
                    .members
                    .iter()
                    .filter_map(|member| {
                        let name = match &member.id {
                            ast::TSEnumMemberName::Identifier(name) => text(&name.name),
                            ast::TSEnumMemberName::String(name) | ast::TSEnumMemberName::ComputedString(name) => {
                                text(&name.value)
                            }
                            ast::TSEnumMemberName::ComputedTemplateString(_) => return None,
                        };
                        Some((name, member.initializer.as_ref().map(|value| self.expression(value))))
                    })
                    .collect();
                lowered.push(Statement {
                    span: whole,
                    kind: StatementKind::Enum(symbol, members),
                });
            }
            _ => {}
        }
    }

    /// Overloads and `declare function` have no body and are not the function.
    pub(super) fn function_declaration(
        &mut self,
        function: &ast::Function<'_>,
    ) -> Option<(FunctionId, Option<Symbol>)> {
        if function.body.is_none() || function.declare {
            return None;
        }
        let id = self.function(function, None);
        let symbol = function
            .id
            .as_ref()
            .map(|name| self.binding(name, SymbolKind::Function(id)));
        Some((id, symbol))
    }

    pub(super) fn variables(&mut self, declaration: &ast::VariableDeclaration<'_>, lowered: &mut Vec<Statement>) {
        if declaration.declare {
            return;
        }
        for declarator in &declaration.declarations {
            let pattern = self.pattern(&declarator.id, SymbolKind::Variable);
            let hint = match &declarator.id {
                ast::BindingPattern::BindingIdentifier(name) => Some((text(&name.name), span(name.span))),
                _ => None,
            };
            let value = declarator.init.as_ref().map(|init| self.named(init, hint));
            // `var x;` in a loop or after an assignment keeps the value.
            if value.is_none() && declaration.kind == ast::VariableDeclarationKind::Var {
                continue;
            }
            lowered.push(Statement {
                span: span(declarator.span),
                kind: StatementKind::Declare(pattern, value),
            });
        }
    }

    /// `constructor(private db: Db)` is `this.db = db` at the start of the constructor.
    pub(super) fn parameter_properties(&mut self, constructor: FunctionId, positions: &[usize]) {
        let mut assignments = Vec::new();
        for position in positions {
            let Some(function) = self
                .module
                .functions
                .get(usize::try_from(constructor.0).unwrap_or(usize::MAX))
            else {
                return;
            };
            let mut pattern = function.parameters.get(*position);
            if let Some(Pattern::Default(inner, _)) = pattern {
                pattern = Some(inner);
            }
            let Some(Pattern::Symbol(symbol, place)) = pattern else {
                continue;
            };
            let (symbol, place) = (*symbol, *place);
            let name: Text = self
                .symbol_mut(symbol)
                .map_or_else(|| text(""), |info| Text::clone(&info.name));
            let this = Expression {
                span: place,
                kind: ExpressionKind::This,
            };
            let member = Expression {
                span: place,
                kind: ExpressionKind::Member {
                    object: Box::new(this),
                    property: name,
                    property_span: place,
                    optional: false,
                },
            };
            let value = Expression {
                span: place,
                kind: ExpressionKind::Symbol(symbol),
            };
            let assign = ExpressionKind::Assign(Box::new(Pattern::Place(Box::new(member))), Box::new(value));
            assignments.push(Statement {
                span: place,
                kind: StatementKind::Expression(Expression {
                    span: place,
                    kind: assign,
                }),
            });
        }
        self.set(constructor, |function| {
            assignments.append(&mut function.body);
            function.body = assignments;
        });
    }
}

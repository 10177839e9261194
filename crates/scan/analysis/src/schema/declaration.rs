//! Where each variable of a module gets its value, and which ones change later.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_source::bound_symbols;
use portcullis_source::ir::{
    Argument, Expression, ExpressionKind, Loop, Module, Pattern, Statement, StatementKind, Symbol, Text, UnaryOperator,
};

use super::walk;

/// How a variable gets its value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Declaration<'scan> {
    /// `const pattern = value`
    Value(&'scan Pattern, &'scan Expression),
    /// A TypeScript enum.
    Enum(&'scan [(Text, Option<Expression>)]),
}

/// The declarations of a module, those within functions too.
#[derive(Debug, Default)]
pub(crate) struct Declarations<'scan> {
    declared: BTreeMap<Symbol, Declaration<'scan>>,
    changed: BTreeSet<Symbol>,
}

impl<'scan> Declarations<'scan> {
    /// Collects them.
    pub(crate) fn of(module: &'scan Module) -> Self {
        let mut all = Self::default();
        all.statements(&module.body);
        for function in &module.functions {
            all.statements(&function.body);
        }
        let mut visit = |expression: &Expression| all.changed.extend(changed(expression));
        walk::statements(&module.body, &mut visit);
        for function in &module.functions {
            walk::statements(&function.body, &mut visit);
        }
        all
    }

    /// Whether a variable, or what it holds, is changed after its declaration.
    pub(crate) fn is_changed(&self, symbol: Symbol) -> bool {
        self.changed.contains(&symbol)
    }

    /// Where a variable gets its value.
    pub(crate) fn find(&self, symbol: Symbol) -> Option<Declaration<'scan>> {
        self.declared.get(&symbol).copied()
    }

    fn statements(&mut self, statements: &'scan [Statement]) {
        for statement in statements {
            self.statement(&statement.kind);
        }
    }

    fn statement(&mut self, statement: &'scan StatementKind) {
        match statement {
            StatementKind::Declare(pattern, Some(value)) => {
                let mut symbols = Vec::new();
                bound_symbols(pattern, &mut symbols);
                for symbol in symbols {
                    self.declared.insert(symbol, Declaration::Value(pattern, value));
                }
            }
            StatementKind::Enum(symbol, members) => {
                self.declared.insert(*symbol, Declaration::Enum(members));
            }
            StatementKind::If {
                consequent, alternate, ..
            } => {
                self.statements(consequent);
                self.statements(alternate);
            }
            StatementKind::Loop(of) => match &**of {
                Loop::For { body, .. }
                | Loop::Of { body, .. }
                | Loop::In { body, .. }
                | Loop::While { body, .. }
                | Loop::DoWhile { body, .. } => self.statements(body),
            },
            StatementKind::Switch { cases, .. } => {
                for (_, body) in cases {
                    self.statements(body);
                }
            }
            StatementKind::Try {
                body,
                handler,
                finalizer,
            } => {
                self.statements(body);
                if let Some((_, handler)) = handler {
                    self.statements(handler);
                }
                self.statements(finalizer);
            }
            StatementKind::Block(body) | StatementKind::Labelled(_, body) => self.statements(body),
            StatementKind::Declare(_, None)
            | StatementKind::Expression(_)
            | StatementKind::Class(..)
            | StatementKind::Return(_)
            | StatementKind::Throw(_)
            | StatementKind::Break(_)
            | StatementKind::Continue(_) => {}
        }
    }
}

/// The variables that an expression changes: by assignment, by assignment to a member, by a method that changes its
/// object.
fn changed(expression: &Expression) -> Vec<Symbol> {
    match &expression.kind {
        ExpressionKind::Assign(target, _) => targets(target),
        ExpressionKind::Update(_, target, _) | ExpressionKind::LogicalAssign(_, target, _) => {
            root(target).into_iter().collect()
        }
        ExpressionKind::Unary(UnaryOperator::Delete, target) => root(target).into_iter().collect(),
        ExpressionKind::Call { callee, arguments, .. } => {
            let ExpressionKind::Member { object, property, .. } = &callee.kind else {
                return Vec::new();
            };
            match (&**property, arguments.first()) {
                ("push" | "unshift" | "splice" | "pop" | "shift" | "fill", _) => root(object).into_iter().collect(),
                ("assign" | "defineProperty" | "setPrototypeOf", Some(Argument::Value(target))) => {
                    root(target).into_iter().collect()
                }
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn targets(pattern: &Pattern) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    bound_symbols(pattern, &mut symbols);
    if let Pattern::Place(place) = pattern {
        symbols.extend(root(place));
    }
    symbols
}

/// `a` of `a.b[c]`.
fn root(expression: &Expression) -> Option<Symbol> {
    match &expression.kind {
        ExpressionKind::Symbol(symbol) => Some(*symbol),
        ExpressionKind::Member { object, .. } | ExpressionKind::Index { object, .. } => root(object),
        ExpressionKind::Chain(inner) => root(inner),
        _ => None,
    }
}

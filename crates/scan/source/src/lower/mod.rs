//! From oxc's tree to the [intermediate representation](crate::ir): one module at a time, everything owned.
//!
//! Nothing is judged here, and nothing of what code does is lost, except what the representation names as opaque.

mod expression;
mod liveness;
mod module;
pub use module::bound_symbols;
mod pattern;
mod statement;

use std::sync::Arc;

use oxc_ast::ast;
use oxc_semantic::Scoping;
use oxc_span::GetSpan as _;
use portcullis_model::Span;

use crate::ir::{
    ClassId, Directive, Function, FunctionId, Module, Pattern, Statement, StatementKind, Symbol, SymbolInfo,
    SymbolKind, Text,
};

/// Lowers a parsed program.
pub(crate) fn lower(program: &ast::Program<'_>, scoping: &Scoping) -> Module {
    let symbols = scoping
        .symbol_ids()
        .map(|id| SymbolInfo {
            name: Text::from(scoping.symbol_name(id)),
            span: span(scoping.symbol_span(id)),
            owner: None,
            kind: SymbolKind::Type,
        })
        .collect();
    let mut lowerer = Lowerer {
        scoping,
        module: Module {
            symbols,
            ..Module::default()
        },
        current: None,
        class: None,
        uses: Vec::new(),
        loops: Vec::new(),
        outer: Vec::new(),
    };
    lowerer.module.directives = directives(&program.directives);
    let body = lowerer.statements(&program.body);
    lowerer.module.body = body;
    lowerer.finish()
}

struct Lowerer<'program> {
    scoping: &'program Scoping,
    module: Module,
    /// The function that is being lowered.
    current: Option<FunctionId>,
    /// The class whose member is being lowered.
    class: Option<ClassId>,
    /// Every use of a symbol inside a function, in order.
    uses: Vec<Use>,
    /// The loops around what is being lowered, the outermost first.
    loops: Vec<LoopSpans>,
    /// Loops that keep a symbol alive.
    outer: Vec<Span>,
}

/// One use of a symbol inside a function.
#[derive(Debug, Clone, Copy)]
struct Use {
    function: FunctionId,
    symbol: Symbol,
    span: Span,
    until: Until,
}

/// How long a use keeps its symbol alive.
#[derive(Debug, Clone, Copy)]
enum Until {
    /// Until itself.
    Here,
    /// Until the end of the outermost loop that comes back to it with the symbol as it was: an index into `outer`.
    Loop(u32),
    /// It stands in the initial value of a class's field, which runs later.
    Late,
}

/// Where a loop stands.
#[derive(Debug, Clone, Copy)]
struct LoopSpans {
    whole: Span,
    /// What is run anew in each round.
    body: Span,
}

/// A name for a function that has none of its own: that of the variable or property it is assigned to.
type NameHint = Option<(Text, Span)>;

fn span(span: oxc_span::Span) -> Span {
    Span::new(span.start, span.end)
}

fn text(text: &str) -> Text {
    Arc::from(text)
}

fn directives(list: &[ast::Directive<'_>]) -> Vec<Directive> {
    list.iter()
        .map(|directive| Directive {
            text: text(&directive.expression.value),
            span: span(directive.span),
        })
        .collect()
}

impl Lowerer<'_> {
    fn declare(&mut self, symbol: Symbol, kind: SymbolKind) {
        let owner = self.current;
        if let Some(info) = self.symbol_mut(symbol) {
            info.owner = owner;
            info.kind = kind;
        }
    }

    fn symbol_mut(&mut self, symbol: Symbol) -> Option<&mut SymbolInfo> {
        self.module
            .symbols
            .get_mut(usize::try_from(symbol.0).unwrap_or(usize::MAX))
    }

    fn binding(&mut self, identifier: &ast::BindingIdentifier<'_>, kind: SymbolKind) -> Symbol {
        let symbol = Symbol(identifier.symbol_id.get().map_or(u32::MAX, |id| index(id.index())));
        let kind = match kind {
            SymbolKind::Variable
                if identifier
                    .symbol_id
                    .get()
                    .is_some_and(|id| !self.scoping.symbol_is_mutated(id)) =>
            {
                SymbolKind::Constant
            }
            other => other,
        };
        self.declare(symbol, kind);
        symbol
    }

    fn reference(&mut self, identifier: &ast::IdentifierReference<'_>) -> Option<Symbol> {
        let reference = self.scoping.get_reference(identifier.reference_id.get()?);
        let symbol = Symbol(index(reference.symbol_id()?.index()));
        if let Some(function) = self.current {
            let until = if self.class.is_some() {
                Until::Late
            } else {
                self.until(symbol)
            };
            self.uses.push(Use {
                function,
                symbol,
                span: span(identifier.span),
                until,
            });
        }
        Some(symbol)
    }

    fn function(&mut self, function: &ast::Function<'_>, hint: NameHint) -> FunctionId {
        let own_symbol = function
            .id
            .as_ref()
            .map(|id| Symbol(id.symbol_id.get().map_or(u32::MAX, |id| index(id.index()))));
        let own = function.id.as_ref().map(|id| (text(&id.name), span(id.span)));
        let is_expression = function.r#type == ast::FunctionType::FunctionExpression;
        let head = Span::new(function.span.start, function.params.span.start.max(function.span.start));
        let id = self.begin_function(own.or(hint), head, span(function.span));
        if is_expression && let (Some(symbol), Some(name)) = (own_symbol, &function.id) {
            let _ = self.binding(name, SymbolKind::Function(id));
            self.set(id, |function| function.own_symbol = Some(symbol));
        }
        self.set(id, |lowered| {
            lowered.is_async = function.r#async;
            lowered.is_generator = function.generator;
        });
        self.within(id, |lowerer| {
            lowerer.parameters(id, &function.params);
            if let Some(body) = &function.body {
                lowerer.body(id, body);
            }
        });
        id
    }

    fn arrow(&mut self, arrow: &ast::ArrowFunctionExpression<'_>, hint: NameHint) -> FunctionId {
        let head = span(arrow.params.span);
        let id = self.begin_function(hint, head, span(arrow.span));
        self.set(id, |lowered| {
            lowered.is_async = arrow.r#async;
            lowered.is_arrow = true;
        });
        self.within(id, |lowerer| {
            lowerer.parameters(id, &arrow.params);
            match &arrow.body {
                ast::ArrowFunctionBody::FunctionBody(body) => lowerer.body(id, body),
                body => {
                    if let Some(expression) = body.as_expression() {
                        let value = lowerer.expression(expression);
                        let span = span(expression.span());
                        lowerer.set(id, |lowered| {
                            lowered.body = vec![Statement {
                                span,
                                kind: StatementKind::Return(Some(value)),
                            }];
                        });
                    }
                }
            }
        });
        id
    }

    fn begin_function(&mut self, name: NameHint, head: Span, whole: Span) -> FunctionId {
        let id = FunctionId(index(self.module.functions.len()));
        let (name, name_span) = name.map_or((None, head), |(name, span)| (Some(name), span));
        self.module.functions.push(Function {
            name,
            name_span,
            span: whole,
            parameters: Vec::new(),
            rest: None,
            body: Vec::new(),
            is_async: false,
            is_generator: false,
            is_arrow: false,
            directives: Vec::new(),
            parent: self.current,
            method_of: self.class,
            captures: Vec::new(),
            own_symbol: None,
            last_uses: Vec::new(),
        });
        id
    }

    fn within(&mut self, id: FunctionId, lower: impl FnOnce(&mut Self)) {
        let around = self.current.replace(id);
        let class = self.class.take();
        lower(self);
        self.current = around;
        self.class = class;
    }

    fn set(&mut self, id: FunctionId, change: impl FnOnce(&mut Function)) {
        if let Some(function) = self
            .module
            .functions
            .get_mut(usize::try_from(id.0).unwrap_or(usize::MAX))
        {
            change(function);
        }
    }

    fn parameters(&mut self, id: FunctionId, parameters: &ast::FormalParameters<'_>) {
        let mut lowered = Vec::with_capacity(parameters.items.len());
        for parameter in &parameters.items {
            let pattern = self.pattern(&parameter.pattern, SymbolKind::Parameter);
            lowered.push(match &parameter.initializer {
                Some(initializer) => Pattern::Default(Box::new(pattern), Box::new(self.expression(initializer))),
                None => pattern,
            });
        }
        let rest = parameters
            .rest
            .as_ref()
            .map(|rest| self.pattern(&rest.rest.argument, SymbolKind::Parameter));
        self.set(id, |function| {
            function.parameters = lowered;
            function.rest = rest;
        });
    }

    fn body(&mut self, id: FunctionId, body: &ast::FunctionBody<'_>) {
        let directives = directives(&body.directives);
        let statements = self.statements(&body.statements);
        self.set(id, |function| {
            function.directives = directives;
            function.body = statements;
        });
    }

    /// Captures are known only when every owner is: a closure may use what is declared after it.
    fn finish(mut self) -> Module {
        self.find_last_uses();
        for Use {
            function, symbol, span, ..
        } in std::mem::take(&mut self.uses)
        {
            let Some(owner) = self.symbol_mut(symbol).and_then(|info| info.owner) else {
                continue;
            };
            let mut at = Some(function);
            while let Some(id) = at {
                if id == owner {
                    break;
                }
                let Some(inner) = self
                    .module
                    .functions
                    .get_mut(usize::try_from(id.0).unwrap_or(usize::MAX))
                else {
                    break;
                };
                if !inner.captures.iter().any(|(captured, _)| *captured == symbol) {
                    inner.captures.push((symbol, span));
                }
                at = inner.parent;
            }
        }
        self.module.extract_commonjs();
        self.module
    }
}

fn index(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

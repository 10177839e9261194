//! Which schema an endpoint applies to which of its parameters: the first thing that happens to the parameter, on every
//! way through the code.
//!
//! INVARIANT: a parameter that something else is done with before it is parsed, or whose parsing may fail without
//! ending the call, has no schema: the application accepts more than the schema does.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::FileId;
use portcullis_source::ir::{
    Argument, BinaryOperator, Expression, ExpressionKind, LogicalOperator, Pattern, Statement, StatementKind, Symbol,
    UnaryOperator,
};

use super::accepted::{Accepted, accepted};
use super::meaning::{Closure, Input, Library, Meaning, Part, Scope};
use super::method::PARSERS;
use super::reader::Reader;
use super::shape::Shared;
use super::{flow, walk};

/// How many calls are followed into each other.
const DEPTH_LIMIT: u32 = 12;

/// Finds them in the function behind an endpoint.
pub(crate) fn of_function(reader: &mut Reader<'_, '_>, closure: &Closure) -> BTreeMap<usize, Accepted> {
    let Some(function) = reader.index.function(closure.file, closure.function) else {
        return BTreeMap::new();
    };
    let mut arguments: Vec<Meaning> = (0..function.parameters.len())
        .map(|parameter| {
            Meaning::Input(Input {
                parameter,
                part: Part::Whole,
            })
        })
        .collect();
    if function.rest.is_some() {
        arguments.push(Meaning::Input(Input {
            parameter: arguments.len(),
            part: Part::Rest,
        }));
    }
    let mut finder = Finder {
        reader,
        done: BTreeMap::new(),
        lost: BTreeSet::new(),
        depth: 0,
    };
    finder.function(closure, &arguments);
    let mut done = finder.done;
    for (position, pattern) in function.parameters.iter().enumerate() {
        if matches!(pattern, Pattern::Default(..))
            && let Some(accepted) = done.get_mut(&position)
        {
            accepted.shape = accepted.shape.optional(true);
        }
    }
    done
}

pub(crate) struct Finder<'r, 'index, 'scan> {
    pub(crate) reader: &'r mut Reader<'index, 'scan>,
    pub(crate) done: BTreeMap<usize, Accepted>,
    pub(crate) lost: BTreeSet<usize>,
    depth: u32,
}

/// One function while it is read.
pub(crate) struct Frame {
    pub(crate) file: FileId,
    pub(crate) scope: Scope,
    /// Variables that were made of what the caller sent.
    pub(crate) made: BTreeMap<Symbol, BTreeSet<usize>>,
}

/// A call that applies a schema.
struct Parse<'body> {
    shape: Shared,
    argument: &'body Expression,
    throws: bool,
}

impl Finder<'_, '_, '_> {
    fn function(&mut self, closure: &Closure, arguments: &[Meaning]) {
        let Some(function) = self.reader.index.function(closure.file, closure.function) else {
            return;
        };
        if self.depth >= DEPTH_LIMIT || function.is_generator {
            let inputs: BTreeSet<usize> = arguments.iter().flat_map(|value| self.inputs(value, 0)).collect();
            self.lose(&inputs);
            return;
        }
        let mut arguments = arguments.to_vec();
        if self.depth > 0 {
            for (pattern, value) in function.parameters.iter().zip(&mut arguments) {
                if let (Pattern::Default(..), Meaning::Input(input)) = (pattern, &*value) {
                    *value = Meaning::Input(input.computed());
                }
            }
        }
        self.depth += 1;
        let scope = self.reader.enter(closure, function, &arguments);
        let mut frame = Frame {
            file: closure.file,
            scope,
            made: BTreeMap::new(),
        };
        self.statements(&mut frame, &function.body, true);
        self.depth -= 1;
    }

    /// Reads statements in order. `failure_ends`: what is thrown here ends the call.
    fn statements(&mut self, frame: &mut Frame, body: &[Statement], failure_ends: bool) {
        for (position, statement) in body.iter().enumerate() {
            let rest = body.get(position + 1..).unwrap_or_default();
            match &statement.kind {
                StatementKind::Declare(pattern, Some(value)) => {
                    if !self.applies(frame, Some(pattern), value, rest, failure_ends) {
                        self.declare(frame, pattern, value);
                    }
                }
                StatementKind::Expression(value) => {
                    if !self.applies(frame, None, value, rest, failure_ends) {
                        self.used(frame, value);
                    }
                }
                StatementKind::Return(Some(value)) => {
                    if !self.applies(frame, None, value, rest, failure_ends) {
                        self.used(frame, value);
                    }
                    return;
                }
                StatementKind::Return(None) | StatementKind::Throw(_) => return,
                StatementKind::If {
                    test,
                    consequent,
                    alternate,
                } => self.branch(frame, test, consequent, alternate),
                StatementKind::Try {
                    body,
                    handler,
                    finalizer,
                } => {
                    let ends = match handler {
                        None => failure_ends,
                        Some((_, handler)) => flow::exits(handler) || rest.is_empty(),
                    };
                    self.statements(frame, body, ends);
                    if let Some((_, handler)) = handler {
                        self.lose_all(frame, handler);
                    }
                    self.lose_all(frame, finalizer);
                    if flow::exits(body) {
                        return;
                    }
                }
                StatementKind::Block(body) | StatementKind::Labelled(_, body) => {
                    self.statements(frame, body, failure_ends);
                }
                _ => self.lose_all(frame, std::slice::from_ref(statement)),
            }
        }
    }

    /// Whether the expression applies a schema to what the caller sent. Then it is noted.
    fn applies(
        &mut self,
        frame: &Frame,
        pattern: Option<&Pattern>,
        value: &Expression,
        rest: &[Statement],
        failure_ends: bool,
    ) -> bool {
        let Some(parse) = self.parse_in(frame, value) else {
            return false;
        };
        let within = self.mentions(frame, parse.argument);
        if within.is_empty() {
            return false;
        }
        // Something else happens to it in the same expression.
        if self.mention_count(frame, value) != self.mention_count(frame, parse.argument) {
            return false;
        }
        let is_acted_upon = if parse.throws {
            failure_ends
        } else {
            pattern.is_some_and(|pattern| self.result_counts(frame, pattern, rest, &within))
        };
        let argument = self.reader.expression(frame.file, &frame.scope, parse.argument);
        let found = is_acted_upon
            .then(|| accepted(&argument, &parse.shape, &self.reader.definitions))
            .flatten();
        match found {
            Some(accepted) => {
                for (parameter, accepted) in accepted {
                    if !self.lost.contains(&parameter) {
                        self.done.entry(parameter).or_insert(accepted);
                    }
                }
                // What the schema says nothing about was looked at all the same.
                self.lose(&within);
            }
            None => self.lose(&within),
        }
        true
    }

    /// The first call of a schema in an expression, where it is always evaluated.
    fn parse_in<'body>(&mut self, frame: &Frame, value: &'body Expression) -> Option<Parse<'body>> {
        match &value.kind {
            ExpressionKind::Call { callee, arguments, .. } => {
                if let Some(parse) = self.parse_call(frame, callee, arguments) {
                    return Some(parse);
                }
                self.parse_in(frame, callee).or_else(|| {
                    arguments.iter().find_map(|argument| match argument {
                        Argument::Value(value) | Argument::Spread(value) => self.parse_in(frame, value),
                    })
                })
            }
            ExpressionKind::Await(inner) | ExpressionKind::Chain(inner) => self.parse_in(frame, inner),
            ExpressionKind::Member { object, .. } => self.parse_in(frame, object).filter(|parse| parse.throws),
            ExpressionKind::Assign(_, inner) => self.parse_in(frame, inner).filter(|parse| parse.throws),
            _ => None,
        }
    }

    fn parse_call<'body>(
        &mut self,
        frame: &Frame,
        callee: &'body Expression,
        arguments: &'body [Argument],
    ) -> Option<Parse<'body>> {
        let ExpressionKind::Member { object, property, .. } = &callee.kind else {
            return None;
        };
        let name: &str = property;
        if !PARSERS.contains(&name) {
            return None;
        }
        let throws = matches!(name, "parse" | "parseAsync");
        let argument = |position: usize| match arguments.get(position) {
            Some(Argument::Value(value)) => Some(value),
            _ => None,
        };
        match self.reader.expression(frame.file, &frame.scope, object) {
            Meaning::Schema(shape) => Some(Parse {
                shape,
                argument: argument(0)?,
                throws,
            }),
            // `z.parse(schema, value)` of `zod/mini`
            Meaning::Library(Library::Zod, path) if path.is_empty() => {
                let schema = self.reader.expression(frame.file, &frame.scope, argument(0)?);
                Some(Parse {
                    shape: schema.schema().cloned()?,
                    argument: argument(1)?,
                    throws,
                })
            }
            _ => None,
        }
    }

    /// Whether a result that says "failed" ends the call, or the raw values are not used any more.
    fn result_counts(
        &mut self,
        frame: &Frame,
        pattern: &Pattern,
        rest: &[Statement],
        inputs: &BTreeSet<usize>,
    ) -> bool {
        let mut result = Vec::new();
        portcullis_source::bound_symbols(pattern, &mut result);
        let test = rest.iter().find_map(|statement| match &statement.kind {
            StatementKind::If { test, consequent, .. } if mentions_any(test, &result) => Some((test, consequent)),
            _ => None,
        });
        let Some((test, consequent)) = test else {
            return false;
        };
        if is_failure_test(test) && flow::exits(consequent) {
            return true;
        }
        let mut raw = BTreeSet::new();
        for statement in rest {
            walk::statement(&statement.kind, &mut |value| {
                raw.extend(self.mentions_here(frame, value));
            });
        }
        raw.is_disjoint(inputs)
    }

    /// `if`: a refusal of some input before it is parsed changes nothing; anything else that is done with it counts.
    fn branch(&mut self, frame: &mut Frame, test: &Expression, consequent: &[Statement], alternate: &[Statement]) {
        // `if (!schema.safeParse(input).success) return`
        if let ExpressionKind::Unary(UnaryOperator::Not, inner) = &test.kind
            && let ExpressionKind::Member { object, property, .. } = &inner.kind
            && &**property == "success"
            && flow::exits(consequent)
            && let ExpressionKind::Call { callee, arguments, .. } = &unwrapped(object).kind
            && let Some(parse) = self.parse_call(frame, callee, arguments)
        {
            let within = self.mentions(frame, parse.argument);
            let argument = self.reader.expression(frame.file, &frame.scope, parse.argument);
            for (parameter, accepted) in accepted(&argument, &parse.shape, &self.reader.definitions).unwrap_or_default()
            {
                if !self.lost.contains(&parameter) {
                    self.done.entry(parameter).or_insert(accepted);
                }
            }
            self.lose(&within);
            return;
        }
        let is_refusal = flow::only_exits(consequent) && alternate.is_empty() && flow::is_pure(test);
        if !is_refusal {
            self.used(frame, test);
        }
        self.lose_all(frame, consequent);
        self.lose_all(frame, alternate);
    }

    /// A variable that gets its value: a name for what the caller sent, something computed of it, or a use of it.
    fn declare(&mut self, frame: &mut Frame, pattern: &Pattern, value: &Expression) {
        let inputs = self.mentions(frame, value);
        if inputs.is_empty() {
            return;
        }
        if flow::is_pure(value) {
            let mut symbols = Vec::new();
            portcullis_source::bound_symbols(pattern, &mut symbols);
            for symbol in symbols {
                frame.made.insert(symbol, inputs.clone());
            }
        } else {
            self.used(frame, value);
        }
    }

    /// Something is done with what the caller sent: a function of the project is looked into, the rest is a use.
    fn used(&mut self, frame: &Frame, value: &Expression) {
        let inputs = self.mentions(frame, value);
        if inputs.is_empty() || flow::is_log(value) {
            return;
        }
        if let ExpressionKind::Call { callee, arguments, .. } = &unwrapped(value).kind
            && let Meaning::Function(closure) = self.reader.expression(frame.file, &frame.scope, callee)
            && self.mentions(frame, callee).is_empty()
            && self.are_plain(frame, arguments)
        {
            let arguments = self.reader.arguments(frame.file, &frame.scope, arguments);
            self.function(&closure, &arguments);
            return;
        }
        self.lose(&inputs);
    }

    /// Whether each argument that holds what the caller sent is that itself, or a function that uses it.
    fn are_plain(&mut self, frame: &Frame, arguments: &[Argument]) -> bool {
        arguments.iter().all(|argument| {
            let (Argument::Value(value) | Argument::Spread(value)) = argument;
            if self.mentions(frame, value).is_empty() {
                return true;
            }
            let meaning = self.reader.expression(frame.file, &frame.scope, value);
            matches!(meaning, Meaning::Input(_) | Meaning::Function(_))
        })
    }
}

fn unwrapped(value: &Expression) -> &Expression {
    match &value.kind {
        ExpressionKind::Await(inner) | ExpressionKind::Chain(inner) => unwrapped(inner),
        _ => value,
    }
}

fn mentions_any(value: &Expression, symbols: &[Symbol]) -> bool {
    let mut found = false;
    walk::expression(value, &mut |value| {
        found |= matches!(&value.kind, ExpressionKind::Symbol(symbol) if symbols.contains(symbol));
    });
    found
}

/// `!result.success`, `result.error`, `result.success === false`: true when the schema refused.
fn is_failure_test(test: &Expression) -> bool {
    match &test.kind {
        ExpressionKind::Unary(UnaryOperator::Not, inner) => !names(inner, "error"),
        ExpressionKind::Binary(BinaryOperator::StrictEqual | BinaryOperator::Equal, _, right) => {
            matches!(right.kind, ExpressionKind::Boolean(false))
        }
        ExpressionKind::Binary(..) => false,
        ExpressionKind::Logical(LogicalOperator::Or, left, right) => is_failure_test(left) || is_failure_test(right),
        _ => names(test, "error"),
    }
}

fn names(value: &Expression, wanted: &str) -> bool {
    let mut found = false;
    walk::expression(value, &mut |value| {
        found |= matches!(&value.kind, ExpressionKind::Member { property, .. } if &**property == wanted);
    });
    found
}

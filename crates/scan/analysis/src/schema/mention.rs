//! Where a function uses what a caller sent: by name, under another name, in an object, in a function that captures it.

use std::collections::BTreeSet;

use portcullis_source::ir::{Expression, ExpressionKind, Statement, Symbol, SymbolKind};

use super::input::{Finder, Frame};
use super::meaning::{Input, Meaning, Part};
use super::walk;

/// How deep objects are searched for what a caller sent.
const NESTING_LIMIT: u32 = 4;

/// How many parameters `arguments` and `...rest` may be.
const COUNT: usize = 8;

impl Finder<'_, '_, '_> {
    pub(crate) fn lose(&mut self, inputs: &BTreeSet<usize>) {
        for input in inputs {
            if !self.done.contains_key(input) {
                self.lost.insert(*input);
            }
        }
    }

    pub(crate) fn lose_all(&mut self, frame: &Frame, statements: &[Statement]) {
        let mut inputs = BTreeSet::new();
        walk::statements(statements, &mut |value| inputs.extend(self.mentions_here(frame, value)));
        self.lose(&inputs);
    }

    /// The parameters that an expression, or one in it, holds something of.
    pub(crate) fn mentions(&mut self, frame: &Frame, value: &Expression) -> BTreeSet<usize> {
        let mut inputs = BTreeSet::new();
        walk::expression(value, &mut |value| inputs.extend(self.mentions_here(frame, value)));
        inputs
    }

    pub(crate) fn mention_count(&mut self, frame: &Frame, value: &Expression) -> usize {
        let mut count = 0;
        walk::expression(value, &mut |value| count += self.mentions_here(frame, value).len());
        count
    }

    pub(crate) fn mentions_here(&mut self, frame: &Frame, value: &Expression) -> BTreeSet<usize> {
        let found = match &value.kind {
            ExpressionKind::Symbol(symbol) => self.inputs_of_symbol(frame, *symbol),
            ExpressionKind::Function(function) => {
                let function = self.reader.index.function(frame.file, *function);
                let captures = function
                    .map(|function| function.captures.as_slice())
                    .unwrap_or_default();
                captures
                    .iter()
                    .flat_map(|(symbol, _)| self.inputs_of_symbol(frame, *symbol))
                    .collect()
            }
            ExpressionKind::Global(name) if &**name == "arguments" => (0..COUNT).collect(),
            _ => BTreeSet::new(),
        };
        found
            .into_iter()
            .filter(|input| !self.done.contains_key(input))
            .collect()
    }

    fn inputs_of_symbol(&mut self, frame: &Frame, symbol: Symbol) -> BTreeSet<usize> {
        if let Some(inputs) = frame.made.get(&symbol) {
            return inputs.clone();
        }
        let module = self.reader.index.program.module(frame.file);
        let info = module.and_then(|module| module.symbols.get(usize::try_from(symbol.0).ok()?));
        match info {
            Some(info) if info.owner.is_some() && info.kind != SymbolKind::Type => {
                let value = self.reader.symbol(frame.file, &frame.scope, symbol);
                self.inputs(&value, 0)
            }
            _ => BTreeSet::new(),
        }
    }

    /// The parameters that a value holds something of.
    pub(crate) fn inputs(&mut self, value: &Meaning, depth: u32) -> BTreeSet<usize> {
        if depth > NESTING_LIMIT {
            return BTreeSet::new();
        }
        match value {
            Meaning::Input(Input {
                parameter,
                part: Part::Rest,
            }) => (*parameter..parameter.saturating_add(COUNT)).collect(),
            Meaning::Input(input) => BTreeSet::from([input.parameter]),
            Meaning::Object(object) => {
                let spread = object.spreads.iter().map(|input| input.parameter).collect::<Vec<_>>();
                let fields = object
                    .fields
                    .iter()
                    .flat_map(|(_, value)| self.inputs(value, depth + 1));
                fields.chain(spread).collect()
            }
            Meaning::Array(items) => items.iter().flat_map(|value| self.inputs(value, depth + 1)).collect(),
            Meaning::Method(receiver, _) => self.inputs(receiver, depth + 1),
            Meaning::Function(closure) => {
                let function = self.reader.index.function(closure.file, closure.function);
                let captures = function
                    .map(|function| function.captures.as_slice())
                    .unwrap_or_default();
                captures
                    .iter()
                    .filter_map(|(symbol, _)| closure.scope.value(closure.file, *symbol))
                    .flat_map(|value| self.inputs(&value, depth + 1))
                    .collect()
            }
            _ => BTreeSet::new(),
        }
    }
}

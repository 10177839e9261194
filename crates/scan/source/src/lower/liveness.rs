//! Where variables are used for the last time: behind it, two paths that differ in them alone are the same.

use oxc_semantic::SymbolId;
use portcullis_model::Span;

use super::{LoopSpans, Lowerer, Until, index, span};
use crate::ir::{LastUse, Symbol, SymbolKind};

/// What is known of one variable.
#[derive(Debug, Clone, Copy, Default)]
struct Usage {
    count: usize,
    /// The last use, or the outermost loop that comes back to one.
    last: Option<Span>,
    /// A closure uses it, whose life has nothing to do with places in the source.
    is_captured: bool,
}

impl Lowerer<'_> {
    pub(super) fn around(&mut self, whole: Span, body: Span) {
        self.loops.push(LoopSpans { whole, body });
    }

    /// How long a use, here and now, keeps a symbol alive.
    pub(super) fn until(&mut self, symbol: Symbol) -> Until {
        let id = SymbolId::from_usize(position(symbol.0));
        let declared = span(self.scoping.symbol_span(id));
        // What a round declares is another variable in the next round, unless it is a `var`.
        let is_of_round = !self.scoping.symbol_flags(id).is_function_scoped_declaration();
        let around = self
            .loops
            .iter()
            .find(|around| !(is_of_round && encloses(around.body, declared)));
        let Some(around) = around.map(|around| around.whole) else {
            return Until::Here;
        };
        if self.outer.last() != Some(&around) {
            self.outer.push(around);
        }
        Until::Loop(index(self.outer.len() - 1))
    }

    /// Writes [`crate::ir::Function::last_uses`]. Every owner has to be known.
    pub(super) fn find_last_uses(&mut self) {
        let mut usages = vec![Usage::default(); self.module.symbols.len()];
        for one in &self.uses {
            let at = position(one.symbol.0);
            let (Some(usage), Some(info)) = (usages.get_mut(at), self.module.symbols.get(at)) else {
                continue;
            };
            usage.count += 1;
            usage.is_captured |= matches!(one.until, Until::Late) || info.owner != Some(one.function);
            let until = match one.until {
                Until::Loop(at) => self.outer.get(position(at)).copied().unwrap_or(one.span),
                Until::Here | Until::Late => one.span,
            };
            if usage.last.is_none_or(|last| last.end < until.end) {
                usage.last = Some(until);
            }
        }
        for (at, (usage, info)) in usages.iter().zip(&self.module.symbols).enumerate() {
            let Some(owner) = info.owner else { continue };
            let is_variable = matches!(
                info.kind,
                SymbolKind::Variable | SymbolKind::Constant | SymbolKind::Parameter
            );
            // A use that was not lowered may be one that runs.
            let known = self
                .scoping
                .get_resolved_references(SymbolId::from_usize(at))
                .filter(|reference| reference.is_value())
                .count();
            if !is_variable || usage.is_captured || usage.count < known {
                continue;
            }
            if let Some(function) = self.module.functions.get_mut(position(owner.0)) {
                function.last_uses.push(LastUse {
                    symbol: Symbol(index(at)),
                    span: usage.last.unwrap_or(info.span),
                });
            }
        }
        for function in &mut self.module.functions {
            function
                .last_uses
                .sort_unstable_by_key(|last| (last.span.end, last.symbol));
        }
    }
}

fn encloses(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn position(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use portcullis_model::{FileId, SourceFile};

    use crate::parse::{Parsed, parse};

    /// The variables of the first function, each with the text up to which it lives.
    fn lives(text: &str) -> Vec<String> {
        let file = SourceFile {
            path: "a.ts".into(),
            text: text.into(),
        };
        let Parsed::Module(_, Some(module)) = parse(FileId(0), &file, true, None) else {
            panic!("does not parse");
        };
        let last_uses = &module.functions[0].last_uses;
        last_uses
            .iter()
            .map(|last| {
                let name = &module.symbols[last.symbol.0 as usize].name;
                let (start, end) = (last.span.start as usize, last.span.end as usize);
                format!("{name}: {}", text.get(start..end).unwrap())
            })
            .collect()
    }

    #[test]
    fn a_variable_ends_with_its_last_use() {
        let text = "function f(a, b) { const c = a + 1; if (c) { g(c) } return b.x }";
        assert_eq!(lives(text), ["a: a", "c: c", "b: b"]);
    }

    #[test]
    fn a_loop_comes_back_to_what_was_before_it() {
        let text = "function f(a) { let n = 0; while (g()) { const b = a; n = b } }";
        assert_eq!(
            lives(text),
            [
                "b: b",
                "a: while (g()) { const b = a; n = b }",
                "n: while (g()) { const b = a; n = b }"
            ]
        );
        let counted = "function f() { for (let i = 0; i < 3; i++) { g() } }";
        assert_eq!(lives(counted), ["i: for (let i = 0; i < 3; i++) { g() }"]);
    }

    #[test]
    fn what_a_closure_uses_lives_on() {
        assert_eq!(lives("function f(a, b) { return () => a + b }"), [""; 0]);
        let field = "function f(a) { class C { x = a } return C }";
        assert_eq!(lives(field), [""; 0]);
    }
}

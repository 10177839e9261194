//! A parsed value: what came in is used instead, with the schema's verdict or without.

use std::collections::BTreeMap;

use oxc_ast::ast::{
    ArrowFunctionExpression, BindingPattern, CallExpression, Expression, Function, IfStatement, Program,
    VariableDeclaration,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::SymbolId;
use oxc_span::{GetSpan as _, Span};
use oxc_syntax::scope::ScopeFlags;

use super::Source;
use super::checks::kind_of;
use crate::mutate::mutant::{Class, Edit, Site};
use crate::mutate::roles::{Kind, parses};
use crate::mutate::syntax::{argument, call_of, disjuncts, exits, mentioned, replace, within};

pub(super) fn find(source: &Source<'_>, program: &Program<'_>, sites: &mut Vec<Site>) {
    let mut verdicts = Verdicts {
        source,
        found: BTreeMap::new(),
    };
    verdicts.visit_program(program);
    let mut finder = Finder {
        source,
        verdicts: verdicts.found,
        depth: 0,
        sites,
    };
    finder.visit_program(program);
}

/// Where failing is acted upon, by the name of the result.
struct Verdicts<'tree> {
    source: &'tree Source<'tree>,
    found: BTreeMap<SymbolId, Vec<Edit>>,
}

impl<'a> Visit<'a> for Verdicts<'_> {
    fn visit_if_statement(&mut self, statement: &IfStatement<'a>) {
        if statement.alternate.is_none() && exits(&statement.consequent) {
            let parts = disjuncts(&statement.test);
            let (gone, left): (Vec<&Expression<'_>>, Vec<_>) = parts
                .into_iter()
                .partition(|part| kind_of(self.source, part) == Some(Kind::Parsed));
            let edit = if left.is_empty() {
                replace(statement.span, ";")
            } else {
                let texts: Vec<&str> = left.iter().map(|part| self.source.slice(part.span())).collect();
                replace(statement.test.span(), texts.join(" || "))
            };
            for symbol in gone.iter().flat_map(|part| mentioned(part, self.source.scoping)) {
                self.found.entry(symbol).or_default().push(edit.clone());
            }
        }
        walk::walk_if_statement(self, statement);
    }
}

struct Finder<'tree> {
    source: &'tree Source<'tree>,
    verdicts: BTreeMap<SymbolId, Vec<Edit>>,
    /// How many functions are around.
    depth: usize,
    sites: &'tree mut Vec<Site>,
}

impl Finder<'_> {
    fn is_local(&self, expression: &Expression<'_>) -> bool {
        let scoping = self.source.scoping;
        mentioned(expression, scoping)
            .into_iter()
            .any(|symbol| scoping.symbol_scope_id(symbol) != scoping.root_scope_id())
    }

    /// The verdict of `safeParse` and the parsed data are gone.
    fn ignore_verdict(&mut self, declaration: &VariableDeclaration<'_>, pattern: &BindingPattern<'_>, raw: &str) {
        let mut edits: Vec<Edit> = Vec::new();
        let mut replaced = false;
        let mut take = |span: Span, edits: &mut Vec<Edit>| {
            edits.push(replace(span, format!("({raw})")));
            replaced = true;
        };
        let mut judged = false;
        for binding in pattern.get_binding_identifiers() {
            let Some(symbol) = binding.symbol_id.get() else {
                continue;
            };
            for edit in self.verdicts.get(&symbol).into_iter().flatten() {
                judged = true;
                if !edits.contains(edit) {
                    edits.push(edit.clone());
                }
            }
        }
        if !judged {
            return;
        }
        let gone: Vec<(usize, usize)> = edits.iter().map(|edit| (edit.start, edit.end)).collect();
        for binding in pattern.get_binding_identifiers() {
            let Some(symbol) = binding.symbol_id.get() else {
                continue;
            };
            let whole = matches!(pattern, BindingPattern::BindingIdentifier(_));
            for one in self.source.uses.get(&symbol).into_iter().flatten() {
                let (start, end) = crate::mutate::syntax::range(one.span);
                if gone.iter().any(|(from, to)| *from <= start && end <= *to) {
                    continue;
                }
                match (whole, one.members.first()) {
                    (true, Some(member)) if member.name.as_deref() == Some("data") => take(member.span, &mut edits),
                    (false, _) if binding.name == "data" => take(one.span, &mut edits),
                    _ => {}
                }
            }
        }
        if replaced {
            let site = self
                .source
                .site(Class::ParseVerdict, "ignored", declaration.span, edits);
            self.sites.push(site);
        }
    }
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.depth += 1;
        walk::walk_function(self, function, flags);
        self.depth -= 1;
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.depth += 1;
        walk::walk_arrow_function_expression(self, function);
        self.depth -= 1;
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        if let [one] = declaration.declarations.as_slice()
            && let Some(init) = &one.init
            && let Some(call) = call_of(init)
            && let Some(throws) = parses(call)
            && let Some(value) = argument(call, 0)
            && self.depth > 0
            && self.is_local(value)
        {
            let raw = self.source.slice(value.span());
            if throws {
                let text = format!(
                    "{}; {} {} = {raw};",
                    self.source.slice(init.span()),
                    declaration.kind.as_str(),
                    self.source.slice(one.id.span())
                );
                let edits = vec![replace(declaration.span, text)];
                self.sites
                    .push(self.source.site(Class::Parse, "result unused", declaration.span, edits));
            } else {
                self.ignore_verdict(declaration, &one.id, raw);
            }
        }
        walk::walk_variable_declaration(self, declaration);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if parses(call) == Some(true)
            && let Some(value) = argument(call, 0)
            && self.depth > 0
            && self.is_local(value)
            && within(value.span(), call.span)
        {
            let edits = vec![replace(call.span, format!("({})", self.source.slice(value.span())))];
            self.sites
                .push(self.source.site(Class::Parse, "removed", call.span, edits));
        }
        walk::walk_call_expression(self, call);
    }
}

//! The caller in a query's condition: dropped, or replaced by an id that the client sends.

use oxc_ast::ast::{
    ArrowFunctionExpression, CallExpression, Expression, FormalParameters, Function, ObjectExpression, ObjectProperty,
    ObjectPropertyKind, Program,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan as _, Span};
use oxc_syntax::scope::ScopeFlags;

use super::Source;
use crate::mutate::mutant::{Class, Edit, Site};
use crate::mutate::syntax::{
    argument, bare_span, call_of, callee_name, has_word, is_typed, member_of, mentioned, range, replace, within,
};

pub(super) fn find(source: &Source<'_>, program: &Program<'_>, sites: &mut Vec<Site>) {
    let mut finder = Finder {
        source,
        functions: Vec::new(),
        calls: Vec::new(),
        sites,
    };
    finder.visit_program(program);
}

struct Finder<'tree> {
    source: &'tree Source<'tree>,
    /// The functions around: their spans, and where another parameter may be put, and how.
    functions: Vec<(Span, Option<Edit>)>,
    /// The calls around, those of a chain among them: whether each names something of the client.
    calls: Vec<(Span, bool)>,
    sites: &'tree mut Vec<Site>,
}

/// The parameter that stands for what the client claims.
const CLAIMED: &str = "claimedId";

impl Finder<'_> {
    /// Whether an expression names something that is neither the caller's nor fixed.
    fn is_chosen(&self, expression: &Expression<'_>) -> bool {
        let scoping = self.source.scoping;
        mentioned(expression, scoping).into_iter().any(|symbol| {
            !self.source.roles.identity.contains(&symbol) && scoping.symbol_scope_id(symbol) != scoping.root_scope_id()
        })
    }

    fn names_caller(&self, expression: &Expression<'_>) -> bool {
        self.source.roles.names_caller(expression, self.source.scoping)
    }

    fn condition(&mut self, condition: &ObjectExpression<'_>) {
        let properties: Vec<&ObjectPropertyKind<'_>> = condition.properties.iter().collect();
        let plain = |kind: &ObjectPropertyKind<'_>| match kind {
            ObjectPropertyKind::ObjectProperty(property) => Some(property.value.span()),
            ObjectPropertyKind::SpreadProperty(_) => None,
        };
        let chosen = properties.iter().any(|kind| match kind {
            ObjectPropertyKind::ObjectProperty(one) => !self.names_caller(&one.value) && self.is_chosen(&one.value),
            ObjectPropertyKind::SpreadProperty(_) => false,
        });
        if !chosen {
            return;
        }
        for (position, kind) in properties.iter().enumerate() {
            let ObjectPropertyKind::ObjectProperty(property) = kind else {
                continue;
            };
            if plain(kind).is_none() || !self.names_caller(&property.value) {
                continue;
            }
            let next = properties.get(position + 1).map(|one| one.span().start);
            let before = position
                .checked_sub(1)
                .and_then(|one| properties.get(one))
                .map(|one| one.span().end);
            let span = match (next, before) {
                (Some(next), _) => Span::new(property.span.start, next),
                (None, Some(before)) => Span::new(before, property.span.end),
                (None, None) => continue,
            };
            let edits = vec![replace(span, "")];
            self.sites.push(
                self.source
                    .site(Class::OwnerPredicate, "in an object", property.span, edits),
            );
            self.claimed(property, "condition");
        }
    }

    /// The caller's id in a property, for one that the client sends.
    fn claimed(&mut self, property: &ObjectProperty<'_>, form: &'static str) {
        if !self.source.roles.is_caller(&property.value, self.source.scoping) {
            return;
        }
        let edit = if property.shorthand {
            replace(
                property.span,
                format!("{}: {CLAIMED}", self.source.slice(property.key.span())),
            )
        } else {
            replace(bare_span(&property.value), CLAIMED)
        };
        self.claim(property.span, edit, form);
    }

    fn claim(&mut self, at: Span, edit: Edit, form: &'static str) {
        let door = self.functions.iter().find(|(span, _)| self.source.doors.contains(span));
        if let Some((_, Some(parameter))) = door {
            let edits = vec![edit, parameter.clone()];
            self.sites
                .push(self.source.site(Class::ClientIdentity, form, at, edits));
        }
    }

    fn enter(&mut self, span: Span, parameters: &FormalParameters<'_>) {
        let text = self.source.slice(parameters.span);
        let (_, end) = range(parameters.span);
        let typed = if is_typed(self.source.path) { ": string" } else { "" };
        let inner = text.strip_suffix(')').filter(|_| parameters.rest.is_none());
        let edit = inner.map(|inner| Edit {
            start: end - 1,
            end: end - 1,
            text: if inner.trim_end().ends_with([',', '(']) {
                format!("{CLAIMED}{typed}")
            } else {
                format!(", {CLAIMED}{typed}")
            },
        });
        self.functions.push((span, edit));
    }

    /// `and(a, eq(t.userId, user.id))`.
    fn conjunction(&mut self, call: &CallExpression<'_>) {
        let arguments: Vec<&Expression<'_>> = (0..call.arguments.len()).filter_map(|at| argument(call, at)).collect();
        // Only an equality picks a row.
        let picks = |one: &Expression<'_>| {
            let name = call_of(one).and_then(callee_name);
            name.is_some_and(|name| matches!(name, "eq" | "inArray"))
        };
        let chosen = arguments
            .iter()
            .any(|one| picks(one) && !self.names_caller(one) && self.is_chosen(one));
        if arguments.len() != call.arguments.len() || !chosen {
            return;
        }
        for (position, one) in arguments.iter().enumerate() {
            if !self.names_caller(one) {
                continue;
            }
            let next = arguments.get(position + 1).map(|next| next.span().start);
            let before = position
                .checked_sub(1)
                .and_then(|at| arguments.get(at))
                .map(|before| before.span().end);
            let span = match (next, before) {
                (Some(next), _) => Span::new(one.span().start, next),
                (None, Some(before)) => Span::new(before, one.span().end),
                (None, None) => continue,
            };
            let edits = vec![replace(span, "")];
            self.sites
                .push(self.source.site(Class::OwnerPredicate, "in `and`", one.span(), edits));
            if let Some(value) = call_of(one).and_then(|compared| argument(compared, 1))
                && self.source.roles.is_caller(value, self.source.scoping)
            {
                self.claim(one.span(), replace(bare_span(value), CLAIMED), "condition");
            }
        }
    }

    /// `.eq('user_id', user.id)`, with another one that the client fills.
    fn link(&mut self, call: &CallExpression<'_>) {
        let (Some(value), Some((object, _))) = (argument(call, 1), member_of(&call.callee)) else {
            return;
        };
        if !self.names_caller(value) {
            return;
        }
        let mut chosen = self
            .calls
            .iter()
            .any(|(span, chosen)| *chosen && within(call.span, *span) && *span != call.span);
        let mut at = object;
        while let Some(inner) = call_of(at) {
            let filters = callee_name(inner) == Some("eq");
            chosen |= filters && argument(inner, 1).is_some_and(|one| !self.names_caller(one) && self.is_chosen(one));
            match member_of(&inner.callee) {
                Some((next, _)) => at = next,
                None => break,
            }
        }
        if chosen {
            let edits = vec![replace(Span::new(object.span().end, call.span.end), "")];
            self.sites
                .push(self.source.site(Class::OwnerPredicate, "in a chain", call.span, edits));
            if self.source.roles.is_caller(value, self.source.scoping) {
                self.claim(call.span, replace(bare_span(value), CLAIMED), "condition in a chain");
            }
        }
    }
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.enter(function.span, &function.params);
        walk::walk_function(self, function, flags);
        self.functions.pop();
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.enter(function.span, &function.params);
        walk::walk_arrow_function_expression(self, function);
        self.functions.pop();
    }

    fn visit_object_property(&mut self, property: &ObjectProperty<'a>) {
        let key = property.key.static_name();
        match (key.as_deref(), &property.value) {
            (Some("where"), Expression::ObjectExpression(condition)) => self.condition(condition),
            (Some("data" | "values"), Expression::ObjectExpression(data)) => self.data(data),
            _ => {}
        }
        walk::walk_object_property(self, property);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let filled = callee_name(call) == Some("eq")
            && argument(call, 1).is_some_and(|one| !self.names_caller(one) && self.is_chosen(one));
        self.calls.push((call.span, filled));
        let first = argument(call, 0);
        match (callee_name(call), first) {
            (Some("and"), _) => self.conjunction(call),
            (Some("eq"), Some(Expression::StringLiteral(_))) => self.link(call),
            (Some("values" | "insert"), Some(Expression::ObjectExpression(data))) => self.data(data),
            (Some(name), Some(Expression::ObjectExpression(condition)))
                if has_word(name, &["find", "delete", "update", "count"]) =>
            {
                let is_options = condition.properties.iter().any(|kind| match kind {
                    ObjectPropertyKind::ObjectProperty(one) => one.key.static_name().is_some_and(|key| {
                        matches!(
                            &*key,
                            "where" | "select" | "data" | "columns" | "include" | "with" | "orderBy"
                        )
                    }),
                    ObjectPropertyKind::SpreadProperty(_) => true,
                });
                if !is_options && member_of(&call.callee).is_some() {
                    self.condition(condition);
                }
            }
            _ => {}
        }
        walk::walk_call_expression(self, call);
        self.calls.pop();
    }
}

impl Finder<'_> {
    /// Whose a new row is.
    fn data(&mut self, data: &ObjectExpression<'_>) {
        for kind in &data.properties {
            if let ObjectPropertyKind::ObjectProperty(property) = kind
                && property
                    .key
                    .static_name()
                    .is_some_and(|key| has_word(&key, &["user", "owner", "author", "creator"]))
            {
                self.claimed(property, "data");
            }
        }
    }
}

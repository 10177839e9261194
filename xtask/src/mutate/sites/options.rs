//! What a wrapper or builder is told: a role, a schema, or the wrapper itself.

use oxc_ast::ast::{CallExpression, Expression, ObjectExpression, ObjectPropertyKind, Program};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan as _, Span};

use super::Source;
use crate::mutate::mutant::{Class, Site};
use crate::mutate::syntax::{argument, bare, callee_name, callee_path, has_word, replace};

pub(super) fn find(source: &Source<'_>, program: &Program<'_>, sites: &mut Vec<Site>) {
    let has_zod = source
        .scoping
        .get_binding(source.scoping.root_scope_id(), "z".into())
        .is_some();
    let mut finder = Finder { source, has_zod, sites };
    finder.visit_program(program);
}

struct Finder<'tree> {
    source: &'tree Source<'tree>,
    has_zod: bool,
    sites: &'tree mut Vec<Site>,
}

fn is_function(expression: &Expression<'_>) -> bool {
    matches!(
        bare(expression),
        Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_)
    )
}

impl Finder<'_> {
    fn loosen(&mut self, schema: &Expression<'_>, at: Span) {
        let text = self.source.slice(schema.span());
        let says_something = !text.contains("any()") && !text.contains("void()") && !text.contains("undefined()");
        if self.has_zod && says_something && !is_function(schema) {
            let edits = vec![replace(schema.span(), "z.any()")];
            self.sites.push(self.source.site(Class::Schema, "anything", at, edits));
        }
    }

    fn options(&mut self, options: &ObjectExpression<'_>) {
        let properties: Vec<&ObjectPropertyKind<'_>> = options.properties.iter().collect();
        let handles = properties.iter().any(|kind| match kind {
            ObjectPropertyKind::ObjectProperty(one) => {
                let key = one.key.static_name();
                is_function(&one.value)
                    && matches!(key.as_deref(), Some("handler" | "action" | "execute" | "run" | "fn"))
            }
            ObjectPropertyKind::SpreadProperty(_) => false,
        });
        if !handles {
            return;
        }
        for (position, kind) in properties.iter().enumerate() {
            let ObjectPropertyKind::ObjectProperty(one) = kind else {
                continue;
            };
            match one.key.static_name().as_deref() {
                Some("schema" | "inputSchema" | "input") => self.loosen(&one.value, one.span),
                Some("role" | "roles" | "minRole" | "permission" | "permissions") => {
                    let next = properties
                        .get(position + 1)
                        .map_or(one.span.end, |next| next.span().start);
                    let edits = vec![replace(Span::new(one.span.start, next), "")];
                    self.sites
                        .push(self.source.site(Class::RoleCheck, "option", one.span, edits));
                }
                _ => {}
            }
        }
    }
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let name = callee_name(call).unwrap_or_default();
        match (argument(call, 0), argument(call, 1)) {
            (Some(Expression::ObjectExpression(options)), None) => self.options(options),
            (Some(schema), None) if matches!(name, "schema" | "inputSchema" | "input") => {
                let path = callee_path(call);
                let builds = path
                    .first()
                    .is_some_and(|first| has_word(first, &["action", "client", "procedure"]));
                if builds {
                    self.loosen(schema, call.span);
                }
            }
            (Some(schema), Some(handler))
                if is_function(handler) && has_word(name, &["action", "validated", "validate"]) =>
            {
                if matches!(bare(schema), Expression::Identifier(_) | Expression::CallExpression(_)) {
                    self.loosen(schema, schema.span());
                }
            }
            _ => {}
        }
        let last = call.arguments.len().checked_sub(1).and_then(|at| argument(call, at));
        if let Some(handler) = last
            && is_function(handler)
            && matches!(&call.callee, Expression::Identifier(_))
            && has_word(name, &["auth", "authenticated", "protected", "session", "user"])
            && has_word(name, &["with", "action", "protected", "authenticated", "wrap"])
        {
            // In two parts, so that what else stands in the handler can be taken away as well.
            let edits = vec![
                replace(Span::new(call.span.start, handler.span().start), ""),
                replace(Span::new(handler.span().end, call.span.end), ""),
            ];
            self.sites
                .push(self.source.site(Class::GuardCall, "unwrapped", call.span, edits));
        }
        walk::walk_call_expression(self, call);
    }
}

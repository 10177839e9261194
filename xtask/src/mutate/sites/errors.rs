//! What is said when something fails: the fixed text of a `catch` is replaced by the error's own.

use oxc_ast::ast::{
    ArrowFunctionExpression, BindingPattern, CallExpression, Expression, Function, ObjectProperty, Program, Statement,
    TryStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan as _, Span};
use oxc_syntax::scope::ScopeFlags;

use super::Source;
use crate::mutate::mutant::{Class, Edit, Site};
use crate::mutate::syntax::{bare, is_typed, range, replace};

pub(super) fn find(source: &Source<'_>, program: &Program<'_>, sites: &mut Vec<Site>) {
    let mut finder = Finder {
        source,
        depth: 0,
        sites,
    };
    finder.visit_program(program);
}

struct Finder<'tree> {
    source: &'tree Source<'tree>,
    depth: usize,
    sites: &'tree mut Vec<Site>,
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

    fn visit_try_statement(&mut self, statement: &TryStatement<'a>) {
        // A wrapper's own function gives one back that is the endpoint.
        if (1..=2).contains(&self.depth)
            && let Some(handler) = &statement.handler
            && does_something(self.source.slice(statement.block.span))
        {
            let (name, mut edits) = match &handler.param {
                None => {
                    let (start, _) = range(handler.span);
                    let at = start + "catch".len();
                    let edit = Edit {
                        start: at,
                        end: at,
                        text: " (caught)".to_owned(),
                    };
                    (Some("caught"), vec![edit])
                }
                Some(param) => match &param.pattern {
                    BindingPattern::BindingIdentifier(name) => (Some(name.name.as_str()), Vec::new()),
                    _ => (None, Vec::new()),
                },
            };
            let returned = handler.body.body.iter().find_map(|one| match one {
                Statement::ReturnStatement(statement) => statement.argument.as_ref(),
                _ => None,
            });
            if let (Some(name), Some(span)) = (name, returned.and_then(text_of)) {
                let message = if is_typed(self.source.path) {
                    format!("({name} as Error).message")
                } else {
                    format!("{name}.message")
                };
                edits.push(replace(span, message));
                let mut site = self.source.site(Class::ErrorText, "in `catch`", handler.span, edits);
                site.only_outermost = true;
                self.sites.push(site);
            }
        }
        walk::walk_try_statement(self, statement);
    }
}

fn does_something(block: &str) -> bool {
    block.contains("await ")
}

/// The first fixed text that a returned value says to somebody.
fn text_of(value: &Expression<'_>) -> Option<Span> {
    #[derive(Default)]
    struct Texts(Option<Span>);
    impl<'a> Visit<'a> for Texts {
        fn visit_object_property(&mut self, property: &ObjectProperty<'a>) {
            let key = property.key.static_name();
            let tells = key.is_some_and(|key| {
                matches!(
                    &*key,
                    "error" | "message" | "msg" | "errors" | "formError" | "serverError" | "reason" | "_form"
                )
            });
            if tells {
                self.take(&property.value);
            }
            walk::walk_object_property(self, property);
        }

        fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
            if let (Expression::Identifier(_), Some(first)) = (&call.callee, crate::mutate::syntax::argument(call, 0)) {
                self.take(first);
            }
            walk::walk_call_expression(self, call);
        }
    }
    impl Texts {
        fn take(&mut self, value: &Expression<'_>) {
            let is_text = match bare(value) {
                Expression::StringLiteral(text) => text.value.contains(' '),
                Expression::TemplateLiteral(text) => text.expressions.is_empty(),
                _ => false,
            };
            if is_text && self.0.is_none() {
                self.0 = Some(value.span());
            }
        }
    }
    let mut texts = Texts::default();
    texts.visit_expression(value);
    texts.0
}

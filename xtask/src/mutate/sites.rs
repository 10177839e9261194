//! Where in a file a protection can be taken away: one module a kind of place.

mod calls;
mod checks;
pub(in crate::mutate) use checks::kind_of;
mod errors;
mod options;
mod output;
mod owner;
mod values;

use std::collections::BTreeMap;

use oxc_ast::ast::{Declaration, Expression, Program, Statement};
use oxc_semantic::{Scoping, SymbolId};
use oxc_span::{GetSpan as _, Span};
use portcullis_model::Protection;

use super::mutant::{Class, Edit, Site};
use super::roles::Roles;
use super::syntax;

/// A file as the finders see it.
#[derive(Debug)]
pub(super) struct Source<'tree> {
    pub(super) path: &'tree str,
    pub(super) text: &'tree str,
    pub(super) scoping: &'tree Scoping,
    pub(super) roles: &'tree Roles,
    /// The functions that are called from outside.
    pub(super) doors: &'tree [Span],
    /// How each name is used.
    pub(super) uses: &'tree BTreeMap<SymbolId, Vec<super::uses::Use>>,
}

impl Source<'_> {
    pub(super) fn slice(&self, span: Span) -> &str {
        syntax::slice(self.text, span)
    }

    /// A site of this file.
    pub(super) fn site(&self, class: Class, form: &'static str, at: Span, edits: Vec<Edit>) -> Site {
        Site {
            class,
            protection: class.protection(),
            form,
            path: self.path.to_owned(),
            at: syntax::range(at).0,
            edits,
            new_file: None,
            only_outermost: false,
            whole_file: false,
            only_together: false,
        }
    }

    /// The same, where the class does not say what is lost.
    pub(super) fn site_of(
        &self,
        class: Class,
        protection: Protection,
        form: &'static str,
        at: Span,
        edits: Vec<Edit>,
    ) -> Site {
        Site {
            protection: Some(protection),
            ..self.site(class, form, at, edits)
        }
    }
}

/// Every site of a file.
pub(super) fn find(source: &Source<'_>, program: &Program<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    checks::find(source, program, &mut sites);
    calls::find(source, program, &mut sites);
    owner::find(source, program, &mut sites);
    values::find(source, program, &mut sites);
    options::find(source, program, &mut sites);
    output::find(source, program, &mut sites);
    errors::find(source, program, &mut sites);
    sites
}

/// The functions that a file exports directly, without a call around them.
pub(super) fn direct_functions(program: &Program<'_>) -> Vec<Span> {
    let mut spans = Vec::new();
    for statement in &program.body {
        let declaration = match statement {
            Statement::ExportDeclaration(export) => &export.declaration,
            Statement::ExportDefaultDeclaration(export) => {
                spans.push(export.declaration.span());
                continue;
            }
            _ => continue,
        };
        match declaration {
            Declaration::FunctionDeclaration(function) => spans.push(function.span),
            Declaration::VariableDeclaration(variables) => {
                for init in variables.declarations.iter().filter_map(|one| one.init.as_ref()) {
                    let init = syntax::bare(init);
                    if matches!(
                        init,
                        Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_)
                    ) {
                        spans.push(init.span());
                    }
                }
            }
            _ => {}
        }
    }
    spans
}

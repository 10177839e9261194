//! Questions about a syntax tree that every kind of mutant asks: what stands below casts and parentheses, whose name
//! a call has, where a chain of members begins.

use oxc_allocator::Allocator;
use oxc_ast::ast::{Argument, CallExpression, ChainElement, Expression, IdentifierReference, Program, Statement};
use oxc_ast_visit::Visit;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{Scoping, SemanticBuilder, SymbolId};
use oxc_span::{GetSpan as _, SourceType, Span};

use super::mutant::Edit;

/// Parses a file and hands its tree and names out; nothing if it does not parse.
pub(super) fn with_tree<T>(path: &str, text: &str, then: impl FnOnce(&Program<'_>, &Scoping) -> T) -> Option<T> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, source_type(path))
        .with_options(ParseOptions {
            allow_return_outside_function: true,
            ..ParseOptions::default()
        })
        .parse();
    if parsed.panicked || !parsed.diagnostics.is_empty() {
        return None;
    }
    let built = SemanticBuilder::new()
        .with_check_syntax_error(true)
        .build(&parsed.program);
    built
        .diagnostics
        .is_empty()
        .then(|| then(&parsed.program, built.semantic.scoping()))
}

/// Whether a text is a program, its early errors included.
pub(super) fn parses(path: &str, text: &str) -> bool {
    with_tree(path, text, |_, _| ()).is_some()
}

/// Whether a file may carry types.
pub(super) fn is_typed(path: &str) -> bool {
    matches!(path.rsplit('.').next(), Some("ts" | "tsx" | "mts" | "cts"))
}

fn source_type(path: &str) -> SourceType {
    match path.rsplit('.').next().unwrap_or_default() {
        "ts" | "mts" | "cts" => SourceType::ts(),
        "tsx" => SourceType::tsx(),
        _ => SourceType::mjs().with_jsx(true),
    }
}

/// The bytes of a span.
pub(super) fn range(span: Span) -> (usize, usize) {
    let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    (at(span.start), at(span.end))
}

/// A span's text.
pub(super) fn slice(text: &str, span: Span) -> &str {
    let (start, end) = range(span);
    text.get(start..end).unwrap_or_default()
}

/// An edit that puts `text` in the place of a span.
pub(super) fn replace(span: Span, text: impl Into<String>) -> Edit {
    let (start, end) = range(span);
    Edit {
        start,
        end,
        text: text.into(),
    }
}

/// What stands below parentheses, casts and `await`.
pub(super) fn strip<'tree, 'a>(mut expression: &'tree Expression<'a>) -> &'tree Expression<'a> {
    loop {
        expression = match expression {
            Expression::AwaitExpression(one) => &one.argument,
            other => match uncast(other) {
                Some(below) => below,
                None => return other,
            },
        };
    }
}

/// What stands below parentheses and casts; `await` stays.
pub(super) fn bare<'tree, 'a>(mut expression: &'tree Expression<'a>) -> &'tree Expression<'a> {
    while let Some(below) = uncast(expression) {
        expression = below;
    }
    expression
}

fn uncast<'tree, 'a>(expression: &'tree Expression<'a>) -> Option<&'tree Expression<'a>> {
    Some(match expression {
        Expression::ParenthesizedExpression(one) => &one.expression,
        Expression::TSAsExpression(one) => &one.expression,
        Expression::TSNonNullExpression(one) => &one.expression,
        Expression::TSSatisfiesExpression(one) => &one.expression,
        Expression::TSTypeAssertion(one) => &one.expression,
        _ => return None,
    })
}

/// The call that an expression is, with or without `?.`.
pub(super) fn call_of<'tree, 'a>(expression: &'tree Expression<'a>) -> Option<&'tree CallExpression<'a>> {
    match strip(expression) {
        Expression::CallExpression(call) => Some(call),
        Expression::ChainExpression(chain) => match &chain.expression {
            ChainElement::CallExpression(call) => Some(call),
            _ => None,
        },
        _ => None,
    }
}

/// The object and the name of a member access.
pub(super) fn member_of<'tree, 'a>(
    expression: &'tree Expression<'a>,
) -> Option<(&'tree Expression<'a>, Option<&'tree str>)> {
    match strip(expression) {
        Expression::StaticMemberExpression(member) => Some((&member.object, Some(member.property.name.as_str()))),
        Expression::ComputedMemberExpression(member) => Some((&member.object, None)),
        Expression::ChainExpression(chain) => match &chain.expression {
            ChainElement::StaticMemberExpression(member) => Some((&member.object, Some(member.property.name.as_str()))),
            ChainElement::ComputedMemberExpression(member) => Some((&member.object, None)),
            ChainElement::TSNonNullExpression(one) => member_of(&one.expression),
            _ => None,
        },
        _ => None,
    }
}

/// The name where a chain of members begins, and how many members follow.
pub(super) fn root<'tree, 'a>(expression: &'tree Expression<'a>) -> Option<(&'tree IdentifierReference<'a>, usize)> {
    if let Expression::Identifier(identifier) = strip(expression) {
        return Some((identifier, 0));
    }
    let (object, _) = member_of(expression)?;
    let (identifier, members) = root(object)?;
    Some((identifier, members + 1))
}

/// The last name of what is called: `getUser` of `supabase.auth.getUser()`.
pub(super) fn callee_name<'tree>(call: &'tree CallExpression<'_>) -> Option<&'tree str> {
    match strip(&call.callee) {
        Expression::Identifier(identifier) => Some(identifier.name.as_str()),
        other => member_of(other)?.1,
    }
}

/// Every name of what is called, the first one first: `supabase`, `auth`, `getUser`.
pub(super) fn callee_path<'tree>(call: &'tree CallExpression<'_>) -> Vec<&'tree str> {
    let mut names = Vec::new();
    let mut at = &call.callee;
    loop {
        if let Expression::Identifier(identifier) = strip(at) {
            names.push(identifier.name.as_str());
        } else if let Some((object, name)) = member_of(at) {
            names.extend(name);
            at = object;
            continue;
        } else if let Some(inner) = call_of(at) {
            names.extend(callee_path(inner).into_iter().rev());
        }
        names.reverse();
        return names;
    }
}

/// A plain argument.
pub(super) fn argument<'tree, 'a>(call: &'tree CallExpression<'a>, position: usize) -> Option<&'tree Expression<'a>> {
    call.arguments.get(position).and_then(Argument::as_expression)
}

/// The words of a name, in lower case: `getCurrentUser` is `get`, `current`, `user`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut after_upper = true;
    for character in name.chars() {
        let starts = character.is_uppercase() && !after_upper;
        if !character.is_alphanumeric() {
            words.push(String::new());
        } else if starts || words.is_empty() {
            words.push(character.to_lowercase().collect());
        } else if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase());
        }
        after_upper = character.is_uppercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a name has one of these words.
pub(super) fn has_word(name: &str, wanted: &[&str]) -> bool {
    words(name).iter().any(|word| wanted.contains(&word.as_str()))
}

/// The symbols that an expression, or a part of it, names.
pub(super) fn mentioned(expression: &Expression<'_>, scoping: &Scoping) -> Vec<SymbolId> {
    struct Mentions<'tree> {
        scoping: &'tree Scoping,
        symbols: Vec<SymbolId>,
    }
    impl<'a> Visit<'a> for Mentions<'_> {
        fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
            self.symbols.extend(symbol(identifier, self.scoping));
        }
    }
    let mut mentions = Mentions {
        scoping,
        symbols: Vec::new(),
    };
    mentions.visit_expression(expression);
    mentions.symbols
}

/// What a name means.
pub(super) fn symbol(identifier: &IdentifierReference<'_>, scoping: &Scoping) -> Option<SymbolId> {
    scoping.get_reference(identifier.reference_id.get()?).symbol_id()
}

/// The parts of `a || b || c`.
pub(super) fn disjuncts<'tree, 'a>(test: &'tree Expression<'a>) -> Vec<&'tree Expression<'a>> {
    match bare(test) {
        Expression::LogicalExpression(or) if or.operator.is_or() => {
            let mut parts = disjuncts(&or.left);
            parts.extend(disjuncts(&or.right));
            parts
        }
        _ => vec![test],
    }
}

/// Whether nothing behind a statement runs.
pub(super) fn exits(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ReturnStatement(_) | Statement::ThrowStatement(_) => true,
        Statement::BlockStatement(block) => block.body.last().is_some_and(exits),
        Statement::ExpressionStatement(statement) => {
            call_of(&statement.expression)
                .and_then(callee_name)
                .is_some_and(|name| {
                    matches!(
                        name,
                        "redirect" | "permanentRedirect" | "notFound" | "forbidden" | "unauthorized"
                    )
                })
        }
        _ => false,
    }
}

/// Whether a span lies in another one.
pub(super) fn within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// The span of an expression, without what [`bare`] takes away.
pub(super) fn bare_span(expression: &Expression<'_>) -> Span {
    bare(expression).span()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_words() {
        assert_eq!(words("getCurrentUser"), ["get", "current", "user"]);
        assert_eq!(words("user_id"), ["user", "id"]);
        assert_eq!(words("requireURLAdmin"), ["require", "urladmin"]);
    }

    #[test]
    fn a_program_with_early_errors_does_not_parse() {
        assert!(parses("a.ts", "const a: number = 1;"));
        assert!(!parses("a.ts", "const a = 1; const a = 2;"));
        assert!(!parses("a.js", "const a: number = 1;"));
    }
}

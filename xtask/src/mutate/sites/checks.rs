//! `if (x) return`: the verdict on a session, a role, an owner or a limiter. It is taken out, turned round, or its
//! consequence is; of `a || b` only the part that decides is.
//!
//! What a missing session would throw at later (`session.user.id`) is made tolerant in the same stroke, as a type checker
//! asks for when the check is gone: a crash that protects by accident is no protection.

use std::collections::{BTreeMap, BTreeSet};

use oxc_ast::ast::{
    ArrowFunctionExpression, Expression, Function, IfStatement, Program, UnaryOperator, VariableDeclaration,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::SymbolId;
use oxc_span::{GetSpan as _, Span};
use oxc_syntax::scope::ScopeFlags;

use super::Source;
use crate::mutate::mutant::{Class, Edit, Site};
use crate::mutate::roles::{Kind, asks_limiter, asks_who, decides};
use crate::mutate::syntax::{
    bare, call_of, disjuncts, exits, has_word, member_of, mentioned, replace, root, strip, symbol,
};

pub(super) fn find(source: &Source<'_>, program: &Program<'_>, sites: &mut Vec<Site>) {
    let mut declared = Declared::default();
    declared.visit_program(program);
    let known = sites.len();
    let mut finder = Finder {
        source,
        counted: Vec::new(),
        declared: declared.0,
        functions: Vec::new(),
        verdicts: Vec::new(),
        sites,
    };
    // The first time counts verdicts only.
    finder.visit_program(program);
    finder.sites.truncate(known);
    finder.verdicts = std::mem::take(&mut finder.counted);
    finder.visit_program(program);
}

/// The statement that declares a name, if it declares nothing else.
#[derive(Default)]
struct Declared(BTreeMap<SymbolId, Span>);

impl<'a> Visit<'a> for Declared {
    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        if let [one] = declaration.declarations.as_slice() {
            for binding in one.id.get_binding_identifiers() {
                if let Some(symbol) = binding.symbol_id.get() {
                    self.0.insert(symbol, declaration.span);
                }
            }
        }
        walk::walk_variable_declaration(self, declaration);
    }
}

struct Finder<'tree> {
    source: &'tree Source<'tree>,
    declared: BTreeMap<SymbolId, Span>,
    functions: Vec<Span>,
    /// The outermost function around each verdict on a session.
    verdicts: Vec<Span>,
    counted: Vec<Span>,
    sites: &'tree mut Vec<Site>,
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.functions.push(function.span);
        walk::walk_function(self, function, flags);
        self.functions.pop();
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.functions.push(function.span);
        walk::walk_arrow_function_expression(self, function);
        self.functions.pop();
    }

    fn visit_if_statement(&mut self, statement: &IfStatement<'a>) {
        if statement.alternate.is_none() && exits(&statement.consequent) {
            self.judge(statement);
        }
        walk::walk_if_statement(self, statement);
    }
}

/// The class of a removed verdict.
fn class(kind: Kind) -> Option<Class> {
    Some(match kind {
        Kind::Session => Class::GuardVerdict,
        Kind::Role => Class::RoleCheck,
        Kind::Owner => Class::OwnerCheck,
        Kind::Limit => Class::LimiterVerdict,
        Kind::Parsed => return None,
    })
}

impl Finder<'_> {
    fn judge(&mut self, statement: &IfStatement<'_>) {
        let parts = disjuncts(&statement.test);
        let kinds: Vec<Option<Kind>> = parts.iter().map(|part| kind_of(self.source, part)).collect();
        let distinct: BTreeSet<Kind> = kinds.iter().copied().flatten().collect();
        if distinct.contains(&Kind::Session) {
            self.counted.extend(self.functions.first());
        }
        for kind in distinct {
            let Some(class) = class(kind) else { continue };
            let is_this = |found: &Option<Kind>| *found == Some(kind);
            let gone: Vec<&Expression<'_>> = pick(&parts, &kinds, &is_this);
            let left: Vec<&Expression<'_>> = pick(&parts, &kinds, &|found| !is_this(found));
            self.remove(class, statement, &gone, &left);
            if !left.is_empty() && kinds.iter().all(Option::is_some) {
                let mut site = self
                    .source
                    .site(class, "whole", statement.span, vec![replace(statement.span, ";")]);
                site.only_together = true;
                self.sites.push(site);
            }
            self.forget_await(class, &gone);
            if kind == Kind::Limit && left.is_empty() {
                self.remove_limiter(statement, &gone);
            }
        }
    }

    fn remove(
        &mut self,
        class: Class,
        statement: &IfStatement<'_>,
        gone: &[&Expression<'_>],
        left: &[&Expression<'_>],
    ) {
        // A helper that gives the session back gives nothing then, and whoever called it fails at that.
        let in_helper = match self.functions.as_slice() {
            [] => true,
            [one] => !self.source.doors.contains(one),
            // What a wrapper hands on is nothing then, and its handler fails at that.
            _ => true,
        };
        // Somebody else is refused by the next one.
        let again = self
            .verdicts
            .iter()
            .filter(|function| Some(*function) == self.functions.first())
            .count()
            > 1;
        let asked = self.asked(gone);
        let soft = soften(self.source, &asked, statement.span.end);
        let mut put = |form: &'static str, edit: Edit| {
            let mut edits = vec![edit];
            edits.extend(soft.iter().cloned());
            self.sites.push(self.source.site(class, form, statement.span, edits));
        };
        if left.is_empty() {
            put("removed", replace(statement.span, ";"));
            let test = self.source.slice(statement.test.span());
            let strict = asked.iter().any(|symbol| self.source.roles.strict.contains(symbol));
            if class != Class::GuardVerdict || !(in_helper || again || strict) {
                put("inverted", replace(statement.test.span(), format!("!({test})")));
            }
            put("ignored", replace(statement.consequent.span(), "{}"));
        } else {
            let texts: Vec<String> = left
                .iter()
                .map(|part| softened(self.source, &asked, part.span()))
                .collect();
            put("removed", replace(statement.test.span(), texts.join(" || ")));
        }
    }

    /// `!(await allowed())`: a promise is always there.
    fn forget_await(&mut self, class: Class, gone: &[&Expression<'_>]) {
        for part in gone {
            let Expression::UnaryExpression(not) = bare(part) else {
                continue;
            };
            if not.operator != UnaryOperator::LogicalNot {
                continue;
            }
            if let Expression::AwaitExpression(waits) = bare(&not.argument)
                && call_of(&waits.argument).is_some()
            {
                let edit = replace(Span::new(waits.span.start, waits.argument.span().start), "");
                let Some(protection) = class.protection() else { continue };
                self.sites.push(self.source.site_of(
                    Class::GuardAwait,
                    protection,
                    "in a condition",
                    waits.span,
                    vec![edit],
                ));
            }
        }
    }

    fn remove_limiter(&mut self, statement: &IfStatement<'_>, gone: &[&Expression<'_>]) {
        let mut edits = vec![replace(statement.span, ";")];
        for symbol in gone.iter().flat_map(|part| mentioned(part, self.source.scoping)) {
            if !self.source.roles.limit.contains(&symbol) {
                continue;
            }
            let Some(declaration) = self.declared.get(&symbol) else {
                return;
            };
            let used_elsewhere = self
                .source
                .uses
                .get(&symbol)
                .into_iter()
                .flatten()
                .any(|one| one.span.start < statement.span.start || one.span.end > statement.span.end);
            if used_elsewhere {
                return;
            }
            let edit = replace(*declaration, ";");
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
        self.sites.push(
            self.source
                .site(Class::LimiterCall, "with its verdict", statement.span, edits),
        );
    }

    /// What the removed parts ask about.
    fn asked(&self, gone: &[&Expression<'_>]) -> BTreeSet<SymbolId> {
        let roles = self.source.roles;
        let mut asked: BTreeSet<SymbolId> = gone
            .iter()
            .flat_map(|part| mentioned(part, self.source.scoping))
            .filter(|symbol| roles.identity.contains(symbol) || roles.membership.contains(symbol))
            .collect();
        asked = roles.family(&asked);
        asked
    }
}

fn pick<'tree, 'a>(
    parts: &[&'tree Expression<'a>],
    kinds: &[Option<Kind>],
    wanted: &dyn Fn(&Option<Kind>) -> bool,
) -> Vec<&'tree Expression<'a>> {
    let both = parts.iter().zip(kinds);
    both.filter(|(_, kind)| wanted(kind)).map(|(part, _)| *part).collect()
}

/// Edits that let every access to a member of `symbols` behind an offset tolerate that it is not there.
fn soften(source: &Source<'_>, symbols: &BTreeSet<SymbolId>, behind: u32) -> Vec<Edit> {
    let mut edits = Vec::new();
    for one in symbols
        .iter()
        .flat_map(|symbol| source.uses.get(symbol).into_iter().flatten())
    {
        if one.span.start < behind {
            continue;
        }
        edits.extend(one.members.iter().filter_map(|member| dot(source, member)));
        if let Some(init) = one.destructured {
            let end = Span::new(init.end, init.end);
            edits.push(replace(end, " ?? {}"));
        }
    }
    edits
}

/// The text of a span in which these accesses are tolerant.
fn softened(source: &Source<'_>, symbols: &BTreeSet<SymbolId>, span: Span) -> String {
    let mut text = source.slice(span).to_owned();
    let mut dots: Vec<Edit> = symbols
        .iter()
        .flat_map(|symbol| source.uses.get(symbol).into_iter().flatten())
        .filter(|one| span.start <= one.span.start && one.span.end <= span.end)
        .flat_map(|one| one.members.iter().filter_map(|member| dot(source, member)))
        .collect();
    dots.sort();
    let (start, _) = crate::mutate::syntax::range(span);
    for edit in dots.into_iter().rev() {
        let at = edit.start.saturating_sub(start);
        if text.is_char_boundary(at) && at <= text.len() {
            text.insert_str(at, &edit.text);
        }
    }
    text
}

/// `a.b` to `a?.b`, `a[b]` to `a?.[b]`.
fn dot(source: &Source<'_>, member: &crate::mutate::uses::Member) -> Option<Edit> {
    if member.is_optional {
        return None;
    }
    let between = Span::new(member.object.end, member.span.end);
    let text = source.slice(between);
    let (start, _) = crate::mutate::syntax::range(between);
    let skipped = text.len() - text.trim_start().len();
    let put = match text.trim_start().chars().next()? {
        '.' => "?",
        '[' => "?.",
        _ => return None,
    };
    Some(Edit {
        start: start + skipped,
        end: start + skipped,
        text: put.to_owned(),
    })
}

/// What one part of a condition refuses.
pub(in crate::mutate) fn kind_of(source: &Source<'_>, part: &Expression<'_>) -> Option<Kind> {
    match bare(part) {
        Expression::UnaryExpression(not) if not.operator == UnaryOperator::LogicalNot => refused(source, &not.argument),
        Expression::BinaryExpression(compared) if compared.operator.is_equality() || compared.operator.is_compare() => {
            compared_kind(
                source,
                &compared.left,
                &compared.right,
                !compared.operator.is_equality() || compared.operator.as_str().starts_with('!'),
            )
        }
        Expression::LogicalExpression(both) if both.operator.is_and() => {
            let kinds = [kind_of(source, &both.left), kind_of(source, &both.right)];
            // `other && other.id !== user.id`: that something is taken.
            let is_taken = [&both.left, &both.right]
                .iter()
                .any(|side| matches!(bare(side), Expression::Identifier(_)));
            [Kind::Owner, Kind::Role, Kind::Session]
                .into_iter()
                .find(|kind| kinds.contains(&Some(*kind)))
                .filter(|kind| *kind != Kind::Owner || !is_taken)
        }
        Expression::CallExpression(_) | Expression::AwaitExpression(_) => {
            let call = call_of(part)?;
            asks_limiter(call).then_some(Kind::Limit)
        }
        other => {
            let (identifier, members) = root(other)?;
            let symbol = symbol(identifier, source.scoping)?;
            let last = member_of(other)
                .and_then(|(_, name)| name)
                .unwrap_or(identifier.name.as_str());
            let fails = has_word(last, &["error", "errors"]);
            let roles = source.roles;
            if roles.parsed.contains(&symbol) && fails {
                Some(Kind::Parsed)
            } else if roles.limit.contains(&symbol) {
                Some(Kind::Limit)
            } else if roles.identity.contains(&symbol) && fails && members <= 1 {
                Some(Kind::Session)
            } else {
                None
            }
        }
    }
}

/// What `!x` refuses.
fn refused(source: &Source<'_>, argument: &Expression<'_>) -> Option<Kind> {
    let roles = source.roles;
    if let Some(call) = call_of(argument) {
        if asks_who(call) {
            return Some(Kind::Session);
        }
        return decides(call)
            .filter(|kind| {
                *kind != Kind::Owner
                    || call
                        .arguments
                        .iter()
                        .filter_map(|one| one.as_expression())
                        .any(|one| roles.names_caller(one, source.scoping))
            })
            .or_else(|| membership_call(source, call));
    }
    let (identifier, _) = root(strip(argument))?;
    let symbol = symbol(identifier, source.scoping)?;
    let mut at = strip(argument);
    let mut names = Vec::new();
    while let Some((object, name)) = member_of(at) {
        names.extend(name);
        at = object;
    }
    if roles.parsed.contains(&symbol) {
        return Some(Kind::Parsed);
    }
    if roles.limit.contains(&symbol) {
        return Some(Kind::Limit);
    }
    if roles.role.contains(&symbol) || (roles.identity.contains(&symbol) && names.iter().any(|name| is_role(name))) {
        return Some(Kind::Role);
    }
    if roles.membership.contains(&symbol) {
        return Some(Kind::Owner);
    }
    (roles.identity.contains(&symbol) && !roles.tenant.contains(&symbol)).then_some(Kind::Session)
}

/// `getMembership(user.id, document.teamId)`: a lookup of what ties the two.
fn membership_call(source: &Source<'_>, call: &oxc_ast::ast::CallExpression<'_>) -> Option<Kind> {
    let name = crate::mutate::syntax::callee_name(call)?;
    let by_caller = call
        .arguments
        .iter()
        .filter_map(|one| one.as_expression())
        .filter(|one| source.roles.names_caller(one, source.scoping))
        .count();
    (has_word(name, &["member", "membership", "access", "owner", "owns"])
        && by_caller > 0
        && by_caller < call.arguments.len())
    .then_some(Kind::Owner)
}

fn compared_kind(
    source: &Source<'_>,
    left: &Expression<'_>,
    right: &Expression<'_>,
    refuses_others: bool,
) -> Option<Kind> {
    let roles = source.roles;
    let sides = [left, right];
    let is_nothing = |side: &Expression<'_>| {
        matches!(strip(side), Expression::NullLiteral(_))
            || matches!(strip(side), Expression::Identifier(name) if name.name == "undefined")
    };
    let named = |side: &Expression<'_>, set: &BTreeSet<SymbolId>| {
        root(side)
            .and_then(|(name, _)| symbol(name, source.scoping))
            .is_some_and(|one| set.contains(&one))
    };
    for (side, other) in [(left, right), (right, left)] {
        if named(side, &roles.parsed) {
            return Some(Kind::Parsed);
        }
        if named(side, &roles.limit) {
            return Some(Kind::Limit);
        }
        let role = member_of(side).and_then(|(_, name)| name).is_some_and(is_role) || named(side, &roles.role);
        if role && (roles.is_caller(side, source.scoping) || named(side, &roles.role)) && !is_nothing(other) {
            return Some(Kind::Role);
        }
    }
    if sides.iter().any(|side| is_nothing(side)) {
        let known = sides
            .iter()
            .any(|side| roles.is_caller(side, source.scoping) && !named(side, &roles.tenant));
        return known.then_some(Kind::Session);
    }
    let callers = sides
        .iter()
        .filter(|side| roles.is_caller(side, source.scoping))
        .count();
    let names_owner = |side: &Expression<'_>| {
        let name = member_of(side).and_then(|(_, name)| name);
        name.is_some_and(|name| {
            has_word(
                name,
                &["id", "owner", "author", "user", "creator", "email", "uid", "by"],
            )
        })
    };
    let compares_row = sides
        .iter()
        .any(|side| !roles.is_caller(side, source.scoping) && root(side).is_some_and(|(_, members)| members > 0))
        && sides.iter().any(|side| names_owner(side));
    (refuses_others && callers == 1 && compares_row).then_some(Kind::Owner)
}

fn is_role(name: &str) -> bool {
    has_word(name, &["role", "roles", "admin", "permission", "permissions", "staff"])
}

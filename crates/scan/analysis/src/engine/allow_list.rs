//! Lists and patterns that allow: what is left of what the client may have written, once one of them said yes.

use portcullis_model::{FileId, Span};
use portcullis_source::ir::{Argument, Expression, ExpressionKind, Pattern, StatementKind, Symbol, SymbolKind};
use portcullis_source::{Program, Target};

use super::{Here, Run};
use crate::state::State;
use crate::value::{Origin, Value};

impl Run<'_> {
    /// What a call that answers yes has looked at, and what that rules out.
    pub(super) fn allowed<'code>(
        &self,
        here: Here,
        callee: &'code Expression,
        arguments: &'code [Argument],
    ) -> Option<(&'code Expression, u32)> {
        let ExpressionKind::Member { object, property, .. } = &callee.kind else {
            return None;
        };
        let chosen = Origin::RAW | Origin::TEXT | Origin::LEAD;
        let matched = |pattern: &Expression| {
            if self.names_only(here, pattern) {
                chosen
            } else {
                Origin::RAW
            }
        };
        match (&**property, arguments) {
            ("includes" | "has" | "hasOwnProperty", [Argument::Value(path)])
            | ("hasOwn", [_, Argument::Value(path)]) => Some((path, chosen)),
            // `Object.prototype.hasOwnProperty.call(handlers, key)`
            ("call", [_, Argument::Value(path)]) if matches!(&object.kind, ExpressionKind::Member { property, .. } if &**property == "hasOwnProperty") => {
                Some((path, chosen))
            }
            ("test", [Argument::Value(path)]) => Some((path, matched(object))),
            ("match", [Argument::Value(pattern)]) => Some((object, matched(pattern))),
            _ => None,
        }
    }

    /// The argument that a function of the catalog vouches for: `is(input, Post)`, `Value.Check(Post, input)`.
    pub(super) fn vouched<'code>(&self, function: &Value, arguments: &'code [Argument]) -> Option<&'code Expression> {
        let member = match function {
            Value::Member(bound) => bound.member,
            Value::Model(model) => self.shared.catalog.own_member_of(model.type_id, "()")?,
            _ => return None,
        };
        let position = self.shared.catalog.member(member)?.call.as_ref()?.checks?;
        match arguments.get(position)? {
            Argument::Value(path) => Some(path),
            Argument::Spread(_) => None,
        }
    }

    /// The argument that a call which answers yes vouches for, by the catalog.
    pub(super) fn vouched_by<'code>(
        &mut self,
        here: Here,
        callee: &Expression,
        arguments: &'code [Argument],
        state: &State,
    ) -> Option<&'code Expression> {
        let is_plain = match &callee.kind {
            ExpressionKind::Symbol(_) => true,
            ExpressionKind::Member { object, .. } => matches!(object.kind, ExpressionKind::Symbol(_)),
            _ => false,
        };
        if !is_plain || arguments.is_empty() {
            return None;
        }
        let function = self
            .expression(here, callee, Box::new(state.clone()))
            .into_iter()
            .find_map(|(_, outcome)| outcome.ok())?;
        self.vouched(&function, arguments)
    }

    /// Whether an expression is a pattern that matches nothing but names: no dots, slashes, spaces or signs.
    fn names_only(&self, here: Here, pattern: &Expression) -> bool {
        let program = self.shared.program;
        let (file, span) = match &pattern.kind {
            ExpressionKind::Opaque => (here.file, pattern.span),
            ExpressionKind::Symbol(symbol) => match declared_pattern(program, here.file, *symbol) {
                Some(found) => found,
                None => return false,
            },
            _ => return false,
        };
        let range = usize::try_from(span.start).unwrap_or(usize::MAX)..usize::try_from(span.end).unwrap_or(usize::MAX);
        program
            .file(file)
            .and_then(|file| file.text.get(range))
            .is_some_and(matches_names_only)
    }
}

/// The pattern that a constant of a module is, where it stands.
fn declared_pattern(program: &Program, file: FileId, symbol: Symbol) -> Option<(FileId, Span)> {
    let module = program.module(file)?;
    let info = module.symbols.get(usize::try_from(symbol.0).ok()?)?;
    if let SymbolKind::Import(position) = info.kind {
        let import = module.imports.get(usize::try_from(position).ok()?)?;
        return match program.import(file, import) {
            Target::Symbol(file, symbol) => {
                let is_import = program
                    .module(file)
                    .and_then(|module| module.symbols.get(usize::try_from(symbol.0).ok()?))
                    .is_none_or(|info| matches!(info.kind, SymbolKind::Import(_)));
                if is_import {
                    None
                } else {
                    declared_pattern(program, file, symbol)
                }
            }
            _ => None,
        };
    }
    module.body.iter().find_map(|statement| match &statement.kind {
        StatementKind::Declare(Pattern::Symbol(own, _), Some(value))
            if *own == symbol && matches!(value.kind, ExpressionKind::Opaque) =>
        {
            Some((file, value.span))
        }
        _ => None,
    })
}

/// Whether the text of a regular expression matches whole texts of letters, digits, `-`, `_` and single fixed dots.
fn matches_names_only(text: &str) -> bool {
    let Some((body, flags)) = text
        .strip_prefix("/^")
        .and_then(|rest| rest.rsplit_once('/'))
        .and_then(|(body, flags)| Some((body.strip_suffix('$')?, flags)))
    else {
        return false;
    };
    let mut in_class = false;
    let mut depth = 0_u32;
    let mut before = ' ';
    let mut characters = body.chars();
    while let Some(character) = characters.next() {
        let is_fine = match character {
            '\\' => matches!(characters.next(), Some(escaped) if matches!(escaped, 'w' | 'd' | '-' | '_')
                || escaped == '.' && !in_class),
            '[' if !in_class => {
                in_class = true;
                true
            }
            ']' if in_class => {
                in_class = false;
                true
            }
            '(' if !in_class => {
                depth += 1;
                true
            }
            ')' if !in_class => {
                depth = depth.saturating_sub(1);
                true
            }
            // An alternative at the top has only one of the two anchors.
            '|' if !in_class => depth > 0,
            '^' => false,
            '?' | '*' | '+' | '{' | '}' | ',' | ':' if !in_class => before != '(' || character == '?',
            '-' | '_' => true,
            other => other.is_ascii_alphanumeric(),
        };
        if !is_fine {
            return false;
        }
        before = character;
    }
    !in_class && !flags.contains('m')
}

#[cfg(test)]
mod tests {
    use super::matches_names_only;

    #[test]
    fn patterns_that_match_names_only() {
        for pattern in [
            "/^[a-z0-9-]+$/",
            "/^[a-z0-9-]+$/i",
            r"/^\w{1,20}$/",
            r"/^[\w-]+\.(png|jpg)$/",
            "/^(?:[a-z]+)-[0-9]{4}$/",
            "/^c[a-z0-9]{24}$/",
        ] {
            assert!(matches_names_only(pattern), "{pattern}");
        }
        for pattern in [
            "/[a-z]+/",
            "/^[a-z]+/",
            "/^.+$/",
            "/^[^/]+$/",
            "/^[a-z./]+$/",
            "/^[a-z]+$|x/",
            "/^[a-z]+$/m",
            "/^a|b$/",
            r"/^\S+$/",
            r"/^[\w.]+$/",
        ] {
            assert!(!matches_names_only(pattern), "{pattern}");
        }
    }
}

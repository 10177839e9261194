//! Statements: where paths part, meet and end.
//!
//! Long because statements and their joins belong together.

use portcullis_source::ir::{
    BinaryOperator, Expression, ExpressionKind, Function, Loop, Pattern, Statement, StatementKind, Text,
};
use smallvec::SmallVec;

use super::{Flows, Here, Outcome, Run};
use crate::state::State;
use crate::value::{Origin, Value};

/// How a statement ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Completion {
    Normal,
    Return(Value),
    Throw(Value),
    Break(Option<Text>),
    Continue(Option<Text>),
}

/// The states in which a statement can end.
pub(super) type Exits = SmallVec<[(Box<State>, Completion); 1]>;

fn exit(state: Box<State>, completion: Completion) -> Exits {
    let mut exits = Exits::new();
    exits.push((state, completion));
    exits
}

/// Lists up to this length are walked item by item.
const UNROLL_LIMIT: usize = 4;

impl<'run> Run<'run> {
    pub(super) fn statements(&mut self, here: Here, statements: &[Statement], state: Box<State>) -> Exits {
        let function = self.function_at(here, &state);
        let mut open: Exits = exit(state, Completion::Normal);
        let mut done = Exits::new();
        for statement in statements {
            let mut next = Exits::new();
            for (state, _) in open {
                for (mut state, completion) in self.statement(here, statement, state) {
                    if let (Some(function), Some(frame)) = (function, here.frame) {
                        state.forget(frame, function.last_used_in(statement.span));
                    }
                    match completion {
                        Completion::Normal => next.push((state, Completion::Normal)),
                        other => done.push((state, other)),
                    }
                }
            }
            open = self.merge_exits(next);
            if open.is_empty() {
                break;
            }
        }
        done.extend(open);
        self.merge_exits(done)
    }

    fn merge_exits(&self, exits: Exits) -> Exits {
        merge_exits(exits, self.state_limit())
    }

    /// The function whose frame this is.
    fn function_at(&self, here: Here, state: &State) -> Option<&'run Function> {
        let function = state.frame(here.frame?)?.function?;
        let module = self.shared.program.module(here.file)?;
        module.functions.get(usize::try_from(function.0).unwrap_or(usize::MAX))
    }

    fn statement(&mut self, here: Here, statement: &Statement, state: Box<State>) -> Exits {
        let exits = if self.enter() && self.step() {
            self.statement_kind(here, statement, state)
        } else {
            Exits::new()
        };
        self.nesting -= 1;
        exits
    }

    fn statement_kind(&mut self, here: Here, statement: &Statement, state: Box<State>) -> Exits {
        match &statement.kind {
            StatementKind::Expression(expression) => {
                let flows = self.expression(here, expression, state);
                self.look_for_ignored(here, expression, &flows);
                finished(flows)
            }
            StatementKind::Declare(pattern, value) => {
                let flows = match value {
                    Some(value) => self.expression(here, value, state),
                    None => super::one(state, Value::Undefined),
                };
                let flows = self.each(flows, |run, state, value| run.bind(here, pattern, value, state));
                finished(flows)
            }
            StatementKind::Class(symbol, class) => {
                let flows = self.class_value(here, *class, state);
                finished(self.each(flows, |run, mut state, value| {
                    run.write_symbol(here, *symbol, value, &mut state);
                    super::one(state, Value::Undefined)
                }))
            }
            StatementKind::Enum(symbol, members) => {
                let flows = self.enumeration(here, members, state);
                finished(self.each(flows, |run, mut state, value| {
                    run.write_symbol(here, *symbol, value, &mut state);
                    super::one(state, Value::Undefined)
                }))
            }
            StatementKind::Return(value) => {
                let flows = match value {
                    Some(value) => self.expression(here, value, state),
                    None => super::one(state, Value::Undefined),
                };
                let place = here.at(statement.span);
                let mut exits = Exits::new();
                for (mut state, outcome) in flows {
                    match outcome {
                        Ok(value) => {
                            state.exit = Some((place, "returns here"));
                            exits.push((state, Completion::Return(value)));
                        }
                        Err(error) => exits.push((state, Completion::Throw(error))),
                    }
                }
                exits
            }
            StatementKind::Throw(value) => {
                let flows = self.expression(here, value, state);
                let place = here.at(statement.span);
                let mut exits = Exits::new();
                for (mut state, outcome) in flows {
                    state.exit = Some((place, "throws here"));
                    exits.push((state, Completion::Throw(outcome.unwrap_or_else(|error| error))));
                }
                exits
            }
            StatementKind::If {
                test,
                consequent,
                alternate,
            } => self.if_statement(here, test, consequent, alternate, state),
            StatementKind::Loop(one) => self.loop_statement(here, one, state),
            StatementKind::Switch { discriminant, cases } => self.switch(here, discriminant, cases, state),
            StatementKind::Try {
                body,
                handler,
                finalizer,
            } => self.try_statement(here, body, handler.as_ref(), finalizer, state),
            StatementKind::Block(body) => self.statements(here, body, state),
            StatementKind::Labelled(label, body) => {
                let mut exits = self.statements(here, body, state);
                for (_, completion) in &mut exits {
                    if matches!(completion, Completion::Break(Some(to)) | Completion::Continue(Some(to)) if to == label)
                    {
                        *completion = Completion::Normal;
                    }
                }
                self.merge_exits(exits)
            }
            StatementKind::Break(label) => exit(state, Completion::Break(label.clone())),
            StatementKind::Continue(label) => exit(state, Completion::Continue(label.clone())),
        }
    }

    fn if_statement(
        &mut self,
        here: Here,
        test: &Expression,
        consequent: &[Statement],
        alternate: &[Statement],
        state: Box<State>,
    ) -> Exits {
        let mut failed = Flows::new();
        let mut exits = Exits::new();
        let branches = self.branch(here, test, state, &mut failed);
        let asked_in_test = self.mentions_caller(&branches);
        for (mut state, truth) in branches {
            if asked_in_test {
                let text = if truth {
                    "the condition holds"
                } else {
                    "the condition does not hold"
                };
                state.note(here.at(test.span), text);
            }
            exits.extend(self.statements(here, if truth { consequent } else { alternate }, state));
        }
        exits.extend(finished(failed));
        self.merge_exits(exits)
    }

    /// Branches are worth telling once somebody asked who calls.
    fn mentions_caller(&self, branches: &[(Box<State>, bool)]) -> bool {
        branches.len() == 1 && branches.iter().all(|(state, _)| state.asked)
    }

    fn enumeration(&mut self, here: Here, members: &[(Text, Option<Expression>)], state: Box<State>) -> Flows {
        let mut flows = super::one(state, Value::object(Vec::new()));
        for (position, (name, value)) in members.iter().enumerate() {
            flows = self.each(flows, |run, state, so_far| {
                let values = if let Some(value) = value {
                    run.expression(here, value, state)
                } else {
                    let number = u32::try_from(position).map_or(0.0, f64::from);
                    super::one(state, Value::Number(number))
                };
                run.each(values, |_, state, value| {
                    let key = Value::Text(Text::clone(name));
                    super::one(state, super::expression::with_property(&so_far, &key, value))
                })
            });
        }
        flows
    }

    fn loop_statement(&mut self, here: Here, one: &Loop, state: Box<State>) -> Exits {
        match one {
            Loop::For {
                init,
                test,
                update,
                body,
            } => {
                let mut exits = Exits::new();
                for (state, completion) in self.statements(here, init, state) {
                    match completion {
                        Completion::Normal => {
                            exits.extend(self.rounds(here, test.as_ref(), update.as_ref(), body, state));
                        }
                        other => exits.push((state, other)),
                    }
                }
                self.merge_exits(exits)
            }
            Loop::While { test, body } => self.rounds(here, Some(test), None, body, state),
            Loop::DoWhile { body, test } => {
                let exits = self.round(here, body, state);
                let mut out = Exits::new();
                for (state, completion) in exits {
                    match completion {
                        Completion::Normal => {
                            let mut failed = Flows::new();
                            let branches = self.branch(here, test, state, &mut failed);
                            out.extend(branches.into_iter().map(|(state, _)| (state, Completion::Normal)));
                            out.extend(finished(failed));
                        }
                        other => out.push((state, other)),
                    }
                }
                self.merge_exits(after_loop(out))
            }
            Loop::Of {
                pattern,
                iterable,
                is_await,
                body,
            } => {
                let flows = self.expression(here, iterable, state);
                let mut exits = Exits::new();
                for (state, outcome) in flows {
                    match outcome {
                        Err(error) => exits.push((state, Completion::Throw(error))),
                        Ok(list) if list.nullish() == Some(true) => {
                            let error = self.type_error("nothing is iterated");
                            exits.push((state, Completion::Throw(error)));
                        }
                        Ok(list) => {
                            let place = here.at(iterable.span);
                            let waited = if *is_await {
                                self.wait(state, list, place)
                            } else {
                                super::one(state, list)
                            };
                            for (state, list) in waited {
                                if let Ok(list) = list {
                                    exits.extend(self.walk(here, pattern, &list, *is_await, body, state));
                                }
                            }
                        }
                    }
                }
                self.merge_exits(exits)
            }
            Loop::In { pattern, object, body } => {
                let flows = self.expression(here, object, state);
                let mut exits = Exits::new();
                for (state, outcome) in flows {
                    match outcome {
                        Err(error) => exits.push((state, Completion::Throw(error))),
                        Ok(object) => {
                            let key = Value::present(object.origin(), None);
                            exits.extend(self.walk(here, pattern, &Value::list_of(key), false, body, state));
                        }
                    }
                }
                self.merge_exits(exits)
            }
        }
    }

    /// A loop over a list: item by item where they are few and known, else not at all or once.
    fn walk(
        &mut self,
        here: Here,
        pattern: &Pattern,
        list: &Value,
        is_await: bool,
        body: &[Statement],
        state: Box<State>,
    ) -> Exits {
        let (items, rest) = match list {
            Value::Array(array) => (array.items.clone(), array.rest.clone()),
            other => (Vec::new(), Some(Value::of(other.origin()))),
        };
        let (items, rest) = if items.len() > UNROLL_LIMIT {
            let element = items.into_iter().chain(rest).reduce(Value::or);
            (Vec::new(), element)
        } else {
            (items, rest)
        };
        let mut open = exit(state, Completion::Normal);
        let mut done = Exits::new();
        let rounds = items
            .into_iter()
            .map(|item| (item, false))
            .chain(rest.map(|item| (item, true)));
        for (item, may_be_missing) in rounds {
            let mut next = Exits::new();
            for (state, _) in open {
                // A list of unknown length is walked once; its being empty counts if a round can't end normally.
                let skipped = may_be_missing.then(|| state.clone());
                let before = next.len();
                let item = item.clone();
                let flows = if is_await {
                    self.wait(state, item, here.at(portcullis_model::Span::default()))
                } else {
                    super::one(state, item)
                };
                let flows = self.each(flows, |run, state, item| run.bind(here, pattern, item, state));
                for (state, outcome) in flows {
                    if let Err(error) = outcome {
                        done.push((state, Completion::Throw(error)));
                        continue;
                    }
                    for (state, completion) in self.round(here, body, state) {
                        match completion {
                            Completion::Normal => next.push((state, Completion::Normal)),
                            other => done.push((state, other)),
                        }
                    }
                }
                if next.len() == before
                    && let Some(state) = skipped
                {
                    next.push((state, Completion::Normal));
                }
            }
            open = self.merge_exits(next);
        }
        done.extend(open);
        after_loop(done)
    }

    /// One round: `continue` ends it like its end does.
    fn round(&mut self, here: Here, body: &[Statement], state: Box<State>) -> Exits {
        let mut exits = self.statements(here, body, state);
        for (_, completion) in &mut exits {
            if *completion == Completion::Continue(None) {
                *completion = Completion::Normal;
            }
        }
        exits
    }

    fn rounds(
        &mut self,
        here: Here,
        test: Option<&Expression>,
        update: Option<&Expression>,
        body: &[Statement],
        state: Box<State>,
    ) -> Exits {
        let endless = test.is_none_or(|test| matches!(test.kind, ExpressionKind::Boolean(true)));
        let mut exits = Exits::new();
        let mut skipped = Exits::new();
        let mut failed = Flows::new();
        let branches = match test {
            Some(test) => self.branch(here, test, state, &mut failed),
            None => vec![(state, true)],
        };
        for (state, truth) in branches {
            if !truth {
                skipped.push((state, Completion::Normal));
                continue;
            }
            for (state, completion) in self.round(here, body, state) {
                match completion {
                    Completion::Normal => {
                        let flows = match update {
                            Some(update) => self.expression(here, update, state),
                            None => super::one(state, Value::Undefined),
                        };
                        if !endless {
                            exits.extend(finished(flows));
                        }
                    }
                    other => exits.push((state, other)),
                }
            }
        }
        // A counted loop runs: code that compares byte by byte means its result after the rounds, not before.
        let is_counted = update.is_some();
        if !is_counted || !exits.iter().any(|(_, completion)| *completion == Completion::Normal) {
            exits.extend(skipped);
        }
        exits.extend(finished(failed));
        self.merge_exits(after_loop(exits))
    }

    fn switch(
        &mut self,
        here: Here,
        discriminant: &Expression,
        cases: &[(Option<Expression>, Vec<Statement>)],
        state: Box<State>,
    ) -> Exits {
        let mut exits = Exits::new();
        let flows = self.expression(here, discriminant, state);
        for (state, outcome) in flows {
            match outcome {
                Err(error) => exits.push((state, Completion::Throw(error))),
                Ok(value) => exits.extend(self.cases(here, &value, cases, state)),
            }
        }
        for (_, completion) in &mut exits {
            if *completion == Completion::Break(None) {
                *completion = Completion::Normal;
            }
        }
        self.merge_exits(exits)
    }

    fn cases(
        &mut self,
        here: Here,
        value: &Value,
        cases: &[(Option<Expression>, Vec<Statement>)],
        state: Box<State>,
    ) -> Exits {
        let mut exits = Exits::new();
        let mut open = vec![state];
        for (position, (test, _)) in cases.iter().enumerate() {
            let Some(test) = test else { continue };
            let mut next = Vec::new();
            for state in open {
                for (state, outcome) in self.expression(here, test, state) {
                    let Ok(candidate) = outcome else { continue };
                    let equal = self.binary(BinaryOperator::StrictEqual, value, &candidate, here.at(test.span));
                    match equal.truth() {
                        Some(true) => exits.extend(self.fall_through(here, cases, position, state)),
                        Some(false) => next.push(state),
                        None => {
                            exits.extend(self.fall_through(here, cases, position, state.clone()));
                            next.push(state);
                        }
                    }
                }
            }
            open = next;
        }
        let default = cases.iter().position(|(test, _)| test.is_none());
        for state in open {
            match default {
                Some(position) => exits.extend(self.fall_through(here, cases, position, state)),
                None => exits.push((state, Completion::Normal)),
            }
        }
        exits
    }

    fn fall_through(
        &mut self,
        here: Here,
        cases: &[(Option<Expression>, Vec<Statement>)],
        from: usize,
        state: Box<State>,
    ) -> Exits {
        let mut open = exit(state, Completion::Normal);
        let mut done = Exits::new();
        for (_, body) in cases.iter().skip(from) {
            let mut next = Exits::new();
            for (state, _) in open {
                for (state, completion) in self.statements(here, body, state) {
                    match completion {
                        Completion::Normal => next.push((state, Completion::Normal)),
                        other => done.push((state, other)),
                    }
                }
            }
            open = self.merge_exits(next);
        }
        done.extend(open);
        done
    }

    fn try_statement(
        &mut self,
        here: Here,
        body: &[Statement],
        handler: Option<&(Option<Pattern>, Vec<Statement>)>,
        finalizer: &[Statement],
        state: Box<State>,
    ) -> Exits {
        let mut exits = Exits::new();
        let around = self.may_fail;
        if handler.is_some() {
            self.may_fail = self.tries_failures();
        }
        let tried = self.statements(here, body, state);
        if handler.is_some() {
            self.may_fail = around;
        }
        for (mut state, completion) in tried {
            match (completion, handler) {
                (Completion::Throw(error), Some((parameter, statements))) => {
                    if let Some(first) = statements.first() {
                        if let Some((place, text)) = state.exit.take() {
                            state.note(place, text);
                        }
                        state.note(
                            here.at(first.span),
                            "what was thrown is caught, and the action goes on here",
                        );
                    }
                    let flows = match parameter {
                        Some(pattern) => self.bind(here, pattern, error, state),
                        None => super::one(state, Value::Undefined),
                    };
                    for (state, outcome) in flows {
                        match outcome {
                            Ok(_) => exits.extend(self.statements(here, statements, state)),
                            Err(error) => exits.push((state, Completion::Throw(error))),
                        }
                    }
                }
                (other, _) => exits.push((state, other)),
            }
        }
        if finalizer.is_empty() {
            return self.merge_exits(exits);
        }
        let mut out = Exits::new();
        for (state, completion) in self.merge_exits(exits) {
            for (state, last) in self.statements(here, finalizer, state) {
                out.push((
                    state,
                    if last == Completion::Normal {
                        completion.clone()
                    } else {
                        last
                    },
                ));
            }
        }
        self.merge_exits(out)
    }

    pub(super) fn type_error(&self, message: &str) -> Value {
        let mut error = crate::value::Object {
            class: Some(crate::value::ClassOf::Builtin("TypeError".into())),
            ..Default::default()
        };
        error.set("message", Value::text(message));
        error.open = Some(Value::present(Origin::of(Origin::ERROR), None));
        Value::Object(std::sync::Arc::new(error))
    }
}

fn finished(flows: Flows) -> Exits {
    flows
        .into_iter()
        .map(|(state, outcome): (Box<State>, Outcome)| match outcome {
            Ok(_) => (state, Completion::Normal),
            Err(error) => (state, Completion::Throw(error)),
        })
        .collect()
}

fn after_loop(mut exits: Exits) -> Exits {
    for (_, completion) in &mut exits {
        if *completion == Completion::Break(None) {
            *completion = Completion::Normal;
        }
    }
    exits
}

/// Equal states become one; too many that end alike are joined.
fn merge_exits(exits: Exits, limit: usize) -> Exits {
    if exits.len() <= 1 {
        return exits;
    }
    let mut kept = Exits::new();
    for (state, completion) in exits {
        if !kept
            .iter()
            .any(|(other, known)| *known == completion && other.same_future(&state))
        {
            kept.push((state, completion));
        }
    }
    if kept.len() <= limit {
        return kept;
    }
    let mut joined: Vec<(Box<State>, Completion)> = Vec::new();
    for (state, completion) in kept {
        let same_kind = joined.iter_mut().find(|(_, other)| match (other, &completion) {
            (Completion::Normal, Completion::Normal)
            | (Completion::Return(_), Completion::Return(_))
            | (Completion::Throw(_), Completion::Throw(_)) => true,
            (a, b) => a == b,
        });
        match same_kind {
            Some((all, other)) => {
                all.join(&state);
                match (other, completion) {
                    (Completion::Return(old), Completion::Return(new))
                    | (Completion::Throw(old), Completion::Throw(new)) => {
                        let previous = std::mem::replace(old, Value::Undefined);
                        *old = previous.or(new);
                    }
                    _ => {}
                }
            }
            None => joined.push((state, completion)),
        }
    }
    joined.into_iter().collect()
}

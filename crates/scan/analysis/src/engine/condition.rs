//! Conditions: which branches are possible, and what each of them teaches about the variables.
//!
//! Long because one arm a form of condition, and what each leaves of a value.

use std::sync::Arc;

use portcullis_source::ir::{
    Argument, BinaryOperator, Expression, ExpressionKind, LogicalOperator, Pattern, Symbol, Text, UnaryOperator,
};

use super::{Flows, Here, Run};
use crate::state::State;
use crate::value::{Abstract, ClassOf, Field, Object, Origin, Value};

impl Run<'_> {
    /// Evaluates a condition. Gives the states in which it holds and does not; what was thrown goes to `out`.
    pub(super) fn branch(
        &mut self,
        here: Here,
        test: &Expression,
        state: Box<State>,
        out: &mut Flows,
    ) -> Vec<(Box<State>, bool)> {
        let branches = if self.enter() {
            self.branch_of(here, test, state, out)
        } else {
            Vec::new()
        };
        self.nesting -= 1;
        branches
    }

    fn branch_of(
        &mut self,
        here: Here,
        test: &Expression,
        state: Box<State>,
        out: &mut Flows,
    ) -> Vec<(Box<State>, bool)> {
        let mut branches = Vec::new();
        // `a && b` and `a || b` are two conditions, each of which teaches something of its own.
        match &test.kind {
            ExpressionKind::Logical(operator @ (LogicalOperator::And | LogicalOperator::Or), left, right) => {
                let decides = *operator == LogicalOperator::Or;
                for (state, truth) in self.branch(here, left, state, out) {
                    if truth == decides {
                        branches.push((state, truth));
                    } else {
                        branches.extend(self.branch(here, right, state, out));
                    }
                }
                return limit(branches);
            }
            ExpressionKind::Unary(UnaryOperator::Not, inner) => {
                let inner = self.branch(here, inner, state, out);
                return inner.into_iter().map(|(state, truth)| (state, !truth)).collect();
            }
            _ => {}
        }
        let flows = self.expression(here, test, state);
        for (state, outcome) in flows {
            match outcome {
                Err(error) => out.push((state, Err(error))),
                Ok(value) => match value.truth() {
                    Some(truth) => branches.push((state, truth)),
                    None if self.is_secret_check(&value) => {
                        self.asked(
                            here.at(test.span),
                            "what the caller sent is checked against a secret of the server",
                        );
                        let mut state = state;
                        state.asked = true;
                        branches.push((state, false));
                    }
                    None => {
                        let opaque: Vec<_> = value
                            .origin()
                            .opaque()
                            .filter(|opaque| opaque.concerns)
                            .cloned()
                            .collect();
                        for truth in [true, false] {
                            let mut state = state.clone();
                            if self.refine(here, test, truth, &mut state) {
                                opaque.iter().for_each(|opaque| state.doubt(opaque));
                                branches.push((state, truth));
                            }
                        }
                    }
                },
            }
        }
        limit(branches)
    }

    /// Whether a condition was made from a secret and from what the caller sent: the answer of a verification.
    pub(super) fn is_secret_check(&self, value: &Value) -> bool {
        let origin = value.bits();
        origin.has(Origin::CHECKED)
            && origin.has(Origin::SECRET)
            && origin.has(Origin::CLIENT | Origin::CREDENTIAL | Origin::HEADER)
            && !origin.has(Origin::ROW | Origin::ERROR)
            && (self.stranger() || self.has_no_role())
    }

    /// Whether a value was made from a secret and from what the caller sent: the difference of the two, for one.
    pub(super) fn mixes_secret(&self, value: &Value) -> bool {
        let origin = value.bits();
        origin.has(Origin::SECRET)
            && origin.has(Origin::CLIENT | Origin::CREDENTIAL | Origin::HEADER)
            && !origin.has(Origin::ROW | Origin::ERROR)
            && (self.stranger() || self.has_no_role())
    }

    /// Records that an expression is truthy, or falsy. False if that contradicts what is known.
    pub(super) fn refine(&mut self, here: Here, expression: &Expression, truth: bool, state: &mut State) -> bool {
        match &expression.kind {
            ExpressionKind::Unary(UnaryOperator::Not, inner) => self.refine(here, inner, !truth, state),
            ExpressionKind::Chain(inner) => self.refine(here, inner, truth, state),
            ExpressionKind::Logical(LogicalOperator::And, left, right) if truth => {
                self.refine(here, left, true, state) && self.refine(here, right, true, state)
            }
            ExpressionKind::Logical(LogicalOperator::Or, left, right) if !truth => {
                self.refine(here, left, false, state) && self.refine(here, right, false, state)
            }
            ExpressionKind::Binary(BinaryOperator::Instanceof, left, right) => {
                let class = self.expression(here, right, Box::new(state.clone()));
                let class = class.into_iter().find_map(|(_, outcome)| outcome.ok());
                let Some(class) = class else { return true };
                self.refine_path(here, left, state, &|old| narrow_instance(old, &class, truth))
            }
            // `typeof id === 'string'`: a check at run time.
            ExpressionKind::Binary(BinaryOperator::StrictEqual | BinaryOperator::Equal, left, right)
                if truth && matches!(left.kind, ExpressionKind::Unary(UnaryOperator::Typeof, _)) =>
            {
                let (ExpressionKind::Unary(_, path), ExpressionKind::String(kind)) = (&left.kind, &right.kind) else {
                    return true;
                };
                let gone = if matches!(&**kind, "number" | "boolean" | "bigint") {
                    Origin::RAW | Origin::TEXT | Origin::LEAD
                } else {
                    Origin::RAW
                };
                self.refine_path(here, path, state, &|old| Some(checked(old, gone)))
            }
            ExpressionKind::Binary(BinaryOperator::StrictNotEqual | BinaryOperator::NotEqual, left, right)
                if !truth && matches!(left.kind, ExpressionKind::Unary(UnaryOperator::Typeof, _)) =>
            {
                let (ExpressionKind::Unary(_, path), ExpressionKind::String(_)) = (&left.kind, &right.kind) else {
                    return true;
                };
                self.refine_path(here, path, state, &|old| Some(checked(old, Origin::RAW)))
            }
            // `next.startsWith('//')`, `file.startsWith(folder)`: where it leads is looked at.
            ExpressionKind::Call { callee, arguments, .. } if is_beginning(callee) => {
                let ExpressionKind::Member { object, .. } = &callee.kind else {
                    return true;
                };
                let [Argument::Value(beginning)] = arguments.as_slice() else {
                    return true;
                };
                let gone = match &beginning.kind {
                    ExpressionKind::String(text) if !truth && matches!(&**text, "//" | "/\\") => Origin::LEAD,
                    ExpressionKind::String(text)
                        if truth && text.split_once("://").is_some_and(|(_, host)| host.contains('/')) =>
                    {
                        Origin::LEAD
                    }
                    // A path of the application itself: `/posts/`, and not `/` or `//`.
                    ExpressionKind::String(text)
                        if truth
                            && text
                                .strip_prefix('/')
                                .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphanumeric())) =>
                    {
                        Origin::LEAD
                    }
                    ExpressionKind::String(_) => return true,
                    _ if truth => Origin::TEXT | Origin::LEAD,
                    _ => return true,
                };
                self.refine_path(here, object, state, &|old| Some(checked(old, gone)))
            }
            // `['__proto__', 'constructor'].includes(key)`
            ExpressionKind::Call { callee, arguments, .. } if !truth => {
                let ExpressionKind::Member { object, property, .. } = &callee.kind else {
                    return true;
                };
                let (true, [Argument::Value(path)]) = (matches!(&**property, "includes" | "has"), arguments.as_slice())
                else {
                    return true;
                };
                if !self.excludes_prototype(here, object, state) {
                    return true;
                }
                self.refine_path(here, path, state, &|old| Some(checked(old, Origin::KEY)))
            }
            // `ROLES.includes(role)`, `pattern.test(text)`: a list or a pattern that allows.
            ExpressionKind::Call { callee, arguments, .. } if truth => match self.allowed(here, callee, arguments) {
                Some((path, _)) if let Some(url) = host_of(path) => {
                    self.refine_path(here, url, state, &|old| Some(of_known_host(old)))
                }
                Some((path, gone)) => self.refine_path(here, path, state, &|old| Some(checked(old, gone))),
                None => match self.vouched_by(here, callee, arguments, state) {
                    Some(path) => self.refine_path(here, path, state, &|old| Some(checked(old, Origin::RAW))),
                    None => true,
                },
            },
            // `key in handlers`: one of the server's own names.
            ExpressionKind::Binary(BinaryOperator::In, left, _) if truth => {
                let gone = Origin::RAW | Origin::TEXT | Origin::LEAD;
                self.refine_path(here, left, state, &|old| Some(checked(old, gone)))
            }
            ExpressionKind::Binary(operator, left, right) => {
                let (is_equality, is_strict) = match operator {
                    BinaryOperator::StrictEqual => (true, true),
                    BinaryOperator::Equal => (true, false),
                    BinaryOperator::StrictNotEqual => (false, true),
                    BinaryOperator::NotEqual => (false, false),
                    _ => return true,
                };
                let constant = |expression: &Expression| match &expression.kind {
                    ExpressionKind::Null => Some(Value::Null),
                    ExpressionKind::Undefined => Some(Value::Undefined),
                    ExpressionKind::Boolean(value) => Some(Value::Boolean(*value)),
                    ExpressionKind::String(text) => Some(Value::Text(Text::clone(text))),
                    _ => None,
                };
                let equal = is_equality == truth;
                if equal && let Some(url) = host_of(left).or_else(|| host_of(right)) {
                    return self.refine_path(here, url, state, &|old| Some(of_known_host(old)));
                }
                if !equal
                    && let ExpressionKind::String(name) = &right.kind
                    && super::injection::names_prototype(name)
                {
                    return self.refine_path(here, left, state, &|old| Some(checked(old, Origin::KEY)));
                }
                if let Some(value) = constant(right) {
                    return self.refine_path(here, left, state, &|old| narrow_equal(old, &value, equal, is_strict));
                }
                if let Some(value) = constant(left) {
                    return self.refine_path(here, right, state, &|old| narrow_equal(old, &value, equal, is_strict));
                }
                true
            }
            ExpressionKind::Symbol(_) | ExpressionKind::Member { .. } => {
                self.refine_path(here, expression, state, &|old| narrow(old, truth))
            }
            ExpressionKind::Assign(target, _) => match &**target {
                Pattern::Symbol(symbol, _) => self.refine_symbol(here, *symbol, &[], state, &|old| narrow(old, truth)),
                _ => true,
            },
            _ => true,
        }
    }

    /// What is left of an argument that an assertion let pass.
    pub(super) fn assert_path(&mut self, here: Here, path: &Expression, state: &mut State) {
        self.refine_path(here, path, state, &|old| Some(checked(old, Origin::RAW)));
    }

    fn refine_path(
        &mut self,
        here: Here,
        expression: &Expression,
        state: &mut State,
        change: &dyn Fn(&Value) -> Option<Value>,
    ) -> bool {
        let mut path = Vec::new();
        let mut at = expression;
        loop {
            match &at.kind {
                ExpressionKind::Chain(inner) => at = inner,
                ExpressionKind::Member { object, property, .. } => {
                    path.push(Text::clone(property));
                    at = object;
                }
                ExpressionKind::Symbol(symbol) => {
                    path.reverse();
                    return self.refine_symbol(here, *symbol, &path, state, change);
                }
                _ => return true,
            }
        }
    }

    fn refine_symbol(
        &mut self,
        here: Here,
        symbol: Symbol,
        path: &[Text],
        state: &mut State,
        change: &dyn Fn(&Value) -> Option<Value>,
    ) -> bool {
        let Some(owner) = self
            .shared
            .program
            .module(here.file)
            .and_then(|module| module.symbols.get(usize::try_from(symbol.0).unwrap_or(usize::MAX)))
            .and_then(|info| info.owner)
        else {
            return true;
        };
        let mut at = here.frame;
        while let Some(id) = at {
            let Some(frame) = self.frame(state, id) else {
                return true;
            };
            if frame.function == Some(owner) {
                let Some(old) = frame.get(symbol) else { return true };
                return match narrow_at(old, path, change) {
                    None => false,
                    Some(new) if new == *old => true,
                    Some(new) => {
                        drop(frame);
                        if let Some(frame) = self.frame_mut(state, id) {
                            frame.set(symbol, new);
                        }
                        true
                    }
                };
            }
            at = frame.parent;
        }
        true
    }
}

/// Many branches that lead the same way need not be kept apart.
fn limit(mut branches: Vec<(Box<State>, bool)>) -> Vec<(Box<State>, bool)> {
    let mut kept: Vec<(Box<State>, bool)> = Vec::with_capacity(branches.len());
    for (state, truth) in branches.drain(..) {
        if !kept
            .iter()
            .any(|(other, other_truth)| *other_truth == truth && other.same_future(&state))
        {
            kept.push((state, truth));
        }
    }
    if kept.len() <= super::BRANCH_LIMIT {
        return kept;
    }
    let mut joined: [Option<Box<State>>; 2] = [None, None];
    for (state, truth) in kept {
        if let Some(slot) = joined.get_mut(usize::from(truth)) {
            match slot {
                Some(all) => all.join(&state),
                None => *slot = Some(state),
            }
        }
    }
    let [no, yes] = joined;
    yes.map(|state| (state, true))
        .into_iter()
        .chain(no.map(|state| (state, false)))
        .collect()
}

/// What is left of a value if it is truthy, or falsy; none if it can't be.
pub(super) fn narrow(value: &Value, truth: bool) -> Option<Value> {
    match value {
        Value::Union(options) => options
            .iter()
            .filter_map(|option| narrow(option, truth))
            .reduce(Value::or),
        Value::Abstract(inner) => {
            if let Some(known) = inner.truth {
                (known == truth).then(|| value.clone())
            } else {
                let mut inner = Abstract::clone(inner);
                inner.truth = Some(truth);
                inner.present |= truth;
                Some(Value::Abstract(Arc::new(inner)))
            }
        }
        value => (value.truth() == Some(truth)).then(|| value.clone()),
    }
}

/// What is left of a value if it is neither `null` nor `undefined`.
pub(super) fn narrow_present(value: &Value) -> Value {
    match value {
        Value::Union(options) => options
            .iter()
            .filter(|option| option.nullish() != Some(true))
            .cloned()
            .reduce(Value::or)
            .unwrap_or(Value::Undefined),
        Value::Abstract(inner) if !inner.present => {
            let mut inner = Abstract::clone(inner);
            inner.present = true;
            Value::Abstract(Arc::new(inner))
        }
        value => value.clone(),
    }
}

/// What is left of a value that is an instance of a class, or is none.
fn narrow_instance(value: &Value, class: &Value, is: bool) -> Option<Value> {
    match value {
        Value::Union(options) => options
            .iter()
            .filter_map(|option| narrow_instance(option, class, is))
            .reduce(Value::or),
        value => match super::operator::instance_of(value, class) {
            Some(known) if known != is => None,
            _ => Some(value.clone()),
        },
    }
}

/// `url` of `url.host`, `url.hostname` and `url.origin`.
fn host_of(expression: &Expression) -> Option<&Expression> {
    match &expression.kind {
        ExpressionKind::Member { object, property, .. } => {
            matches!(&**property, "host" | "hostname" | "origin").then_some(object)
        }
        _ => None,
    }
}

/// An address of a host that the server chose. Its path alone may still begin with `//`, and lead elsewhere.
fn of_known_host(value: &Value) -> Value {
    let Value::Object(object) = value else {
        return value.clone();
    };
    if !matches!(&object.class, Some(ClassOf::Builtin(name)) if &**name == "URL") {
        return value.clone();
    }
    let mut object = Object::clone(object);
    let fixed = |value: &Value| value.map_origin(&|origin| origin.without(Origin::LEAD));
    object.open = object.open.as_ref().map(fixed);
    for (name, field) in &mut object.fields {
        if let Field::Value(value) = field
            && &**name != "pathname"
        {
            *value = fixed(value);
        }
    }
    Value::Object(Arc::new(object))
}

/// Whether a method asks how a text begins.
fn is_beginning(callee: &Expression) -> bool {
    matches!(&callee.kind, ExpressionKind::Member { property, .. } if &**property == "startsWith")
}

/// A value of the client after somebody looked at it.
fn checked(value: &Value, gone: u32) -> Value {
    value.map_origin(&|origin| {
        if origin.has(Origin::CLIENT) {
            origin.without(gone)
        } else {
            origin
        }
    })
}

fn narrow_equal(value: &Value, constant: &Value, equal: bool, is_strict: bool) -> Option<Value> {
    match value {
        Value::Union(options) => options
            .iter()
            .filter_map(|option| narrow_equal(option, constant, equal, is_strict))
            .reduce(Value::or),
        Value::Abstract(inner) => {
            if constant.is_nullish() {
                if equal {
                    return (!inner.present && inner.truth != Some(true)).then(|| constant.clone());
                }
                return Some(if is_strict {
                    value.clone()
                } else {
                    narrow_present(value)
                });
            }
            match (constant.truth(), equal) {
                (Some(true), true) => narrow(value, true),
                _ => Some(value.clone()),
            }
        }
        value => {
            let operator = if is_strict {
                BinaryOperator::StrictEqual
            } else {
                BinaryOperator::Equal
            };
            let same = super::operator::binary(operator, value, constant).truth();
            (same.is_none() || same == Some(equal)).then(|| value.clone())
        }
    }
}

fn narrow_at(value: &Value, path: &[Text], change: &dyn Fn(&Value) -> Option<Value>) -> Option<Value> {
    let Some((name, rest)) = path.split_first() else {
        return change(value);
    };
    match value {
        Value::Union(options) => options
            .iter()
            .filter_map(|option| narrow_at(option, path, change))
            .reduce(Value::or),
        Value::Object(object) => match object.field(name) {
            Some(field) => {
                let narrowed = narrow_at(field, rest, change)?;
                if narrowed == *field {
                    return Some(value.clone());
                }
                let mut object = Object::clone(object);
                object.set(name, narrowed);
                Some(Value::Object(Arc::new(object)))
            }
            None if object.open.is_none()
                && !object
                    .fields
                    .iter()
                    .any(|(key, field)| key == name && matches!(field, Field::Getter(_)))
                && object.class.is_none() =>
            {
                narrow_at(&Value::Undefined, rest, change).map(|_| value.clone())
            }
            None => Some(value.clone()),
        },
        // An optional chain over nothing is `undefined`; an object with unknown fields stays as it is.
        Value::Undefined | Value::Null => change(&Value::Undefined).map(|_| value.clone()),
        Value::Abstract(inner) => {
            let field = Value::of(inner.origin.clone());
            let narrowed = narrow_at(&field, rest, change)?;
            // What has a truthy field is there itself; remember the field too.
            if rest.is_empty() && inner.label.is_none() && inner.wrapped.is_empty() && narrowed.truth().is_some() {
                let open = Abstract {
                    present: true,
                    ..Abstract::clone(inner)
                };
                if narrowed.truth() == Some(true) || inner.present {
                    let mut object = Object {
                        open: Some(Value::Abstract(Arc::new(open))),
                        ..Object::default()
                    };
                    object.set(name, narrowed);
                    return Some(Value::Object(Arc::new(object)));
                }
            }
            Some(value.clone())
        }
        value => Some(value.clone()),
    }
}

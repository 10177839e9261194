//! What leaves the server without being an answer: lines of logs, properties of client components, variables that an
//! action takes along, arguments that are bound to one.

use std::sync::Arc;

use portcullis_model::{FileId, Place};
use portcullis_source::Target;
use portcullis_source::ir::{Argument, Expression, ExpressionKind, FunctionId, ImportName, Jsx, SymbolKind, Text};

use super::effect::{Exposed, Signal, Sink};
use super::names::{names_decision, names_secret};
use super::{Flows, Here, Run, one};
use crate::state::State;
use crate::value::{Closure, Field, Object, Origin, Source, Value};

/// How deep values are searched.
const DEPTH_LIMIT: u32 = 3;

const CLIENT: &str = "use client";
const SERVER: &str = "use server";

impl Run<'_> {
    /// Records secrets, and payloads with secrets, in what a log gets.
    pub(super) fn look_for_logs(&mut self, arguments: &[Value], label: &str, place: Place) {
        for argument in arguments {
            if is_sensitive(argument, 0) {
                self.signal(Signal::Sink(place, Sink::Log, Text::from(label)));
            } else if argument.origin().has(Origin::BODY) {
                self.signal(Signal::Sink(place, Sink::Body, Text::from(label)));
            }
        }
    }

    /// A JSX element: its attributes, what it hands to the browser, and, where pages are run, the component itself.
    pub(super) fn jsx(&mut self, here: Here, jsx: &Jsx, whole: &Expression, state: Box<State>) -> Flows {
        let mut flows = one(state, Value::list(vec![Value::Object(Arc::default())]));
        for (name, value) in &jsx.attributes {
            flows = self.each_list(flows, |run, state, props| {
                let flows = run.expression(here, value, state);
                run.each(flows, |run, state, given| {
                    run.look_for_seals(&state, &given);
                    let props = with_attribute(&props, name.as_ref(), &given);
                    one(state, Value::list(vec![props, Value::of(given.origin())]))
                })
            });
        }
        for child in &jsx.children {
            flows = self.each_list(flows, |run, state, props| {
                let flows = run.expression(here, child, state);
                run.each(flows, |_, state, given| {
                    let mut props = props.clone();
                    props.push(Value::of(given.origin()));
                    one(state, Value::list(props))
                })
            });
        }
        let place = here.at(whole.span);
        self.each_list(flows, |run, state, parts| {
            let mut origin = Origin::default();
            parts.iter().for_each(|part| origin.add(&part.origin()));
            let result = Value::present(origin, Some(true));
            let (Some(component), Some(props)) = (&jsx.component, parts.first()) else {
                return one(state, result);
            };
            if !run.shared.renders {
                return one(state, result);
            }
            if run.is_of_client(here, component) {
                run.look_for_props(props, jsx, here);
                return one(state, result);
            }
            let flows = run.expression(here, component, state);
            run.each(flows, |run, state, function| {
                if !matches!(function, Value::Function(_)) {
                    return one(state, result.clone());
                }
                let flows = run.call_value(state, &function, Value::Undefined, vec![props.clone()], place, "", None);
                // What a component throws ends the page, and nothing else of it.
                flows
                    .into_iter()
                    .map(|(state, _)| (state, Ok(result.clone())))
                    .collect()
            })
        })
    }

    /// Whether a component runs in the browser too: its module begins with `'use client'`.
    fn is_of_client(&self, here: Here, component: &Expression) -> bool {
        self.module_of(here, component)
            .and_then(|file| self.shared.program.outline(file))
            .is_some_and(|outline| outline.has_directive(CLIENT))
    }

    /// The module in which a name, or a member of an imported namespace, is defined.
    fn module_of(&self, here: Here, expression: &Expression) -> Option<FileId> {
        let program = self.shared.program;
        let module = program.module(here.file)?;
        let (symbol, member) = match &expression.kind {
            ExpressionKind::Symbol(symbol) => (*symbol, None),
            ExpressionKind::Member { object, property, .. } => match &object.kind {
                ExpressionKind::Symbol(symbol) => (*symbol, Some(property)),
                _ => return None,
            },
            _ => return None,
        };
        let info = module.symbols.get(usize::try_from(symbol.0).ok()?)?;
        let SymbolKind::Import(position) = info.kind else {
            return Some(here.file);
        };
        let import = module.imports.get(usize::try_from(position).ok()?)?;
        let target = match (&import.name, member) {
            (ImportName::Namespace, Some(name)) => {
                program.resolve(here.file, &import.specifier, &ImportName::Named(Text::clone(name)))
            }
            _ => program.import(here.file, import),
        };
        match target {
            Target::Symbol(file, _) | Target::Value(file, _) | Target::Namespace(file) => Some(file),
            _ => None,
        }
    }

    /// Secrets and whole rows among the properties of a client component.
    fn look_for_props(&mut self, props: &Value, jsx: &Jsx, here: Here) {
        let Value::Object(object) = props else { return };
        for (name, field) in &object.fields {
            let Field::Value(value) = field else { continue };
            let at = jsx
                .attributes
                .iter()
                .find(|(own, _)| own.as_ref() == Some(name))
                .or_else(|| jsx.attributes.iter().find(|(own, _)| own.is_none()));
            let Some((_, expression)) = at else { continue };
            if let Some(exposed) = exposed(value) {
                self.signal(Signal::Prop(here.at(expression.span), exposed, Text::clone(name)));
            }
        }
        if let Some(open) = &object.open
            && let Some(exposed) = exposed(open)
            && let Some((_, spread)) = jsx.attributes.iter().find(|(name, _)| name.is_none())
        {
            self.signal(Signal::Prop(here.at(spread.span), exposed, Text::from("...")));
        }
    }

    /// What actions among the values take along of the component that they stand in.
    pub(super) fn look_for_seals(&mut self, state: &State, value: &Value) {
        let mut functions = Vec::new();
        super::call::collect_functions(value, &mut functions, 0);
        for function in &functions {
            let Value::Function(closure) = function else { continue };
            self.look_for_captures(state, closure);
        }
    }

    fn look_for_captures(&mut self, state: &State, closure: &Closure) {
        let Some(module) = self.shared.program.module(closure.file) else {
            return;
        };
        let Some(function) = usize::try_from(closure.function.0)
            .ok()
            .and_then(|position| module.functions.get(position))
        else {
            return;
        };
        if function.has_directive(SERVER).is_none() {
            return;
        }
        let action = Place::new(closure.file, function.name_span);
        for (symbol, span) in &function.captures {
            let Some(info) = usize::try_from(symbol.0)
                .ok()
                .and_then(|position| module.symbols.get(position))
            else {
                continue;
            };
            if matches!(info.kind, SymbolKind::Function(_) | SymbolKind::Type) {
                continue;
            }
            let here = Here {
                file: closure.file,
                frame: closure.scope,
            };
            let read = self.read_symbol(here, *symbol, Box::new(state.clone()));
            let value = read.into_iter().find_map(|(_, outcome)| outcome.ok());
            if let Some(exposed) = value.as_ref().and_then(exposed) {
                let place = Place::new(closure.file, *span);
                self.signal(Signal::Sealed(action, place, exposed, Text::clone(&info.name)));
            }
        }
    }

    /// `action.bind(null, value)`: what is bound goes to the browser as it is, and comes back as the client likes.
    pub(super) fn look_for_bound(
        &mut self,
        here: Here,
        object: &Expression,
        function: &Value,
        arguments: &[Argument],
        values: &[Value],
    ) {
        let Some(action) = self.action(here, object, function) else {
            return;
        };
        for (argument, value) in arguments.iter().zip(values).skip(1) {
            let Argument::Value(expression) = argument else { return };
            let name = last_name(self.shared.program, here.file, expression);
            let decides = name.as_deref().is_some_and(names_decision)
                && !matches!(value, Value::Text(_) | Value::Number(_) | Value::Boolean(_));
            let exposed = exposed(value).or_else(|| {
                let origin = value.origin();
                if matches!(value, Value::Abstract(_))
                    && origin.has(Origin::IDENTITY)
                    && !origin.has(Origin::ROW | Origin::CLIENT)
                {
                    Some(Exposed::Identity)
                } else {
                    decides.then_some(Exposed::Decisive)
                }
            });
            if let Some(exposed) = exposed {
                let name = name.unwrap_or_default();
                self.signal(Signal::Bound(action, here.at(expression.span), exposed, name));
            }
        }
    }

    /// Where the action stands that a value is, if it is one.
    fn action(&self, here: Here, expression: &Expression, value: &Value) -> Option<Place> {
        let program = self.shared.program;
        if let Value::Function(closure) = value {
            let name_span = |id: FunctionId| {
                let module = program.module(closure.file)?;
                module.functions.get(usize::try_from(id.0).ok()?)
            };
            let function = name_span(closure.function)?;
            let is_action = function.has_directive(SERVER).is_some()
                || function.parent.is_none()
                    && program
                        .outline(closure.file)
                        .is_some_and(|outline| outline.has_directive(SERVER));
            if is_action {
                return Some(Place::new(closure.file, function.name_span));
            }
        }
        let file = self.module_of(here, expression)?;
        let is_action = file != here.file
            && program
                .outline(file)
                .is_some_and(|outline| outline.has_directive(SERVER));
        is_action.then(|| Place::new(file, portcullis_model::Span::default()))
    }
}

/// `name` of `user.name` and of `name`.
fn last_name(program: &portcullis_source::Program, file: FileId, expression: &Expression) -> Option<Text> {
    match &expression.kind {
        ExpressionKind::Member { property, .. } => Some(Text::clone(property)),
        ExpressionKind::Chain(inner) => last_name(program, file, inner),
        ExpressionKind::Symbol(symbol) => {
            let module = program.module(file)?;
            let info = module.symbols.get(usize::try_from(symbol.0).ok()?)?;
            Some(Text::clone(&info.name))
        }
        _ => None,
    }
}

fn with_attribute(props: &[Value], name: Option<&Text>, given: &Value) -> Value {
    let so_far = props.first().cloned().unwrap_or_else(|| Value::Object(Arc::default()));
    match name {
        Some(name) => super::expression::with_property(&so_far, &Value::Text(Text::clone(name)), given.clone()),
        None => super::expression::spread_into(&so_far, given),
    }
}

/// What of a value must not leave the server.
fn exposed(value: &Value) -> Option<Exposed> {
    let origin = value.origin();
    let is_made_of_others =
        origin.has(Origin::ROW | Origin::ERROR | Origin::CHECKED | Origin::COUNT) || origin.opaque().next().is_some();
    if origin.has(Origin::SECRET) && origin.has(Origin::SENSITIVE) && !is_made_of_others {
        return Some(Exposed::Secret);
    }
    if origin.has(Origin::SENSITIVE) && origin.has(Origin::ROW | Origin::IDENTITY) || has_secret_field(value, 0) {
        return Some(Exposed::Sensitive);
    }
    origin.has(Origin::WHOLE).then(|| {
        let label = origin.sources().iter().find_map(|source| match source {
            Source::Read { label, .. } | Source::Written { label, .. } => Some(Text::clone(label)),
            Source::Opaque(_) => None,
        });
        Exposed::Row(label)
    })
}

/// Whether an object has a field for a password, and something in it.
fn has_secret_field(value: &Value, depth: u32) -> bool {
    match value {
        Value::Object(object) if depth < DEPTH_LIMIT => object.fields.iter().any(|(name, field)| match field {
            Field::Value(value) => is_secret_field(name, value) || has_secret_field(value, depth + 1),
            Field::Getter(_) => false,
        }),
        Value::Array(array) if depth < DEPTH_LIMIT => array
            .items
            .iter()
            .chain(&array.rest)
            .any(|item| has_secret_field(item, depth + 1)),
        _ => false,
    }
}

fn is_secret_field(name: &str, value: &Value) -> bool {
    names_secret(name)
        && matches!(value, Value::Abstract(inner)
            if inner.module.is_none() && inner.truth != Some(false)
                && inner.origin.has(Origin::CLIENT | Origin::ROW | Origin::SECRET | Origin::SENSITIVE)
                && !inner.origin.has(Origin::CHECKED))
}

/// Whether a value is a password, a key or a token, or has one among its fields.
fn is_sensitive(value: &Value, depth: u32) -> bool {
    if depth > DEPTH_LIMIT {
        return false;
    }
    match value {
        Value::Object(object) => is_sensitive_object(object, depth),
        Value::Array(array) => array
            .items
            .iter()
            .chain(&array.rest)
            .any(|item| is_sensitive(item, depth + 1)),
        Value::Union(options) => options.iter().any(|option| is_sensitive(option, depth + 1)),
        Value::Abstract(inner) => {
            inner.origin.has(Origin::SENSITIVE) && !inner.origin.has(Origin::CHECKED | Origin::ERROR)
        }
        _ => false,
    }
}

fn is_sensitive_object(object: &Object, depth: u32) -> bool {
    object.fields.iter().any(|(name, field)| match field {
        Field::Value(value) => is_secret_field(name, value) || is_sensitive(value, depth + 1),
        Field::Getter(_) => false,
    }) || object.open.as_ref().is_some_and(|open| is_sensitive(open, depth + 1))
}

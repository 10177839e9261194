//! Builders of libraries: they collect middlewares, schemas and a handler, and make an action of them.
//!
//! What they collect is code of the project, so it is run: each middleware with `next` as the rest of the chain.

use std::sync::Arc;

use portcullis_catalog::{BuilderId, BuilderStep, Call, Spec, Template, TypeRef};
use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::expression::{spread_into, with_property};
use super::{Flows, Run, one};
use crate::state::State;
use crate::value::{BoundMember, Built, Chain, ChainStep, Model, Native, Origin, Value};

impl Run<'_> {
    pub(super) fn build(
        &mut self,
        state: Box<State>,
        step: BuilderStep,
        builder: BuilderId,
        call: &Call,
        bound: &BoundMember,
        arguments: Vec<Value>,
        _place: Place,
    ) -> Flows {
        let Some(definition) = self.shared.catalog.builder(builder) else {
            return one(state, Value::unknown());
        };
        let own = bound
            .this
            .as_ref()
            .and_then(|model| model.chain.clone())
            .unwrap_or_default();
        let mut chain = Chain::clone(&own);
        let first = arguments.first().cloned().unwrap_or(Value::Undefined);
        let type_id = match &call.returns.stranger {
            Spec::Type(TypeRef::Id(id)) => *id,
            _ => definition.builder_type,
        };
        match step {
            BuilderStep::Start => {
                chain = Chain {
                    on_error: ["handleServerError", "handleReturnedServerError"]
                        .iter()
                        .find_map(|name| first.own_field(name))
                        .filter(|handler| handler.is_function())
                        .cloned(),
                    ..Chain::default()
                };
                // Older versions take one middleware among the options; what it returns becomes the context.
                for option in ["middleware", "buildContext", "getAuthData"] {
                    if let Some(middleware) = first.own_field(option).filter(|middleware| middleware.is_function()) {
                        chain.steps.push(ChainStep::Procedure(middleware.clone()));
                    }
                }
            }
            BuilderStep::Pass => {}
            BuilderStep::Middleware => chain.steps.push(ChainStep::Middleware(first.clone())),
            BuilderStep::Input => chain.steps.push(ChainStep::Input(first.clone())),
            BuilderStep::Extend => match &first {
                Value::Built(procedure) if procedure.is_procedure => {
                    chain = Chain {
                        steps: vec![ChainStep::Procedure(first.clone())],
                        on_error: chain.on_error,
                    };
                }
                Value::Model(model) => chain = model.chain.as_deref().cloned().unwrap_or_default(),
                Value::Union(_) | Value::Abstract(_) => {
                    chain = Chain {
                        steps: vec![ChainStep::Procedure(first.clone())],
                        on_error: chain.on_error,
                    };
                }
                _ => {}
            },
            BuilderStep::Handler | BuilderStep::Procedure => {
                // Older versions take the schema and the handler in one call; the oldest, the schema among options.
                let given = first.own_field("input").unwrap_or(&first);
                if arguments.len() > 1 && matches!(given, Value::Model(_)) {
                    chain.steps.push(ChainStep::Input(given.clone()));
                }
                let handler = arguments
                    .iter()
                    .rev()
                    .find(|argument| argument.is_function())
                    .cloned()
                    .unwrap_or(first);
                let built = Built {
                    builder,
                    chain,
                    handler,
                    is_procedure: step == BuilderStep::Procedure,
                    label: Text::clone(&bound.name),
                };
                let built = Value::Built(Arc::new(built));
                // A procedure may be an object of its own, from which chains begin that run it first.
                if let (BuilderStep::Procedure, Spec::Type(TypeRef::Id(type_id))) = (step, &call.returns.stranger) {
                    let chain = Chain {
                        steps: vec![ChainStep::Procedure(built)],
                        on_error: None,
                    };
                    let model = Model {
                        type_id: *type_id,
                        label: Text::clone(&bound.name),
                        origin: Origin::default(),
                        chain: Some(Arc::new(chain)),
                        options: None,
                        query: None,
                    };
                    return one(state, Value::Model(Arc::new(model)));
                }
                return one(state, built);
            }
        }
        let label = bound
            .this
            .as_ref()
            .map_or_else(|| Text::clone(&bound.name), |model| Text::clone(&model.label));
        let model = Model {
            type_id,
            label,
            origin: Origin::default(),
            chain: Some(Arc::new(chain)),
            options: Some(first),
            query: None,
        };
        one(state, Value::Model(Arc::new(model)))
    }

    /// Runs an action that a builder made.
    pub(crate) fn call_built(
        &mut self,
        state: Box<State>,
        built: &Arc<Built>,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        let context = if built.is_procedure {
            arguments
                .first()
                .cloned()
                .unwrap_or_else(|| Value::Object(Arc::default()))
        } else {
            Value::Object(Arc::default())
        };
        let client = vec![Value::of(Origin::of(Origin::SENT))];
        let given = if built.is_procedure { &client } else { &arguments };
        let catches = self
            .shared
            .catalog
            .builder(built.builder)
            .is_some_and(|builder| builder.catches);
        let around = self.may_fail;
        if catches {
            self.may_fail = self.tries_failures();
        }
        let flows = self.chain(state, built, 0, context, given, place);
        if catches {
            self.may_fail = around;
        }
        let mut out = Flows::new();
        for (state, outcome) in flows {
            match outcome {
                Ok(value) if built.is_procedure => out.push((state, Ok(value.fulfilled()))),
                Ok(value) => out.push((state, Ok(self.result(built, catches, value).fulfilled()))),
                Err(error) if built.is_procedure => out.push((state, Err(error))),
                // What the framework throws to end the request passes through.
                Err(error) if catches && super::library::is_control_flow(&error) != Some(true) => {
                    out.extend(self.failed(state, built, error, place));
                }
                Err(error) => out.push((state, Ok(error.rejected()))),
            }
        }
        self.merge(out)
    }

    /// What the client gets of an error: a fixed text, or what the options make of it.
    fn failed(&mut self, state: Box<State>, built: &Built, error: Value, place: Place) -> Flows {
        let masked = |state| {
            let text = Value::present(Origin::of(Origin::ERROR), Some(true));
            one(state, Value::object(vec![("serverError", text)]).fulfilled())
        };
        // What is told of the inside is all that matters here.
        let tells = error.origin().has(Origin::INTERNAL) && self.sees_failures();
        let Some(handler) = built.chain.on_error.clone().filter(|_| tells) else {
            return masked(state);
        };
        let utilities = Value::unknown();
        let flows = self.call_back(state, &handler, vec![error, utilities], place);
        let flows = self.each(flows, |run, state, value| run.wait(state, value, place));
        flows
            .into_iter()
            .flat_map(|(state, outcome)| match outcome {
                Ok(told) => one(state, Value::object(vec![("serverError", told)]).fulfilled()),
                Err(_) => masked(state),
            })
            .collect()
    }

    /// What the client, and code that calls the action, gets of the handler's value.
    fn result(&self, built: &Built, catches: bool, value: Value) -> Value {
        let catalog = self.shared.catalog;
        let type_name = catalog
            .builder(built.builder)
            .map_or("", |builder| catalog.type_name(builder.builder_type));
        match type_name.split('/').next() {
            Some("zsa") => Value::list(vec![value, Value::Null]),
            Some("next-safe-action") if catches => Value::object(vec![("data", value)]),
            _ => value,
        }
    }

    /// Runs the chain from one of its steps on.
    fn chain(
        &mut self,
        state: Box<State>,
        built: &Arc<Built>,
        position: usize,
        context: Value,
        arguments: &[Value],
        place: Place,
    ) -> Flows {
        if !self.step() {
            return Flows::new();
        }
        let Some(builder) = self.shared.catalog.builder(built.builder) else {
            return one(state, Value::unknown());
        };
        let Some(step) = built.chain.steps.get(position) else {
            let values = self.templates(&builder.handler, built, position, &context, arguments);
            let flows = self.call_value(
                state,
                &built.handler,
                Value::Undefined,
                values,
                place,
                &built.label,
                None,
            );
            return self.each(flows, |run, state, value| run.wait(state, value, place));
        };
        match step {
            ChainStep::Input(_) => self.chain(state, built, position + 1, context, arguments, place),
            ChainStep::Middleware(middleware) => {
                let has_next = builder.middleware.iter().any(mentions_next);
                let values = self.templates(&builder.middleware, built, position, &context, arguments);
                let flows = self.call_value(state, middleware, Value::Undefined, values, place, "middleware", None);
                let flows = self.each(flows, |run, state, value| run.wait(state, value, place));
                if has_next {
                    return flows;
                }
                self.each(flows, |run, state, value| {
                    let context = spread_into(&context, &value);
                    run.chain(state, built, position + 1, context, arguments, place)
                })
            }
            ChainStep::Procedure(procedure) => {
                let flows = self.call_value(
                    state,
                    procedure,
                    Value::Undefined,
                    vec![context.clone()],
                    place,
                    "procedure",
                    None,
                );
                let flows = self.each(flows, |run, state, value| run.wait(state, value, place));
                self.each(flows, |run, state, value| {
                    let context = match &value {
                        Value::Object(_) => spread_into(&context, &value),
                        other => other.clone(),
                    };
                    run.chain(state, built, position + 1, context, arguments, place)
                })
            }
        }
    }

    /// `next({ ctx })`: goes on with the chain.
    pub(super) fn call_next(
        &mut self,
        state: Box<State>,
        native: &Native,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        let (Some(Value::Built(built)), Some(Value::Number(position)), Some(context), Some(Value::Array(given))) = (
            native.extra.first(),
            native.extra.get(1),
            native.extra.get(2),
            native.extra.get(3),
        ) else {
            return one(state, Value::unknown());
        };
        let extended = match arguments.first() {
            Some(Value::Object(object)) => {
                let own = object.field("ctx").or_else(|| object.field("context"));
                own.map_or_else(|| context.clone(), |own| spread_into(context, own))
            }
            _ => context.clone(),
        };
        let next = built
            .chain
            .steps
            .iter()
            .enumerate()
            .map(|(at, _)| at + 1)
            .find(|at| u32::try_from(*at).is_ok_and(|at| (f64::from(at) - position - 1.0).abs() < 0.5))
            .unwrap_or(usize::MAX);
        let flows = self.chain(state, built, next, extended, &given.items, place);
        flows
            .into_iter()
            .map(|(state, outcome)| {
                (
                    state,
                    Ok(match outcome {
                        Ok(value) => value.fulfilled(),
                        Err(error) => error.rejected(),
                    }),
                )
            })
            .collect()
    }

    fn templates(
        &self,
        templates: &[Template],
        built: &Arc<Built>,
        position: usize,
        context: &Value,
        arguments: &[Value],
    ) -> Vec<Value> {
        templates
            .iter()
            .map(|template| self.template_value(template, built, position, context, arguments))
            .collect()
    }

    fn template_value(
        &self,
        template: &Template,
        built: &Arc<Built>,
        position: usize,
        context: &Value,
        arguments: &[Value],
    ) -> Value {
        let input = arguments.first().cloned().unwrap_or(Value::Undefined);
        match template {
            Template::Context => context.clone(),
            Template::Input => {
                let schema = built.chain.steps.iter().rev().find_map(|step| match step {
                    ChainStep::Input(schema) => Some(schema),
                    _ => None,
                });
                match (input, schema) {
                    (input @ (Value::Abstract(_) | Value::Undefined), Some(schema)) => {
                        let sent = Value::present(input.origin().with(Origin::SENT), Some(true));
                        super::validation::accepted_by(&sent, schema)
                    }
                    (input @ (Value::Abstract(_) | Value::Undefined), None) => {
                        Value::present(input.origin().with(Origin::SENT), None)
                    }
                    (known, Some(schema)) => super::validation::accepted_by(&known, schema),
                    (known, None) => known,
                }
            }
            Template::Next => Value::Native(Arc::new(Native {
                name: Text::from("next"),
                this: None,
                extra: vec![
                    Value::Built(Arc::clone(built)),
                    Value::Number(f64::from(u32::try_from(position).unwrap_or(u32::MAX))),
                    context.clone(),
                    Value::list(arguments.to_vec()),
                ],
            })),
            Template::Object(fields) => {
                let mut object = Value::Object(Arc::default());
                for (name, field) in fields {
                    let value = self.template_value(field, built, position, context, arguments);
                    object = with_property(&object, &Value::text(name), value);
                }
                object
            }
            // What a middleware reads early, the schema has accepted before anything comes of it.
            Template::Value(Spec::Client) => {
                let is_parsed = built.chain.steps.iter().any(|step| matches!(step, ChainStep::Input(_)));
                let origin = Origin::of(Origin::SENT);
                Value::of(if is_parsed {
                    origin.without(Origin::RAW).with(Origin::PARSED)
                } else {
                    origin
                })
            }
            Template::Value(Spec::Identity) => Value::present(Origin::of(Origin::IDENTITY), Some(true)),
            Template::Value(_) => Value::unknown(),
        }
    }
}

fn mentions_next(template: &Template) -> bool {
    match template {
        Template::Next => true,
        Template::Object(fields) => fields.iter().any(|(_, field)| mentions_next(field)),
        _ => false,
    }
}

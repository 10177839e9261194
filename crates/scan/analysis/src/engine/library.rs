//! What the catalog says, as values: calls of library functions, properties of their objects, things awaited.
//!
//! Long because calls of the catalog and their values belong together.

use std::sync::Arc;

use portcullis_catalog::{Call, EffectKind, MemberId, Spec, TypeRef, Yield};
use portcullis_model::Place;
use portcullis_source::ir::Text;

use super::effect::Signal;
use super::names::{
    compares, demands_session, finds_nothing, is_derived, is_hash, is_loose, request_kind, selects_by_credential,
};
use super::{Flows, Run, one, thrown};
use crate::state::State;
use crate::value::{Abstract, BoundMember, ClassOf, Model, Native, Object, Origin, Query, Value};

/// What a spec may refer to.
#[derive(Debug)]
struct Context<'call> {
    this: Option<&'call Arc<Model>>,
    arguments: &'call [Value],
    /// What the result is made from.
    origin: Origin,
    /// The data source finds nothing: a missing credential selects.
    nothing: bool,
    label: Text,
    /// What the callbacks gave back.
    result: Option<Value>,
    chain: Option<Arc<crate::value::Chain>>,
    unverified: bool,
    place: Place,
    /// What a row that the call gives is made from, where that is not just the arguments.
    row: Option<Origin>,
    /// What a query collected, this call included.
    query: Option<Arc<Query>>,
}

impl Context<'_> {
    /// A row: what is read along of the caller's alone is empty for who has no part in it.
    fn row(&self, row: Value, is_outsider: bool) -> Value {
        let joined = self.query.as_ref().map_or(&[][..], |query| query.joined.as_slice());
        if !is_outsider || joined.is_empty() {
            return row;
        }
        let mut object = Object {
            open: Some(row),
            ..Object::default()
        };
        for name in joined {
            object.set(name, Value::list(Vec::new()));
        }
        Value::Object(Arc::new(object))
    }

    /// Whether something is read along that is the caller's alone.
    fn reads_along(&self) -> bool {
        self.query.as_ref().is_some_and(|query| !query.joined.is_empty())
    }

    fn row_origin(&self) -> Origin {
        match &self.row {
            Some(row) => row.clone(),
            None => self.origin.clone().with(Origin::ROW).without(Origin::CREDENTIAL),
        }
    }
}

impl Run<'_> {
    /// An export or member of the catalog as a value: a function, or what the property holds.
    pub(super) fn member_value(&mut self, id: MemberId, this: Option<Arc<Model>>, name: &str) -> Value {
        let Some(member) = self.shared.catalog.member(id) else {
            return Value::unknown();
        };
        let bound = BoundMember {
            member: id,
            this,
            name: Text::from(name),
        };
        if member.call.is_some() || member.native.is_some() {
            return Value::Member(Arc::new(bound));
        }
        let Some(value) = &member.value else {
            return Value::unknown();
        };
        let place = Place::new(portcullis_model::FileId(u32::MAX), portcullis_model::Span::default());
        let flows = self.yielded(Box::default(), value, &bound, &[], place);
        flows
            .into_iter()
            .filter_map(|(_, outcome)| outcome.ok())
            .reduce(Value::or)
            .unwrap_or(Value::Undefined)
    }

    /// What a property holds, for this hypothesis.
    pub(super) fn yielded(
        &mut self,
        state: Box<State>,
        value: &Yield,
        bound: &BoundMember,
        arguments: &[Value],
        place: Place,
    ) -> Flows {
        let member = self.shared.catalog.member(bound.member);
        let unverified = member.is_some_and(|member| member.unverified.is_some());
        let label = self.label(bound);
        let context = Context {
            this: bound.this.as_ref(),
            arguments,
            origin: bound
                .this
                .as_ref()
                .map(|model| model.origin.clone())
                .unwrap_or_default(),
            nothing: false,
            label,
            result: None,
            chain: bound.this.as_ref().and_then(|model| model.chain.clone()),
            unverified,
            place,
            row: None,
            query: bound.this.as_ref().and_then(|model| model.query.clone()),
        };
        let spec = self.pick(value, unverified);
        self.spec(state, spec, &context)
    }

    /// What a source or a check gives, under this hypothesis.
    fn pick<'value>(&self, value: &'value Yield, unverified: bool) -> &'value Spec {
        let roleless = value.outsider.as_ref().filter(|_| self.has_no_role());
        let supposed = roleless.or_else(|| value.limited.as_ref().filter(|_| self.limited()));
        match supposed {
            Some(spec) => spec,
            None if value.stranger != value.caller && self.gets_nothing(unverified) => &value.stranger,
            None => &value.caller,
        }
    }

    fn label(&self, bound: &BoundMember) -> Text {
        match &bound.this {
            Some(model) if !model.label.is_empty() => Text::from(format!("{}.{}", model.label, bound.name).as_str()),
            _ => Text::clone(&bound.name),
        }
    }

    pub(super) fn model_property(&mut self, state: Box<State>, model: &Arc<Model>, name: &str, place: Place) -> Flows {
        let catalog = self.shared.catalog;
        if catalog.type_name(model.type_id) == "environment/Environment" && name != "NODE_ENV" && name != "VERCEL_ENV" {
            return one(state, super::native::environment(name));
        }
        let Some(id) = catalog.member_of(model.type_id, name) else {
            let is_promise = catalog.own_member_of(model.type_id, "await()").is_some();
            if is_promise && matches!(name, "then" | "catch" | "finally") {
                return one(state, Native::method(name, &Value::Model(Arc::clone(model))));
            }
            return one(state, Value::of(model.origin.clone()));
        };
        if matches!(name, "then" | "catch" | "finally")
            && catalog.own_member_of(model.type_id, name).is_none()
            && catalog.own_member_of(model.type_id, "await()").is_some()
        {
            return one(state, Native::method(name, &Value::Model(Arc::clone(model))));
        }
        let Some(member) = catalog.member(id) else {
            return one(state, Value::unknown());
        };
        let bound = BoundMember {
            member: id,
            this: Some(Arc::clone(model)),
            name: Text::from(name),
        };
        if member.call.is_some() || member.native.is_some() {
            return one(state, Value::Member(Arc::new(bound)));
        }
        if let Some(why) = &member.unverified
            && member.value.is_some()
        {
            self.signal(Signal::Unverified(
                place,
                Text::from(format!("{}: {why}", self.label(&bound)).as_str()),
            ));
        }
        let mut state = state;
        if member.identity {
            self.ask(&mut state, place, &bound);
        }
        match &member.value {
            Some(value) => self.yielded(state, value, &bound, &[], place),
            None => one(state, Value::unknown()),
        }
    }

    fn ask(&mut self, state: &mut State, place: Place, bound: &BoundMember) {
        let label = self.label(bound);
        let text = format!("`{label}` is asked who calls");
        self.asked(place, &text);
        state.asked = true;
        let yields = if self.stranger() {
            "a stranger has no session here"
        } else {
            "the caller is known here"
        };
        state.note(place, format!("{text}; {yields}"));
    }

    /// Whether it writes lines of a log.
    fn is_logger(&self, bound: &BoundMember) -> bool {
        bound
            .this
            .as_ref()
            .is_some_and(|model| self.shared.catalog.type_name(model.type_id) == "logging/Logger")
    }

    /// Awaiting an object of a library: query builders run when they are awaited.
    pub(super) fn wait_model(&mut self, state: Box<State>, model: &Arc<Model>, place: Place) -> Flows {
        match self.shared.catalog.own_member_of(model.type_id, "await()") {
            Some(id) => {
                let bound = BoundMember {
                    member: id,
                    this: Some(Arc::clone(model)),
                    name: Text::from(""),
                };
                let flows = self.call_member(state, &Arc::new(bound), Vec::new(), place);
                self.each(flows, |run, state, value| match value {
                    Value::Promise(_) => run.wait(state, value, place),
                    value => one(state, value),
                })
            }
            None => one(state, Value::Model(Arc::clone(model))),
        }
    }

    pub(super) fn call_model(
        &mut self,
        state: Box<State>,
        model: &Arc<Model>,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        if let Some(id) = self.shared.catalog.own_member_of(model.type_id, "()") {
            let bound = BoundMember {
                member: id,
                this: Some(Arc::clone(model)),
                name: Text::from(""),
            };
            self.call_member(state, &Arc::new(bound), arguments, place)
        } else {
            let mut origin = model.origin.clone();
            arguments.iter().for_each(|argument| origin.add(&argument.origin()));
            one(state, Value::of(origin))
        }
    }

    /// Calls a function of the catalog.
    pub(super) fn call_member(
        &mut self,
        mut state: Box<State>,
        bound: &Arc<BoundMember>,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        let Some(member) = self.shared.catalog.member(bound.member) else {
            return one(state, Value::unknown());
        };
        if let Some(native) = member.native {
            return self.call_catalog_native(state, native, arguments, place);
        }
        let Some(call) = &member.call else {
            return one(state, Value::unknown());
        };
        if let Some((step, builder)) = &call.builder {
            return self.build(state, *step, *builder, call, bound, arguments, place);
        }
        let label = self.label(bound);
        if member.identity {
            self.ask(&mut state, place, bound);
        }
        if let Some(why) = &member.unverified {
            self.signal(Signal::Unverified(
                place,
                Text::from(format!("{label}: {why}").as_str()),
            ));
        }
        if member.identity && demands_session(&arguments) && self.gets_nothing(false) {
            state.exit = Some((place, "the framework ends the request here"));
            let error = control_flow();
            return if call.is_async {
                one(state, error.rejected())
            } else {
                thrown(state, error)
            };
        }
        let checks_secret = arguments
            .iter()
            .any(|argument| argument.origin().has(Origin::SECRET | Origin::CREDENTIAL));
        if call.credential && checks_secret {
            self.ask(&mut state, place, bound);
        } else if call.credential {
            self.signal(Signal::Credential(place, Text::clone(&label)));
        }
        if call.establishes {
            self.signal(Signal::Established(place, Text::clone(&label)));
        }
        if is_hash(&bound.name) {
            self.signal(Signal::Hashed(place));
        }
        let mut origin = bound
            .this
            .as_ref()
            .map(|model| model.origin.clone())
            .unwrap_or_default();
        let arguments = self.with_conditions(&mut state, call, arguments, place);
        let selects = arguments.iter().any(|argument| selects_by_credential(argument, 0)) && !is_loose(&bound.name);
        // An alternative does not pin anything down.
        let is_alternative = is_loose(&bound.name);
        for argument in &arguments {
            let mut given = argument.origin().partial().without(Origin::SHAPED);
            if !selects {
                given = given.without(Origin::CREDENTIAL);
            }
            if is_alternative && given.has(Origin::IDENTITY) && self.outsider() {
                given = given.without(Origin::IDENTITY);
            }
            origin.add(&given);
        }
        if is_derived(&bound.name) && origin.has(Origin::CLIENT) {
            self.signal(Signal::Read(place, Text::clone(&label), origin.has(Origin::RAW)));
        }
        // A client that sends both what is checked and what it is checked against can always say the right thing.
        if call.credential && compares(&bound.name) && checks_itself(&arguments) {
            let answer = Value::present(origin, None);
            return one(state, if call.is_async { answer.fulfilled() } else { answer });
        }
        let query = super::query::gather(bound.this.as_ref(), &bound.name, call, &arguments);
        let (selection, mut details) = self.judge_query(&query, call, &bound.name, member.is_database, &origin, place);
        if member.is_database {
            details.relation = super::relation::table(&query, &label);
        }
        let mut row = None;
        let mut fails = false;
        let mut nothing = finds_nothing(&bound.name, &arguments);
        if call.limiter {
            self.signal(Signal::Limiter(place, super::sinks::key_of(call, &arguments)));
        }
        if call.captcha {
            self.signal(Signal::Captcha(place));
        }
        self.look_for_sinks(&state, call, &bound.name, &label, &arguments, place);
        self.look_for_filters(bound.this.as_ref(), &bound.name, &label, &arguments, place);
        if self.is_logger(bound) {
            self.look_for_logs(&arguments, &label, place);
        }
        // Who has no part in it finds nothing by a condition that names both the caller and what the client picked; nor
        // does who has no role, by one that asks for it.
        let misses = call.effect.is_some()
            && selection.caller
            && (selection.role && self.has_no_role() || selection.client && self.outsider());
        if misses {
            if self.outsider() && selection.client {
                for key in super::relation::keys(&query, details.relation.as_deref(), &origin) {
                    self.signal(Signal::Tied(key, details.relation.clone()));
                }
                if let Some(table) = &details.relation {
                    self.signal(Signal::Member(Text::clone(table)));
                }
            }
            if selection.role
                && let Some(table) = &details.relation
            {
                self.signal(Signal::Ranked(Text::clone(table)));
            }
            let text = if selection.role && (!selection.client || !self.outsider()) {
                let role = super::query::role_asked(&query)
                    .map_or_else(|| "the role".to_owned(), |role| format!("the role `{role}`"));
                Signal::Role(
                    place,
                    Text::from(format!("`{label}` finds only who has {role}").as_str()),
                )
            } else {
                Signal::Owner(
                    place,
                    Text::from(format!("`{label}` finds only what belongs to the caller").as_str()),
                )
            };
            self.signal(text);
            state.asked = true;
            state.note(place, format!("`{label}` finds nothing of somebody else's"));
            nothing = true;
        }
        // A library that asks who calls, or refuses a stranger, does so before it acts.
        let refuses = (member.identity || matches!(call.returns.stranger, Spec::Throws | Spec::Redirects))
            && self.gets_nothing(member.unverified.is_some());
        if refuses || nothing {
            nothing = true;
        } else if let Some(kind) = call.effect {
            let kind = request_kind(kind, &arguments);
            let selects = origin.has(Origin::CREDENTIAL);
            fails = self.may_fail && kind != EffectKind::Revalidate;
            if fails {
                self.may_fail = false;
                self.failed_here();
            }
            if selects && matches!(kind, EffectKind::Read | EffectKind::Sql | EffectKind::FileRead) {
                // The caller's own credential selects: this is how own sessions look up who calls.
                self.ask(&mut state, place, bound);
                nothing = self.stranger();
            }
            if !(nothing || selects && self.stranger()) {
                let from = self.effect(&mut state, kind, place, &label, &origin, call.establishes, &details);
                row = Some(super::query::row_origin(
                    &origin,
                    &from,
                    selection,
                    &query,
                    &details,
                    member.is_database,
                ));
                // What the caller's own credential finds says who calls.
                if selects && !self.stranger() {
                    row = row.map(|row| row.with(Origin::IDENTITY).without(Origin::FOREIGN));
                }
                origin.add(&from);
                if !matches!(kind, EffectKind::Revalidate) {
                    state.note(place, format!("`{label}` {}", super::effect::EffectWords::verb(kind)));
                }
            }
        } else if call.establishes {
            self.observe(&state, EffectKind::Session, place, &label, &origin, true, &details);
        }
        if row.is_none() && call.effect.is_some() {
            row = Some(super::query::row_origin(
                &origin,
                &Origin::default(),
                selection,
                &query,
                &details,
                member.is_database,
            ));
        }
        // Rows since some time, counted.
        let counts_rows = origin.has(Origin::CLOCK)
            && member.is_database
            && matches!(&*bound.name, "count" | "countDocuments" | "$count" | "zcount" | "zcard");
        let query = (query != Query::default()).then(|| Arc::new(query));
        let flows = self.callbacks(state, call, bound, &arguments, place, &origin);
        self.each(flows, |run, state, result| {
            let mut origin = origin.clone();
            origin.add(&result.origin());
            let context = Context {
                this: bound.this.as_ref(),
                arguments: &arguments,
                origin,
                nothing,
                label: Text::clone(&label),
                result: Some(result),
                chain: bound.this.as_ref().and_then(|model| model.chain.clone()),
                unverified: member.unverified.is_some(),
                place,
                row: row.clone(),
                query: query.clone(),
            };
            let spec = run.pick(&call.returns, member.unverified.is_some());
            let failed = fails.then(|| state.clone());
            let mut flows = run.spec(state, spec, &context);
            if counts_rows {
                for (_, outcome) in &mut flows {
                    if let Ok(value @ Value::Abstract(_)) = outcome {
                        *value = value.map_origin(&|origin| origin.with(Origin::COUNT));
                    }
                }
            }
            flows.extend(failed.map(|state| (state, Err(internal_error()))));
            if !call.is_async {
                return flows;
            }
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
        })
    }

    /// Runs the functions among the arguments; the value is what the last one gave, or each of a list.
    fn callbacks(
        &mut self,
        state: Box<State>,
        call: &Call,
        bound: &Arc<BoundMember>,
        arguments: &[Value],
        place: Place,
        origin: &Origin,
    ) -> Flows {
        let mut flows = one(state, Value::Undefined);
        for callback in &call.callbacks {
            let argument = arguments.get(callback.argument).cloned().unwrap_or(Value::Undefined);
            let function = match &callback.field {
                Some(field) => argument.own_field(field).cloned().unwrap_or(Value::Undefined),
                None => argument,
            };
            flows = self.each(flows, |run, state, so_far| {
                // A list of promises instead of a function: they are waited for.
                if let Value::Array(array) = &function {
                    let mut waited = one(state, Value::list(Vec::new()));
                    for item in &array.items {
                        waited = run.each(waited, |run, state, list| {
                            let flows = run.wait(state, item.clone(), place);
                            run.each(flows, |_, state, value| {
                                let mut items = match &list {
                                    Value::Array(list) => list.items.clone(),
                                    _ => Vec::new(),
                                };
                                items.push(value);
                                one(state, Value::list(items))
                            })
                        });
                    }
                    return waited;
                }
                if !function.is_function() && !matches!(function, Value::Abstract(_)) {
                    return one(state, so_far);
                }
                let context = Context {
                    this: bound.this.as_ref(),
                    arguments,
                    origin: origin.clone(),
                    nothing: false,
                    label: run.label(bound),
                    result: None,
                    chain: None,
                    unverified: false,
                    place,
                    row: None,
                    query: bound.this.as_ref().and_then(|model| model.query.clone()),
                };
                let mut given = one(state, Value::list(Vec::new()));
                for spec in &callback.with {
                    given = run.each(given, |run, state, list| {
                        let flows = run.spec(state, spec, &context);
                        run.each(flows, |_, state, value| {
                            let mut items = match &list {
                                Value::Array(list) => list.items.clone(),
                                _ => Vec::new(),
                            };
                            items.push(value);
                            one(state, Value::list(items))
                        })
                    });
                }
                let is_later = bound.this.is_none() && matches!(&*bound.name, "after" | "unstable_after" | "waitUntil");
                run.each_list(given, |run, state, values| {
                    let flows = run.call_back(state, &function, values, place);
                    let mut flows = run.each(flows, |run, state, value| run.wait(state, value, place));
                    // What runs after the answer ends nothing by throwing.
                    if is_later {
                        flows
                            .iter_mut()
                            .for_each(|(_, outcome)| *outcome = Ok(Value::Undefined));
                    }
                    flows
                })
            });
        }
        flows
    }

    /// A spec as a value. Alternatives are separate states.
    fn spec(&mut self, mut state: Box<State>, spec: &Spec, context: &Context<'_>) -> Flows {
        let value = match spec {
            Spec::Undefined => Value::Undefined,
            Spec::Null => Value::Null,
            Spec::Bool(value) => Value::Boolean(*value),
            Spec::Number(number) => Value::Number(*number),
            Spec::Text(text) => Value::text(text),
            Spec::Identity => {
                let bits = if context.unverified {
                    Origin::UNVERIFIED | Origin::IDENTITY
                } else {
                    Origin::IDENTITY
                };
                if context.unverified && self.stranger() {
                    Value::present(Origin::of(Origin::UNVERIFIED | Origin::CLIENT), Some(true))
                } else {
                    Value::present(Origin::of(bits), Some(true))
                }
            }
            Spec::Client => {
                let bits = if context.unverified {
                    Origin::SENT | Origin::UNVERIFIED
                } else {
                    Origin::SENT
                };
                Value::of(context.origin.clone().without(Origin::CREDENTIAL).with(bits))
            }
            Spec::Cookie => Value::of(Origin::of(Origin::CLIENT | Origin::CREDENTIAL)),
            Spec::Row | Spec::Unknown if context.nothing => Value::Null,
            Spec::Row => {
                let is_outsider = context.reads_along() && self.outsider();
                context.row(Value::of(context.row_origin()), is_outsider)
            }
            Spec::Rows if context.nothing => Value::list(Vec::new()),
            Spec::Rows => {
                let row = Value::present(context.row_origin(), Some(true));
                let is_outsider = context.reads_along() && self.outsider();
                Value::list_of(context.row(row, is_outsider))
            }
            Spec::Error if context.row.is_some() => internal_error(),
            Spec::Error => Value::present(Origin::of(Origin::ERROR), Some(true)),
            Spec::Secret => Value::present(Origin::of(Origin::SECRET | Origin::SENSITIVE), Some(true)),
            Spec::Boolean => Value::present(context.origin.clone().with(Origin::CHECKED), None),
            Spec::Unknown if context.row.is_some() => Value::of(context.row_origin().partial()),
            Spec::Unknown => Value::of(context.origin.clone()),
            Spec::Clean => Value::of(context.origin.clone().without(Origin::TEXT | Origin::LEAD)),
            Spec::Count => Value::present(Origin::of(Origin::COUNT), None),
            Spec::Parsed(inner) => {
                let flows = self.spec(state, inner, context);
                return self.each(flows, |_, state, value| {
                    let value = super::validation::accepted(&value, context.this, context.arguments);
                    one(state, value)
                });
            }
            Spec::This => match context.this {
                Some(model) => {
                    let mut model = Model::clone(model);
                    model.origin = context.origin.clone();
                    model.query.clone_from(&context.query);
                    if model.label.len() + context.label.len() < 200 {
                        model.label = Text::clone(&context.label);
                    }
                    Value::Model(Arc::new(model))
                }
                None => Value::of(context.origin.clone()),
            },
            Spec::Argument(position) => context.arguments.get(*position).cloned().unwrap_or(Value::Undefined),
            Spec::CallbackResult => context.result.clone().unwrap_or(Value::Undefined),
            Spec::Awaited(inner) => {
                let flows = self.spec(state, inner, context);
                let place = context.place;
                return self.each(flows, |run, state, value| run.wait(state, value, place));
            }
            Spec::Type(TypeRef::Id(type_id)) => Value::Model(Arc::new(Model {
                type_id: *type_id,
                label: Text::clone(&context.label),
                // The secrets that a client was configured with say nothing about what it gives.
                origin: context.origin.clone().without(Origin::SECRET),
                chain: context.chain.clone(),
                options: options_of(context.arguments),
                query: context.query.clone(),
            })),
            Spec::Type(TypeRef::Named(_)) => Value::unknown(),
            Spec::Object(fields) => {
                let mut flows = one(state, Value::Object(Arc::default()));
                for (name, field) in fields {
                    flows = self.each(flows, |run, state, so_far| {
                        let flows = run.spec(state, field, context);
                        run.each(flows, |_, state, value| {
                            let key = Value::text(name);
                            one(state, super::expression::with_property(&so_far, &key, value))
                        })
                    });
                }
                return flows;
            }
            Spec::List(inner) if **inner == Spec::Undefined => Value::list(Vec::new()),
            Spec::List(inner) => {
                let flows = self.spec(state, inner, context);
                return self.each(flows, |_, state, value| one(state, Value::list_of(value)));
            }
            Spec::Promise(inner) => {
                let flows = self.spec(state, inner, context);
                return flows
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
                    .collect();
            }
            Spec::Function(inner) => {
                let flows = self.spec(state, inner, context);
                return self.each(flows, |_, state, value| {
                    let native = Native {
                        name: Text::from("constant"),
                        this: None,
                        extra: vec![value],
                    };
                    one(state, Value::Native(Arc::new(native)))
                });
            }
            // Who asks for what is not there gets the error.
            Spec::Either(options) if context.nothing && context.row.is_some() && options.contains(&Spec::Throws) => {
                return self.spec(state, &Spec::Throws, context);
            }
            Spec::Either(options) => {
                let mut out = Flows::new();
                for option in options {
                    out.extend(self.spec(state.clone(), option, context));
                }
                return self.merge(out);
            }
            Spec::Throws => {
                state.exit = Some((context.place, "throws here"));
                let mut error = Object {
                    class: Some(ClassOf::Builtin(Text::from("Error"))),
                    ..Object::default()
                };
                error.open = Some(Value::Abstract(Arc::new(Abstract {
                    origin: Origin::of(Origin::ERROR),
                    ..Abstract::default()
                })));
                return thrown(state, Value::Object(Arc::new(error)));
            }
            Spec::Redirects => {
                state.exit = Some((context.place, "the framework ends the request here"));
                return thrown(state, control_flow());
            }
        };
        one(state, value)
    }
}

/// Whether the client sent both sides of a comparison.
fn checks_itself(arguments: &[Value]) -> bool {
    arguments.len() > 1
        && arguments.iter().all(|argument| {
            let origin = argument.origin();
            let others = Origin::ROW | Origin::SECRET | Origin::CREDENTIAL | Origin::IDENTITY | Origin::COOKIE;
            origin.has(Origin::CLIENT) && !origin.has(others | Origin::CONFIGURED) && origin.opaque().next().is_none()
        })
}

/// What a data source or a service throws: it tells about the inside.
pub(super) fn internal_error() -> Value {
    let inside = || Value::present(Origin::of(Origin::ERROR | Origin::INTERNAL), Some(true));
    let mut error = Object {
        class: Some(ClassOf::Builtin(Text::from("Error"))),
        ..Object::default()
    };
    error.set("message", inside());
    error.open = Some(Value::of(Origin::of(Origin::ERROR | Origin::INTERNAL)));
    Value::Object(Arc::new(error))
}

/// What `redirect()` and its kin throw.
pub(super) fn control_flow() -> Value {
    let mut error = Object {
        class: Some(ClassOf::Builtin(Text::from("Error"))),
        ..Object::default()
    };
    error.set("digest", Value::text("NEXT_REDIRECT;replace;/;307;"));
    error.set("message", Value::text("NEXT_REDIRECT"));
    Value::Object(Arc::new(error))
}

pub(crate) fn is_control_flow(value: &Value) -> Option<bool> {
    match value {
        Value::Object(object) => match object.field("digest") {
            Some(Value::Text(digest)) => Some(digest.starts_with("NEXT_")),
            _ => Some(false),
        },
        _ => None,
    }
}

/// What a call was made with: its options; where several conditions are joined, all of them.
fn options_of(arguments: &[Value]) -> Option<Value> {
    let are_conditions = arguments.len() > 1 && arguments.iter().all(|argument| matches!(argument, Value::Model(_)));
    if are_conditions {
        return Some(Value::list(arguments.to_vec()));
    }
    arguments.first().cloned()
}

//! Classes: what `class` makes, what `new` makes of it, and `super`.

use std::sync::Arc;

use portcullis_model::Place;
use portcullis_source::ir::{Argument, ClassId, FunctionId, MemberKind, Text};

use super::{Flows, Here, Run, one};
use crate::state::State;
use crate::value::{ClassOf, ClassValue, Closure, Field, Object, Origin, Value};

/// How long a chain of parents is followed.
const PARENT_LIMIT: usize = 16;

impl Run<'_> {
    pub(super) fn class_value(&mut self, here: Here, id: ClassId, mut state: Box<State>) -> Flows {
        let program = self.shared.program;
        let Some(class) = program
            .module(here.file)
            .and_then(|module| module.classes.get(usize::try_from(id.0).unwrap_or(usize::MAX)))
        else {
            return one(state, Value::unknown());
        };
        if let Some(frame) = here.frame.and_then(|frame| self.frame_mut(&mut state, frame)) {
            frame.captured = true;
        }
        let parents = match &class.parent {
            Some(parent) => self.expression(here, parent, state),
            None => one(state, Value::Undefined),
        };
        let has_parent = class.parent.is_some();
        let mut flows = self.each(parents, |_, state, parent| {
            let value = ClassValue {
                file: here.file,
                class: id,
                scope: here.frame,
                parent: has_parent.then_some(parent),
                statics: Vec::new(),
            };
            one(state, Value::Class(Arc::new(value)))
        });
        for member in class.members.iter().filter(|member| member.is_static) {
            flows = self.each(flows, |run, state, value| {
                let Value::Class(class) = &value else {
                    return one(state, value);
                };
                let add = |value: Value| {
                    let mut class = ClassValue::clone(class);
                    class.statics.push((Text::clone(&member.name), value));
                    Value::Class(Arc::new(class))
                };
                match &member.kind {
                    MemberKind::Method(function) => one(state, add(method(class, *function))),
                    MemberKind::Field(Some(field)) => {
                        let flows = run.expression(here, field, state);
                        run.each(flows, |_, state, field| one(state, add(field)))
                    }
                    MemberKind::Getter(function) => {
                        let flows = run.call_back(
                            state,
                            &method(class, *function),
                            Vec::new(),
                            here.at(portcullis_model::Span::default()),
                        );
                        run.each(flows, |_, state, field| one(state, add(field)))
                    }
                    MemberKind::Field(None) | MemberKind::Setter(_) => one(state, value),
                }
            });
        }
        flows
    }

    /// `new class(...arguments)`
    pub(super) fn construct(&mut self, state: Box<State>, class: &Value, arguments: Vec<Value>, place: Place) -> Flows {
        match class {
            Value::Class(class) => {
                let instance = Object {
                    class: Some(ClassOf::Project(Arc::clone(class))),
                    ..Object::default()
                };
                self.initialize(state, class, Value::Object(Arc::new(instance)), arguments, place)
            }
            Value::Native(native) => self.construct_native(state, &native.name, arguments, place),
            Value::Abstract(inner) => self.call_unknown(state, inner, arguments, place, "new"),
            // A function used as a class: its `this` is the result.
            Value::Function(closure) => {
                let this = Value::Object(Arc::default());
                let flows = self.call_closure(state, closure, this.clone(), arguments, place);
                self.each(flows, |_, mut state, returned| {
                    let changed = state.changed_this.take();
                    let value = if matches!(returned, Value::Undefined) {
                        changed.unwrap_or(this.clone())
                    } else {
                        returned
                    };
                    one(state, value)
                })
            }
            Value::Undefined | Value::Null => {
                let error = self.type_error("something that is not a class is constructed");
                super::thrown(state, error)
            }
            other => self.call_value(state, other, Value::Undefined, arguments, place, "new", None),
        }
    }

    /// Runs field initializers and constructors; the value is the finished object.
    fn initialize(
        &mut self,
        state: Box<State>,
        class: &Arc<ClassValue>,
        this: Value,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        let program = self.shared.program;
        let Some(definition) = program
            .module(class.file)
            .and_then(|module| module.classes.get(usize::try_from(class.class.0).unwrap_or(usize::MAX)))
        else {
            return one(state, this);
        };
        let mut flows = if definition.constructor.is_none() {
            self.initialize_parent(state, class, this, arguments.clone(), place)
        } else {
            one(state, this)
        };
        for member in definition.members.iter().filter(|member| !member.is_static) {
            let MemberKind::Field(field) = &member.kind else {
                continue;
            };
            flows = self.each(flows, |run, mut state, this| {
                let mut frame = crate::state::Frame::new(class.file, None, class.scope, this.clone());
                frame.home = Some(Arc::clone(class));
                let id = run.shared.new_frame();
                state.put_frame(id, Arc::new(frame));
                let here = Here {
                    file: class.file,
                    frame: Some(id),
                };
                let values = match field {
                    Some(field) => run.expression(here, field, state),
                    None => one(state, Value::Undefined),
                };
                run.each(values, |_, state, value| {
                    let key = Value::Text(Text::clone(&member.name));
                    one(state, super::expression::with_property(&this, &key, value))
                })
            });
        }
        let Some(constructor) = definition.constructor else {
            return flows;
        };
        self.each(flows, |run, state, this| {
            let Value::Function(closure) = method(class, constructor) else {
                return one(state, this);
            };
            let flows = run.call_closure(state, &closure, this.clone(), arguments.clone(), place);
            run.each(flows, |_, mut state, _| {
                let value = state.changed_this.take().unwrap_or_else(|| this.clone());
                one(state, value)
            })
        })
    }

    fn initialize_parent(
        &mut self,
        state: Box<State>,
        class: &Arc<ClassValue>,
        this: Value,
        arguments: Vec<Value>,
        place: Place,
    ) -> Flows {
        match &class.parent {
            Some(Value::Class(parent)) => self.initialize(state, parent, this, arguments, place),
            Some(Value::Native(native)) => {
                let mut value = this;
                if native.name.ends_with("Error")
                    && let Value::Object(object) = &mut value
                {
                    let object = Arc::make_mut(object);
                    object.set("message", arguments.first().cloned().unwrap_or_else(|| Value::text("")));
                }
                one(state, value)
            }
            Some(other) => {
                let origin = other.origin();
                let mut value = this;
                if let Value::Object(object) = &mut value {
                    Arc::make_mut(object).open = Some(match other {
                        Value::Abstract(_) => other.clone(),
                        _ => Value::of(origin),
                    });
                }
                one(state, value)
            }
            None => one(state, this),
        }
    }

    /// `super(...)`
    pub(super) fn super_call(&mut self, here: Here, arguments: &[Argument], state: Box<State>, place: Place) -> Flows {
        let flows = self.arguments(here, arguments, state);
        self.each_list(flows, |run, state, values| {
            let Some(frame) = here.frame.and_then(|id| run.frame(&state, id)) else {
                return one(state, Value::Undefined);
            };
            let Some(home) = frame.home.clone() else {
                return one(state, Value::Undefined);
            };
            let flows = run.initialize_parent(state, &home, frame.this.clone(), values, place);
            run.each(flows, |run, mut state, this| {
                if let Some(frame) = here.frame.and_then(|id| run.frame_mut(&mut state, id)) {
                    frame.this = this;
                }
                one(state, Value::Undefined)
            })
        })
    }

    /// `super.name`
    pub(super) fn super_member(&mut self, here: Here, name: &str, state: Box<State>) -> Flows {
        let home = here
            .frame
            .and_then(|id| self.frame(&state, id))
            .and_then(|frame| frame.home.clone());
        let value = match home.and_then(|home| home.parent.clone()) {
            Some(Value::Class(parent)) => match self.class_member(&parent, name) {
                Some(Field::Value(value)) => value,
                Some(Field::Getter(_)) | None => Value::unknown(),
            },
            Some(other) => Value::of(other.origin()),
            None => Value::unknown(),
        };
        one(state, value)
    }

    /// A method or getter of a class or of its parents.
    pub(super) fn class_member(&self, class: &Arc<ClassValue>, name: &str) -> Option<Field> {
        let program = self.shared.program;
        let mut class = Arc::clone(class);
        for _ in 0..PARENT_LIMIT {
            let definition = program
                .module(class.file)?
                .classes
                .get(usize::try_from(class.class.0).unwrap_or(usize::MAX))?;
            for member in definition
                .members
                .iter()
                .filter(|member| !member.is_static && &*member.name == name)
            {
                match &member.kind {
                    MemberKind::Method(function) => return Some(Field::Value(method(&class, *function))),
                    MemberKind::Getter(function) => {
                        if let Value::Function(closure) = method(&class, *function) {
                            return Some(Field::Getter(closure));
                        }
                    }
                    MemberKind::Setter(_) | MemberKind::Field(_) => {}
                }
            }
            match &class.parent {
                Some(Value::Class(parent)) => class = Arc::clone(parent),
                Some(Value::Abstract(outside)) => {
                    return Some(Field::Value(Value::Abstract(Arc::clone(outside))));
                }
                Some(Value::Native(_)) | None => return None,
                Some(_) => return Some(Field::Value(Value::of(Origin::default()))),
            }
        }
        None
    }
}

fn method(class: &Arc<ClassValue>, function: FunctionId) -> Value {
    Value::Function(Arc::new(Closure {
        file: class.file,
        function,
        scope: class.scope,
        this: None,
        home: Some(Arc::clone(class)),
        bound: Vec::new(),
    }))
}

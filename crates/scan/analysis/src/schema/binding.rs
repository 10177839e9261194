//! Gives the variables of patterns their values: parameters of a call, declarations that take a value apart.

use portcullis_model::{FileId, Place, Span};
use portcullis_source::ir::{Function, Key, Pattern, Text};

use super::meaning::{Closure, Meaning, Scope};
use super::reader::Reader;
use super::shape::Literal;
use super::value;

impl Reader<'_, '_> {
    /// The variables of a call: its parameters.
    pub(crate) fn enter(&mut self, closure: &Closure, function: &Function, arguments: &[Meaning]) -> Scope {
        let mut scope = closure.scope.clone();
        for (position, pattern) in function.parameters.iter().enumerate() {
            let value = arguments
                .get(position)
                .cloned()
                .unwrap_or(Meaning::Constant(Literal::Undefined));
            // Whoever asks for a parameter with a default adds `undefined` to what it accepts.
            let pattern = match (pattern, &value) {
                (Pattern::Default(inner, _), Meaning::Input(_)) => inner,
                _ => pattern,
            };
            scope = self.bind(closure.file, &scope, pattern, value);
        }
        if let Some(rest) = &function.rest {
            let rest_values = arguments.get(function.parameters.len()..).unwrap_or_default();
            scope = self.bind(closure.file, &scope, rest, value::rest_of(rest_values));
        }
        scope
    }

    /// Gives the variables of a pattern their values.
    pub(crate) fn bind(&mut self, file: FileId, scope: &Scope, pattern: &Pattern, value: Meaning) -> Scope {
        match pattern {
            Pattern::Symbol(symbol, _) if self.index.is_changed(file, *symbol) => {
                scope.with(file, *symbol, Meaning::Unknown)
            }
            Pattern::Symbol(symbol, _) => scope.with(file, *symbol, value),
            Pattern::Default(inner, default) => {
                let value = match value {
                    Meaning::Constant(Literal::Undefined) => self.expression(file, scope, default),
                    // What is there with the default differs from what the caller sent.
                    Meaning::Input(input) => Meaning::Input(input.computed()),
                    value => value,
                };
                self.bind(file, scope, inner, value)
            }
            Pattern::Object { properties, rest } => {
                let mut bound = scope.clone();
                for (key, pattern) in properties {
                    let member = match key {
                        Key::Name(name) => self.member(&value, name, Place::new(file, Span::new(0, 0))),
                        Key::Computed(_) => Meaning::Unknown,
                    };
                    bound = self.bind(file, &bound, pattern, member);
                }
                match rest {
                    Some(rest) => self.bind(file, &bound, rest, Meaning::Unknown),
                    None => bound,
                }
            }
            Pattern::Array { elements, rest } => {
                let mut bound = scope.clone();
                for (position, element) in elements.iter().enumerate() {
                    if let Some(element) = element {
                        let name = Text::from(position.to_string());
                        let member = self.member(&value, &name, Place::new(file, Span::new(0, 0)));
                        bound = self.bind(file, &bound, element, member);
                    }
                }
                match rest {
                    Some(rest) => self.bind(file, &bound, rest, Meaning::Unknown),
                    None => bound,
                }
            }
            Pattern::Place(_) => scope.clone(),
        }
    }
}

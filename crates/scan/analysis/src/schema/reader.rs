//! Reads what an expression means, across modules, without running it: the code that builds schemas is almost always
//! an expression of constants, library calls and other such expressions.
//!
//! What is not of that kind means nothing here, and a schema that depends on it accepts everything there. Steps and
//! depth have limits; one reader serves one endpoint, so that no answer depends on what was asked before.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_model::{FileId, Place, Span};
use portcullis_source::Target;
use portcullis_source::ir::{
    Argument, Expression, ExpressionKind, ImportName, Key, LogicalOperator, Property, Statement, StatementKind, Symbol,
    SymbolKind, Text, UnaryOperator,
};

use super::accept::Definitions;
use super::declaration::Declaration;
use super::index::Index;
use super::meaning::{Closure, Library, Meaning, ObjectMeaning, Scope};
use super::shape::{Kind, Literal, Shape};
use super::{language, library, value};

/// How many expressions one endpoint's schemas may take.
const STEP_LIMIT: u32 = 200_000;

/// How deep expressions, calls and variables may nest.
const DEPTH_LIMIT: u32 = 160;

/// Reads the schemas of one endpoint.
#[derive(Debug)]
pub(crate) struct Reader<'index, 'scan> {
    pub(crate) index: &'index Index<'scan>,
    /// The recursive schemas that were met.
    pub(crate) definitions: Definitions,
    values: BTreeMap<(FileId, Symbol), Meaning>,
    reading: Vec<(FileId, Symbol, bool)>,
    steps: u32,
    depth: u32,
}

impl<'index, 'scan> Reader<'index, 'scan> {
    pub(crate) fn new(index: &'index Index<'scan>) -> Self {
        Self {
            index,
            definitions: Definitions::new(),
            values: BTreeMap::new(),
            reading: Vec::new(),
            steps: 0,
            depth: 0,
        }
    }

    /// What a module exports under a name.
    pub(crate) fn export(&mut self, file: FileId, name: &str) -> Meaning {
        self.index
            .program
            .export(file, name)
            .map_or(Meaning::Unknown, |target| self.target(&target))
    }

    fn target(&mut self, target: &Target) -> Meaning {
        match target {
            Target::Symbol(file, symbol) => self.symbol(*file, &Scope::default(), *symbol),
            Target::Value(file, expression) => {
                // The expression outlives this call in its module; here it is borrowed from the target.
                self.expression(*file, &Scope::default(), expression)
            }
            Target::Namespace(file) => Meaning::Module(*file),
            Target::Library { module, name } | Target::Missing { module, name } => {
                Library::of(module).map_or(Meaning::Unknown, |library| library.export(name.as_deref()))
            }
            Target::Asset => Meaning::Unknown,
        }
    }

    /// What a variable holds.
    pub(crate) fn symbol(&mut self, file: FileId, scope: &Scope, symbol: Symbol) -> Meaning {
        if let Some(value) = scope.value(file, symbol) {
            return value;
        }
        let Some(module) = self.index.program.module(file) else {
            return Meaning::Unknown;
        };
        let Some(info) = module.symbols.get(usize::try_from(symbol.0).unwrap_or(usize::MAX)) else {
            return Meaning::Unknown;
        };
        match info.kind {
            SymbolKind::Import(position) => {
                let Some(import) = module.imports.get(usize::try_from(position).unwrap_or(usize::MAX)) else {
                    return Meaning::Unknown;
                };
                // The project may hold the library itself; what it means is known all the same.
                if let Some(library) = Library::of(&import.specifier) {
                    return match &import.name {
                        ImportName::Named(name) => library.export(Some(name)),
                        ImportName::Namespace => library.export(None),
                    };
                }
                let target = self.index.program.import(file, import);
                self.nested(|reader| reader.target(&target))
            }
            SymbolKind::Function(function) => Meaning::Function(Closure {
                file,
                function,
                scope: scope.clone(),
            }),
            SymbolKind::Constant => {
                let is_local = info.owner.is_some();
                if !is_local && let Some(value) = self.values.get(&(file, symbol)) {
                    return value.clone();
                }
                let open = self
                    .reading
                    .iter_mut()
                    .find(|(own, name, _)| (*own, *name) == (file, symbol));
                if let Some((_, _, is_recursive)) = open {
                    if is_local {
                        return Meaning::Unknown;
                    }
                    *is_recursive = true;
                    return Meaning::reference((file, symbol), Place::new(file, info.span));
                }
                self.reading.push((file, symbol, false));
                let nothing = Scope::default();
                let value = self.declared(file, if is_local { scope } else { &nothing }, symbol);
                let is_recursive = self.reading.pop().is_some_and(|(_, _, is_recursive)| is_recursive);
                if is_recursive && let Meaning::Schema(shape) = &value {
                    let definition = (Text::clone(&info.name), Arc::clone(shape));
                    self.definitions.insert((file, symbol), definition);
                }
                if !is_local {
                    self.values.insert((file, symbol), value.clone());
                }
                value
            }
            SymbolKind::Type | SymbolKind::Variable | SymbolKind::Parameter | SymbolKind::Class(_) => Meaning::Unknown,
        }
    }

    fn declared(&mut self, file: FileId, scope: &Scope, symbol: Symbol) -> Meaning {
        match self.index.declaration(file, symbol) {
            Some(Declaration::Value(pattern, expression)) => {
                let value = self.nested(|reader| reader.expression(file, scope, expression));
                let bound = self.bind(file, &Scope::default(), pattern, value);
                bound.value(file, symbol).unwrap_or(Meaning::Unknown)
            }
            Some(Declaration::Enum(members)) => self.nested(|reader| reader.enumeration(file, scope, members)),
            None => Meaning::Unknown,
        }
    }

    fn enumeration(&mut self, file: FileId, scope: &Scope, members: &[(Text, Option<Expression>)]) -> Meaning {
        let mut object = ObjectMeaning {
            is_enum: true,
            ..ObjectMeaning::default()
        };
        let mut next = Some(0.0);
        for (name, value) in members {
            let value = match value {
                Some(value) => self.expression(file, scope, value),
                None => next.map_or(Meaning::Unknown, |number| Meaning::Constant(Literal::Number(number))),
            };
            next = value.number().map(|number| number + 1.0);
            object.fields.push((Text::clone(name), value));
        }
        Meaning::Object(Arc::new(object))
    }

    /// Runs a part of the reading one level deeper; past the limit it means nothing.
    pub(crate) fn nested(&mut self, read: impl FnOnce(&mut Self) -> Meaning) -> Meaning {
        self.steps += 1;
        if self.depth >= DEPTH_LIMIT || self.steps > STEP_LIMIT {
            return Meaning::Unknown;
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// What an expression means.
    pub(crate) fn expression(&mut self, file: FileId, scope: &Scope, expression: &Expression) -> Meaning {
        self.nested(|reader| reader.kind(file, scope, expression))
    }

    fn kind(&mut self, file: FileId, scope: &Scope, expression: &Expression) -> Meaning {
        let place = Place::new(file, expression.span);
        match &expression.kind {
            ExpressionKind::Undefined => Meaning::Constant(Literal::Undefined),
            ExpressionKind::Null => Meaning::Constant(Literal::Null),
            ExpressionKind::Boolean(boolean) => Meaning::Constant(Literal::Boolean(*boolean)),
            ExpressionKind::Number(number) => Meaning::Constant(Literal::Number(*number)),
            ExpressionKind::String(text) => Meaning::Constant(Literal::Text(Text::clone(text))),
            ExpressionKind::Opaque => language::opaque(self.index.text(file, expression.span)),
            ExpressionKind::Template(pieces, values) => {
                let values: Vec<Meaning> = values.iter().map(|value| self.expression(file, scope, value)).collect();
                language::template(pieces, &values)
            }
            ExpressionKind::Symbol(symbol) => self.symbol(file, scope, *symbol),
            ExpressionKind::Global(name) => Meaning::Library(Library::Language, Arc::new([Text::clone(name)])),
            ExpressionKind::Member { object, property, .. } => {
                let object = self.expression(file, scope, object);
                self.member(&object, property, place)
            }
            ExpressionKind::Index { object, index, .. } => {
                let object = self.expression(file, scope, object);
                match self.expression(file, scope, index) {
                    Meaning::Constant(Literal::Text(name)) => self.member(&object, &name, place),
                    Meaning::Constant(Literal::Number(number)) => {
                        self.member(&object, &Text::from(format!("{number}")), place)
                    }
                    _ => Meaning::Unknown,
                }
            }
            ExpressionKind::Chain(inner) | ExpressionKind::Await(inner) => self.expression(file, scope, inner),
            ExpressionKind::Sequence(parts) => parts
                .last()
                .map_or(Meaning::Unknown, |last| self.expression(file, scope, last)),
            ExpressionKind::Call { callee, arguments, .. } => {
                let callee = self.expression(file, scope, callee);
                let arguments = self.arguments(file, scope, arguments);
                self.call(&callee, &arguments, place)
            }
            ExpressionKind::New { callee, arguments } => {
                let callee = self.expression(file, scope, callee);
                let arguments = self.arguments(file, scope, arguments);
                language::construct(&callee, &arguments)
            }
            ExpressionKind::Function(function) => Meaning::Function(Closure {
                file,
                function: *function,
                scope: scope.clone(),
            }),
            ExpressionKind::Object(properties) => self.object(file, scope, properties),
            ExpressionKind::Array(items) => Meaning::Array(Arc::new(self.arguments(file, scope, items))),
            ExpressionKind::Unary(UnaryOperator::Minus, value) => match self.expression(file, scope, value) {
                Meaning::Constant(Literal::Number(number)) => Meaning::Constant(Literal::Number(-number)),
                _ => Meaning::Unknown,
            },
            ExpressionKind::Binary(_, left, right) => {
                let between = Span::new(left.span.end, right.span.start);
                let operator = self.index.text(file, between);
                let left = self.expression(file, scope, left);
                let right = self.expression(file, scope, right);
                language::binary(operator, &left, &right)
            }
            ExpressionKind::Logical(operator, left, right) => {
                let left = self.expression(file, scope, left);
                match (operator, &left) {
                    (_, Meaning::Unknown | Meaning::Input(_)) => Meaning::Unknown,
                    (LogicalOperator::And, Meaning::Schema(_)) => self.expression(file, scope, right),
                    (LogicalOperator::Or | LogicalOperator::Coalesce, Meaning::Schema(_)) => left,
                    (LogicalOperator::Coalesce, Meaning::Constant(Literal::Undefined | Literal::Null)) => {
                        self.expression(file, scope, right)
                    }
                    (LogicalOperator::Coalesce, Meaning::Constant(_)) => left,
                    _ => Meaning::Unknown,
                }
            }
            ExpressionKind::Conditional(_, consequent, alternate) => {
                let either = [
                    self.expression(file, scope, consequent),
                    self.expression(file, scope, alternate),
                ];
                one_of(&either, place)
            }
            _ => Meaning::Unknown,
        }
    }

    /// The values of arguments or elements. What follows a spread that is not known is left out, and something unknown
    /// stands for it.
    pub(crate) fn arguments(&mut self, file: FileId, scope: &Scope, arguments: &[Argument]) -> Vec<Meaning> {
        let mut values = Vec::new();
        for argument in arguments {
            match argument {
                Argument::Value(value) => values.push(self.expression(file, scope, value)),
                Argument::Spread(value) => match self.expression(file, scope, value) {
                    Meaning::Array(items) => values.extend(items.iter().cloned()),
                    rest @ Meaning::Input(_) => {
                        values.extend(value::spread_rest(&rest));
                        break;
                    }
                    _ => {
                        values.push(Meaning::Unknown);
                        break;
                    }
                },
            }
        }
        values
    }

    fn object(&mut self, file: FileId, scope: &Scope, properties: &[Property]) -> Meaning {
        let mut object = ObjectMeaning::default();
        for property in properties {
            match property {
                Property::Value(key, value) => {
                    let value = self.expression(file, scope, value);
                    match self.key(file, scope, key) {
                        Some(name) => object.set(name, value),
                        None => object.is_open = true,
                    }
                }
                Property::Getter(key, function) => {
                    let closure = Closure {
                        file,
                        function: *function,
                        scope: scope.clone(),
                    };
                    let value = self.invoke(&closure, &[]);
                    match self.key(file, scope, key) {
                        Some(name) => object.set(name, value),
                        None => object.is_open = true,
                    }
                }
                Property::Spread(value) => match self.expression(file, scope, value) {
                    Meaning::Object(other) => {
                        for (name, value) in &other.fields {
                            object.set(Text::clone(name), value.clone());
                        }
                        object.is_open |= other.is_open;
                    }
                    Meaning::Input(input) if object.fields.is_empty() && object.spreads.is_none() => {
                        object.spreads = Some(input);
                    }
                    _ => {
                        // It may have any of the fields before it, with another value.
                        object.is_open = true;
                        for (_, value) in &mut object.fields {
                            *value = Meaning::Unknown;
                        }
                    }
                },
            }
        }
        Meaning::Object(Arc::new(object))
    }

    fn key(&mut self, file: FileId, scope: &Scope, key: &Key) -> Option<Text> {
        match key {
            Key::Name(name) => Some(Text::clone(name)),
            Key::Computed(expression) => match self.expression(file, scope, expression) {
                Meaning::Constant(Literal::Text(name)) => Some(name),
                Meaning::Constant(Literal::Number(number)) => Some(Text::from(format!("{number}"))),
                _ => None,
            },
        }
    }

    /// A member of a value.
    pub(crate) fn member(&mut self, object: &Meaning, name: &Text, place: Place) -> Meaning {
        match object {
            Meaning::Module(file) => self.nested(|reader| reader.export(*file, name)),
            _ => value::member(object, name, place),
        }
    }

    /// What a call gives back.
    pub(crate) fn call(&mut self, callee: &Meaning, arguments: &[Meaning], place: Place) -> Meaning {
        match callee {
            Meaning::Function(closure) => self.invoke(closure, arguments),
            Meaning::Unknown => Meaning::Unknown,
            callee => library::call(self, callee, arguments, place),
        }
    }

    /// What a function of the project gives back.
    pub(crate) fn invoke(&mut self, closure: &Closure, arguments: &[Meaning]) -> Meaning {
        let Some(function) = self.index.function(closure.file, closure.function) else {
            return Meaning::Unknown;
        };
        if function.is_generator {
            return Meaning::Unknown;
        }
        let scope = self.enter(closure, function, arguments);
        let mut returned = Vec::new();
        returns(&function.body, &mut returned);
        self.nested(|reader| {
            let values: Vec<Meaning> = returned
                .iter()
                .map(|value| reader.expression(closure.file, &scope, value))
                .collect();
            one_of(&values, Place::new(closure.file, function.name_span))
        })
    }
}

impl ObjectMeaning {
    fn set(&mut self, name: Text, value: Meaning) {
        self.fields.retain(|(own, _)| *own != name);
        self.fields.push((name, value));
    }
}

/// One value of several possible ones: they are all schemas, or there is only one.
fn one_of(values: &[Meaning], place: Place) -> Meaning {
    if let [value] = values {
        return value.clone();
    }
    let schemas: Option<Vec<_>> = values.iter().map(|value| value.schema().cloned()).collect();
    match schemas {
        Some(schemas) if !schemas.is_empty() => {
            Meaning::Schema(Shape::new(place, Kind::Union(schemas)).noted("depends on a condition"))
        }
        _ => Meaning::Unknown,
    }
}

/// What the statements of a function return, wherever it stands.
fn returns<'body>(statements: &'body [Statement], found: &mut Vec<&'body Expression>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Return(Some(value)) => found.push(value),
            StatementKind::If {
                consequent, alternate, ..
            } => {
                returns(consequent, found);
                returns(alternate, found);
            }
            StatementKind::Switch { cases, .. } => {
                for (_, body) in cases {
                    returns(body, found);
                }
            }
            StatementKind::Try {
                body,
                handler,
                finalizer,
            } => {
                returns(body, found);
                if let Some((_, handler)) = handler {
                    returns(handler, found);
                }
                returns(finalizer, found);
            }
            StatementKind::Block(body) | StatementKind::Labelled(_, body) => returns(body, found),
            _ => {}
        }
    }
}

//! The values of module-level variables, exports, imports and globals.

use std::hash::Hash;
use std::sync::{Arc, RwLock};

use portcullis_model::{FileId, Span};
use portcullis_source::ir::{
    Expression, ExpressionKind, ImportName, Pattern, Statement, StatementKind, Symbol, SymbolKind, Text,
};
use portcullis_source::{Target, bound_symbols};
use rustc_hash::FxHashMap;

use super::{Flows, Here, Known, Run, Shared};
use crate::state::State;
use crate::value::{Abstract, Closure, Field, Outside, Value};

/// How deep module variables are computed within each other.
const MODULE_DEPTH_LIMIT: usize = 60;

type Values<K> = RwLock<FxHashMap<K, Known>>;

const fn values_of<'all>(shared: &'all Shared<'all>) -> &'all Values<(FileId, Symbol)> {
    &shared.values
}

const fn defaults_of<'all>(shared: &'all Shared<'all>) -> &'all Values<(FileId, Span)> {
    &shared.defaults
}

impl Run<'_> {
    /// What a module exports under a name.
    pub(crate) fn export_value(&mut self, file: FileId, name: &str) -> Option<Value> {
        let target = self.shared.program.export(file, name)?;
        Some(self.target_value(&target))
    }

    pub(crate) fn target_value(&mut self, target: &Target) -> Value {
        match target {
            Target::Symbol(file, symbol) => self.module_symbol(*file, *symbol),
            Target::Value(file, expression) => self.default_value(*file, expression),
            Target::Namespace(file) => Value::Namespace(*file),
            Target::Library { module, name } => self.library_export(module, name.as_deref(), false),
            Target::Missing { module, name } => self.library_export(module, name.as_deref(), true),
            Target::Asset => Value::present(crate::value::Origin::default(), Some(true)),
        }
    }

    pub(super) fn namespace_of(&mut self, file: FileId, specifier: &str) -> Value {
        let target = self.shared.program.resolve(file, specifier, &ImportName::Namespace);
        self.target_value(&target)
    }

    fn library_export(&mut self, module: &str, name: Option<&str>, is_missing: bool) -> Value {
        let outside = Arc::new(Outside {
            module: Text::from(module),
            is_missing,
        });
        match name {
            None => Value::Abstract(Arc::new(Abstract {
                truth: Some(true),
                present: true,
                module: Some(outside),
                ..Abstract::default()
            })),
            Some(name) => self.outside_export(&outside, name),
        }
    }

    /// An export of a module outside the project: what the catalog says, else a value with a name.
    pub(super) fn outside_export(&mut self, outside: &Arc<Outside>, name: &str) -> Value {
        let catalog = self.shared.catalog;
        let known = catalog
            .export(&outside.module, name)
            .or_else(|| outside.is_missing.then(|| catalog.unresolved_export(name)).flatten());
        if let Some(member) = known {
            return self.member_value(member, None, name);
        }
        // `import x from` a package whose names the catalog knows is the namespace of these names.
        if name == "default" && catalog.knows_module(&outside.module) {
            return self.library_export(&outside.module, None, outside.is_missing);
        }
        Value::Abstract(Arc::new(Abstract {
            truth: Some(true),
            present: true,
            label: Some(Text::from(name)),
            module: Some(Arc::clone(outside)),
            ..Abstract::default()
        }))
    }

    /// A project that contains a library which the catalog knows, and uses it: the catalog describes it best.
    fn own_library(&mut self, file: FileId, specifier: &str, name: &ImportName, target: &Target) -> Option<Value> {
        if specifier.starts_with(['.', '/', '#', '@']) && !specifier.contains('/')
            || specifier.starts_with('.')
            || !self.shared.catalog.knows_module(specifier)
        {
            return None;
        }
        let (Target::Symbol(own, _) | Target::Value(own, _) | Target::Namespace(own)) = target else {
            return None;
        };
        let program = self.shared.program;
        let package = |file: FileId| {
            let path = &program.file(file)?.path;
            let mut directory = path.rsplit_once('/').map(|(directory, _)| directory);
            while let Some(at) = directory {
                if let Some(found) = program.project().other_files().get(&format!("{at}/package.json")) {
                    return Some((at.to_owned(), Arc::clone(&found.text)));
                }
                directory = at.rsplit_once('/').map(|(directory, _)| directory);
            }
            None
        };
        let (library, manifest) = package(*own)?;
        let is_elsewhere = package(file).is_none_or(|(user, _)| user != library);
        let root: String = if specifier.starts_with('@') {
            specifier.splitn(3, '/').take(2).collect::<Vec<_>>().join("/")
        } else {
            specifier.split('/').next().unwrap_or_default().to_owned()
        };
        if !is_elsewhere || !manifest.contains(&format!("\"{root}\"")) {
            return None;
        }
        let name = match name {
            ImportName::Named(name) => Some(&**name),
            ImportName::Namespace => None,
        };
        Some(self.library_export(specifier, name, false))
    }

    fn default_value(&mut self, file: FileId, expression: &Expression) -> Value {
        let key = (file, expression.span);
        if let Some(value) = self.known_value(defaults_of, &key) {
            return value;
        }
        // A default export has no symbol; its cycle is cut by the limit on depth.
        let marker = (file, Symbol(u32::MAX - 1));
        if self.cuts_cycle(marker) {
            return Value::unknown();
        }
        let mut run = self.module_run(marker);
        let here = Here { file, frame: None };
        let flows = run.expression(here, expression, Box::default());
        let value = run.settle(flows, |_, value| value);
        let floor = run.cycle_floor;
        let is_final = floor >= self.evaluating.len();
        let asked = run.asked_of_hypothesis.get();
        if is_final && let Ok(mut cache) = self.shared.defaults.write() {
            let value = value.clone();
            cache.insert(key, Known { value, asked });
        }
        self.note_cycle(floor);
        self.depends_on(asked);
        value
    }

    /// Whether the value is being computed already, further out: then it is cut here.
    fn cuts_cycle(&mut self, key: (FileId, Symbol)) -> bool {
        let position = self.evaluating.iter().position(|evaluating| *evaluating == key);
        let cut = position.or_else(|| (self.evaluating.len() >= MODULE_DEPTH_LIMIT).then_some(0));
        if let Some(position) = cut {
            self.cycle_floor = self.cycle_floor.min(position);
        }
        cut.is_some()
    }

    /// A value that was cut at something further out is not final yet; one that was cut at itself is.
    fn note_cycle(&mut self, floor: usize) {
        if floor < self.evaluating.len() {
            self.cycle_floor = self.cycle_floor.min(floor);
        }
    }

    fn module_run(&self, evaluating: (FileId, Symbol)) -> Run<'_> {
        let mut run = Run::new(self.shared);
        run.nesting = self.nesting;
        run.evaluating.clone_from(&self.evaluating);
        run.evaluating.push(evaluating);
        run
    }

    /// The value of a variable at the top of a module.
    pub(super) fn module_symbol(&mut self, file: FileId, symbol: Symbol) -> Value {
        let program = self.shared.program;
        let Some(module) = program.module(file) else {
            return Value::unknown();
        };
        let Some(info) = module.symbols.get(usize::try_from(symbol.0).unwrap_or(usize::MAX)) else {
            return Value::unknown();
        };
        match info.kind {
            SymbolKind::Function(function) => {
                return Value::Function(Arc::new(Closure {
                    file,
                    function,
                    scope: None,
                    this: None,
                    home: None,
                    bound: Vec::new(),
                }));
            }
            SymbolKind::Import(position) => {
                let Some(import) = module.imports.get(usize::try_from(position).unwrap_or(usize::MAX)) else {
                    return Value::unknown();
                };
                let key = (file, symbol);
                if let Some(value) = self.known_value(values_of, &key) {
                    return value;
                }
                let before = std::mem::replace(&mut self.cycle_floor, usize::MAX);
                let around = self.asked_of_hypothesis.take();
                let target = program.import(file, import);
                let value = match self.own_library(file, &import.specifier, &import.name, &target) {
                    Some(value) => value,
                    None => self.target_value(&target),
                };
                let asked = self.asked_of_hypothesis.replace(around);
                if self.cycle_floor >= self.evaluating.len()
                    && let Ok(mut cache) = self.shared.values.write()
                {
                    let value = value.clone();
                    cache.insert(key, Known { value, asked });
                }
                self.depends_on(asked);
                self.cycle_floor = self.cycle_floor.min(before);
                return value;
            }
            SymbolKind::Type => return Value::Undefined,
            _ => {}
        }
        let key = (file, symbol);
        if let Some(value) = self.known_value(values_of, &key) {
            return value;
        }
        if self.cuts_cycle(key) {
            return Value::unknown();
        }
        let mut run = self.module_run(key);
        let value = run.compute(file, symbol);
        let floor = run.cycle_floor;
        let asked = run.asked_of_hypothesis.get();
        self.note_cycle(floor);
        self.depends_on(asked);
        if floor >= self.evaluating.len()
            && let Ok(mut cache) = self.shared.values.write()
        {
            return cache.entry(key).or_insert(Known { value, asked }).value.clone();
        }
        value
    }

    /// A value that was computed already, under this hypothesis or one that agrees.
    fn known_value<K: Eq + Hash>(
        &self,
        values: impl for<'all> Fn(&'all Shared<'all>) -> &'all Values<K>,
        key: &K,
    ) -> Option<Value> {
        let known = std::iter::once(self.shared)
            .chain(self.shared.earlier.iter().copied())
            .find_map(|shared| {
                let known = values(shared).read().ok()?.get(key).cloned()?;
                self.shared.agrees(shared, known.asked).then_some(known)
            })?;
        self.depends_on(known.asked);
        Some(known.value)
    }

    fn compute(&mut self, file: FileId, symbol: Symbol) -> Value {
        let program = self.shared.program;
        let Some(module) = program.module(file) else {
            return Value::unknown();
        };
        let here = Here { file, frame: None };
        let Some(_info) = module.symbols.get(usize::try_from(symbol.0).unwrap_or(usize::MAX)) else {
            return Value::unknown();
        };
        let mut is_literal = false;
        let aliases: Vec<Symbol> = module
            .body
            .iter()
            .filter_map(|statement| match &statement.kind {
                StatementKind::Declare(Pattern::Symbol(own, _), Some(value)) => {
                    let is_global = matches!(&value.kind, ExpressionKind::Global(name)
                        if super::member::is_global_object(name));
                    is_global.then_some(*own)
                }
                _ => None,
            })
            .collect();
        let mut flows = super::one(Box::default(), Value::Undefined);
        for statement in &module.body {
            flows = match &statement.kind {
                StatementKind::Declare(Pattern::Symbol(own, _), _) if *own != symbol => continue,
                StatementKind::Declare(pattern, value) => {
                    let mut bound = Vec::new();
                    bound_symbols(pattern, &mut bound);
                    if !bound.contains(&symbol) {
                        continue;
                    }
                    is_literal = value.as_ref().is_some_and(|value| {
                        matches!(value.kind, ExpressionKind::Object(_) | ExpressionKind::Boolean(_))
                    });
                    let values = match value {
                        Some(value) => self.each(flows, |run, state, _| run.expression(here, value, state)),
                        None => flows,
                    };
                    self.each(values, |run, state, value| run.bind(here, pattern, value, state))
                }
                StatementKind::Class(own, class) if *own == symbol => self.each(flows, |run, state, _| {
                    let flows = run.class_value(here, *class, state);
                    run.each(flows, |run, mut state, value| {
                        run.write_symbol(here, symbol, value, &mut state);
                        super::one(state, Value::Undefined)
                    })
                }),
                StatementKind::Enum(own, _) if *own == symbol => {
                    let mut next = Flows::new();
                    for (state, _) in flows {
                        for (state, _) in self.statements(here, std::slice::from_ref(statement), state) {
                            next.push((state, Ok(Value::Undefined)));
                        }
                    }
                    next
                }
                // `thing.method = ...` after its declaration belongs to it.
                StatementKind::Expression(expression) if assigns_member_of(expression, symbol) => {
                    self.each(flows, |run, state, _| run.expression(here, expression, state))
                }
                // `if (production) { db = ... } else { ... }`
                _ if assigns(std::slice::from_ref(statement), symbol, &aliases) => {
                    let mut next = Flows::new();
                    for (state, _) in flows {
                        for (state, _) in self.statements(here, std::slice::from_ref(statement), state) {
                            next.push((state, Ok(Value::Undefined)));
                        }
                    }
                    next
                }
                _ => continue,
            };
        }
        let value = self.settle(flows, |state, _| {
            state.module_variable(file, symbol).cloned().unwrap_or(Value::Undefined)
        });
        // A singleton is there when it is used, whatever the branch that made it.
        let value = match &value {
            Value::Union(options) if options.iter().any(|option| matches!(option, Value::Model(_))) => options
                .iter()
                .filter(|option| !option.is_nullish())
                .cloned()
                .reduce(Value::or)
                .unwrap_or(value),
            _ => value,
        };
        if is_literal { switchable(value, 0) } else { value }
    }

    /// One value of all the ways in which a module's code can end; their frames live on.
    fn settle(&mut self, flows: Flows, read: impl Fn(&State, Value) -> Value) -> Value {
        let mut all: Option<Value> = None;
        for (mut state, outcome) in flows {
            let Ok(value) = outcome else { continue };
            let value = read(&state, value);
            if let Ok(mut frames) = self.shared.frames.write() {
                frames.extend(state.take_frames());
            }
            all = Some(match all {
                Some(so_far) => so_far.or(value),
                None => value,
            });
        }
        all.unwrap_or_else(Value::unknown)
    }

    /// A name that no module declares.
    pub(super) fn global(&mut self, name: &str) -> Value {
        if let Some(member) = self.shared.catalog.global(name) {
            return self.member_value(member, None, name);
        }
        match name {
            "NaN" | "Infinity" => Value::present(crate::value::Origin::default(), None),
            name => Value::native(name),
        }
    }
}

/// A switch that is written down as a constant may be turned: code behind it counts, whatever its position today.
fn switchable(value: Value, depth: u32) -> Value {
    match value {
        Value::Boolean(_) => Value::present(crate::value::Origin::default(), None),
        Value::Object(object) if depth < 4 => {
            let mut object = Arc::unwrap_or_clone(object);
            for (_, field) in &mut object.fields {
                if let Field::Value(value) = field {
                    *value = switchable(std::mem::replace(value, Value::Undefined), depth + 1);
                }
            }
            Value::Object(Arc::new(object))
        }
        other => other,
    }
}

/// Whether statements assign a variable, functions within them left aside.
fn assigns(statements: &[Statement], symbol: Symbol, aliases: &[Symbol]) -> bool {
    let assigns = |statements| assigns(statements, symbol, aliases);
    statements.iter().any(|statement| match &statement.kind {
        StatementKind::Expression(expression) => assigns_in(expression, symbol, aliases),
        StatementKind::If {
            consequent, alternate, ..
        } => assigns(consequent) || assigns(alternate),
        StatementKind::Block(body) | StatementKind::Labelled(_, body) => assigns(body),
        StatementKind::Try {
            body,
            handler,
            finalizer,
        } => assigns(body) || handler.as_ref().is_some_and(|(_, handler)| assigns(handler)) || assigns(finalizer),
        StatementKind::Switch { cases, .. } => cases.iter().any(|(_, body)| assigns(body)),
        _ => false,
    })
}

/// `globalThis.db = ...`
fn is_global_place(target: &Pattern, aliases: &[Symbol]) -> bool {
    let Pattern::Place(place) = target else { return false };
    let ExpressionKind::Member { object, .. } = &place.kind else {
        return false;
    };
    match &object.kind {
        ExpressionKind::Global(name) => super::member::is_global_object(name),
        ExpressionKind::Symbol(symbol) => aliases.contains(symbol),
        _ => false,
    }
}

fn assigns_in(expression: &Expression, symbol: Symbol, aliases: &[Symbol]) -> bool {
    match &expression.kind {
        ExpressionKind::Assign(target, _) if is_global_place(target, aliases) => true,
        ExpressionKind::Assign(target, value) => {
            let mut bound = Vec::new();
            bound_symbols(target, &mut bound);
            bound.contains(&symbol) || assigns_in(value, symbol, aliases)
        }
        ExpressionKind::LogicalAssign(_, place, _) => match &place.kind {
            ExpressionKind::Symbol(own) => *own == symbol,
            ExpressionKind::Member { object, .. } => match &object.kind {
                ExpressionKind::Global(name) => super::member::is_global_object(name),
                ExpressionKind::Symbol(own) => aliases.contains(own),
                _ => false,
            },
            _ => false,
        },
        ExpressionKind::Sequence(parts) => parts.iter().any(|part| assigns_in(part, symbol, aliases)),
        ExpressionKind::Logical(_, _, right) => assigns_in(right, symbol, aliases),
        _ => false,
    }
}

fn assigns_member_of(expression: &Expression, symbol: Symbol) -> bool {
    let ExpressionKind::Assign(target, _) = &expression.kind else {
        return false;
    };
    let Pattern::Place(place) = &**target else { return false };
    let mut at = &**place;
    while let ExpressionKind::Member { object, .. } | ExpressionKind::Index { object, .. } = &at.kind {
        at = object;
    }
    matches!(at.kind, ExpressionKind::Symbol(own) if own == symbol)
}

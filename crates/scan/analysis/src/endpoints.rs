//! Every way in which an endpoint comes to be: exports of a module with the directive, functions with one of their own.

use std::sync::Arc;

use portcullis_model::{Capture, EndpointKind, Evidence, FileId, Parameter, Place, SourceFile, Span};
use portcullis_source::ir::{
    Argument, ExportSource, Expression, ExpressionKind, Function, FunctionId, Module, Pattern, StatementKind, Symbol,
    SymbolKind, Text,
};
use portcullis_source::{Program, Target, bound_symbols};

use crate::engine::{Run, Shared};
use crate::value::{Closure, Value};

/// The directive.
pub(crate) const DIRECTIVE: &str = "use server";

/// An endpoint before it is judged.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) short_name: String,
    pub(crate) kind: EndpointKind,
    pub(crate) place: Place,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) wrapper: Option<String>,
    pub(crate) captures: Vec<Capture>,
    pub(crate) entry: Entry,
    /// A wrapper built it that the configuration declares to let in only who is signed in.
    pub(crate) is_declared: bool,
}

/// How an endpoint is run.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// An export of a module.
    Export(FileId, Text),
    /// A function in a module.
    Function(FileId, FunctionId),
}

/// A directive that does not do what its author meant, or does more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub problem: MisplacedKind,
    /// What else belongs to it.
    pub evidence: Vec<Evidence>,
}

/// What is wrong with a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MisplacedKind {
    /// It stands after other statements, so it is a string and nothing else.
    NotInPrologue,
    /// It is on a page, layout, route or configuration file, whose exports are for the framework.
    FrameworkFile(String),
    /// The module has an export that is no function.
    NotAFunction(String),
    /// `'use client'` and `'use server'` in one module.
    BothDirectives,
}

/// Finds the endpoints of one module, and the directives that are wrong.
pub(crate) fn find(shared: &Shared<'_>, file: FileId) -> (Vec<Found>, Vec<Misplaced>) {
    let program = shared.program;
    let (Some(module), Some(source)) = (program.module(file), program.file(file)) else {
        return (Vec::new(), Vec::new());
    };
    let mut finder = Finder {
        shared,
        program,
        module,
        source,
        file,
        found: Vec::new(),
        misplaced: Vec::new(),
    };
    finder.strays();
    let directive = module.directives.iter().find(|directive| &*directive.text == DIRECTIVE);
    if let Some(directive) = directive {
        if module.directives.iter().any(|other| &*other.text == "use client") {
            finder.misplace(directive.span, MisplacedKind::BothDirectives);
        }
        if let Some(role) = framework_role(&source.path) {
            finder.misplace(directive.span, MisplacedKind::FrameworkFile(role.to_owned()));
        }
        finder.exports();
    }
    finder.inline(directive.is_some());
    finder.found.sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
    (finder.found, finder.misplaced)
}

#[derive(Debug)]
struct Finder<'scan> {
    shared: &'scan Shared<'scan>,
    program: &'scan Program,
    module: &'scan Module,
    source: &'scan SourceFile,
    file: FileId,
    found: Vec<Found>,
    misplaced: Vec<Misplaced>,
}

impl Finder<'_> {
    fn at(&self, span: Span) -> Place {
        Place::new(self.file, span)
    }

    fn misplace(&mut self, span: Span, problem: MisplacedKind) {
        let place = self.at(span);
        self.misplaced.push(Misplaced {
            place,
            problem,
            evidence: Vec::new(),
        });
    }

    fn strays(&mut self) {
        let strays: Vec<Span> = self
            .module
            .stray_directives
            .iter()
            .filter(|directive| &*directive.text == DIRECTIVE)
            .map(|directive| directive.span)
            .collect();
        for span in strays {
            self.misplace(span, MisplacedKind::NotInPrologue);
        }
    }

    fn exports(&mut self) {
        for export in &self.module.exports {
            let (place, function, wrapper) = match &export.source {
                ExportSource::Local(symbol) => self.local(*symbol, export.span),
                ExportSource::Value(value) => {
                    let (function, wrapper) = self.function_of(value);
                    (
                        value_name_span(self.module, value).unwrap_or(export.span),
                        function,
                        wrapper,
                    )
                }
                ExportSource::From { .. } => (export.span, None, None),
            };
            match self.exported_kind(export.name.as_ref(), &export.source) {
                Exported::Type => continue,
                Exported::NotAFunction => {
                    self.misplace(place, MisplacedKind::NotAFunction(export.name.to_string()));
                    continue;
                }
                Exported::Function => {}
            }
            if self.found.iter().any(|found| found.short_name == *export.name) {
                continue;
            }
            let parameters = function.map(|function| self.parameters(function)).unwrap_or_default();
            let place = self.at(place);
            self.found.push(Found {
                name: format!("{}#{}", self.source.path, export.name),
                short_name: export.name.to_string(),
                kind: EndpointKind::Module,
                place,
                parameters,
                wrapper,
                captures: Vec::new(),
                is_declared: crate::project::is_declared(self.program, self.shared.config, self.file, &export.name),
                entry: Entry::Export(self.file, Text::clone(&export.name)),
            });
        }
    }

    /// What an export is, by its value: only functions become endpoints.
    fn exported_kind(&self, name: &str, source: &ExportSource) -> Exported {
        if let ExportSource::Local(symbol) = source {
            let kind = self.symbol(*symbol).map(|info| info.kind);
            match kind {
                Some(SymbolKind::Type) | None => return Exported::Type,
                Some(SymbolKind::Function(_)) => return Exported::Function,
                Some(SymbolKind::Class(_)) => return Exported::NotAFunction,
                _ => {}
            }
        }
        if let Some(Target::Missing { .. } | Target::Library { .. }) = self.program.export(self.file, name) {
            return Exported::Function;
        }
        let mut run = Run::new(self.shared);
        match run.export_value(self.file, name) {
            // A re-exported type leaves no value behind.
            None if matches!(source, ExportSource::From { .. }) => Exported::Type,
            Some(
                Value::Object(_)
                | Value::Array(_)
                | Value::Text(_)
                | Value::Number(_)
                | Value::Boolean(_)
                | Value::Null
                | Value::Class(_)
                | Value::Namespace(_),
            ) => Exported::NotAFunction,
            Some(Value::Undefined) if matches!(source, ExportSource::From { .. }) => Exported::Type,
            Some(Value::Model(model)) => {
                if self.shared.catalog.own_member_of(model.type_id, "()").is_some() {
                    Exported::Function
                } else {
                    Exported::NotAFunction
                }
            }
            _ => Exported::Function,
        }
    }

    fn symbol(&self, symbol: Symbol) -> Option<&portcullis_source::ir::SymbolInfo> {
        self.module.symbols.get(usize::try_from(symbol.0).ok()?)
    }

    fn function(&self, id: FunctionId) -> Option<&Function> {
        self.module.functions.get(usize::try_from(id.0).ok()?)
    }

    /// Where a local export is declared, the function behind it, and what wraps it.
    fn local(&self, symbol: Symbol, fallback: Span) -> (Span, Option<FunctionId>, Option<String>) {
        let Some(info) = self.symbol(symbol) else {
            return (fallback, None, None);
        };
        match info.kind {
            SymbolKind::Function(function) => (info.span, Some(function), None),
            SymbolKind::Import(_) => (fallback, None, None),
            _ => {
                let value = self.module.body.iter().find_map(|statement| match &statement.kind {
                    StatementKind::Declare(pattern, Some(value)) => {
                        let mut bound = Vec::new();
                        bound_symbols(pattern, &mut bound);
                        bound.contains(&symbol).then_some(value)
                    }
                    _ => None,
                });
                let (function, wrapper) = value.map_or((None, None), |value| self.function_of(value));
                (info.span, function, wrapper)
            }
        }
    }

    /// The function that an expression is or wraps, and the name of what wraps it.
    fn function_of(&self, value: &Expression) -> (Option<FunctionId>, Option<String>) {
        match &value.kind {
            ExpressionKind::Function(function) => (Some(*function), None),
            ExpressionKind::Call { callee, arguments, .. } => {
                let inner = arguments.iter().rev().find_map(|argument| match argument {
                    Argument::Value(Expression {
                        kind: ExpressionKind::Function(function),
                        ..
                    }) => Some(*function),
                    _ => None,
                });
                (inner, self.root_name(callee))
            }
            _ => (None, None),
        }
    }

    /// `authClient` of `authClient.schema(x).action`.
    fn root_name(&self, callee: &Expression) -> Option<String> {
        let mut at = callee;
        loop {
            match &at.kind {
                ExpressionKind::Call { callee, .. } => at = callee,
                ExpressionKind::Member { object, .. } | ExpressionKind::Index { object, .. } => at = object,
                ExpressionKind::Chain(inner) => at = inner,
                ExpressionKind::Symbol(symbol) => return self.symbol(*symbol).map(|info| info.name.to_string()),
                ExpressionKind::Global(name) => return Some(name.to_string()),
                _ => return None,
            }
        }
    }

    fn parameters(&self, function: FunctionId) -> Vec<Parameter> {
        self.function(function)
            .map(|function| parameters_of(self.module, function))
            .unwrap_or_default()
    }

    /// Functions that have the directive in their own body.
    fn inline(&mut self, module_has_directive: bool) {
        for (position, function) in (0_u32..).zip(&self.module.functions) {
            if function.has_directive(DIRECTIVE).is_none() {
                continue;
            }
            // An exported function of such a module is an endpoint already.
            if module_has_directive
                && self
                    .found
                    .iter()
                    .any(|found| found.kind == EndpointKind::Module && found.place.span == function.name_span)
            {
                continue;
            }
            let id = FunctionId(position);
            let line = self.source.position(function.span.start).line;
            let own = function
                .name
                .as_ref()
                .map_or_else(|| format!("<anonymous:{line}>"), ToString::to_string);
            let mut path = vec![own.clone()];
            let mut at = (function.parent, function.method_of);
            loop {
                if let Some(class) = at.1
                    && let Some(class) = self.module.classes.get(usize::try_from(class.0).unwrap_or(usize::MAX))
                    && let Some(name) = &class.name
                {
                    path.push(name.to_string());
                }
                let Some(parent) = at.0.and_then(|parent| self.function(parent)) else {
                    break;
                };
                if let Some(name) = &parent.name {
                    path.push(name.to_string());
                }
                at = (parent.parent, parent.method_of);
            }
            path.reverse();
            let captures = function
                .captures
                .iter()
                .filter_map(|(symbol, span)| {
                    let info = self.symbol(*symbol)?;
                    // What Next.js seals is values; functions and types stay on the server.
                    (!matches!(info.kind, SymbolKind::Function(_) | SymbolKind::Type)).then(|| Capture {
                        name: info.name.to_string(),
                        place: self.at(*span),
                    })
                })
                .collect();
            let place = self.at(function.name_span);
            let parameters = self.parameters(id);
            self.found.push(Found {
                name: format!("{}#{}", self.source.path, path.join(".")),
                short_name: own,
                kind: EndpointKind::Inline,
                place,
                parameters,
                wrapper: None,
                captures,
                is_declared: false,
                entry: Entry::Function(self.file, id),
            });
        }
    }
}

/// The parameters of a function, by their names or patterns.
pub(crate) fn parameters_of(module: &Module, function: &Function) -> Vec<Parameter> {
    function
        .parameters
        .iter()
        .chain(&function.rest)
        .map(|pattern| Parameter {
            name: pattern_name(module, pattern),
            schema: None,
        })
        .collect()
}

fn pattern_name(module: &Module, pattern: &Pattern) -> String {
    match pattern {
        Pattern::Symbol(symbol, _) => usize::try_from(symbol.0)
            .ok()
            .and_then(|position| module.symbols.get(position))
            .map_or_else(String::new, |info| info.name.to_string()),
        Pattern::Default(inner, _) => pattern_name(module, inner),
        Pattern::Object { properties, .. } => {
            let names: Vec<String> = properties
                .iter()
                .map(|(key, _)| match key {
                    portcullis_source::ir::Key::Name(name) => name.to_string(),
                    portcullis_source::ir::Key::Computed(_) => "…".to_owned(),
                })
                .collect();
            format!("{{ {} }}", names.join(", "))
        }
        Pattern::Array { elements, .. } => {
            let names: Vec<String> = elements
                .iter()
                .flatten()
                .map(|element| pattern_name(module, element))
                .collect();
            format!("[{}]", names.join(", "))
        }
        Pattern::Place(_) => String::new(),
    }
}

#[derive(Debug)]
enum Exported {
    Function,
    NotAFunction,
    Type,
}

fn value_name_span(module: &Module, value: &Expression) -> Option<Span> {
    match &value.kind {
        ExpressionKind::Function(id) => module
            .functions
            .get(usize::try_from(id.0).ok()?)
            .map(|function| function.name_span),
        _ => None,
    }
}

/// What the framework takes a file for, by its name.
pub(crate) fn framework_role(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next()?;
    let stem = name.split('.').next()?;
    let in_app = path.starts_with("app/") || path.contains("/app/");
    match stem {
        "page" if in_app => Some("page"),
        "layout" if in_app => Some("layout"),
        "route" if in_app => Some("route handler"),
        "template" if in_app => Some("template"),
        "loading" if in_app => Some("loading page"),
        "error" | "global-error" | "not-found" if in_app => Some("error page"),
        "middleware" | "proxy" if !path.contains("/app/") && !path.contains("lib/") => Some("middleware"),
        "next" if name.starts_with("next.config") => Some("configuration file"),
        _ => None,
    }
}

impl Entry {
    /// The value that a request calls.
    pub(crate) fn value(&self, run: &mut Run<'_>) -> Value {
        match self {
            Self::Export(file, name) => run.export_value(*file, name).unwrap_or_else(Value::unknown),
            Self::Function(file, function) => Value::Function(Arc::new(Closure {
                file: *file,
                function: *function,
                scope: None,
                this: None,
                home: None,
                bound: Vec::new(),
            })),
        }
    }
}

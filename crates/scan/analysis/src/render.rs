//! What server components hand to the browser: pages are run like endpoints, for a signed-in visitor, and what they give
//! to client components, seal into actions or bind to them is collected.
//!
//! It says nothing about what a page shows as text, and does not follow values through components of packages.

use portcullis_model::{EndpointId, FileId, Place};
use portcullis_policy::ScanConfig;
use portcullis_source::Program;
use portcullis_source::ir::{ExportSource, FunctionId, SymbolKind};
use rayon::prelude::*;

use crate::endpoints::{DIRECTIVE, Found, framework_role};
use crate::engine::{Exposed, Hypothesis, Run, Shared, Signal};
use crate::value::{Closure, Origin, Value};

/// What leaves the server with its pages.
#[derive(Debug, Default)]
pub struct Handed {
    /// Properties of client components.
    pub props: Vec<Prop>,
    /// Variables that actions take along.
    pub sealed: Vec<Passed>,
    /// Arguments that are bound to actions.
    pub bound: Vec<Passed>,
}

/// A property of a client component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prop {
    /// Its value.
    pub place: Place,
    /// What is wrong with that.
    pub exposed: Exposed,
    /// Its name; `...` for a spread.
    pub name: String,
}

/// A value that goes with an action.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed {
    /// Where it is used, or bound.
    pub place: Place,
    /// What is wrong with that.
    pub exposed: Exposed,
    /// Its name; empty if it has none.
    pub name: String,
    /// The action, if it is known.
    pub endpoint: Option<EndpointId>,
}

/// Pages that share what was computed. The number decides what is shared, so it does not depend on the machine.
const PAGES_TOGETHER: usize = 64;
/// How much one page may take.
const STEP_LIMIT: u32 = 60_000;

/// Runs the pages of a program.
pub(crate) fn hand(
    program: &Program,
    catalog: &portcullis_catalog::Catalog,
    config: &ScanConfig,
    loggers: &[bool],
    found: &[Found],
) -> Handed {
    let roots = roots(program, found);
    let signals: Vec<Vec<Signal>> = roots
        .par_chunks(PAGES_TOGETHER)
        .map(|files| {
            let shared = Shared::new(program, catalog, config, Hypothesis::Caller, false, loggers).rendering();
            let mut signals = Vec::new();
            for file in files {
                for (function, is_page) in components(program, *file) {
                    signals.extend(render(&shared, *file, function, is_page));
                }
            }
            signals
        })
        .collect();
    let endpoint = |action: Place| {
        let at = found.iter().position(|found| found.place == action)?;
        u32::try_from(at).ok().map(EndpointId)
    };
    let mut handed = Handed::default();
    for signal in signals.into_iter().flatten() {
        match signal {
            Signal::Prop(place, exposed, name) => handed.props.push(Prop {
                place,
                exposed,
                name: name.to_string(),
            }),
            Signal::Sealed(action, place, exposed, name) => handed.sealed.push(Passed {
                place,
                exposed,
                name: name.to_string(),
                endpoint: endpoint(action),
            }),
            Signal::Bound(action, place, exposed, name) => handed.bound.push(Passed {
                place,
                exposed,
                name: name.to_string(),
                endpoint: endpoint(action),
            }),
            _ => {}
        }
    }
    handed.props.sort();
    handed.props.dedup_by_key(|prop| prop.place);
    for list in [&mut handed.sealed, &mut handed.bound] {
        list.sort();
        list.dedup_by_key(|passed| (passed.place, passed.endpoint));
    }
    handed
}

/// The files whose components are run: pages and layouts, and whatever holds an action or binds one.
fn roots(program: &Program, found: &[Found]) -> Vec<FileId> {
    let count = u32::try_from(program.project().files.len()).unwrap_or(u32::MAX);
    (0..count)
        .map(FileId)
        .filter(|file| {
            let (Some(source), Some(outline)) = (program.file(*file), program.outline(*file)) else {
                return false;
            };
            if outline.has_directive("use client") || outline.has_directive(DIRECTIVE) {
                return false;
            }
            is_shown(&source.path)
                || source.text.contains(".bind(") && source.path.ends_with('x')
                || found
                    .iter()
                    .any(|found| found.place.file == *file && !found.captures.is_empty())
        })
        .collect()
}

fn is_shown(path: &str) -> bool {
    matches!(framework_role(path), Some("page" | "layout" | "template" | "not-found"))
}

/// The components of a module: what a page exports by default, and functions with a component's name. True for pages.
fn components(program: &Program, file: FileId) -> Vec<(FunctionId, bool)> {
    let (Some(module), Some(source)) = (program.module(file), program.file(file)) else {
        return Vec::new();
    };
    let is_page = is_shown(&source.path);
    let default = module
        .exports
        .iter()
        .find(|export| &*export.name == "default")
        .and_then(|export| match &export.source {
            ExportSource::Local(symbol) => {
                let info = module.symbols.get(usize::try_from(symbol.0).ok()?)?;
                match info.kind {
                    SymbolKind::Function(function) => Some(function),
                    _ => module
                        .functions
                        .iter()
                        .position(|function| function.parent.is_none() && function.name.as_ref() == Some(&info.name))
                        .and_then(|at| u32::try_from(at).ok())
                        .map(FunctionId),
                }
            }
            ExportSource::Value(value) => match value.kind {
                portcullis_source::ir::ExpressionKind::Function(function) => Some(function),
                _ => None,
            },
            ExportSource::From { .. } => None,
        });
    let named = (0_u32..)
        .zip(&module.functions)
        .filter(|(_, function)| {
            function.parent.is_none()
                && function.method_of.is_none()
                && function
                    .name
                    .as_ref()
                    .is_some_and(|name| name.starts_with(|first: char| first.is_ascii_uppercase()))
        })
        .map(|(position, _)| FunctionId(position));
    let mut all: Vec<(FunctionId, bool)> = default.map(|function| (function, is_page)).into_iter().collect();
    for function in named {
        if Some(function) != default {
            all.push((function, false));
        }
    }
    all
}

fn render(shared: &Shared<'_>, file: FileId, function: FunctionId, is_page: bool) -> Vec<Signal> {
    let mut run = Run::with_limit(shared, STEP_LIMIT);
    let component = Value::Function(std::sync::Arc::new(Closure {
        file,
        function,
        scope: None,
        this: None,
        home: None,
        bound: Vec::new(),
    }));
    let props = if is_page {
        let sent = || Value::of(Origin::of(Origin::SENT));
        Value::object(vec![
            ("params", sent()),
            ("searchParams", sent()),
            ("children", Value::unknown()),
        ])
    } else {
        Value::unknown()
    };
    let place = Place::new(file, portcullis_model::Span::default());
    run.call_value(
        Box::default(),
        &component,
        Value::Undefined,
        vec![props],
        place,
        "",
        None,
    );
    run.signals
}
